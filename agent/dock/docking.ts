// The rounds of one docking: list, take every entry, set the clock once all is here, wait for receipts, release. They repeat as long as
// the camera stays. What surrounds them, from "docked" to the record, is docking-life.ts.
//
// Invariants:
// 1. The inventory is in the journal and in the custody log before the first entry is read.
// 2. "spooled" is set only after the commit is durable.
// 3. Nothing is erased outside of Eraser.wave, only after the round's entries were taken, and only once the journal holds the first
//    listing: from then on a cut leaves enough for the docking's record.
// 4. No entry is read before its looks say that it stays as it is, and the others do not wait for it (SPEC 16).
import type { Inventory } from '../../drivers/driver.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { forEachSlowly } from '../../protocol/format/slowly.ts';
import { withEither } from '../../protocol/format/with-either.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { DockingEntries } from '../inventory/docking-entries.ts';
import { isSetAside, RETRY_MS_MIN, type TrackedEntry } from '../inventory/entry.ts';
import {
  isChanging,
  isSettled,
  isStill,
  type Looks,
  untilSettledMs,
  untilStillMs,
} from '../inventory/looks.ts';
import type { Taker } from '../pull/take.ts';
import type { DockingJournal } from '../records/docking-journal.ts';
import type { Eraser } from '../release/erase.ts';
import type { BaySession } from './bay-place.ts';
import type { BayActivity } from './bay-state.ts';

/** Commits that may run behind the reading of the next entry. */
const COMMITS_MAX = 8;
/** Files between two checkpoints: one that is known from the docking before takes no time but that of its entry in the log. */
const TAKEN_GROUP = 200;
/** The camera is listed again after this long without news: it may show new files, or answer where it did not. */
const ROUND_MS = 30_000;
/** Receipts are gathered this long, so that one listing confirms many erasures. */
const GATHER_MS = 300;
/**
 * Files in a row at which the camera gave nothing, each for minutes: then the round ends, so that somebody is told. The others are tried
 * in the next rounds, before these.
 */
const FAILED_ENTRIES_MAX = 2;

export interface DockingDeps {
  readonly session: BaySession;
  readonly entries: DockingEntries;
  readonly taker: Taker;
  readonly eraser: Eraser;
  readonly journal: Pick<DockingJournal, 'holdsInventory'>;
  readonly custody: Custody;
  readonly clock: Clock;
  /** Something outside changed: a receipt came, the folder changed, a recording went to the quarantine. */
  readonly news: News;
  /** The day is over, and the camera is to be listed as a whole by a docking of its own. Asked where nothing is read or erased. */
  readonly isOver: () => boolean;
  /** Every file of a whole listing is durable here. Errors: those of the session; the signal's reason. */
  readonly onAllHere: (signal: AbortSignal) => Promise<void>;
  /** What the docking does, and the bytes read of the entry that is being pulled. */
  readonly onShow: (activity: BayActivity, pulledBytes: number) => void;
}

/** Files that were tried more often than that are tried in any order. */
const TRIES_MAX = 1_000_000;

/** A listing, and the monotonic time before which nothing of it was asked. */
interface Look {
  readonly inventory: Inventory;
  readonly beganMs: number;
}

/** Rounds with one camera. */
export class Docking {
  readonly #deps: DockingDeps;

  constructor(deps: DockingDeps) {
    this.#deps = deps;
  }

