// One stay of one camera in a bay: inventory, take every entry, wait for receipts, release. Rounds repeat as long as the camera stays.
//
// Invariants:
// 1. The inventory is in the custody log before the first entry is read.
// 2. Every entry of an inventory has a fate at every moment; "spooled" is set only after the commit is durable.
// 3. Nothing is erased outside of Eraser.wave, and only after the round's entries were taken.
import { createHash } from 'node:crypto';
import type { CameraSession, Inventory, InventoryEntry } from '../../drivers/driver.ts';
import { bufferOf } from '../../protocol/bytes.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import type { Clock } from '../../protocol/ports.ts';
import type { BayActivity } from './bay-state.ts';
import type { Custody } from '../custody/custody.ts';
import { pathDigest, RETRY_MS_MIN, type EntryFate, type TrackedEntry } from './entry.ts';
import type { Eraser } from './erase.ts';
import type { DockingFacts } from './manifest-build.ts';
import { News } from './news.ts';
import { assignRoles } from './roles.ts';
import type { Taker } from './take.ts';

/** Commits that may run behind the reading of the next entry. */
const COMMITS_MAX = 8;
/** Entries named in the custody log between two checkpoints. */
const SEEN_GROUP = 1000;
/** The camera is listed again after this long without news: it may show new files, or answer where it did not. */
const ROUND_MS = 30_000;
/** Fates that end when the entry is no longer listed: nothing of it is here. */
const FORGOTTEN: ReadonlySet<EntryFate['kind']> = new Set(['pending', 'waiting', 'not-a-file']);
/** Receipts are gathered this long, so that one listing confirms many erasures. */
const GATHER_MS = 300;

export interface DockingDeps {
  readonly session: CameraSession;
  readonly facts: DockingFacts;
  readonly taker: Taker;
  readonly eraser: Eraser;
  readonly custody: Custody;
  readonly clock: Clock;
  /** Something to show changed. */
  readonly onChange: () => void;
}

/** A running docking. */
export class Docking {
  readonly #deps: DockingDeps;
  readonly #entries = new Map<string, TrackedEntry>();
  #activity: BayActivity = 'reading';
  #problems = 0;
  #pulledBytes = 0;
  readonly #news = new News();

  constructor(deps: DockingDeps) {
    this.#deps = deps;
  }

  get entries(): Iterable<TrackedEntry> {
    return this.#entries.values();
  }
  get activity(): BayActivity {
    return this.#activity;
  }
  /** Places of the camera that could not be listed. */
  get problems(): number {
    return this.#problems;
  }
  /** Bytes read of the entry that is being pulled now. */
  get pulledBytes(): number {
    return this.#pulledBytes;
  }

  /** Something outside changed: a receipt came, the folder changed, a recording went to the quarantine. */
  wake(): void {
    this.#news.ring();
  }

  /** A recording of this docking left the spool: its entry is taken again and the next manifest names it. */
  quarantined(recording: RecordingId): void {
    for (const entry of this.#entries.values()) {
      if (entry.fate.kind !== 'spooled' || entry.fate.recording !== recording) continue;
      entry.supersedes.push(recording);
      entry.fate = { kind: 'pending' };
    }
    this.wake();
  }

