// Moves what is odd aside, whole and under its own name, and says so. Deletes nothing: a person empties the folder. Only a docking record that verifies
// after all goes back (DockingRecords.lookAgain).
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../protocol/format/errors.ts';
import type { Conditions, Files } from '../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';

/** Same-named things that are kept apart before a move is given up: more means that something moves in a circle. */
const SAME_NAME_MAX = 1000;

export interface QuarantineDeps {
  readonly files: Files;
  readonly syncs: FolderSyncs;
  readonly conditions: Conditions;
}

/** The name that something in the quarantine had before, without the number of several of that name. */
export function nameBefore(name: string): string {
  return name.replace(/\.\d+$/, '');
}

/** The folder `quarantine/`. */
export class Quarantine {
  readonly folder: string;
  readonly #files: Files;
  readonly #syncs: FolderSyncs;
  readonly #conditions: Conditions;
  readonly #names = new Set<string>();
  /** What the disk refused to move here, by its path, and why it should. */
  readonly #leaving = new Map<string, string>();

  private constructor(folder: string, deps: QuarantineDeps) {
    this.folder = folder;
    this.#files = deps.files;
    this.#syncs = deps.syncs;
    this.#conditions = deps.conditions;
  }

  /** Looks what lies there; raises or clears "spool.quarantine". Errors: the system's. */
  static async open(folder: string, deps: QuarantineDeps): Promise<Quarantine> {
    const quarantine = new Quarantine(folder, deps);
    await quarantine.look();
    return quarantine;
  }

  /**
   * Moves what the disk refused until now, and looks what lies there: a person may have emptied it. Raises or clears "spool.quarantine".
   * Errors: the system's where the folder cannot be listed.
   */
  async look(): Promise<void> {
    const known = new Set(this.#names);
    const names = new Set(await this.#files.list(this.folder));
    for (const name of known) if (!names.has(name)) this.#names.delete(name);
    for (const name of names) this.#names.add(name);
    this.#show(null, null);
    for (const [path, reason] of this.#leaving)
      await this.#moveAgain(path, reason).then(
        () => this.#leaving.delete(path),
        () => undefined,
      );
  }

  /** Names that lie there. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /**
   * Moves a file or folder here, durably, and raises "spool.quarantine".
   * Shape: returns the name that it has now: its own, or with ".2", ".3" ... behind it; undefined where it was not there any more.
   * Errors: the system's; then it lies where it lay, or here.
   */
  async move(path: string, reason: string, as = basename(path)): Promise<string | undefined> {
    const name = this.#freeName(as);
    this.#names.add(name);
    try {
      await this.#files.rename(path, join(this.folder, name));
    } catch (error) {
      this.#names.delete(name);
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    this.#show(name, reason);
    await Promise.all([this.#syncs.sync(this.folder), this.#syncs.sync(dirname(path))]);
    return name;
  }

  /**
   * As `move`, for what has a name that nothing else ever takes. Errors: the system's; then it is moved by the next `look` that the disk lets, or
   * judged by the next start.
   */
  async moveInTheEnd(path: string, reason: string): Promise<void> {
    try {
      await this.move(path, reason);
    } catch (error) {
      this.#leaving.set(path, reason);
      throw error;
    }
  }

  /** Whether that could not be moved here yet. */
  isLeaving(path: string): boolean {
    return this.#leaving.has(path);
  }

  /** Moves something out again, durably. Errors: the system's; then it lies in one of the two places. */
  async moveBack(name: string, path: string): Promise<void> {
    await this.#files.rename(join(this.folder, name), path);
    this.#names.delete(name);
    this.#show(null, null);
    await Promise.all([this.#syncs.sync(dirname(path)), this.#syncs.sync(this.folder)]);
  }

  /** The move may have been done, and only its sync have failed. */
  async #moveAgain(path: string, reason: string): Promise<void> {
    if ((await this.move(path, reason)) !== undefined) return;
    await Promise.all([this.#syncs.sync(this.folder), this.#syncs.sync(dirname(path))]);
  }

  #freeName(wanted: string): string {
    if (!this.#names.has(wanted)) return wanted;
    for (let count = 2; count <= SAME_NAME_MAX; count++)
      if (!this.#names.has(`${wanted}.${count}`)) return `${wanted}.${count}`;
    return `${wanted}.${SAME_NAME_MAX}`;
  }

  #show(newest: string | null, reason: string | null): void {
    const entries = this.#names.size;
    if (entries === 0) this.#conditions.clear('spool.quarantine', null);
    else this.#conditions.raise('spool.quarantine', null, { entries, newest, reason });
  }
}
