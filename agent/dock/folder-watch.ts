// Watches the folder of a bay. What is told of changes only shortens the wait for a plain folder, and for new files in it.
//
// A mount point stays where it is when its card leaves. So one at which nothing is mounted is no camera, whatever lies in it: it would be docked,
// and its record would prove that nothing was recorded. A folder that was seen as a camera is one as long as it lies there.
import { withoutPath } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { FolderChange, WatchFolder, WatchTree } from '../platform/folder-changes.ts';
import type { Vacancy } from '../platform/folder-identity.ts';
import { departed, type PlaceIdentity, type PlaceWatch, PRESENCE_MS, untilThere } from './bay-place.ts';

/** Folder levels below the bay's folder that are watched: DCIM/100MEDIA and one more. */
const WATCH_DEPTH = 3;
const SETTLE_MS = 500;

export interface FolderWatchDeps {
  readonly identity: PlaceIdentity;
  /** What the folder is beside a camera: a mount point without its card. */
  readonly vacancy: (path: string) => Promise<Vacancy>;
  /** Files lie in the mount point of a card that is away, or none do any more. */
  readonly onStray: (isStray: boolean) => void;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly watchTree: WatchTree;
  readonly log: Log;
}

/** Watches one folder; its identity is its device and file number. */
export class FolderWatch implements PlaceWatch {
  readonly path: string;
  readonly #identity: PlaceIdentity;
  readonly #vacancy: FolderWatchDeps['vacancy'];
  readonly #onStray: FolderWatchDeps['onStray'];
  readonly #clock: Clock;
  readonly #watchFolder: WatchFolder;
  readonly #watchTree: WatchTree;
  readonly #log: Log;
  /** What was there at the last look. */
  #seen: string | undefined;
  #isStray = false;

  constructor(path: string, deps: FolderWatchDeps) {
    this.path = path;
    this.#identity = deps.identity;
    this.#vacancy = deps.vacancy;
    this.#onStray = deps.onStray;
    this.#clock = deps.clock;
    this.#watchFolder = deps.watchFolder;
    this.#watchTree = deps.watchTree;
    this.#log = deps.log;
  }

  async present(): Promise<string | undefined> {
    const found = await this.#identity(this.path);
    const isKnown = found === undefined || found === this.#seen;
    const vacancy = isKnown ? 'none' : await this.#vacancy(this.path);
    this.#tellStray(vacancy === 'stray');
    this.#seen = vacancy === 'none' ? found : undefined;
    return this.#seen;
  }

  #tellStray(isStray: boolean): void {
    if (isStray === this.#isStray) return;
    this.#isStray = isStray;
    this.#onStray(isStray);
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
