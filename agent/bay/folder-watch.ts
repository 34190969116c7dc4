// Watches the folder of a bay. chokidar only shortens the wait for new files in a plain folder.
import { watch } from 'chokidar';
import type { Clock, Log } from '../../protocol/ports.ts';
import { departed, PRESENCE_MS, untilThere, type PlaceIdentity, type PlaceWatch } from './place-watch.ts';

/** Folder levels below the bay's folder that are watched: DCIM/100MEDIA and one more. */
const WATCH_DEPTH = 3;
const SETTLE_MS = 500;

/** Watches one folder; its identity is its device and file number. */
export class FolderWatch implements PlaceWatch {
  readonly path: string;
  readonly #identity: PlaceIdentity;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(path: string, deps: { identity: PlaceIdentity; clock: Clock; log: Log }) {
    this.path = path;
    this.#identity = deps.identity;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  present(): Promise<string | undefined> {
    return this.#identity(this.path);
  }

  arrival(signal: AbortSignal): Promise<string> {
    return untilThere(() => this.present(), this.#clock, signal);
  }

  async departure(identity: string, signal: AbortSignal): Promise<never> {
    do await this.#clock.sleep(PRESENCE_MS, signal);
    while ((await this.present()) === identity);
    throw departed('the folder of this bay is gone or another one lies there');
  }

  changes(onChange: () => void): () => Promise<void> {
    let cancel = (): void => undefined;
    const soon = (): void => {
      cancel();
      cancel = this.#clock.after(SETTLE_MS, onChange);
    };
    const watcher = watch(this.path, {
      depth: WATCH_DEPTH,
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
    });
    watcher.on('add', soon).on('change', soon).on('addDir', soon);
    watcher.on('error', (error) => this.#log.debug('watching a bay folder failed', { error }));
    return async () => {
      cancel();
      await watcher.close();
    };
  }
}
