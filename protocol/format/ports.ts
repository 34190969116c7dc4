// The world as the product sees it: clock, randomness, files, broker, log, conditions. Adapters live in agent/platform,
// fakes in test/fakes, and both pass the suites in test/contracts. Nothing here does anything.

/** Wall time is a claim; only monotonic time measures. */
export interface Clock {
  /** Wall time in ms since 1970, as the machine believes it. May jump in both directions. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` of monotonic time; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls once after `ms`; the returned function cancels and may be called any number of times. */
  after(ms: number, call: () => void): () => void;
}

/** A cryptographic source in production, a seeded one in tests. */
export interface Random {
  bytes(count: number): Uint8Array;
}

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
}

/** An open file. Every method rejects with the system's error (code "ENOSPC", "EIO" ...) as it is. */
export interface OpenFile {
  /** Writes all bytes at the position or rejects: a short count is turned into "ENOSPC". */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills the target from the position; returns the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Data and size are on the medium when it resolves. After a rejection the file counts as lost: never sync again. */
  sync(): Promise<void>;
  sizeBytes(): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A file system. Names are durable after syncFolder, bytes after sync. Paths are absolute. */
export interface Files {
  /** Rejects with "EEXIST" where the name is taken. */
  makeFolder(path: string): Promise<void>;
  /** Creates and opens for reading and writing, mode 0640; rejects with "EEXIST" where the name is taken. */
  create(path: string): Promise<OpenFile>;
  open(path: string, mode: 'read' | 'write'): Promise<OpenFile>;
  /** Atomic, replaces a file of the target's name. */
  rename(from: string, to: string): Promise<void>;
  /** Removes one file. */
  unlink(path: string): Promise<void>;
  /** Removes a folder with all below it; a path that is not there is no error. Not atomic. */
  removeTree(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Names in a folder, in no order. */
  list(path: string): Promise<string[]>;
  /** undefined where nothing has that name. Symbolic links are not followed: they are "other". */
  stat(path: string): Promise<FileStat | undefined>;
  /** The whole file, for small documents; rejects with "EFBIG" where it is longer than `bytesMax`. */
  readAll(path: string, bytesMax: number): Promise<Uint8Array>;
  /** Bytes that an unprivileged process can still write on the file system of that path. */
  freeBytes(path: string): Promise<number>;
}

/** One message as it came. The payload is a view that is good until the handler returns: copy what is kept. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** How a message is published. */
export interface PublishOptions {
  readonly qos: 0 | 1;
  readonly retain?: boolean;
  /** Seconds after which an MQTT 5 broker drops the message, retained or not; an older one keeps it. Only with QoS 1. */
  readonly expiresSeconds?: number;
}

/** A connection to an MQTT broker that reconnects by itself for ever, with pauses. */
export interface Broker {
  /** True between a successful connect, all subscriptions granted, and the next loss. */
  readonly connected: boolean;
  /** Largest payload that this broker surely takes, in bytes; learnt at connect, else the configured ceiling. */
  readonly payloadBytesMax: number;
  /** The line was slow to open: what can be cut to pieces is best cut small. False where nobody measures it. */
  readonly isSlow?: boolean;
  /**
   * QoS 1: resolves on the broker's acknowledgement with a success code. QoS 0: resolves once the payload has left; until then its
   * memory must not change.
   * Errors: "broker.offline" when not connected or lost before the acknowledgement, "broker.refused" for an error code,
   * "broker.message-oversize" before anything is sent. Nothing is kept for later: the caller sends again.
   */
  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void>;
  /** Kept over reconnects. Resolves when granted, or at once when offline (then granted at the next connect). */
  subscribe(filter: string): Promise<void>;
  /** One handler each; short and synchronous (one message at a time passes the connection). */
  onMessage(handler: (message: BrokerMessage) => void): void;
  /** Called after each connect with all subscriptions granted, and after each loss. */
  onState(handler: (connected: boolean) => void): void;
  /** Ends the connection; the retained will is not sent where `clean`. */
  close(clean: boolean): Promise<void>;
}

/** Structured log: a constant message, values as fields with the unit in the key. */
export interface Log {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Facts of a condition, with the unit in the key; no secret, no person, no camera serial. */
export type ConditionFacts = Readonly<Record<string, string | number | boolean | null>>;

/** Health statements for staff and monitoring. A code with a subject ("spool.full", "camera.refused" of bay-2) is one condition. */
export interface Conditions {
  /** Idempotent; facts of a raised condition are replaced. */
  raise(code: string, subject: string | null, facts?: ConditionFacts): void;
  /** Idempotent. */
  clear(code: string, subject: string | null): void;
}

/** Signs with the one private key of this process, in minisign form. */
export interface Signer {
  /** Text of the minisign file over the bytes. Runs off the main thread in production. */
  sign(bytes: Uint8Array, trustedComment: string): Promise<string>;
}