  /** Runs rounds until the docking is over: then it resolves. Rejects with the reason where the camera leaves or the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    this.#show('reading');
    const { entries, eraser, onAllHere } = this.#deps;
    let look: Look | undefined = await this.#look(signal);
    while (look !== undefined) {
      const { beganMs }: Look = look;
      await eraser.listed(look.inventory, signal);
      await entries.track(look.inventory, beganMs, signal);
      look = undefined; // the entries have what they need of it, and with very many files it is large
      this.#leaveChanging();
      await this.#takeAll(signal);
      if (entries.areAllHere) await onAllHere(signal);
      look = (await this.#release(signal)) ?? (await this.#next(beganMs, signal));
    }
  }

  /** The listing of the next round; undefined where the docking is over. */
  async #next(lastMs: number, signal: AbortSignal): Promise<Look | undefined> {
    if (this.#deps.isOver()) return undefined;
    const again = await this.#lookAgain(lastMs, signal);
    if (again !== undefined) return again;
    await this.#rest(lastMs, signal);
    return this.#deps.isOver() ? undefined : this.#look(signal);
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const beganMs = this.#deps.clock.monotonicMs();
    return { beganMs, inventory: await this.#deps.session.inventory(signal) };
  }

  /** Files that the listing shows to be changing wait, and say so. */
  #leaveChanging(): void {
    const { entries, taker } = this.#deps;
    for (const entry of entries.tally.open) if (isChanging(entry.looks)) taker.leaveChanging(entry);
  }

  async #takeAll(signal: AbortSignal): Promise<void> {
    const open = await this.#due(signal);
    if (open.length === 0) return;
    this.#show('pulling');
    const commits = new Set<Promise<void>>();
    let failed = 0;
    try {
      for (const [at, entry] of open.entries()) {
        if (failed >= FAILED_ENTRIES_MAX) break;
        if (at % TAKEN_GROUP === TAKEN_GROUP - 1) await this.#deps.custody.checkpoint();
        const { committing } = await this.#deps.taker.take(
          entry,
          signal,
          (takenBytes) => this.#show('pulling', takenBytes),
          () => this.#waitsForOthers(),
        );
        this.#show('pulling');
        // What is being committed was read, whatever it waited for before.
        failed = committing === undefined && isCameraFailed(entry) ? failed + 1 : 0;
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

  /** The camera is not slow, and nothing hangs. */
  #waitsForOthers(): void {
    this.#deps.session.waits?.();
    this.#show('reading');
  }

