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

/** The digests of the documents that are here, by day and station. What is asked for is given for one use: a root adds to it. */
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
  const days = new DaysHere(facts, new Set(witnesses.map(({ witness }) => witness.day)));
  const remarks: Remark[] = [];
  for (const found of witnesses) remarks.push(...(await rootRemarks(found, days, log.droppedStations)));
  return [...remarks, ...logRemarks(witnesses, log)];
}

/** What does not fit between one witness and the documents of its day. `dropped`: stations of which old documents were let go. */
export async function rootRemarks(
  found: FoundWitness,
  days: WitnessedDays,
  dropped: ReadonlySet<string>,
): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const keeper of found.witness.keepers)
    remarks.push(...(await compareRoot(found, keeper, days.of(found.witness.day, keeper.keeper), dropped)));
  return [...remarks, ...leftOut(found, days)];
}

/** Digests of the documents that are here, by day and station. */
class DaysHere implements WitnessedDays {
  readonly #days = new Map<string, Map<string, DayDigests>>();

  constructor(facts: PlaceFacts, wanted: ReadonlySet<string>) {
    const take = (
      at: string | undefined,
      station: string | undefined,
      ...sha256: (string | undefined)[]
    ): void => {
      if (at === undefined || station === undefined || !wanted.has(dayOf(at))) return;
      const digests = this.#digests(dayOf(at), station);
      for (const hex of sha256) if (hex !== undefined) digests.add(Buffer.from(hex, 'hex'));
    };
    for (const held of facts.recordings.values()) {
      take(held.receivedAt, held.station, held.receiptSha256, held.sha256);
      take(held.deletion?.deletedAt, held.station, held.deletion?.sha256);
    }
    for (const held of facts.dockings.values())
      take(held.receivedAt, held.station, held.receiptSha256, held.sha256);
  }

  of(day: string, station: string): DayDigests {
    return this.#days.get(day)?.get(station) ?? new DayDigests();
  }

  stations(day: string): Iterable<string> {
    return this.#days.get(day)?.keys() ?? [];
  }

  #digests(day: string, station: string): DayDigests {
    const stations = this.#days.get(day) ?? new Map<string, DayDigests>();
    this.#days.set(day, stations);
    const digests = stations.get(station) ?? new DayDigests();
    stations.set(station, digests);
    return digests;
  }
}

async function compareRoot(
  { witness: { day }, where }: FoundWitness,
  { keeper, documents, custody_head: head, root }: Keeper,
  digests: DayDigests,
  dropped: ReadonlySet<string>,
): Promise<Remark[]> {
  const here = digests.count;
  if (head !== null) digests.add(Buffer.from(head.sha256, 'hex'));
  const found = await digests.root(() => Promise.resolve());
  if (found === root && here === documents) return [];
  const facts = { keeper, day, documents, here };
  const counts = `${documents} documents of ${keeper} on ${day}, ${here} are here`;
  if (here < documents && dropped.has(keeper))
    return [note('witness.not-judged', where, `witness: it stands for ${counts}`, facts)];
  const message = `witness: ${counts}; expected root ${root}, found ${found}`;
  return [finding('witness.root-differs', where, message, { ...facts, expected: root, found })];
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
