// What a witness says of each keeper: how many documents of that day its folder holds, the head of its log, and the root over both.
// Reads one station after the other, so that memory is that of the largest one.
import { join } from 'node:path';
import { isDockError } from '../../../protocol/format/errors.ts';
import { isStationId, type ReceiverId } from '../../../protocol/format/ids.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import type { Files, Log } from '../../../protocol/format/ports.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { stationDays, DayDigests } from '../../../protocol/custody/witness-day.ts';
import type { Witness } from '../../../protocol/custody/witness.ts';
import { heldHead } from './held-head.ts';

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
