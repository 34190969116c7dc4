// Whether the spool that was opened still shows at its path: the disk may be unmounted, or another one mounted in its place, at any moment.
//
// Invariant: no call of `files` makes, moves or removes a name below the spool's folder before its id was read there again.
import { isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { Conditions, Files } from '../../protocol/format/ports.ts';
import { confirmIdentity } from './identity.ts';
import type { SpoolLayout } from './layout.ts';

const GONE_CONDITION = 'spool.gone';
const SHORT_CONDITION = 'station.short';

export interface PresenceDeps {
  readonly layout: SpoolLayout;
  readonly files: Files;
  readonly conditions: Conditions;
}

/** Looks for one spool. */
export class Presence {
  /** The same files; what changes names in the spool rejects like `confirm` while it is not there or nobody could look. */
  readonly files: Files;
  readonly #deps: PresenceDeps;
  readonly #id: string;
  #seen: Uint8Array | undefined;

  constructor(deps: PresenceDeps, id: string) {
    this.#deps = deps;
    this.#id = id;
    this.files = this.#careful(deps.files);
  }

  /**
   * Raises "spool.gone" where it is not there, and clears it where it is; a machine that has no handle or memory left to look with raises
   * "station.short", which says nothing of the spool. Errors: "spool.gone", "station.short".
   */
  async confirm(): Promise<void> {
    const { layout, files, conditions } = this.#deps;
    try {
      this.#seen = await confirmIdentity(layout, files, this.#id, this.#seen);
      conditions.clear(GONE_CONDITION, null);
      conditions.clear(SHORT_CONDITION, null);
    } catch (error) {
      if (isDockError(error, GONE_CONDITION)) conditions.raise(GONE_CONDITION, null, {});
      if (isDockError(error, SHORT_CONDITION))
        conditions.raise(SHORT_CONDITION, null, { reason: systemCode(error) ?? 'unknown' });
      throw error;
    }
  }

  #careful(files: Files): Files {
    const confirmed = async (path: string): Promise<void> => {
      if (path.startsWith(`${this.#deps.layout.root}/`)) await this.confirm();
    };
    return {
      makeFolder: (path) => confirmed(path).then(() => files.makeFolder(path)),
      create: (path) => confirmed(path).then(() => files.create(path)),
      open: (path, mode) => files.open(path, mode),
      rename: (from, to) => confirmed(to).then(() => files.rename(from, to)),
      unlink: (path) => confirmed(path).then(() => files.unlink(path)),
      removeTree: (path) => confirmed(path).then(() => files.removeTree(path)),
      syncFolder: (path) => files.syncFolder(path),
      list: (path) => files.list(path),
      stat: (path) => files.stat(path),
      readAll: (path, bytesMax) => files.readAll(path, bytesMax),
      freeBytes: (path) => files.freeBytes(path),
    };
  }
}
