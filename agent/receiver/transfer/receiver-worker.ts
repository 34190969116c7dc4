// The receiver's worker thread as seen from the main thread: a UnitStore. The main thread passes numbers; unit bytes lie in
// the shared slabs, and a core hashes and writes more than one broker delivers.
import { isDockError } from '../../../protocol/format/errors.ts';
import { WorkerCalls } from '../../platform/worker-calls.ts';
import { startWorker } from '../../platform/worker-thread.ts';
import type { ReceiverCalls, ReceiverThreadData } from './receiver-thread.ts';
import type { Slabs } from './slabs.ts';
import type { DigestsState, UnitPlaces, UnitStore, UnitSubject, UnitWork } from '../vault/unit-store.ts';

/** It keeps little; a small heap is collected early. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };

export interface ReceiverWorker {
  /** Errors of its calls: also "worker.died", and "units.not-open" after the worker was started again. */
  readonly units: UnitStore;
  /** Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the worker; resolves once it has answered, so that a module that does not work shows here. Errors: "worker.died".
 * A worker that dies later is started again by the next call.
 */
export async function openReceiverWorker(slabs: Pick<Slabs, 'memory'>): Promise<ReceiverWorker> {
  const data: ReceiverThreadData = { memory: slabs.memory };
  const calls = new WorkerCalls<ReceiverCalls>(() =>
    startWorker(import.meta.url, './receiver-thread', {
      workerData: data,
      name: 'receiver',
      resourceLimits: HEAP,
    }),
  );
  try {
    await calls.call('close', { work: 0 }); // nobody's
  } catch (error) {
    await calls.close();
    throw error;
  }
  return { units: new WorkerUnitStore(calls), close: () => calls.close() };
}

class WorkerUnitStore implements UnitStore {
  readonly #calls: WorkerCalls<ReceiverCalls>;
  #works = 0;

  constructor(calls: WorkerCalls<ReceiverCalls>) {
    this.#calls = calls;
  }

  checkDigests(path: string, subject: UnitSubject): Promise<boolean> {
    return this.#calls.call('checkDigests', { path, subject });
  }

  async open(
    places: UnitPlaces,
    subject: UnitSubject,
    mode: Parameters<UnitStore['open']>[2],
  ): Promise<UnitWork> {
    const work = ++this.#works;
    const digestsWhole = mode.kind === 'read' || mode.digestsWhole;
    const writable = mode.kind === 'write';
    await this.#calls.call('open', { work, places, subject, writable, digestsWhole });
    return new WorkerUnitWork(this.#calls, work);
  }
}

class WorkerUnitWork implements UnitWork {
  readonly #calls: WorkerCalls<ReceiverCalls>;
  readonly #work: number;

  constructor(calls: WorkerCalls<ReceiverCalls>, work: number) {
    this.#calls = calls;
    this.#work = work;
  }

  appendDigests(offset: number, bytes: Uint8Array): Promise<DigestsState> {
    const moved = new Uint8Array(bytes); // Buffer.slice would be a view, and moving it would take the socket's memory away
    return this.#calls.call('appendDigests', { work: this.#work, offset, bytes: moved }, [moved.buffer]);
  }

  storeUnit(unit: number, slab: number, sizeBytes: number): Promise<boolean> {
    return this.#calls.call('storeUnit', { work: this.#work, unit, slab, sizeBytes });
  }

  holdsUnit(unit: number, writeAgain = false): Promise<boolean> {
    return this.#calls.call('holdsUnit', { work: this.#work, unit, writeAgain });
  }

  async close(): Promise<void> {
    await this.#calls.call('close', { work: this.#work }).catch((error: unknown) => {
      if (!isDockError(error, 'worker.died')) throw error; // its files went with it
    });
  }
}
