// Reads the custody logs of a vault for a report: only entries that a signature stands behind count. The store's own first, because it says
// what was let go.
import { join } from 'node:path';
import type { CustodyEntry } from '../../protocol/custody-entry.ts';
import type { PublicKey } from '../../protocol/minisign.ts';
import { isReceiverId, isRecordingId } from '../../protocol/ids.ts';
import { missingDocuments, type HeldDocument } from '../verify/account-check.ts';
import { checkCustody, type CheckedCustody } from '../verify/custody-check.ts';
import { custodyFolder, stationCustodies } from '../verify/custody-folders.ts';
import { droppedEnd, linkOf } from '../verify/custody-links.ts';
import { HeadBook, type NamedHead } from '../verify/head-book.ts';
import { CUSTODY } from '../verify/place.ts';
import { listSorted } from '../verify/read-files.ts';
import { receiptHeadRemarks, type ReceiptHead } from '../verify/receipt-heads.ts';
import { below } from '../verify/remark.ts';
import { StationLog } from '../verify/station-log.ts';
import { StoreLogBelief } from '../verify/store-log-belief.ts';
import { revokedAt, stationKeys, storeKeys } from '../verify/trusted-keys.ts';
import { VouchedEntries } from '../verify/vouched-entries.ts';
import type { SourceOptions } from './sources.ts';

/** What the store let go, as its logs say. */
export interface LetGo {
  /** Ids of recordings and docking records by their station: another one may have written the same id. */
  readonly documents: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ends of segments of stations' logs. */
  readonly ends: readonly NamedHead[];
}

/** What the store's own logs say. */
export interface StoreWord {
  readonly letGo: LetGo;
  /** Where they do not hold, and revocations that they name and that are not here; paths below the vault. */
  readonly broken: readonly string[];
}

/** Between two entries of a log that are here, others are not: RFC 3339, undefined in front of the first and behind the last. */
export interface Absence {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The head of a receipt that counts, and when that was given. */
export type DatedHead = ReceiptHead & { readonly receivedAt: string };

/** What a station's log says. */
export interface ReportLog {
  readonly log: StationLog;
  /** Of which times it is not here. */
  readonly unknown: readonly Absence[];
  /** Documents that the store had, that are not here, and that it did not let go. */
  readonly missing: readonly string[];
  /** Where the log does not hold, or is not the one that the store vouched for; paths below the vault. */
  readonly broken: readonly string[];
}

/** Reads the logs of all receivers. Errors: the signal's reason; those of the machine. */
export async function readStoreLogs(options: SourceOptions): Promise<StoreWord> {
  const documents = new Map<string, Set<string>>();
  const ends: NamedHead[] = [];
  const broken = new Set<string>();
  const take = (entry: CustodyEntry): void => {
    const { event, facts } = entry;
    const { station, recording } = facts;
    if (event === 'documents-dropped' && typeof station === 'string' && typeof recording === 'string')
      documents.set(station, (documents.get(station) ?? new Set()).add(recording));
    if (event === 'key-revoked') for (const where of notRevoked(options, facts)) broken.add(where);
    const end = droppedEnd(entry);
    if (end !== undefined) ends.push(end);
  };
  const { files, vault, keys, signal } = options;
  const names = (await listSorted(files, vault)) ?? [];
  const stations = await stationCustodies(files, vault);
  const belief = new StoreLogBelief({ files, keys, stations, signal });
  for (const receiver of names.filter(isReceiverId)) {
    const doubted = await belief.unbelieved(receiver, custodyFolder(vault, receiver));
    const how = { keeper: receiver, book: new HeadBook(), take, unbelieved: doubted.segments };
    const checked = await readLog(options, how);
    for (const { kind, where } of [...(checked?.remarks ?? []), ...doubted.remarks])
      if (kind === 'finding') broken.add(where);
  }
  return { letGo: { documents, ends }, broken: [...broken] };
}

/** Without its revocation a stolen key looks good. */
function notRevoked({ keys }: SourceOptions, { station, key_id: keyId }: CustodyEntry['facts']): string[] {
  if (typeof station !== 'string' || typeof keyId !== 'string') return [];
  return revokedAt(keys, station, keyId) === undefined ? [`${station}/keys/${keyId}.revocation.json`] : [];
}

/** Reads the log of a station; `heads` are those of its receipts, and `take` hears of each entry. Errors: the signal's reason; the machine's. */
export async function readStationLog(
  options: SourceOptions,
  station: string,
  {
    heads,
    letGo,
    take,
  }: {
    readonly heads: readonly DatedHead[];
    readonly letGo: LetGo;
    readonly take: (entry: CustodyEntry) => void;
  },
): Promise<ReportLog> {
  const book = new HeadBook();
  for (const end of letGo.ends) book.drop(end);
  for (const { head } of heads) book.want(head);
  const log = new StationLog(below(station, CUSTODY), station);
  const reach = new LogReach();
  const hear = (entry: CustodyEntry, segment: string): void => {
    reach.take(entry, segment);
    log.take(entry);
    take(entry);
  };
  const checked = await readLog(options, { keeper: station, book, take: hear, unbelieved: new Set() });
  const remarks = [...(checked?.remarks ?? []), ...receiptHeadRemarks(heads, book)];
  const findings = remarks.filter(({ kind }) => kind === 'finding');
  const unheld = heads.filter(({ head }) => !['good', 'dropped'].includes(book.compare(head)));
  return {
    log,
    unknown: reach.absences(unheld),
    missing: await missingIn(options, station, log, letGo.documents.get(station) ?? new Set()),
    broken: [...new Set(findings.map(({ where }) => where))],
  };
}

/** Finds out of which times a log is not here: of what it does not hold nobody knows which cameras came into use. */
class LogReach {
  readonly #absences: Absence[] = [];
  /** Of each segment the last entry that counts. */
  readonly #ends = new Map<string, number>();
  #lastAt: string | undefined;

