// Says that the configuration file may have changed. Editors replace files, mounts of files tell nothing, and a file may be gone for a moment:
// the folder is watched, and looked at from time to time whatever it tells. Whether the change matters is asked elsewhere.
import { basename, dirname, resolve } from 'node:path';
import { watch } from 'chokidar';
import type { Clock, Log } from '../../protocol/ports.ts';

/** An editor writes in several steps. */
const SETTLE_MS = 500;
/** Where nothing is told of changes, they are found after this long. */
const LOOK_MS = 30_000;

export interface ConfigFileWatchDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, 'debug'>;
}

/** Watches one file from `start` to `stop`; `onMaybe` is called some time after each change, and every LOOK_MS. */
export class ConfigFileWatch {
  readonly #file: string;
  readonly #deps: ConfigFileWatchDeps;
  readonly #onMaybe: () => void;
  #cancelSoon: (() => void) | undefined;
  #cancelLook: () => void = () => undefined;
  #watcher: ReturnType<typeof watch> | undefined;

  constructor(file: string, onMaybe: () => void, deps: ConfigFileWatchDeps) {
    this.#file = resolve(file);
    this.#onMaybe = onMaybe;
    this.#deps = deps;
  }

  start(): void {
    const name = basename(this.#file);
    this.#watcher = watch(dirname(this.#file), {
      depth: 0,
      ignoreInitial: true,
      ignorePermissionErrors: true,
    });
    this.#watcher.on('all', (_event, path) => {
      if (basename(path) === name) this.#soon();
    });
    this.#watcher.on('error', (error) =>
      this.#deps.log.debug('watching the configuration failed', { error }),
    );
    this.#lookLater();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.#cancelSoon?.();
    this.#cancelLook();
    await this.#watcher?.close().catch(() => undefined);
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
