// Says that the configuration file may have changed. Editors replace files, mounts of files tell nothing, and a file may be gone for a moment:
// the folder is watched, and looked at from time to time whatever it tells. Whether the change matters is asked elsewhere.
import { basename, dirname, resolve } from 'node:path';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { WatchFolder } from '../platform/folder-changes.ts';

/** An editor writes in several steps. */
const SETTLE_MS = 500;
/** Where nothing is told of changes, they are found after this long. */
const LOOK_MS = 30_000;

export interface ConfigFileWatchDeps {
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly log: Pick<Log, 'debug'>;
}

/** Watches one file from `start` to `stop`; `onMaybe` is called some time after each change, and every LOOK_MS. */
export class ConfigFileWatch {
  readonly #file: string;
  readonly #deps: ConfigFileWatchDeps;
  readonly #onMaybe: () => void;
  #cancelSoon: (() => void) | undefined;
  #cancelLook: () => void = () => undefined;
  #stopWatching: (() => Promise<void>) | undefined;

  constructor(file: string, onMaybe: () => void, deps: ConfigFileWatchDeps) {
    this.#file = resolve(file);
    this.#onMaybe = onMaybe;
    this.#deps = deps;
  }

  start(): void {
    const name = basename(this.#file);
    this.#stopWatching = this.#deps.watchFolder(dirname(this.#file), {
      watchesFiles: true,
      followsLinks: true,
      onChange: ({ path }) => {
        if (basename(path) === name) this.#soon();
      },
      onError: (error) => this.#deps.log.debug('watching the configuration failed', { error }),
    });
    this.#lookLater();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.#cancelSoon?.();
    this.#cancelLook();
    await this.#stopWatching?.().catch(() => undefined);
  }

  /** The first of several changes counts: a file that is written without end is told all the same. */
  #soon(): void {
    this.#cancelSoon ??= this.#deps.clock.after(SETTLE_MS, () => {
      this.#cancelSoon = undefined;
      this.#onMaybe();
    });
  }

  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      this.#onMaybe();
      this.#lookLater();
    });
  }
}
