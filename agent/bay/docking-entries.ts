// What was seen on a camera in one docking, listing after listing: which file is new, changed or gone. Says so to the custody log, to
// the docking's account and, once, to its journal.
//
// Invariants:
// 1. The first listing is written to the journal and into the custody log before `track` resolves, and nothing was read before.
// 2. Every entry of a listing has a fate at every moment.
// 3. At most DOCKING_SEEN_MAX files of a docking stand in the log one by one; of the others their count and their digest do.
import { createHash } from 'node:crypto';
import type { Inventory } from '../../drivers/driver.ts';
import { inventoryLine, type DockingEntry } from '../../protocol/docking-record.ts';
import type { DockingId, RecordingId } from '../../protocol/ids.ts';
import { DOCKING_SEEN_MAX, INVENTORY_ENTRIES_MAX } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports.ts';
import type { Custody } from '../custody/custody.ts';
import type { DockingJournal } from '../dockings/docking-journal.ts';
import { inventoryEvent, type DockingInventory, type InventoryRow } from '../dockings/ended-docking.ts';
import type { Vanished } from './camera-health.ts';
import { DockingAccount } from './docking-account.ts';
import { isSetAside, type EntryFate, type TrackedEntry } from './entry.ts';
import { checkListing, type ListedEntry, type Listing } from './listing.ts';
import { clockOfNewest, firstLook, type FileClock, type LookedAt } from './looks.ts';
import { assignRoles } from './roles.ts';
import type { ListedFile } from '../spool/released-rows.ts';
import { VanishedEntries } from './vanished-entries.ts';

/** Entries named in the custody log between two checkpoints. */
const SEEN_GROUP = 1000;
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
  readonly onListed?: (shown: readonly ListedFile[], pause: () => Promise<void>) => Promise<void>;
  /** Hears how many files vanished in this docking so far that nobody here erased. Must not throw. */
  readonly onVanished?: (vanished: Vanished) => void;
}

/** A listing, with the station's wall time at its end in ms since 1970. */
type ListedAt = LookedAt & { readonly wallMs: number };

/** Entries of one docking. */
export class DockingEntries {
  readonly #deps: DockingEntriesDeps;
  readonly #account = new DockingAccount();
  readonly #entries = new Map<string, TrackedEntry>();
  #inventory: DockingInventory | null = null;
  #isInventoryLogged = false;
  readonly #vanished = new VanishedEntries();
  #problems = 0;
  #problemReason: string | null = null;
  #seen = 0;

