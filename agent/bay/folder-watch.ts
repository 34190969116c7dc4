// Says when the folder of a bay is there, another one, or gone. A mount over a folder gives no event to anybody, so presence is asked
// for; chokidar only shortens the wait for new files in a plain folder.
import { watch } from 'chokidar';
import { DockError } from '../../protocol/errors.ts';
import type { Clock, Log } from '../../protocol/ports.ts';

const PRESENCE_MS = 1000;
/** Folder levels below the bay's folder that are watched: DCIM/100MEDIA and one more. */
const WATCH_DEPTH = 3;
const SETTLE_MS = 500;

/** Device and file number of a folder, or undefined where it is not there (or is no folder). */
export type FolderIdentity = (path: string) => Promise<string | undefined>;

/** Watches one folder. */
export class FolderWatch {
  readonly path: string;
  readonly #identity: FolderIdentity;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(path: string, deps: { identity: FolderIdentity; clock: Clock; log: Log }) {
    this.path = path;
    this.#identity = deps.identity;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** The folder's identity, or undefined where it is not there. */
  present(): Promise<string | undefined> {
    return this.#identity(this.path);
  }

  /** Resolves with the folder's identity as soon as it is there. */
  async arrival(signal: AbortSignal): Promise<string> {
    for (;;) {
      const identity = await this.present();
      if (identity !== undefined) return identity;
      await this.#clock.sleep(PRESENCE_MS, signal);
    }
  }

  /** Rejects with "driver.detached" once the folder is gone or another one, or with the signal's reason. */
  async departure(identity: string, signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#clock.sleep(PRESENCE_MS, signal);
      if ((await this.#identity(this.path)) === identity) continue;
      throw new DockError('driver.detached', 'the folder of this bay is gone or another one lies there', {
        retry: 'later',
      });
    }
  }

  /** Calls `onChange` some time after something was added or changed, until the returned function is called. */
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
