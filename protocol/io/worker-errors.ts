// Errors on their way between threads: structured clone would keep the message of a DockError and lose code, retry and facts.
import { DockError, type Facts, type Retry } from '../errors.ts';

/** Causes that travel with an error; more would only be noise. */
const CAUSES_MAX = 4;

/** An error as plain data. */
export interface PackedError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Present for a DockError. */
  readonly dock: { readonly code: string; readonly retry: Retry; readonly facts: Facts } | undefined;
  /** Of a system error: "ENOSPC", "EIO" ... */
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly cause: PackedError | undefined;
}

/** Plain data of whatever was thrown. Never throws. */
export function packError(error: unknown, depth = 0): PackedError {
  if (!(error instanceof Error)) return { ...EMPTY, message: String(error) };
  const cause =
    error.cause === undefined || depth >= CAUSES_MAX ? undefined : packError(error.cause, depth + 1);
  const { message, stack } = error;
  if (error instanceof DockError) {
    const { code, retry, facts } = error;
    return { ...EMPTY, message, stack, dock: { code, retry, facts }, cause };
  }
  return { ...EMPTY, message, stack, code: textOf(error, 'code'), syscall: textOf(error, 'syscall'), cause };
}

/** The error again: a DockError with code, retry and facts, or an Error with the system's code; the stack is that of the other thread. */
export function unpackError(packed: PackedError): Error {
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause);
  const error =
    packed.dock === undefined ? systemError(packed, cause) : dockError(packed.message, packed.dock, cause);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

const EMPTY: PackedError = {
  message: '',
  stack: undefined,
  dock: undefined,
  code: undefined,
  syscall: undefined,
  cause: undefined,
};

function dockError(
  message: string,
  dock: NonNullable<PackedError['dock']>,
  cause: Error | undefined,
): DockError {
  const { code, retry, facts } = dock;
  return new DockError(code, message, { retry, facts, ...(cause === undefined ? {} : { cause }) });
}

function systemError({ message, code, syscall }: PackedError, cause: Error | undefined): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  if (code !== undefined) Object.assign(error, { code });
  if (syscall !== undefined) Object.assign(error, { syscall });
  return error;
}

function textOf(error: Error, key: 'code' | 'syscall'): string | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
}
