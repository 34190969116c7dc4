// What two listings say of a camera's files: which vanished, and whether one stays as it is (SPEC 16), by its own time or by them. Pure.
//
// Invariants:
// 1. Only listings count, and only by the monotonic clock: the one that showed a state first counts from its end, a later one from its begin.
// 2. What is said of a state says nothing of the next one: a file that changed begins again, and must then stay as it is for longer.
import type { InventoryEntry } from '../../drivers/driver.ts';
import { instantMs } from '../../protocol/format/instants.ts';
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import { forEachSlowly, type Pause } from '../../protocol/format/slowly.ts';
import { ALREADY_GONE, type EntryFate, type TrackedEntry } from './entry.ts';
import type { Listing } from './roles.ts';

/** Between two looks at a file that nobody saw change: longer than the pause between two writes of a recorder that buffers a second or two. */
export const LOOK_MS = 3000;
/** ... at one that did, or that is new and empty, and before any of them is erased. */
export const SETTLE_MS = 10_000;
/**
 * A file that was modified so long before, by the clock that gave it its time, is not being written any more. Recorders that give a file its
 * time when they begin it write segments of 1 to 10 minutes.
 */
export const OLD_MS = 900_000;
/** A file that goes on changing for so long is told, and the bay rests. */
export const CHANGING_MS = 300_000;
/** Earlier dates are those of a clock or a file system that has none. */
const DATE_MS_MIN = Date.UTC(2000, 0);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The clock by which a camera's files get their times, at one moment. */
export interface FileClock {
  /** What it shows, ms since 1970 as in the listing. */
  readonly nowMs: number;
  readonly uncertaintyMs: number;
  /** Minutes east of UTC where it tells them: whether the times of files are in that zone is not known. */
  readonly zoneMinutes: number | null;
  /** False for a guess: enough to take a file by, which can be taken again, and not to erase one. */
  readonly isSure: boolean;
}

/** What listings said of one state of a file. Units: monotonic ms. */
export interface Looks {
  /** End of the listing that showed this state first. */
  readonly firstMs: number;
  /** Begin of the newest one that did; before `firstMs` where there was only one. */
  readonly lastMs: number;
  /** By its own time nobody writes it any more. */
  readonly old: 'sure' | 'likely' | 'no';
  /** Since when it was seen to change in this docking; undefined where it was not. */
  readonly changesSinceMs: number | undefined;
  /** Without bytes and not old: it may have just been begun. */
  readonly isBegun: boolean;
}

/** The listing in which a state is seen. */
export interface LookedAt {
  readonly beganMs: number;
  readonly endedMs: number;
  /** Undefined where nothing says by which clock files get their times. */
  readonly clock: FileClock | undefined;
}

type Dated = Pick<InventoryEntry, 'modifiedAt' | 'modifiedStepMs'>;

/**
 * The clock of a camera that shows none: at least as late as the newest of its files. Dates that lie a day ahead of the station's clock are
 * nobody's. Undefined where no file has a date.
 */
export function clockOfNewest(entries: Iterable<Dated>, wallMs: number): FileClock | undefined {
  let nowMs = -Infinity;
  for (const { modifiedAt } of entries) {
    const modifiedMs = modifiedAt === null ? null : instantMs(modifiedAt);
    if (modifiedMs !== null && modifiedMs <= wallMs + DAY_MS) nowMs = Math.max(nowMs, modifiedMs);
  }
  return nowMs < DATE_MS_MIN ? undefined : { nowMs, uncertaintyMs: 0, zoneMinutes: null, isSure: false };
}

/** A state that was not seen before; `known` is what was said of the state that it took the place of. */
export function firstLook(
  listed: Dated & Pick<InventoryEntry, 'sizeBytes'>,
  { beganMs, endedMs, clock }: LookedAt,
  known?: Looks,
): Looks {
  const changesSinceMs = known && (isStill(known) ? endedMs : (known.changesSinceMs ?? endedMs));
  const isOld = changesSinceMs === undefined && clock !== undefined && isOldBy(clock, listed);
  const old = isOld ? (clock.isSure ? 'sure' : 'likely') : 'no';
  return {
    firstMs: endedMs,
    lastMs: beganMs,
    old,
    changesSinceMs,
    isBegun: listed.sizeBytes === 0 && !isOld,
  };
}

/** The same state in a later listing that began then. */
export function lookAgain(looks: Looks, beganMs: number): Looks {
  return { ...looks, lastMs: beganMs };
}

/** What one listing says of its files: those of which it says the same share one value, for memory. */
export class ListingLooks {
  readonly #at: LookedAt;
  readonly #first = new Map<string, Looks>();
  readonly #again = new Map<Looks, Looks>();

  constructor(at: LookedAt) {
    this.#at = at;
  }

