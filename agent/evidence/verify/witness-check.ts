// Checks the daily witnesses of one receiver (SPEC 4.10): signatures, places, and how they follow each other. Roots are witness-roots.ts.
import { DayDigests } from '../../../protocol/custody/witness-day.ts';
import { dayOf, daySchema, type Witness, WITNESS_AFTER_MS } from '../../../protocol/custody/witness.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import type { HeadBook } from './custody-links.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { Extent } from './place.ts';
import { listFolder, oddName, type ReadFiles } from './read-files.ts';
import type { ReceiptHead } from './receipt-check.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument } from './signed-document.ts';
import { witnessKind } from './document-kinds.ts';
import { type StoreLog, witnessName } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
const SUFFIX = '.json';

/** A witness whose signature and place hold. */
export interface FoundWitness {
  readonly witness: Witness;
  readonly sha256: string;
  /** Hex id of the key whose signature holds. */
  readonly keyId: string;
  readonly where: string;
}

/** A folder of witnesses. */
export interface WitnessQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly receiver: string;
  readonly vault: string | undefined;
  readonly keys: TrustedKeys;
  /** Days between those that are here may be elsewhere, as where a kit has a few of them; left out, they may not. */
  readonly isPart?: boolean;
  readonly signal: AbortSignal;
}

/** All witnesses of a receiver, by day. Errors: the signal's reason; those of the machine. */
export async function checkWitnesses(
  question: WitnessQuestion,
): Promise<{ readonly witnesses: FoundWitness[]; readonly remarks: Remark[] }> {
  const { files, folder, where } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { witnesses: [], remarks: [] };
  if (!Array.isArray(names)) return { witnesses: [], remarks: [names] };
  const days = names.filter(isWitnessName);
  const known = new Set(days.flatMap((name) => [name, name + SIGNATURE_SUFFIX]));
  const odd = names.filter((name) => !known.has(name));
  const belongs = (name: string): boolean => isWitnessName(name.replace(SIGNATURE_SUFFIX, ''));
  const remarks = odd.map((name) => oddName(where, name, belongs));
  const witnesses: FoundWitness[] = [];
  for (const name of days) {
    question.signal.throwIfAborted();
    const checked = await checkWitness(question, name);
    remarks.push(...checked.remarks);
    if (checked.found !== undefined) witnesses.push(checked.found);
  }
  return { witnesses, remarks: [...remarks, ...(question.isPart === true ? [] : chainRemarks(witnesses))] };
}

async function checkWitness(
  { files, folder, where, receiver, vault, keys }: WitnessQuestion,
  name: string,
): Promise<{ readonly found: FoundWitness | undefined; readonly remarks: readonly Remark[] }> {
  const checked = await checkDocument(files, folder, where, witnessKind(name), keys);
  const { bytes, value: witness, keyId } = checked;
  if (bytes === undefined || witness === undefined || keyId === undefined)
    return { found: undefined, remarks: checked.remarks };
  const place = below(where, name);
  const fields = [
    ['day', dayIn(name), witness.day],
    ['receiver', receiver, witness.receiver],
    ['vault', vault ?? witness.vault, witness.vault],
  ] as const;
  const wrong = fields.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0)
    return {
      found: { witness, sha256: sha256Hex(bytes), keyId, where: place },
      remarks: tooSoon(witness, place),
    };
  const words = wrong.map(([field, expected, found]) => `${field}: expected ${expected}, found ${found}`);
  return { found: undefined, remarks: [finding('witness.rule', place, `witness: ${words.join('; ')}`)] };
}

function tooSoon({ day, made_at: madeAt }: Witness, place: string): Remark[] {
  const overMs = Date.parse(`${day}T00:00:00.000Z`) + DAY_MS;
  if (Date.parse(madeAt) >= overMs + WITNESS_AFTER_MS) return [];
  const message = `witness: that of ${day} was made at ${madeAt}`;
  return [finding('witness.too-soon', place, message, { day, made_at: madeAt })];
}

function isWitnessName(name: string): boolean {
  return daySchema.safeParse(dayIn(name)).success && name === dayIn(name) + SUFFIX;
}

function dayIn(name: string): string {
  return name.slice(0, 'YYYY-MM-DD'.length);
}

/** Each follows the one of the day before it that is here; the first one may follow some that are not. */
function chainRemarks(witnesses: readonly FoundWitness[]): Remark[] {
  return witnesses.flatMap(({ witness, where }, at) => {
    const { previous_sha256: previous, day } = witness;
    const before = witnesses[at - 1];
    if (before === undefined && previous === null) return [];
    if (before === undefined) {
      const message = `witness: that of ${day} follows another one, which is not here`;
      return [note('witness.begins-later', where, message, { day })];
    }
    if (previous === before.sha256) return [];
    const message = `witness: that of ${day} follows SHA-256 ${previous ?? 'none'}, that of ${before.witness.day} has ${before.sha256}`;
    return [finding('witness.chain', where, message, { day })];
  });
}

// Compares the custody heads that the store's witnesses name with the log that is held.

/** One finding for each head of `keeper` that its log does not hold; `book` has seen all segments. `where` of a head: its witness. */
export function witnessHeadRemarks(
  witnesses: Iterable<ReceiptHead>,
  book: HeadBook,
  keeper: string,
  extent: Extent = 'vault',
): Remark[] {
  const remarks: Remark[] = [];
  for (const { head, where } of witnesses) {
    const answer = book.compare(head);
    if (answer === 'good' || answer === 'dropped') continue;
    if (answer === 'segment-missing' && extent === 'kit') continue;
    const { segment, sequence, sha256 } = head;
    const message = `witness: it names entry ${sequence} of custody segment ${segment} of ${keeper} with SHA-256 ${sha256}: ${answer}`;
    remarks.push(finding('witness.head-differs', where, message, { keeper, segment, sequence }));
  }
  return remarks;
}

// Recomputes what witnesses vouch for (SPEC 4.10) from the documents that are here: each keeper's root, and whether all keepers are named.
// Memory: 32 bytes for each document of the days that have a witness.

/** What they are compared with. */
interface RootsContext {
  readonly facts: PlaceFacts;
  readonly log: StoreLog;
  readonly extent: Extent;
}

/** The digests of documents, by day and station. */
export interface WitnessedDays {
  /** Of those that are here. */
  of(day: string, station: string): DayDigests;
  /** Of those that the store let go behind a witness that was made then (RFC 3339), and that are not here. */
  droppedSince(madeAt: string, day: string, station: string): Uint8Array[];
  /** Stations with documents of that day, those that were dropped since included. */
  stations(day: string, madeAt: string): Iterable<string>;
}

type Keeper = FoundWitness['witness']['keepers'][number];

/** What does not fit between witnesses and documents, and between witnesses and the store's log. A kit has not all documents of a day. */
export async function witnessFindings(
  witnesses: readonly FoundWitness[],
  { facts, log, extent }: RootsContext,
): Promise<Remark[]> {
  if (extent === 'kit') return logRemarks(witnesses, log).filter(({ code }) => code !== 'witness.missing');
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

/** One document that was dropped. */
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
