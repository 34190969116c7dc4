// Watches the folder of a bay. What is told of changes only shortens the wait for a plain folder, and for new files in it.
//
// A mount point stays where it is when its card leaves. So an empty one at which nothing is mounted is no camera: it would be docked, and its
// record would prove that nothing was recorded. One that was seen with something in it is the camera as long as it lies there, emptied too.
import { withoutPath } from '../../protocol/errors.ts';
import type { Clock, Log } from '../../protocol/ports.ts';
import type { FolderChange, WatchFolder, WatchTree } from '../system/folder-changes.ts';
import { departed, PRESENCE_MS, untilThere, type PlaceIdentity, type PlaceWatch } from './place-watch.ts';

/** Folder levels below the bay's folder that are watched: DCIM/100MEDIA and one more. */
const WATCH_DEPTH = 3;
const SETTLE_MS = 500;

export interface FolderWatchDeps {
  readonly identity: PlaceIdentity;
  /** True for a mount point without its card: nothing is in the folder and nothing is mounted at it. */
  readonly isVacant: (path: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly watchTree: WatchTree;
  readonly log: Log;
}

/** Watches one folder; its identity is its device and file number. */
export class FolderWatch implements PlaceWatch {
  readonly path: string;
  readonly #identity: PlaceIdentity;
  readonly #isVacant: FolderWatchDeps['isVacant'];
  readonly #clock: Clock;
  readonly #watchFolder: WatchFolder;
  readonly #watchTree: WatchTree;
  readonly #log: Log;
  /** What was there at the last look. */
  #seen: string | undefined;

  constructor(path: string, deps: FolderWatchDeps) {
    this.path = path;
    this.#identity = deps.identity;
    this.#isVacant = deps.isVacant;
    this.#clock = deps.clock;
    this.#watchFolder = deps.watchFolder;
    this.#watchTree = deps.watchTree;
    this.#log = deps.log;
  }

  async present(): Promise<string | undefined> {
    const found = await this.#identity(this.path);
    const isThere = found !== undefined && (found === this.#seen || !(await this.#isVacant(this.path)));
    this.#seen = isThere ? found : undefined;
    return this.#seen;
  }

  arrival(signal: AbortSignal): Promise<string> {
    return untilThere(
      () => this.present(),
      this.#clock,
      signal,
      (onHint) =>
        this.#watchFolder(this.path, {
          watchesFiles: false,
          followsLinks: false,
          ...this.#tellingNew(onHint),
        }),
    );
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
    const stop = this.#watchTree(this.path, { levelsBelow: WATCH_DEPTH, ...this.#tellingNew(soon) });
    return async () => {
      cancel();
      await stop();
    };
  }

  /** Calls `onNew` for what comes or changes. */
  #tellingNew(onNew: () => void) {
    return {
      onChange: ({ isGone }: FolderChange) => {
        if (!isGone) onNew();
      },
      onError: (error: unknown) =>
        this.#log.debug('watching a bay folder failed', { error: withoutPath(error) }),
    };
  }
}
