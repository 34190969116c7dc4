// What was seen on a camera in one docking, listing after listing: which file is new, changed or gone. Says so to the custody log, to
// the docking's account and, once, to its journal.
//
// Invariants:
// 1. The first listing is written to the journal and into the custody log before `track` resolves, and nothing was read before.
// 2. Every entry of a listing has a fate at every moment.
// 3. At most DOCKING_SEEN_MAX files of a docking are in the log one by one; of the others their count and their digest do.
import { createHash } from 'node:crypto';
import type { Inventory, InventoryEntry } from '../../drivers/driver.ts';
import { inventoryLine } from '../../protocol/documents/docking-record.ts';
import type { DockingId, RecordingId } from '../../protocol/format/ids.ts';
import { DOCKING_SEEN_MAX, INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { forEachSlowly, type Pause, pauseWhatever } from '../../protocol/format/slowly.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { DockingJournal } from '../records/docking-journal.ts';
import {
  type DockingInventory,
  type EndedEntries,
  inventoryEvent,
  type InventoryRow,
} from '../records/ended-docking.ts';
import type { ListedFile } from '../spool/released-rows.ts';
import { EntryLedger } from './entry-ledger.ts';
import { type EntryFate, EntryCounters, isSetAside, PENDING, type SeenEntry, TrackedEntry } from './entry.ts';
import {
  clockOfNewest,
  type FileClock,
  ListingLooks,
  type LookedAt,
  type Vanished,
  VanishedEntries,
} from './looks.ts';
import { assignRoles, checkListing, type ListedEntry, type Listing } from './roles.ts';

/** Entries named in the custody log between two checkpoints. */
const SEEN_GROUP = 1000;
/** ... and between two pauses. */
const PAUSE_ENTRIES = 200;
/** Fates that end when the entry is no longer listed: nothing of it is here. */
const FORGOTTEN: ReadonlySet<EntryFate['kind']> = new Set(['pending', 'waiting', 'not-a-file']);

export interface DockingEntriesDeps {
  readonly docking: DockingId;
  readonly custody: Custody;
  readonly journal: Pick<DockingJournal, 'inventoryTaken'>;
  readonly clock: Clock;
  /** The clock by which the camera's files get their times, as it is now; undefined where that cannot be told. */
  readonly fileClock: () => FileClock | undefined;
  /** A whole listing, before any of it is taken. Errors: those of `pause`. */
  readonly onListed?: (shown: Iterable<ListedFile>, pause: Pause) => Promise<void>;
  /** Entries of the docking before, where this one goes on with its stay over the same session; that one is over. */
  readonly before?: DockingEntries | undefined;
  /** Hears how many files vanished in this docking so far that nobody here erased. Must not throw. */
  readonly onVanished?: (vanished: Vanished) => void;
}

/** A listing, with the station's wall time at its end in ms since 1970. */
type ListedAt = LookedAt & { readonly wallMs: number };

/** Entries of one docking. */
export class DockingEntries {
  readonly #deps: Omit<DockingEntriesDeps, 'before'>;
  readonly #account = new EntryLedger();
  /** Entries by what became of them. */
  readonly tally = new EntryCounters();
  readonly #entries = new Map<string, TrackedEntry>();
  #inventory: DockingInventory | null = null;
  #isInventoryLogged = false;
  /** Of the whole stay, as far as its session lasts. */
  readonly #vanished: VanishedEntries;
  /** The docking before, until a whole listing was compared with what it knew. */
  #before: DockingEntries | undefined;
  #problems = 0;
  #problemReason: string | null = null;
  #seen = 0;
  /** A listing is being taken over: what it shows is not known as a whole. */
  #isTaking = false;
  #isClosed = false;

  constructor(deps: DockingEntriesDeps) {
    const { before, ...others } = deps;
    this.#deps = others;
    this.#before = before;
    this.#vanished = before === undefined ? new VanishedEntries() : before.#vanished;
    if (before !== undefined) before.#before = undefined; // of very many files only the newest are known twice, and not for long
  }

  /** Entries as they are now: those of the newest listing, and those that are durable here. */
  get all(): Iterable<TrackedEntry> {
    return this.#entries.values();
  }
  /** Places of the camera that could not be listed. */
  get problems(): number {
    return this.#problems;
  }
  /** Why the first of them could not, in the driver's words; null where there is none, or the station itself found it. */
  get problemReason(): string | null {
    return this.#problemReason;
  }
  /** The first listing, or null where none was taken yet. */
  get inventory(): DockingInventory | null {
    return this.#inventory;
  }
  /** The first listing where the log could not take it: its record must not say what the log does not, so it is owed to that. */
  get unlogged(): DockingInventory | null {
    return this.#isInventoryLogged ? null : this.#inventory;
  }
  /** Entries that only later listings showed. */
  get later(): number {
    return this.#account.later;
  }

  /** Files that vanished in this stay, over this session, and were not erased by this station. */
  get vanished(): Vanished {
    return this.#vanished.count;
  }

  /** Every file of a whole listing is durable here. */
  get areAllHere(): boolean {
    return this.#inventory !== null && this.#problems === 0 && !this.#isTaking && this.tally.open.size === 0;
  }

  /** What became of everything that was seen, as a record lists it. */
  account(): EndedEntries {
    return this.#account.entries();
  }

  /** The docking is over: its account stands from here on. */
  close(): EndedEntries {
    this.#isClosed = true;
    return this.account();
  }

  /** A recording of this docking left the spool: its entry is taken again, one that was to stay too, and the next manifest names it. */
  quarantined(recording: RecordingId): void {
    if (this.#isClosed) return;
    if (this.#before !== undefined) this.#before.#notProven(recording);
    this.#notProven(recording);
    for (const entry of this.#entries.values()) {
      const { fate } = entry;
      if ((fate.kind !== 'spooled' && fate.kind !== 'kept') || fate.recording !== recording) continue;
      entry.supersedes = [...entry.supersedes, recording];
      entry.held = undefined;
      entry.become(PENDING);
    }
    this.#account.lost(recording);
  }

  /** It is not durable here any more: nothing is proven by it. */
  #notProven(recording: RecordingId): void {
    for (const entry of this.#entries.values()) {
      if (this.#isClosed && entry.held?.recording === recording) entry.held = undefined;
      else if (entry.proven?.recording === recording) entry.proven = undefined;
      else continue;
      entry.supersedes = [...entry.supersedes, recording];
    }
  }

  /** What was deferred may be tried once more. */
  tryAgain(): void {
    for (const entry of this.tally.open) if (isSetAside(entry.fate)) entry.againAtMs = 0;
  }

  /**
   * Takes a listing that ended now: new and changed entries become pending; those that vanished keep their fate, or are forgotten where they
   * had none. `beganMs`: monotonic ms before which nothing of it was asked.
   * Errors: those of the custody log; the signal's reason.
   */
  async track(inventory: Inventory, beganMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const endedMs = clock.monotonicMs();
    const wallMs = clock.wallMs();
    const takenAt = new Date(wallMs).toISOString();
    const fileClock = this.#deps.fileClock() ?? clockOfNewest(inventory.entries, wallMs);
    const pause: Pause = () => clock.sleep(0, signal);
    this.#isTaking = true;
    const listing = await checkListing(inventory, pause);
    if (listing.problems === 0) await this.#deps.onListed?.(filesOf(listing), pause);
    const isFirst = this.#inventory === null;
    await this.#lookForVanished(listing, pause);
    const fresh = await this.#meetAll(listing, { beganMs, endedMs, clock: fileClock, wallMs }, pause);
    await this.#forgetVanished(listing, pause);
    if (listing.problems === 0) this.#before = undefined;
    this.#isTaking = false;
    this.#problems = listing.problems;
    this.#problemReason = inventory.problems[0]?.reason ?? null;
    if (isFirst) await this.#keepFirst(listing, takenAt, fresh);
    await this.#logSeen(fresh, isFirst, signal);
    if (isFirst || fresh.length > 0) await this.#logInventory(listing);
  }

  /** Entries that are new or show another state than the one known. */
  async #meetAll({ entries }: Listing, at: ListedAt, pause: Pause): Promise<TrackedEntry[]> {
    const roles = await assignRoles(entries, pause);
    const looks = new ListingLooks(at);
    const fresh: TrackedEntry[] = [];
    await forEachSlowly(entries, pause, (entry, index) => {
      const role = roles[index];
      const met = role && this.#meet({ ...entry, role, shownAtMs: at.wallMs }, looks);
      if (met !== undefined) fresh.push(met);
    });
    return fresh;
  }

  #meet(seen: Omit<SeenEntry, 'looks'>, looks: ListingLooks): TrackedEntry | undefined {
    const known = this.#entries.get(seen.pathSha256);
    if (known !== undefined && isSameState(known.listed, seen.listed) && known.fate.kind !== 'erased') {
      // What says the same is released with its listing: entries of many listings would lie scattered over the heap.
      if (!saysTheSame(known.listed, seen.listed)) known.listed = seen.listed;
      known.role = seen.role;
      known.looks = looks.again(known.looks);
      return undefined;
    }
    if (known !== undefined) this.#gone(known);
    const before = known === undefined ? this.#known().get(seen.pathSha256) : undefined;
    const entry = before === undefined ? metEntry(seen, looks, known) : goingOn(seen, looks, before);
    this.#entries.set(seen.pathSha256, entry);
    entry.countIn(this.tally);
    return entry;
  }

  /** What was known before this listing: by the docking before as long as none was whole in this one. */
  #known(): ReadonlyMap<string, TrackedEntry> {
    return this.#before === undefined ? this.#entries : this.#before.#entries;
  }

  /** Before anything of the listing is taken over: what is new in it and what is gone tell together. */
  async #lookForVanished(listing: Listing, pause: Pause): Promise<void> {
    if (listing.problems > 0 || !(await this.#vanished.look(this.#known(), listing, pause))) return;
    this.#deps.onVanished?.(this.#vanished.count);
  }

  /** A listing that is not complete says nothing of what it does not show; it is believed only where else no bound would hold. */
  async #forgetVanished({ paths, problems }: Listing, pause: Pause): Promise<void> {
    if (problems > 0 && this.#entries.size <= INVENTORY_ENTRIES_MAX) return;
    await forEachSlowly(this.#entries, pause, ([path, entry]) => {
      if (paths.has(path) || !FORGOTTEN.has(entry.fate.kind)) return;
      this.#entries.delete(path);
      this.#gone(entry);
    });
  }

  /** Whatever is still done with it counts for another state from here on, or for none. */
  #gone(entry: TrackedEntry): void {
    this.#account.gone(entry);
    entry.countIn(undefined);
  }

  async #keepFirst(listing: Listing, takenAt: string, met: readonly TrackedEntry[]): Promise<void> {
    const { entries, bytes, sha256, problems } = listing;
    const inventory = { taken_at: takenAt, entries: entries.length, bytes, sha256, complete: problems === 0 };
    for (const entry of met) this.#account.met(entry, false);
    this.#inventory = inventory;
    await this.#deps.journal.inventoryTaken({ inventory, rows: rowsOf(entries) });
  }

  /** What only later listings show comes into the account with its entry of the log: a record says nothing that the log does not. */
  async #logSeen(fresh: readonly TrackedEntry[], isFirst: boolean, signal: AbortSignal): Promise<void> {
    const { custody, clock, docking } = this.#deps;
    const pause = pauseWhatever(clock);
    const named = fresh.slice(0, DOCKING_SEEN_MAX - this.#seen);
    this.#seen += named.length;
    for (const [at, entry] of named.entries()) {
      if (at % PAUSE_ENTRIES === PAUSE_ENTRIES - 1) await pause();
      const { fate, pathSha256, listed } = entry;
      const facts = { docking, path_sha256: pathSha256 };
      if (fate.kind === 'not-a-file')
        custody.append({ event: 'not-taken', facts: { ...facts, reason: 'not-a-file' } });
      else custody.append({ event: 'seen', facts: { ...facts, size_bytes: listed.sizeBytes } });
      if (!isFirst) this.#account.met(entry, true);
      if (at % SEEN_GROUP === SEEN_GROUP - 1) await custody.checkpoint();
    }
    const more = fresh.slice(named.length);
    if (more.length === 0) return;
    await this.#logMore(more, signal);
    if (!isFirst) await forEachSlowly(more, pause, (entry) => this.#account.met(entry, true));
  }

  async #logMore(more: readonly TrackedEntry[], signal: AbortSignal): Promise<void> {
    const { custody, clock, docking } = this.#deps;
    const hash = createHash('sha256');
    for (const [at, { pathSha256, listed }] of more.entries()) {
      if (at % PAUSE_ENTRIES === PAUSE_ENTRIES - 1) await clock.sleep(0, signal);
      hash.update(inventoryLine(pathSha256, listed.sizeBytes, listed.modifiedAt));
    }
    const facts = { docking, entries: more.length, sha256: hash.digest('hex') };
    custody.append({ event: 'seen-more', facts });
  }

  async #logInventory({ entries, bytes, sha256 }: Listing): Promise<void> {
    const { custody, docking } = this.#deps;
    custody.append(inventoryEvent(docking, { entries: entries.length, bytes, sha256 }));
    this.#isInventoryLogged = true;
    await custody.checkpoint();
  }
}

