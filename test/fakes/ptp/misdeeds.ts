// What a PTP responder can do wrong, as switches that may change at any time.

/** One answer in the making; a misdeed may change any of it. */
export interface Answer {
  code: number;
  parameters: number[];
  /** undefined: no data phase. */
  data: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Length of the data when it is a stream. */
  sizeBytes: number;
}

/** All off unless set. */
export interface PtpMisdeeds {
  /** Answers of these operations are changed before they leave; a number in place of one leaves the rest as it is. */
  change?: (operation: number, answer: Answer, parameters: readonly number[]) => void;
  /** Raw bytes in place of the whole answer to an operation. */
  raw?: (operation: number, transaction: number) => Uint8Array | undefined;
  /** Changes whatever is sent. */
  mangle?: (bytes: Uint8Array) => Uint8Array;
  /** Answers these operations with OK and does nothing. */
  onlySays?: (operation: number) => boolean;
  /** Takes the command and never answers. */
  silentAt?: (operation: number) => boolean;
  /** Header of a data phase in a packet of its own. */
  splitsHeader?: boolean;
  /** The response behind the data in the same transfer. */
  joinsResponse?: boolean;
  /** A zero-length packet behind data that fills its last packet. */
  endsWithZlp?: boolean;
  /** A zero-length packet left over in front of each answer. */
  leavesZlp?: boolean;
  /** Data containers announce no length. */
  hidesLength?: boolean;
  /** The plug is pulled in front of the n-th step of the wire (0 is the first). */
  pullAtStep?: number;
  /** The plug is pulled in place of the n-th part of an answer that is sent. */
  pullAtSend?: number;
  /** The plug was pulled by one of these. */
  pulled?: () => void;
  /** So many bytes of a data phase come, then nothing. */
  stopsAfterBytes?: number;
  /** So many bytes of a data phase come, then the plug is pulled. */
  pullAfterBytes?: number;
  /** Class requests are refused. */
  refusesClassRequests?: boolean;
  /** A USB reset gives out new handles. */
  renumbersOnReset?: boolean;
}