  /** As firstLook. */
  first(listed: Dated & Pick<InventoryEntry, 'sizeBytes'>, known?: Looks): Looks {
    const looks = firstLook(listed, this.#at, known);
    const key = `${looks.old} ${looks.isBegun} ${looks.changesSinceMs}`;
    return shared(this.#first, key, () => looks);
  }

  /** As lookAgain. */
  again(looks: Looks): Looks {
    return shared(this.#again, looks, () => lookAgain(looks, this.#at.beganMs));
  }
}

function shared<Key>(known: Map<Key, Looks>, key: Key, make: () => Looks): Looks {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}

/** Reading found it in another state than the listing that said so: looks begin again. */
export function lookAnew(looks: Looks, nowMs: number): Looks {
  return { ...looks, firstMs: nowMs, lastMs: nowMs, old: 'no' };
}

/** Whether the file may be taken. */
export function isStill(looks: Looks): boolean {
  return looks.old !== 'no' || looks.lastMs - looks.firstMs >= stillAfterMs(looks);
}

/** Whether what was taken may be erased, as far as looks tell: a recorder that only paused goes on within this time. */
export function isSettled({ old, firstMs, lastMs }: Looks): boolean {
  return old === 'sure' || lastMs - firstMs >= SETTLE_MS;
}

/** True where it was seen to change and is not still. */
export function isChanging(looks: Looks): boolean {
  return looks.changesSinceMs !== undefined && !isStill(looks);
}

/** Ms until a listing can say that the file is still; undefined where it is, and where it changes for so long that nobody waits for it. */
export function untilStillMs(looks: Looks, nowMs: number): number | undefined {
  if (isStill(looks) || nowMs - (looks.changesSinceMs ?? nowMs) >= CHANGING_MS) return undefined;
  return Math.max(0, looks.firstMs + stillAfterMs(looks) - nowMs);
}

/** Ms until a listing can say that the file is settled; undefined where it is. */
export function untilSettledMs(looks: Looks, nowMs: number): number | undefined {
  return isSettled(looks) ? undefined : Math.max(0, looks.firstMs + SETTLE_MS - nowMs);
}

function stillAfterMs({ changesSinceMs, isBegun }: Looks): number {
  return changesSinceMs === undefined && !isBegun ? LOOK_MS : SETTLE_MS;
}

/** A file's time without a zone may be in the clock's or in none: both readings must say so. */
function isOldBy(clock: FileClock, { modifiedAt, modifiedStepMs }: Dated): boolean {
  const modifiedMs = modifiedAt === null ? null : instantMs(modifiedAt);
  if (modifiedMs === null || modifiedMs < DATE_MS_MIN) return false;
  const ageMs = clock.nowMs - modifiedMs;
  const leastMs = Math.min(ageMs, ageMs + (clock.zoneMinutes ?? 0) * MINUTE_MS);
  return leastMs >= OLD_MS + clock.uncertaintyMs + modifiedStepMs;
}

// Counts files that vanished from one listing to the next although nobody here erased them: the camera, or somebody with it, did
// (acceptance SER-05). A listing that is not complete proves nothing; a file that comes back has not vanished.

/** Files that went while the camera was docked, and nobody here erased them. */
export interface Vanished {
  readonly entries: number;
  /** ... of which so many were durable here already. */
  readonly entriesHere: number;
}

/** Fates in which a file that goes was not erased by us. One that was kept because it could not be erased may go at any time; see isLoss. */
const OURS_TO_KEEP: ReadonlySet<EntryFate['kind']> = new Set(['pending', 'waiting', 'spooled']);

/** Of one docking. */
export class VanishedEntries {
  /** Path digests that vanished, and whether the file was durable here; at most INVENTORY_ENTRIES_MAX, more are not counted. */
  readonly #vanished = new Map<string, boolean>();

  get count(): Vanished {
    const here = [...this.#vanished.values()].filter(Boolean).length;
    return { entries: this.#vanished.size, entriesHere: here };
  }

  /**
   * Compares what is known with a complete listing that was not taken over yet. Resolves to whether the count changed.
   * Errors: those of `pause`; then what was counted so far is, and the next listing counts the rest.
   */
  async look(
    known: ReadonlyMap<string, TrackedEntry>,
    { entries, paths }: Pick<Listing, 'entries' | 'paths'>,
    pause: Pause,
  ): Promise<boolean> {
    if (known.size === 0 && this.#vanished.size === 0) return false;
    const freshSizes = new Set<number>();
    await forEachSlowly(entries, pause, ({ pathSha256, listed: { sizeBytes } }) => {
      if (!known.has(pathSha256)) freshSizes.add(sizeBytes);
    });
    let changed = false;
    for (const path of this.#vanished.keys())
      if (paths.has(path)) changed = this.#vanished.delete(path) || changed;
    await forEachSlowly(known.values(), pause, (entry) => {
      const { pathSha256, fate } = entry;
      if (paths.has(pathSha256) || !isLoss(entry, freshSizes) || this.#vanished.has(pathSha256)) return;
      if (this.#vanished.size >= INVENTORY_ENTRIES_MAX) return;
      this.#vanished.set(pathSha256, fate.kind === 'spooled' || fate.kind === 'kept');
      changed = true;
    });
    return changed;
  }
}

/** A file that was still being written, or of whose size a new one came, was given its name rather than erased. */
function isLoss({ fate, listed }: TrackedEntry, freshSizes: ReadonlySet<number>): boolean {
  if (fate.kind === 'kept') return fate.reason === ALREADY_GONE;
  if (!OURS_TO_KEEP.has(fate.kind)) return false;
  if (fate.kind === 'waiting' && fate.reason === 'changing') return false;
  return fate.kind === 'spooled' || !freshSizes.has(listed.sizeBytes);
}
