// What a witness says of each keeper: how many documents of that day its folder holds, the head of its log, and the root over both.
// Reads one station after the other, so that memory is that of the largest one.
import { join } from 'node:path';
import { DayDigests, stationDays } from '../../../protocol/custody/witness-day.ts';
import type { Witness } from '../../../protocol/custody/witness.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import { isStationId, type ReceiverId, type SegmentId } from '../../../protocol/format/ids.ts';
import type { Files, Log } from '../../../protocol/format/ports.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import { CUSTODY } from '../vault/vault-layout.ts';
import { readTail, segmentPath } from './custody-file.ts';
import { readNewest } from './custody-forks.ts';
import { orderedSegments } from './log-end.ts';

type Keeper = Witness['keepers'][number];

/** What reading a vault needs. */
export interface KeepersDeps {
  readonly vaultPath: string;
  readonly receiver: ReceiverId;
  readonly files: Files;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Reads the keepers of one vault. Errors of all: the signal's reason; the system's. */
export class WitnessKeepers {
  readonly #deps: KeepersDeps;
  readonly #turns = new LoopTurns();

  constructor(deps: KeepersDeps) {
    this.#deps = deps;
  }

  /** The first day on which something came and which is wanted; undefined where there is none. */
  async firstDay(wanted: (day: string) => boolean): Promise<string | undefined> {
    let first: string | undefined;
    const look = (day: string): boolean => {
      if (wanted(day) && (first === undefined || day < first)) first = day;
      return false;
    };
    for (const station of await this.#stations()) await this.#read(station, look);
    return first;
  }

  /**
   * The keepers of each wanted day on which something came. Where these are too many documents for one go, only the first such day.
   * Errors: "witness.too-many" where one day alone is too much.
   */
  async ofDays(wanted: (day: string) => boolean): Promise<Map<string, Keeper[]>> {
    try {
      return await this.#ofDays(wanted);
    } catch (error) {
      if (!isDockError(error, 'witness.too-many')) throw error;
      const first = await this.firstDay(wanted);
      return this.#ofDays((day) => day === first);
    }
  }

  async #ofDays(wanted: (day: string) => boolean): Promise<Map<string, Keeper[]>> {
    const keepers = new Map<string, Keeper[]>();
    for (const station of await this.#stations()) {
      const days = await this.#read(station, wanted);
      if (days.size === 0) continue;
      const head = await heldHead(this.#deps, join(this.#deps.vaultPath, station));
      for (const [day, digests] of days) {
        const keeper = await this.#keeper(station, digests, head);
        keepers.set(day, [...(keepers.get(day) ?? []), keeper]);
      }
    }
    return keepers;
  }

  /** The receiver's own place in a witness; undefined where it has no log. */
  async own(): Promise<Keeper | undefined> {
    const { vaultPath, receiver } = this.#deps;
    const head = await heldHead(this.#deps, join(vaultPath, receiver));
    return head === null ? undefined : this.#keeper(receiver, new DayDigests(), head);
  }

  async #keeper(keeper: Keeper['keeper'], digests: DayDigests, head: CustodyHead | null): Promise<Keeper> {
    const beside = head === null ? [] : [Buffer.from(head.sha256, 'hex')];
    const root = await digests.root(() => this.#turns.next(), beside);
    return { keeper, documents: digests.count, custody_head: head, root };
  }

  async #stations(): Promise<Keeper['keeper'][]> {
    return (await this.#deps.files.list(this.#deps.vaultPath)).filter(isStationId).sort();
  }

  async #read(
    station: Keeper['keeper'],
    wanted: (day: string) => boolean,
  ): Promise<ReadonlyMap<string, DayDigests>> {
    const { files, vaultPath, signal, log } = this.#deps;
    const folder = join(vaultPath, station);
    if ((await files.stat(folder))?.kind !== 'folder') return new Map();
    const { days, unreadable } = await stationDays({ files, folder, wanted, signal });
    if (unreadable.length > 0)
      log.warn('witness: unreadable documents left out', {
        station,
        folders: unreadable.length,
        first: unreadable[0],
      });
    return days;
  }
}

// The newest entry of a custody log that the vault holds, for whoever only reads it.

/**
 * The head of the log in a keeper's folder of the vault; it is durable when this resolves. Null where there is no log, or none whose end
 * can be read, which is told to the log. Errors: the system's.
 */
export async function heldHead(
  { files, log }: { readonly files: Files; readonly log: Log },
  keeperFolder: string,
): Promise<CustodyHead | null> {
  const folder = join(keeperFolder, CUSTODY);
  if ((await files.stat(folder))?.kind !== 'folder') return null;
  const segment = (await hinted(files, folder)) ?? (await orderedSegments(files, folder)).at(-1)?.segment;
  return segment === undefined ? null : endOf({ files, log }, folder, segment);
}

/** The hint of a vault that is not put back in all may name what is not there. */
async function hinted(files: Files, folder: string): Promise<SegmentId | undefined> {
  const segment = await readNewest(files, folder);
  if (segment === undefined || (await files.stat(segmentPath(folder, segment))) === undefined)
    return undefined;
  return segment;
}

async function endOf(
  { files, log }: { readonly files: Files; readonly log: Log },
  folder: string,
  segment: SegmentId,
): Promise<CustodyHead | null> {
  try {
    const file = await files.open(segmentPath(folder, segment), 'read');
    try {
      const { head } = await readTail(file, await file.sizeBytes());
      await file.sync(); // its writer may not have come to it yet
      return head.sequence === 0 ? null : { segment, ...head };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isDockError(error, 'custody.damaged') && systemCode(error) !== 'ENOENT') throw error;
    log.warn('witness: end of a custody log not readable', { folder, segment, error });
    return null;
  }
}
