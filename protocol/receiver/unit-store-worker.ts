// A UnitStore whose work is done by one worker thread: a core hashes and writes more than one broker delivers. The main thread passes
// numbers; unit bytes lie in the shared slabs.
import { WorkerCalls } from '../io/worker-calls.ts';
import { startWorker } from '../io/worker-thread.ts';
import type { Slabs } from './slabs.ts';
import type { DigestsState, UnitPlaces, UnitStore, UnitSubject, UnitWork } from './unit-store.ts';
import type { UnitCalls } from './units-thread.ts';

/** The worker keeps no state that needs more; a small heap is collected early. */
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 };

/** Opens the store; its worker starts with the first call. Errors of its calls: also "worker.died", "units.not-open". */
export function workerUnitStore(slabs: Pick<Slabs, 'memory'>): UnitStore {
  const calls = new WorkerCalls<UnitCalls>(() =>
    startWorker(import.meta.url, './units-thread', {
      workerData: slabs.memory,
      name: 'units',
      resourceLimits: HEAP,
    }),
  );
  let works = 0;
  return {
    checkDigests: (path, subject) => calls.call('checkDigests', { path, subject }),
    open: async (places: UnitPlaces, subject: UnitSubject, mode) => {
      const work = ++works;
      const digestsWhole = mode.kind === 'read' || mode.digestsWhole;
      await calls.call('open', { work, places, subject, writable: mode.kind === 'write', digestsWhole });
      return new WorkerUnitWork(calls, work);
    },
    close: () => calls.close(),
  };
}

class WorkerUnitWork implements UnitWork {
  readonly #calls: WorkerCalls<UnitCalls>;
  readonly #work: number;

  constructor(calls: WorkerCalls<UnitCalls>, work: number) {
    this.#calls = calls;
    this.#work = work;
  }

  appendDigests(offset: number, bytes: Uint8Array): Promise<DigestsState> {
    const moved = bytes.slice();
    return this.#calls.call('appendDigests', { work: this.#work, offset, bytes: moved }, [moved.buffer]);
  }

  storeUnit(unit: number, slab: number, sizeBytes: number): Promise<boolean> {
    return this.#calls.call('storeUnit', { work: this.#work, unit, slab, sizeBytes });
  }

  holdsUnit(unit: number): Promise<boolean> {
    return this.#calls.call('holdsUnit', { work: this.#work, unit });
  }

  async close(): Promise<void> {
    await this.#calls.call('close', { work: this.#work }).catch(() => undefined);
  }
}
