// The rounds of one docking: list, take every entry, set the clock once all is here, wait for receipts, release. They repeat as long as
// the camera stays. What surrounds them, from "docked" to the record, is docking-life.ts.
//
// Invariants:
// 1. The inventory is in the journal and in the custody log before the first entry is read.
// 2. "spooled" is set only after the commit is durable.
// 3. Nothing is erased outside of Eraser.wave, only after the round's entries were taken, and only once the journal holds the first
//    listing: from then on a cut leaves enough for the docking's record.
import type { CameraSession, Inventory } from '../../drivers/driver.ts';
import type { Clock } from '../../protocol/ports.ts';
import type { BayActivity } from './bay-state.ts';
import type { Custody } from '../custody/custody.ts';
import type { DockingJournal } from '../dockings/docking-journal.ts';
import type { DockingEntries } from './docking-entries.ts';
import { RETRY_MS_MIN } from './entry.ts';
import type { Eraser } from './erase.ts';
import type { News } from './news.ts';
import type { Taker } from './take.ts';

/** Commits that may run behind the reading of the next entry. */
const COMMITS_MAX = 8;
/** The camera is listed again after this long without news: it may show new files, or answer where it did not. */
const ROUND_MS = 30_000;
/** Receipts are gathered this long, so that one listing confirms many erasures. */
const GATHER_MS = 300;

export interface DockingDeps {
  readonly session: CameraSession;
  readonly entries: DockingEntries;
  readonly taker: Taker;
  readonly eraser: Eraser;
  readonly journal: Pick<DockingJournal, 'holdsInventory'>;
  readonly custody: Custody;
  readonly clock: Clock;
  /** Something outside changed: a receipt came, the folder changed, a recording went to the quarantine. */
  readonly news: News;
  /** Every file of a whole listing is durable here. Errors: those of the session; the signal's reason. */
  readonly onAllHere: (signal: AbortSignal) => Promise<void>;
  /** What the docking does, and the bytes read of the entry that is being pulled. */
  readonly onShow: (activity: BayActivity, pulledBytes: number) => void;
}

/** Rounds with one camera. */
export class Docking {
  readonly #deps: DockingDeps;

  constructor(deps: DockingDeps) {
    this.#deps = deps;
  }

  /** Runs rounds until the camera leaves or the signal is aborted, and rejects with that reason. */
  async run(signal: AbortSignal): Promise<never> {
    this.#show('reading');
    let listing = await this.#deps.session.inventory(signal);
    for (;;) {
      await this.#deps.entries.track(listing, signal);
      await this.#takeAll(signal);
      if (this.#deps.entries.areAllHere) await this.#deps.onAllHere(signal);
      listing = (await this.#release(signal)) ?? (await this.#rest(signal));
    }
  }

  async #takeAll(signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.monotonicMs();
    const open = [...this.#deps.entries.all].filter(
      ({ fate, againAtMs }) => fate.kind === 'pending' || (fate.kind === 'waiting' && againAtMs <= now),
    );
    open.sort((a, b) => Number(b.listed.locked) - Number(a.listed.locked));
    if (open.length === 0) return;
    this.#show('pulling');
    const commits = new Set<Promise<void>>();
    try {
      for (const entry of open) {
        const { committing } = await this.#deps.taker.take(entry, signal, (takenBytes) =>
          this.#show('pulling', takenBytes),
        );
        this.#show('pulling');
        if (committing === undefined) continue;
        const tracked = committing.finally(() => commits.delete(tracked));
        commits.add(tracked);
        if (commits.size >= COMMITS_MAX) await Promise.race(commits);
      }
    } finally {
      this.#show('pulling');
      await Promise.all(commits);
    }
    await this.#deps.custody.checkpoint();
  }

  /** Erases waves as long as there is something; returns the last listing, or undefined where nothing was touched. */
  async #release(signal: AbortSignal): Promise<Inventory | undefined> {
    const { entries, eraser, journal } = this.#deps;
    let last: Inventory | undefined;
    while (journal.holdsInventory) {
      const ready = eraser.ready(entries.all);
      if (ready.length === 0) break;
      if (eraser.erases) this.#show('erasing');
      last = (await eraser.wave(ready, signal)) ?? last;
    }
    return last;
  }

  /** Nothing to do for now: until news, or until it is time to look again. */
  async #rest(signal: AbortSignal): Promise<Inventory> {
    this.#show('resting');
    const waits = [...this.#deps.entries.all].some(({ fate }) => fate.kind === 'waiting');
    const waited = new AbortController();
    const cancel = this.#deps.clock.after(waits ? RETRY_MS_MIN : ROUND_MS, () => waited.abort());
    try {
      await this.#deps.news.wait(AbortSignal.any([signal, waited.signal]));
      await this.#deps.clock.sleep(GATHER_MS, signal);
    } catch (error) {
      if (!waited.signal.aborted || signal.aborted) throw error;
    } finally {
      cancel();
    }
    return this.#deps.session.inventory(signal);
  }

  #show(activity: BayActivity, pulledBytes = 0): void {
    this.#deps.onShow(activity, pulledBytes);
  }
}