  /** Entries that count, in their order. */
  take(entry: CustodyEntry, segment: string): void {
    if (!this.#follows(entry, segment)) this.#absences.push({ from: this.#lastAt, to: entry.at });
    this.#ends.set(segment, entry.sequence);
    this.#lastAt = entry.at;
  }

  /** `unheld`: heads of receipts that the log does not hold; one from after its last entry says that it went on. */
  absences(unheld: readonly DatedHead[]): Absence[] {
    const lastAt = this.#lastAt;
    const isCut = unheld.some(({ receivedAt }) => lastAt === undefined || receivedAt >= lastAt);
    return [...this.#absences, ...(isCut ? [{ from: lastAt, to: undefined }] : [])];
  }

  #follows(entry: CustodyEntry, segment: string): boolean {
    const end = this.#ends.get(segment);
    if (end !== undefined || entry.sequence > 1) return entry.sequence === (end ?? 0) + 1;
    const link = linkOf(entry);
    if (link === null) return this.#lastAt === undefined;
    return link !== undefined && link.sequence <= (this.#ends.get(link.segment) ?? 0);
  }
}

/** The log is read behind the folders: what came meanwhile is there by now. */
async function missingIn(
  { files, vault }: SourceOptions,
  station: string,
  { where, documents: account, fromTheStart }: StationLog,
  dropped: ReadonlySet<string>,
): Promise<string[]> {
  const names = ((await listSorted(files, join(vault, station))) ?? []).filter(isRecordingId);
  const held = new Map(names.map((name) => [name, heldAt(station, name)]));
  const question = { where, account, held, superseded: new Set<string>(), dropped, fromTheStart };
  return missingDocuments({ ...question, kind: 'vault' });
}

/** That it is here is all that is asked; what it says is counted elsewhere. */
function heldAt(station: string, name: string): HeldDocument {
  const where = below(station, name);
  return { kind: 'recording', name, where, station, sha256: undefined, receiptSha256: undefined };
}

/** How a log is read. */
interface ReadHow {
  readonly keeper: string;
  readonly book: HeadBook;
  readonly take: (entry: CustodyEntry, segment: string) => void;
  /** Segments that say nothing. */
  readonly unbelieved: ReadonlySet<string>;
}

async function readLog(
  { files, vault, keys, signal }: SourceOptions,
  { keeper, book, take, unbelieved }: ReadHow,
): Promise<CheckedCustody | undefined> {
  const vouched = new VouchedEntries((entry, segment, keyId) => {
    if (keyId !== undefined && !unbelieved.has(segment)) take(entry, segment);
  });
  const ours: readonly PublicKey[] = isReceiverId(keeper) ? storeKeys(keys) : stationKeys(keys, keeper);
  const checked = await checkCustody({
    files,
    ...custodyFolder(vault, keeper),
    station: keeper,
    keysOf: () => ours,
    book,
    isRevoked: (keyId) => revokedAt(keys, keeper, keyId) !== undefined,
    visit: (entry, place) => vouched.take(entry, place),
    ended: (segment, signedBy) => vouched.ended(segment, signedBy),
    isTaken: !isReceiverId(keeper),
    signal,
  });
  vouched.close();
  return checked;
}
