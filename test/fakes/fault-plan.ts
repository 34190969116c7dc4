// Planned failures of a disk in memory: which call fails, when, for how long and with which error.
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

/** Calls that a fault can hit; `closeRead` is the end of a handle that was opened for reading. */
export type Operation = keyof Files | Exclude<keyof OpenFile, 'then'> | 'closeRead';
/**
 * Groups of calls. `change`: those that change the disk or promise something of it, and the end of every handle; `alter`: the same without
 * handles for reading, whose end no file system of a local disk refuses; `fill`: those that need space; `look`: all others.
 */
export type Group = 'change' | 'alter' | 'fill' | 'look';
const FILLING: readonly Operation[] = ['makeFolder', 'create', 'write', 'rename'];
const ALTERING: ReadonlySet<Operation> = new Set<Operation>([
  ...FILLING,
  'sync',
  'close',
  'unlink',
  'removeTree',
  'syncFolder',
]);
const MEMBERS: Readonly<Record<Group, (operation: Operation) => boolean>> = {
  change: (operation) => ALTERING.has(operation) || operation === 'closeRead',
  alter: (operation) => ALTERING.has(operation),
  fill: (operation) => FILLING.includes(operation),
  look: (operation) => !MEMBERS.change(operation),
};

/** Whether it is one of those. */
export function isOne(of: Operation | Group | 'any', operation: Operation): boolean {
  if (of === 'any' || of === operation || (of === 'close' && operation === 'closeRead')) return true;
  return of in MEMBERS && MEMBERS[of as Group](operation);
}

/** A planned failure: the `nth` matching call from now on fails, and those behind it for as long as `times` says. */
export interface Fault {
  readonly operation: Operation | Group | 'any';
  readonly nth: number;
  readonly code: string;
  /** 1 unless given; Infinity is "for good". */
  readonly times?: number;
  /** Only calls whose path holds this text. */
  readonly path?: string;
  /** True: the call does what it should and fails anyway. */
  readonly applied?: boolean;
  /** Hears of each call that fails by it, before it does. */
  readonly onHit?: (path: string) => void;
}

/** An error in the form that Node gives to failed system calls. */
export function systemError(code: string, operation: Operation, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${operation} ${path}`), { code, syscall: operation, path });
}

class Counter {
  readonly fault: Fault;
  #seen = 0;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  hits(operation: Operation, path: string): boolean {
    const { operation: wanted, nth, times = 1 } = this.fault;
    if (!isOne(wanted, operation) || (this.fault.path !== undefined && !path.includes(this.fault.path)))
      return false;
    this.#seen++;
    return this.#seen >= nth && this.#seen < nth + times;
  }
}

/** Faults that stand, and the count of all calls. */
export class FaultPlan {
  /** Hears of each call, before it is done. */
  onCall: (operation: Operation, path: string) => void = () => undefined;
  readonly #calls = new Map<Operation, number>();
  #counters: Counter[] = [];

  add(fault: Fault): void {
    this.#counters.push(new Counter(fault));
  }

  clear(): void {
    this.#counters = [];
  }

  /** Counts the call; returns the fault that hits it. */
  take(operation: Operation, path: string): Fault | undefined {
    this.#calls.set(operation, (this.#calls.get(operation) ?? 0) + 1);
    this.onCall(operation, path);
    let found: Fault | undefined;
    for (const counter of this.#counters) if (counter.hits(operation, path)) found ??= counter.fault;
    found?.onHit?.(path);
    return found;
  }

  /** Calls so far; groups and "any" sum up. */
  calls(operation: Fault['operation']): number {
    let sum = 0;
    for (const [name, count] of this.#calls) if (isOne(operation, name)) sum += count;
    return sum;
  }
}
