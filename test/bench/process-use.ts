// What some processes use from now on: CPU seconds since then, and the peak of their memory since they began.
import { processCpu } from './cpu.ts';
import { peakBytes } from './resident.ts';
import type { Measured } from './parties/party.ts';

/** Open at the start of what is measured. The processes must be alive until `take`. */
export class ProcessUse {
  readonly #pids: readonly (readonly [string, number])[];
  readonly #before: ReadonlyMap<string, number>;

  /** Process ids by name. Errors: ENOENT where one is gone. */
  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = Object.entries(pids);
    this.#before = new Map(this.#pids.map(([name, pid]) => [name, cpuOf(pid)]));
  }

  /** Errors: ENOENT where one is gone. */
  take(): Pick<Measured, 'cpuSeconds' | 'peakBytes'> {
    const used = ([name, pid]: readonly [string, number]): [string, number] => [
      name,
      cpuOf(pid) - (this.#before.get(name) ?? 0),
    ];
    return {
      cpuSeconds: Object.fromEntries(this.#pids.map(used)),
      peakBytes: Object.fromEntries(this.#pids.map(([name, pid]) => [name, peakBytes(pid)])),
    };
  }
}

function cpuOf(pid: number): number {
  const { own, children } = processCpu(pid);
  return own + children;
}
