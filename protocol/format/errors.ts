// The one error class of the project. Callers branch on `code`; the thrower decides what a retry means.

/** Whether trying again can help: "later" by itself, "never", or only after a "person" did something. */
export type Retry = 'later' | 'never' | 'person';

/** Values that belong to an error, with the unit in the key. Never a secret, never a person's name. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An expected failure with a stable code such as "spool.full" or "receipt.mismatch".
 * Shape: `message` says what was done, with what value, what was expected and what to do.
 */
export class DockError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly facts: Facts;

  constructor(code: string, message: string, options: { cause?: unknown; retry: Retry; facts?: Facts }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DockError';
    this.code = code;
    this.retry = options.retry;
    this.facts = options.facts ?? {};
  }
}

/** True for a DockError with that code (or any code where none is given). Never throws. */
export function isDockError(error: unknown, code?: string): error is DockError {
  return error instanceof DockError && (code === undefined || error.code === code);
}

/** The system error code ("ENOSPC", "EIO" ...) of an error or of one of its causes, else undefined. Never throws. */
export function systemCode(error: unknown): string | undefined {
  for (let depth = 0, at: unknown = error; depth < 8 && at instanceof Error; depth++, at = at.cause) {
    if (at instanceof DockError) continue;
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}

/**
 * What may be told of an error of the system about a camera's file: its call and its code. Node puts the path into message and fields, and a
 * camera's folders and files often name a person. Any other error as it is. Never throws.
 */
export function withoutPath(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const syscall = 'syscall' in error ? String(error.syscall) : 'call';
  const code = String(error.code);
  return Object.assign(new Error(`${syscall} failed with ${code}`), { code }); // no cause: it holds the path
}

/** True where nothing lies at the path that an error of the system, or one of its causes, is about. Never throws. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Errors that say nothing of the disk or the camera: the machine is short of something, and another try may work. */
const SHORTAGE_CODES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR']);

/** True where an error, or one of its causes, is the machine's and not the file's: nothing may be judged by it. Never throws. */
export function isMachineShort(error: unknown): boolean {
  return SHORTAGE_CODES.has(systemCode(error) ?? '');
}

/** One line for a log or a terminal: the code where there is one, and the message. Never throws. */
export function describeError(error: unknown): string {
  if (error instanceof DockError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
