// Counts files that vanished from one listing to the next although nobody here erased them: the camera, or somebody with it, did
// (acceptance SER-05). A listing that is not complete proves nothing; a file that comes back has not vanished.
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import { forEachSlowly, type Pause } from '../../protocol/format/slowly.ts';
import { ALREADY_GONE, type EntryFate, type TrackedEntry } from './entry.ts';
import type { Listing } from './roles.ts';

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