  /** Runs rounds until the camera leaves or the signal is aborted, and rejects with that reason. */
  async run(signal: AbortSignal): Promise<never> {
    this.#show('reading');
    let listing = await this.#deps.session.inventory(signal);
    for (;;) {
      await this.#track(listing);
      await this.#takeAll(signal);
      listing = (await this.#release(signal)) ?? (await this.#rest(signal));
    }
  }

  /** New and changed entries become pending; those that vanished keep their fate, or are forgotten where they had none. */
  async #track(listing: Inventory): Promise<void> {
    const roles = assignRoles(listing.entries);
    const seen = new Set<string>();
    let fresh = 0;
    for (const [at, listed] of listing.entries.entries()) {
      const role = roles[at];
      const pathSha256 = pathDigest(listed.path);
      if (role === undefined || seen.has(pathSha256)) continue;
      seen.add(pathSha256);
      if (this.#meet(listed, pathSha256, role) && ++fresh % SEEN_GROUP === 0)
        await this.#deps.custody.checkpoint();
    }
    for (const [path, entry] of this.#entries) {
      if (!seen.has(path) && FORGOTTEN.has(entry.fate.kind)) this.#entries.delete(path);
    }
    this.#problems = listing.problems.length;
    if (fresh > 0 || this.#entries.size === 0) await this.#logInventory(listing);
  }

  /** Returns true where the entry is new or shows another state than the one known. */
  #meet(listed: InventoryEntry, pathSha256: string, role: TrackedEntry['role']): boolean {
    const known = this.#entries.get(pathSha256);
    if (known !== undefined && known.listed.stamp === listed.stamp && known.fate.kind !== 'erased') {
      known.listed = listed;
      known.role = role;
      return false;
    }
    const entry = metEntry(listed, pathSha256, role, known);
    this.#entries.set(pathSha256, entry);
    const { docking } = this.#deps.facts;
    if (entry.fate.kind !== 'not-a-file') {
      this.#deps.custody.append({
        event: 'seen',
        facts: { docking, path_sha256: pathSha256, size_bytes: listed.sizeBytes },
      });
    } else {
      this.#deps.custody.append({
        event: 'not-taken',
        facts: { docking, path_sha256: pathSha256, reason: 'not-a-file' },
      });
    }
    return true;
  }

  async #logInventory(listing: Inventory): Promise<void> {
    const bytes = listing.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    this.#deps.custody.append({
      event: 'inventory',
      facts: {
        docking: this.#deps.facts.docking,
        entries: listing.entries.length,
        bytes,
        sha256: inventoryDigest(listing),
      },
    });
    await this.#deps.custody.checkpoint();
  }

  async #takeAll(signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.monotonicMs();
    const open = [...this.#entries.values()].filter(
      ({ fate, againAtMs }) => fate.kind === 'pending' || (fate.kind === 'waiting' && againAtMs <= now),
    );
    open.sort((a, b) => Number(b.listed.locked) - Number(a.listed.locked));
    if (open.length === 0) return;
    this.#show('pulling');
    const commits = new Set<Promise<void>>();
    try {
      for (const entry of open) {
        const { committing } = await this.#deps.taker.take(entry, signal, (takenBytes) =>
          this.#progress(takenBytes),
        );
        this.#progress(0);
        if (committing === undefined) continue;
        const tracked = committing.finally(() => commits.delete(tracked));
        commits.add(tracked);
        if (commits.size >= COMMITS_MAX) await Promise.race(commits);
      }
    } finally {
      this.#progress(0);
      await Promise.all(commits);
    }
    await this.#deps.custody.checkpoint();
  }

  #progress(takenBytes: number): void {
    this.#pulledBytes = takenBytes;
    this.#deps.onChange();
  }

  /** Erases waves as long as there is something; returns the last listing, or undefined where nothing was touched. */
  async #release(signal: AbortSignal): Promise<Inventory | undefined> {
    let last: Inventory | undefined;
    for (
      let ready = this.#deps.eraser.ready(this.entries);
      ready.length > 0;
      ready = this.#deps.eraser.ready(this.entries)
    ) {
      if (this.#deps.eraser.erases) this.#show('erasing');
      last = (await this.#deps.eraser.wave(ready, signal)) ?? last;
    }
    return last;
  }

  /** Nothing to do for now: until news, or until it is time to look again. */
  async #rest(signal: AbortSignal): Promise<Inventory> {
    this.#show('resting');
    const waits = [...this.#entries.values()].some(({ fate }) => fate.kind === 'waiting');
    const waited = new AbortController();
    const cancel = this.#deps.clock.after(waits ? RETRY_MS_MIN : ROUND_MS, () => waited.abort());
    try {
      await this.#news.wait(AbortSignal.any([signal, waited.signal]));
      await this.#deps.clock.sleep(GATHER_MS, signal);
    } catch (error) {
      if (!waited.signal.aborted || signal.aborted) throw error;
    } finally {
      cancel();
    }
    return this.#deps.session.inventory(signal);
  }

  #show(activity: BayActivity): void {
    this.#activity = activity;
    this.#deps.onChange();
  }
}

/** An entry that is new, or known in another state; one that waits goes on waiting, however often it changes. */
function metEntry(
  listed: InventoryEntry,
  pathSha256: string,
  role: TrackedEntry['role'],
  known: TrackedEntry | undefined,
): TrackedEntry {
  const fresh = { pathSha256, listed, role, attempts: 0, againAtMs: 0, supersedes: [] };
  if (listed.kind !== 'file') return { ...fresh, fate: { kind: 'not-a-file' } };
  if (known?.fate.kind !== 'waiting') return { ...fresh, fate: { kind: 'pending' } };
  const { fate, attempts, againAtMs, supersedes } = known;
  return { ...fresh, fate, attempts, againAtMs, supersedes };
}

/** SHA-256 over one line an entry: path digest, size, claimed time or "-", each behind a space, LF (SPEC 4.3). */
export function inventoryDigest(listing: Inventory): string {
  const hash = createHash('sha256');
  for (const entry of listing.entries) {
    hash.update(
      bufferOf(
        new TextEncoder().encode(`${pathDigest(entry.path)} ${entry.sizeBytes} ${entry.modifiedAt ?? '-'}\n`),
      ),
    );
  }
  return hash.digest('hex');
}
