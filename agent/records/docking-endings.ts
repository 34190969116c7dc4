// Dockings that are over and have no durable record yet: one after the other for a camera, so that its chain of records is linear, and
// tried again for as long as the disk refuses. What a stop leaves undone is done by the next start, from the journal.
//
// Invariant: a record is made only once the log durably tells that the docking ended, but for one that the last process was cut off in.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { describeError, isDockError } from '../../protocol/format/errors.ts';
import type { CameraId } from '../../protocol/format/ids.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import { type Custody, enterOwed } from '../custody/custody-log.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import { type DockingRecords, RecordWriter } from './docking-records.ts';
import type { EndedDocking } from './ended-docking.ts';
import type { StoredRecord } from './stored-record.ts';

/** First and last pause before a record that could not be written is tried again. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;
/** Dockings that may wait for a disk; above that no further one begins. Each has a journal on the disk and its entries in memory. */
const WAITING_MAX = 64;
const CONDITION = 'docking.record-failed';

export interface EndingsDeps {
  readonly records: DockingRecords;
  readonly items: Pick<SignedItems, 'enterSpooled' | 'announceSpooled'>;
  readonly custody: Custody;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  /** The record is durable: its journal is not needed any more. Errors are logged. */
  readonly removeJournal: (ended: EndedDocking) => Promise<void>;
}

/** Everything that waits for its record. */
export class DockingEndings {
  readonly #deps: EndingsDeps;
  readonly #turns = new KeyedMutex<CameraId>();
  readonly #waiting = new Set<EndedDocking>();
  /** What of each is owed to the log. */
  readonly #owed = new Map<EndedDocking, CustodyEvent[]>();
  readonly #stopping = new AbortController();

  constructor(deps: EndingsDeps) {
    this.#deps = deps;
  }

  /** True where no further docking should begin: too many wait for the disk. */
  get isFull(): boolean {
    return this.#waiting.size >= WAITING_MAX;
  }

  /** The camera's newest docking that waits for its record. */
  newest(camera: CameraId): EndedDocking | undefined {
    return [...this.#waiting].findLast((ended) => ended.camera.id === camera);
  }

  /** The docking is over; its record is made behind all others of its camera. `owed`: see Dockings.end. */
  add(ended: EndedDocking, owed: readonly CustodyEvent[]): void {
    this.#waiting.add(ended);
    this.#owed.set(ended, [...owed]);
    void this.#turns.run(ended.camera.id, () => this.#record(ended));
  }

  /** Makes one last attempt for each that waits, and gives the rest to the next start. Never rejects. */
  async settle(): Promise<void> {
    this.#stopping.abort();
    await this.#turns.idle();
  }

  /** Never rejects. */
  async #record(ended: EndedDocking): Promise<void> {
    const { records, clock } = this.#deps;
    const { signal } = this.#stopping;
    const writer = new RecordWriter(records.writing, ended);
    for (let pauseMs = RETRY_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, RETRY_MS_MAX)) {
      const isLast = signal.aborted;
      const parts = await this.#written(ended, writer).catch((error: unknown) => {
        this.#failed(ended, error);
        return undefined;
      });
      if (parts !== undefined) return this.#recorded(ended, parts);
      if (isLast) return;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Errors: those of Custody; those of DockingRecords.write. */
  async #written(ended: EndedDocking, writer: RecordWriter): Promise<readonly StoredRecord[]> {
    const { records, custody } = this.#deps;
    enterOwed(custody, this.#owed.get(ended) ?? []);
    await custody.checkpoint();
    return records.write(ended.camera.id, writer);
  }

  async #recorded(ended: EndedDocking, parts: readonly StoredRecord[]): Promise<void> {
    const { conditions, log, custody, items, removeJournal } = this.#deps;
    this.#waiting.delete(ended);
    this.#owed.delete(ended);
    conditions.clear(CONDITION, ended.bay);
    log.info('docking recorded', { docking: ended.docking, bay: ended.bay, ended: ended.ended });
    for (const { recording } of parts) items.enterSpooled('docking', recording);
    await custody.checkpoint().catch((error: unknown) => log.error('custody log not written', { error }));
    await removeJournal(ended).catch((error: unknown) =>
      log.warn('journal of a recorded docking not removed', { docking: ended.docking, error }),
    );
    for (const { recording } of parts) items.announceSpooled('docking', recording);
  }

  #failed({ bay, docking }: EndedDocking, error: unknown): void {
    const { log, conditions } = this.#deps;
    log.error('docking record not written, will retry', { bay, docking, error });
    conditions.raise(CONDITION, bay, {
      reason: isDockError(error) ? error.code : describeError(error).slice(0, 256),
    });
  }
}
