// Syncs of folders that many recordings share: anybody who comes while one runs waits for the next one, and all of them share it.
// A running sync may have begun before a caller's rename, so it is never shared with a later caller.
import type { Files } from './ports.ts';

interface Turn {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

/** Shared syncs, one chain per folder. */
export class FolderSyncs {
  readonly #files: Pick<Files, 'syncFolder'>;
  readonly #turns = new Map<string, Turn>();

  constructor(files: Pick<Files, 'syncFolder'>) {
    this.#files = files;
  }

  /** Resolves when every change made in the folder before this call is durable. Errors: the system's, to all who share. */
  sync(folder: string): Promise<void> {
    const turn = this.#turns.get(folder);
    if (turn === undefined) return this.#start(folder);
    turn.next ??= turn.running.catch(() => undefined).then(() => this.#start(folder));
    return turn.next;
  }

  #start(folder: string): Promise<void> {
    const turn: Turn = { running: this.#files.syncFolder(folder), next: undefined };
    this.#turns.set(folder, turn);
    void turn.running
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(folder) === turn && turn.next === undefined) this.#turns.delete(folder);
      });
    return turn.running;
  }
}
