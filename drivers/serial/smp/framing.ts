// How packets travel on the line (SPEC 11.3, 11.4): a framing turns packets into bytes, and bytes in any pieces back into packets.

/** Takes bytes as they come and gives whole packets, each a copy of its own. Never throws; what it cannot use is counted. */
export interface SmpDeframer {
  /** Packets that are whole with these bytes. `nowMs` is monotonic. */
  push(bytes: Uint8Array, nowMs: number): Uint8Array[];
  /** Forgets what is unfinished. */
  reset(): void;
  /** Bytes that were skipped as noise, and packets that were dropped as damaged, since the start. */
  readonly noiseBytes: number;
  readonly damaged: number;
}

export interface SmpFraming {
  readonly name: 'console' | 'raw';
  /** The bytes that carry a packet. */
  frame(packet: Uint8Array): Uint8Array;
  /** `takes`: what this end is sent. A camera takes requests, a station answers. */
  deframer(takes: 'answers' | 'requests'): SmpDeframer;
}
