// Planned failures of a disk in memory: which call fails, when, for how long and with which error.
import type { Files, OpenFile } from '../../protocol/ports.ts';

/** Calls that a fault can hit. */
export type Operation = keyof Files | Exclude<keyof OpenFile, 'then'>;
/** Calls that change the disk or promise something of it. */
const CHANGES: ReadonlySet<Operation> = new Set([
  'makeFolder',
  'create',
  'write',
  'sync',
  'close',
  'rename',
  'unlink',
  'removeTree',
  'syncFolder',
]);

/** A planned failure: the `nth` matching call from now on fails, and those behind it for as long as `times` says. */
export interface Fault {
  readonly operation: Operation | 'change' | 'any';
  readonly nth: number;
  readonly code: string;
  /** 1 unless given; Infinity is "for good". */
  readonly times?: number;
  /** Only calls whose path holds this text. */
  readonly path?: string;
  /** True: the call does what it should and fails all the same. */
  readonly applied?: boolean;
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
    const matches =
      wanted === 'any' || wanted === operation || (wanted === 'change' && CHANGES.has(operation));
    if (!matches || (this.fault.path !== undefined && !path.includes(this.fault.path))) return false;
    this.#seen++;
    return this.#seen >= nth && this.#seen < nth + times;
  }
}

/** Faults that stand, and the count of all calls. */
export class FaultPlan {
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
    let found: Fault | undefined;
    for (const counter of this.#counters) if (counter.hits(operation, path)) found ??= counter.fault;
    return found;
  }

  /** Calls so far; "change" and "any" sum up. */
  calls(operation: Fault['operation']): number {
    let sum = 0;
    for (const [name, count] of this.#calls)
      if (operation === 'any' || operation === name || (operation === 'change' && CHANGES.has(name)))
        sum += count;
    return sum;
  }
}
