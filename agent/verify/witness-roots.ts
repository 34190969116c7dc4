// Recomputes what witnesses vouch for (SPEC 4.10) from the documents that are here: each keeper's root, and whether all keepers are named.
// Memory: 32 bytes for each document of the days that have a witness.
import { DayDigests } from '../../protocol/witness-day.ts';
import { dayOf } from '../../protocol/witness.ts';
import type { PlaceFacts } from './place-facts.ts';
import { finding, note, type Remark } from './remark.ts';
import { witnessName, type StoreLog } from './store-log.ts';
import type { FoundWitness } from './witness-check.ts';

/** What they are compared with. */
export interface RootsContext {
  readonly facts: PlaceFacts;
  readonly log: StoreLog;
}

/** The digests of documents, by day and station. */
export interface WitnessedDays {
  of(day: string, station: string): DayDigests;
  /** Stations with documents of that day. */
  stations(day: string): Iterable<string>;
}

type Keeper = FoundWitness['witness']['keepers'][number];

/** What does not fit between witnesses and documents, and between witnesses and the store's log. */
export async function witnessRemarks(
  witnesses: readonly FoundWitness[],
  context: RootsContext,
): Promise<Remark[]> {
  const { facts, log } = context;
  const days = new DocumentDays(new Set(witnesses.map(({ witness }) => witness.day)));
  days.takeHere(facts);
  days.takeDropped(log);
  const remarks: Remark[] = [];
  for (const found of witnesses) remarks.push(...(await rootRemarks(found, days)));
  return [...remarks, ...logRemarks(witnesses, log)];
}

/** What does not fit between one witness and the documents of its day. */
export async function rootRemarks(found: FoundWitness, days: WitnessedDays): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const keeper of found.witness.keepers)
    remarks.push(...(await compareRoot(found, keeper, days.of(found.witness.day, keeper.keeper))));
  return [...remarks, ...leftOut(found, days)];
}

/** The digests of some days: of documents that are here, and of those that the store let go (SPEC 10.3). */
export class DocumentDays implements WitnessedDays {
  readonly #wanted: ReadonlySet<string>;
  readonly #days = new Map<string, Map<string, DayDigests>>();

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  takeHere(facts: PlaceFacts): void {
    for (const held of facts.recordings.values()) {
      this.#take(held.receivedAt, held.station, held.receiptSha256, held.sha256);
      this.#take(held.deletion?.deletedAt, held.station, held.deletion?.sha256);
    }
    for (const held of facts.dockings.values())
      this.#take(held.receivedAt, held.station, held.receiptSha256, held.sha256);
  }

  /** All of one station that are here. */
  put(station: string, days: ReadonlyMap<string, DayDigests>): void {
    for (const [day, digests] of days) this.#stations(day).set(station, digests);
  }

  /** Behind all that are here: one that a power cut kept from going is named and here. */
  takeDropped({ droppedDocuments }: StoreLog): void {
    for (const dropped of droppedDocuments.values()) {
      const { station } = dropped;
      this.#takeNew(dropped.received_at, station, dropped.receipt_sha256, dropped.manifest_sha256);
      this.#takeNew(dropped.deleted_at, station, dropped.deletion_sha256);
    }
  }

  of(day: string, station: string): DayDigests {
    return this.#days.get(day)?.get(station) ?? new DayDigests();
  }

  stations(day: string): Iterable<string> {
    return this.#days.get(day)?.keys() ?? [];
  }

  #take(at: string | undefined, station: string | undefined, ...sha256: (string | undefined)[]): void {
    if (at === undefined || station === undefined || !this.#wanted.has(dayOf(at))) return;
    const digests = this.#digests(dayOf(at), station);
    for (const hex of sha256) if (hex !== undefined) digests.add(Buffer.from(hex, 'hex'));
  }

  #takeNew(at: string | null, station: string, ...sha256: (string | null)[]): void {
    if (at === null || !this.#wanted.has(dayOf(at))) return;
    const digests = this.#digests(dayOf(at), station);
    for (const hex of sha256) if (hex !== null) digests.addNew(Buffer.from(hex, 'hex'));
  }

  #digests(day: string, station: string): DayDigests {
    const stations = this.#stations(day);
    const digests = stations.get(station) ?? new DayDigests();
    stations.set(station, digests);
    return digests;
  }

  #stations(day: string): Map<string, DayDigests> {
    const stations = this.#days.get(day) ?? new Map<string, DayDigests>();
    this.#days.set(day, stations);
    return stations;
  }
}

async function compareRoot(
  { witness: { day }, where }: FoundWitness,
  { keeper, documents, custody_head: head, root }: Keeper,
  digests: DayDigests,
): Promise<Remark[]> {
  const here = digests.count;
  const headDigest = head === null ? undefined : Buffer.from(head.sha256, 'hex');
  const found = await digests.root(() => Promise.resolve(), headDigest);
  if (found === root && here === documents) return [];
  const facts = { keeper, day, documents, here, expected: root, found };
  const message = `witness: ${documents} documents of ${keeper} on ${day}, ${here} are here; expected root ${root}, found ${found}`;
  return [finding('witness.root-differs', where, message, facts)];
}

function leftOut({ witness: { day, keepers }, where }: FoundWitness, days: WitnessedDays): Remark[] {
  const named = new Set<string>(keepers.map(({ keeper }) => keeper));
  return [...days.stations(day)]
    .filter((station) => !named.has(station))
    .map((station) => {
      const here = days.of(day, station).count;
      const message = `witness: it names no documents of ${station} on ${day}, and ${here} are here`;
      return finding('witness.left-out', where, message, { keeper: station, day, here });
    });
}

function logRemarks(witnesses: readonly FoundWitness[], log: StoreLog): Remark[] {
  if (log.places.length === 0) return [];
  const here = new Map(
    witnesses.map((found) => [witnessName(found.witness.receiver, found.witness.day), found]),
  );
  const remarks = [...here].flatMap(([name, { sha256, where }]) => {
    const logged = log.witnesses.get(name);
    if (logged === sha256) return [];
    if (logged === undefined) return [note('witness.not-logged', where, 'witness: the log does not name it')];
    const message = `witness: the store's log names SHA-256 ${logged}, found ${sha256}`;
    return [finding('witness.root-differs', where, message, { expected: logged, found: sha256 })];
  });
  const missing = [...log.witnesses.keys()].filter((name) => !here.has(name));
  const first = log.places[0] ?? '.';
  return [
    ...remarks,
    ...missing.map((name) =>
      finding('witness.missing', first, `witness of ${name} is not here`, { witness: name }),
    ),
  ];
}