/** Made when they are asked for, as often as that is. */
function rowsOf(entries: readonly ListedEntry[]): Iterable<InventoryRow> {
  return {
    *[Symbol.iterator](): Generator<InventoryRow> {
      for (const { pathSha256, listed } of entries)
        yield { path_sha256: pathSha256, size_bytes: listed.sizeBytes, modified_at: listed.modifiedAt };
    },
  };
}

function* filesOf({ entries }: Listing): Generator<ListedFile> {
  for (const { pathSha256, listed } of entries) yield { pathSha256, sizeBytes: listed.sizeBytes };
}

/** Size and time are in the stamp; a driver that says otherwise is not believed that nothing changed. */
function isSameState(known: InventoryEntry, now: InventoryEntry): boolean {
  const { stamp, kind, sizeBytes, modifiedAt } = known;
  return (
    stamp === now.stamp && kind === now.kind && sizeBytes === now.sizeBytes && modifiedAt === now.modifiedAt
  );
}

/** What of a file may change without another state of it. */
function saysTheSame(known: InventoryEntry, now: InventoryEntry): boolean {
  const { locked, modifiedStepMs, vendor } = now;
  return known.locked === locked && known.modifiedStepMs === modifiedStepMs && known.vendor === vendor;
}

/** An entry that the docking before knew: what was said and held of the same state counts on, and another state shows that the file changes. */
function goingOn(seen: Omit<SeenEntry, 'looks'>, looks: ListingLooks, before: TrackedEntry): TrackedEntry {
  if (before.fate.kind === 'erased') return metEntry(seen, looks, undefined);
  if (!isSameState(before.listed, seen.listed))
    return new TrackedEntry({ ...seen, looks: looks.first(seen.listed, before.looks) });
  const entry = new TrackedEntry({ ...seen, looks: looks.again(before.looks) });
  entry.proven = before.held;
  entry.supersedes = before.supersedes;
  return entry;
}

/** An entry that is new, or known in another state; one that waits goes on waiting, however often it changes. */
function metEntry(
  seen: Omit<SeenEntry, 'looks'>,
  looks: ListingLooks,
  known: TrackedEntry | undefined,
): TrackedEntry {
  const before = known?.fate.kind === 'erased' ? undefined : known?.looks;
  const state = { ...seen, looks: looks.first(seen.listed, before) };
  // Another state of a file that is deferred is another file.
  if (seen.listed.kind !== 'file' || known?.fate.kind !== 'waiting' || isSetAside(known.fate))
    return new TrackedEntry(state);
  const entry = new TrackedEntry(state, known.fate);
  entry.attempts = known.attempts;
  entry.againAtMs = known.againAtMs;
  entry.supersedes = known.supersedes;
  return entry;
}
