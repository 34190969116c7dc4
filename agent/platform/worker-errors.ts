// Errors on their way between threads and processes: structured clone would keep the message of a DockError and lose code, retry and facts.
import { DockError, type Facts, type Retry } from '../../protocol/format/errors.ts';

/** Causes that travel with an error; more would only be noise. */
const CAUSES_MAX = 4;
/** What Node puts on an error of the system, such as "ENOSPC", "write", -28. */
const SYSTEM_FACTS = ['code', 'syscall', 'errno', 'path', 'dest'];

/** An error as plain data. */
export interface PackedError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Present for a DockError. */
  readonly dock: { readonly code: string; readonly retry: Retry; readonly facts: Facts } | undefined;
  /** Of a system error: those of SYSTEM_FACTS that it has. */
  readonly system: Readonly<Record<string, unknown>>;
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
  return { ...EMPTY, message, stack, system: systemFacts(error), cause };
}

/** The error again: a DockError with code, retry and facts, or an Error with the system's facts; the stack is that of the other thread. */
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
  system: {},
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

function systemError({ message, system }: PackedError, cause: Error | undefined): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), systemFacts(system));
}

function systemFacts(from: object): Readonly<Record<string, unknown>> {
  const facts = SYSTEM_FACTS.map((name): [string, unknown] => [name, Reflect.get(from, name)]);
  return Object.fromEntries(facts.filter(([, value]) => ['string', 'number'].includes(typeof value)));
}
