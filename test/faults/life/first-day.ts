// Folders as they were when a life began, so that any number of lives begin alike.
import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const AS_IT_WAS = { recursive: true, preserveTimestamps: true };

interface KeptFolder {
  readonly folder: string;
  /** Undefined where there was no such folder. */
  readonly copy: string | undefined;
}

/** Copies of folders. */
export class FirstDay {
  readonly #kept: readonly KeptFolder[];

  private constructor(kept: readonly KeptFolder[]) {
    this.#kept = kept;
  }

  /** Keeps copies of what is there now, and of what is not, below the folder `at`, which is removed by anybody who gave it. */
  static async keep(folders: readonly string[], at: string): Promise<FirstDay> {
    const kept: KeptFolder[] = [];
    for (const [number, folder] of folders.entries()) {
      const copy = join(at, `${number}`);
      const isThere = await exists(folder);
      if (isThere) await cp(folder, copy, AS_IT_WAS);
      kept.push({ folder, copy: isThere ? copy : undefined });
    }
    return new FirstDay(kept);
  }

  /** The folders must not be in use. */
  async putBack(): Promise<void> {
    for (const { folder, copy } of this.#kept) {
      await rm(folder, { recursive: true, force: true });
      if (copy !== undefined) await cp(copy, folder, AS_IT_WAS);
    }
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