  constructor(deps: DockingEntriesDeps) {
    this.#deps = deps;
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

  /** Files that vanished in this docking and were not erased by this station. */
  get vanished(): Vanished {
    return this.#vanished.count;
  }

  /** Every file of a whole listing is durable here. */
  get areAllHere(): boolean {
    if (this.#inventory === null || this.#problems > 0) return false;
    for (const { fate } of this.#entries.values())
      if (fate.kind === 'pending' || fate.kind === 'waiting') return false;
    return true;
  }

  /** What became of everything that was seen, as a record lists it. */
  account(): DockingEntry[] {
    return this.#account.entries();
  }

  /** A recording of this docking left the spool: its entry is taken again, one that was to stay too, and the next manifest names it. */
  quarantined(recording: RecordingId): void {
    for (const entry of this.#entries.values()) {
      const { fate } = entry;
      if ((fate.kind !== 'spooled' && fate.kind !== 'kept') || fate.recording !== recording) continue;
      entry.supersedes.push(recording);
      entry.held = undefined;
      entry.fate = { kind: 'pending' };
    }
    this.#account.lost(recording);
  }

  /** What was set aside may be tried once more. */
  tryAgain(): void {
    for (const entry of this.#entries.values()) if (isSetAside(entry.fate)) entry.againAtMs = 0;
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
    const pause = (): Promise<void> => clock.sleep(0, signal);
    const listing = await checkListing(inventory, pause);
    if (listing.problems === 0)
      await this.#deps.onListed?.(
        listing.entries.map(({ pathSha256, listed }) => ({ pathSha256, sizeBytes: listed.sizeBytes })),
        pause,
      );
    const isFirst = this.#inventory === null;
    this.#lookForVanished(listing);
    const fresh = this.#meetAll(listing, { beganMs, endedMs, clock: fileClock, wallMs }, !isFirst);
    this.#forgetVanished(listing);
    this.#problems = listing.problems;
    this.#problemReason = inventory.problems[0]?.reason ?? null;
    if (isFirst) await this.#keepFirst(listing, takenAt);
    await this.#logSeen(fresh, signal);
    if (isFirst || fresh.length > 0) await this.#logInventory(listing);
  }

  /** Entries that are new or show another state than the one known. */
  #meetAll({ entries }: Listing, at: ListedAt, later: boolean): TrackedEntry[] {
    const roles = assignRoles(entries.map(({ listed }) => listed));
    const fresh: TrackedEntry[] = [];
    for (const [index, entry] of entries.entries()) {
      const role = roles[index];
      const met = role && this.#meet(entry, role, at);
      if (met === undefined) continue;
      this.#account.met(met, later);
      fresh.push(met);
    }
    return fresh;
  }

  #meet(
    { listed, pathSha256 }: ListedEntry,
    role: TrackedEntry['role'],
    at: ListedAt,
  ): TrackedEntry | undefined {
    const known = this.#entries.get(pathSha256);
    if (known !== undefined && known.listed.stamp === listed.stamp && known.fate.kind !== 'erased') {
      known.listed = listed;
      known.role = role;
      known.looks.lastMs = at.beganMs;
      return undefined;
    }
    if (known !== undefined) this.#account.gone(known);
    const entry = metEntry({ listed, pathSha256 }, role, at, known);
    this.#entries.set(pathSha256, entry);
    return entry;
  }

  /** Before anything of the listing is taken over: what is new in it and what is gone tell together. */
  #lookForVanished(listing: Listing): void {
    if (listing.problems > 0 || !this.#vanished.look(this.#entries, listing)) return;
    this.#deps.onVanished?.(this.#vanished.count);
  }

  /** A listing that is not complete says nothing of what it does not show; it is believed only where else no bound would hold. */
  #forgetVanished({ entries, problems }: Listing): void {
    if (problems > 0 && this.#entries.size <= INVENTORY_ENTRIES_MAX) return;
    const seen = new Set(entries.map(({ pathSha256 }) => pathSha256));
    for (const [path, entry] of this.#entries) {
      if (seen.has(path) || !FORGOTTEN.has(entry.fate.kind)) continue;
      this.#entries.delete(path);
      this.#account.gone(entry);
    }
  }

  async #keepFirst(listing: Listing, takenAt: string): Promise<void> {
    const { entries, bytes, sha256, problems } = listing;
    const inventory = { taken_at: takenAt, entries: entries.length, bytes, sha256, complete: problems === 0 };
    this.#inventory = inventory;
    await this.#deps.journal.inventoryTaken({ inventory, rows: entries.map(rowOf) });
  }

  async #logSeen(fresh: readonly TrackedEntry[], signal: AbortSignal): Promise<void> {
    const { custody, docking } = this.#deps;
    const named = fresh.slice(0, DOCKING_SEEN_MAX - this.#seen);
    this.#seen += named.length;
    for (const [at, { fate, pathSha256, listed }] of named.entries()) {
      const facts = { docking, path_sha256: pathSha256 };
      if (fate.kind === 'not-a-file')
        custody.append({ event: 'not-taken', facts: { ...facts, reason: 'not-a-file' } });
      else custody.append({ event: 'seen', facts: { ...facts, size_bytes: listed.sizeBytes } });
      if (at % SEEN_GROUP === SEEN_GROUP - 1) await custody.checkpoint();
    }
    if (fresh.length > named.length) await this.#logMore(fresh.slice(named.length), signal);
  }

  async #logMore(more: readonly TrackedEntry[], signal: AbortSignal): Promise<void> {
    const { custody, clock, docking } = this.#deps;
    const hash = createHash('sha256');
    for (const [at, { pathSha256, listed }] of more.entries()) {
      if (at % SEEN_GROUP === SEEN_GROUP - 1) await clock.sleep(0, signal);
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

function rowOf({ pathSha256, listed }: ListedEntry): InventoryRow {
  return { path_sha256: pathSha256, size_bytes: listed.sizeBytes, modified_at: listed.modifiedAt };
}

/** An entry that is new, or known in another state; one that waits goes on waiting, however often it changes. */
function metEntry(
  { listed, pathSha256 }: ListedEntry,
  role: TrackedEntry['role'],
  at: ListedAt,
  known: TrackedEntry | undefined,
): TrackedEntry {
  const looks = firstLook(listed, at, known?.fate.kind === 'erased' ? undefined : known?.looks);
  const seen = { pathSha256, listed, role, shownAtMs: at.wallMs, looks };
  const fresh = { ...seen, attempts: 0, againAtMs: 0, supersedes: [] };
  if (listed.kind !== 'file') return { ...fresh, fate: { kind: 'not-a-file' } };
  // Another state of a file that is set aside is another file.
  if (known?.fate.kind !== 'waiting' || isSetAside(known.fate))
    return { ...fresh, fate: { kind: 'pending' } };
  const { fate, attempts, againAtMs, supersedes } = known;
  return { ...fresh, fate, attempts, againAtMs, supersedes };
}