  /**
   * Entries to be taken now: what nobody suspects, what an earlier docking began, what is locked, and what was tried less comes first, each in
   * the order of the camera.
   */
  async #due(signal: AbortSignal): Promise<TrackedEntry[]> {
    const { entries, taker, clock } = this.#deps;
    const now = clock.monotonicMs();
    const ranked = new Map<number, TrackedEntry[]>();
    const pause = (): Promise<void> => clock.sleep(0, signal);
    await forEachSlowly(entries.tally.open, pause, (entry) => {
      if ((entry.fate.kind === 'waiting' && entry.againAtMs > now) || !isStill(entry.looks)) return;
      const rank = rankOf(entry, taker);
      const alike = ranked.get(rank);
      if (alike === undefined) ranked.set(rank, [entry]);
      else alike.push(entry);
    });
    return [...ranked].sort(([a], [b]) => a - b).flatMap(([, alike]) => alike);
  }

  /** Erases waves as long as there is something; returns the last listing, or undefined where nothing was touched. */
  async #release(signal: AbortSignal): Promise<Look | undefined> {
    const { entries, eraser, journal, clock } = this.#deps;
    let isListed = false;
    let last: Look | undefined;
    while (journal.holdsInventory) {
      const ready = eraser.ready(settled(entries.tally.undecided));
      if (ready.length === 0) break;
      if (await this.#proveJoined(ready, signal)) continue;
      last = undefined; // let go of before the camera is listed once more
      const beganMs = clock.monotonicMs();
      const inventory = await eraser.wave(ready, signal, () => {
        if (eraser.erases) this.#show('erasing');
      });
      if (inventory === undefined) continue;
      isListed = true;
      last = { inventory, beganMs };
    }
    return isListed ? (last ?? this.#look(signal)) : undefined;
  }

  /** Compares those that were read in several dockings with their files once more; false where there is none. */
  async #proveJoined(ready: readonly TrackedEntry[], signal: AbortSignal): Promise<boolean> {
    const { eraser, taker } = this.#deps;
    const joined = ready.filter((entry) => eraser.needsProof(entry));
    for (const entry of joined) {
      this.#show('reading');
      const unproven = await taker.prove(entry, signal);
      if (unproven !== undefined) eraser.refuse(entry, unproven.reason, unproven.detail);
    }
    return joined.length > 0;
  }

  /** Listed again as soon as that can say of a file that it is still; undefined where no file waits for it. */
  async #lookAgain(lastMs: number, signal: AbortSignal): Promise<Look | undefined> {
    const { entries, clock } = this.#deps;
    const now = clock.monotonicMs();
    let waitMs = Infinity;
    for (const { looks } of entries.tally.open)
      if (isShown(looks, lastMs)) waitMs = Math.min(waitMs, untilStillMs(looks, now) ?? Infinity);
    if (waitMs === Infinity) return undefined;
    this.#show('reading');
    await clock.sleep(waitMs, signal);
    return this.#look(signal);
  }

  /** Nothing to do for now: until news, or until it is time to look again. */
  async #rest(lastMs: number, signal: AbortSignal): Promise<void> {
    this.#show('resting');
    const waited = new AbortController();
    const cancel = this.#deps.clock.after(this.#restMs(lastMs), () => waited.abort());
    try {
      await withEither(signal, waited.signal, (ending) => this.#deps.news.wait(ending));
      await this.#deps.clock.sleep(GATHER_MS, signal);
    } catch (error) {
      if (!waited.signal.aborted || signal.aborted) throw error;
    } finally {
      cancel();
    }
  }

  /** A file that waits is tried again soon, and one that is here is looked at as soon as that allows to erase it. */
  #restMs(lastMs: number): number {
    const { entries, clock } = this.#deps;
    const now = clock.monotonicMs();
    let restMs = ROUND_MS;
    for (const { fate } of entries.tally.open)
      if (fate.kind === 'waiting' && !isSetAside(fate)) restMs = Math.min(restMs, RETRY_MS_MIN);
    for (const { looks } of entries.tally.undecided)
      if (isShown(looks, lastMs)) restMs = Math.min(restMs, untilSettledMs(looks, now) ?? ROUND_MS);
    return restMs;
  }

  #show(activity: BayActivity, pulledBytes = 0): void {
    this.#deps.onShow(activity, pulledBytes);
  }
}

/** Whether the newest listing, which began then, shows it: one that it does not show gets no older by being listed again at once. */
function isShown(looks: Looks, beganMs: number): boolean {
  return looks.lastMs >= beganMs;
}

/** Those that looks allow to erase. */
function* settled(entries: Iterable<TrackedEntry>): Iterable<TrackedEntry> {
  for (const entry of entries) if (isSettled(entry.looks)) yield entry;
}

function isCameraFailed({ fate }: TrackedEntry): boolean {
  return fate.kind === 'waiting' && fate.reason === 'camera-failed';
}

/** The lowest comes first. */
function rankOf(entry: TrackedEntry, taker: Pick<Taker, 'isSuspected' | 'isBegun'>): number {
  const { fate, attempts, listed } = entry;
  const tries = fate.kind === 'waiting' ? Math.min(attempts, TRIES_MAX) : 0;
  const group =
    4 * Number(taker.isSuspected(entry)) + 2 * Number(!taker.isBegun(entry)) + Number(!listed.locked);
  return group * 2 * TRIES_MAX + tries;
}

// A bell that is never missed: a ring before the wait ends the next wait at once.

/** One waiter at a time. */
export class News {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or at once where one came since the last wait; rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) await this.#ringOrAbort(signal);
    this.#rung = false;
  }

  #ringOrAbort(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#wake = undefined;
        signal.removeEventListener('abort', end);
        if (signal.aborted)
          reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
        else resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
