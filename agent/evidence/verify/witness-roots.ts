// Recomputes what witnesses vouch for (SPEC 4.10) from the documents that are here: each keeper's root, and whether all keepers are named.
// Memory: 32 bytes for each document of the days that have a witness.
import { DayDigests } from '../../../protocol/custody/witness-day.ts';
import { dayOf } from '../../../protocol/custody/witness.ts';
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
  /** Of those that are here. */
  of(day: string, station: string): DayDigests;
  /** Of those that the store let go behind a witness that was made then (RFC 3339), and that are not here. */
  droppedSince(madeAt: string, day: string, station: string): Uint8Array[];
  /** Stations with documents of that day, those that were let go since included. */
  stations(day: string, madeAt: string): Iterable<string>;
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
  for (const keeper of found.witness.keepers) remarks.push(...(await compareRoot(found, keeper, days)));
  return [...remarks, ...leftOut(found, days)];
}

/** The digests of some days: of documents that are here, and of those that the store let go (SPEC 10.3). */
export class DocumentDays implements WitnessedDays {
  readonly #wanted: ReadonlySet<string>;
  readonly #days = new Map<string, Map<string, DayDigests>>();
  /** By day: a store that let documents go for years has a witness for each of as many days. */
  readonly #dropped = new Map<string, Dropped[]>();

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

  takeDropped({ droppedDocuments }: StoreLog): void {
    for (const each of droppedDocuments.values()) {
      const { at, station, received_at: receivedAt, deleted_at: deletedAt } = each;
      const days = [
        [receivedAt, each.receipt_sha256],
        [receivedAt, each.manifest_sha256],
        [deletedAt, each.deletion_sha256],
      ] as const;
      for (const [ofAt, hex] of days)
        if (ofAt !== null && hex !== null) this.#takeGone(dayOf(ofAt), { at, station, hex });
    }
  }

  of(day: string, station: string): DayDigests {
    return this.#days.get(day)?.get(station) ?? new DayDigests();
  }

  droppedSince(madeAt: string, day: string, station: string): Uint8Array[] {
    const here = this.of(day, station); // one that a power cut kept from going is named and here
    return this.#droppedOf(day, madeAt).flatMap((each) =>
      each.station === station && !here.has(each.digest) ? [each.digest] : [],
    );
  }

  stations(day: string, madeAt: string): Iterable<string> {
    const dropped = this.#droppedOf(day, madeAt).map(({ station }) => station);
    return new Set([...(this.#days.get(day)?.keys() ?? []), ...dropped]);
  }

  #droppedOf(day: string, madeAt: string): Dropped[] {
    return (this.#dropped.get(day) ?? []).filter(({ at }) => at > madeAt);
  }

  #takeGone(day: string, { at, station, hex }: Omit<Dropped, 'digest'> & { readonly hex: string }): void {
    if (!this.#wanted.has(day)) return;
    const known = this.#dropped.get(day) ?? [];
    this.#dropped.set(day, known);
    known.push({ at, station, digest: Buffer.from(hex, 'hex') });
  }

  #take(at: string | undefined, station: string | undefined, ...sha256: (string | undefined)[]): void {
    if (at === undefined || station === undefined || !this.#wanted.has(dayOf(at))) return;
    const digests = this.#digests(dayOf(at), station);
    for (const hex of sha256) if (hex !== undefined) digests.add(Buffer.from(hex, 'hex'));
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

/** One document that was let go. */
interface Dropped {
  /** When (RFC 3339). */
  readonly at: string;
  readonly station: string;
  readonly digest: Uint8Array;
}

async function compareRoot(
  { witness: { day, made_at: madeAt }, where }: FoundWitness,
  { keeper, documents, custody_head: head, root }: Keeper,
  days: WitnessedDays,
): Promise<Remark[]> {
  const digests = days.of(day, keeper);
  const dropped = days.droppedSince(madeAt, day, keeper);
  const here = digests.count + dropped.length;
  const beside = [...dropped, ...(head === null ? [] : [Buffer.from(head.sha256, 'hex')])];
  const found = await digests.root(() => Promise.resolve(), beside);
  if (found === root && here === documents) return [];
  const facts = { keeper, day, documents, here, expected: root, found };
  const message = `witness: ${documents} documents of ${keeper} on ${day}, ${here} are here; expected root ${root}, found ${found}`;
  return [finding('witness.root-differs', where, message, facts)];
}

function leftOut(
  { witness: { day, made_at: madeAt, keepers }, where }: FoundWitness,
  days: WitnessedDays,
): Remark[] {
  const named = new Set<string>(keepers.map(({ keeper }) => keeper));
  return [...days.stations(day, madeAt)]
    .filter((station) => !named.has(station))
    .map((station) => {
      const here = days.of(day, station).count + days.droppedSince(madeAt, day, station).length;
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
