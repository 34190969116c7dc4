// Reads the custody logs of a vault for a report: only entries that a signature covers count. The store's own first, because it says
// what was dropped.
import { join } from 'node:path';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { CUSTODY } from '../../../protocol/format/file-names.ts';
import { isReceiverId, isRecordingId } from '../../../protocol/format/ids.ts';
import { droppedEnd, HeadBook, linkOf, type NamedHead } from '../verify/custody-links.ts';
import { StationLog } from '../verify/docking-log.ts';
import type { EvaluationLog } from '../verify/evaluation-check.ts';
import { custodyFolder } from '../verify/found-folders.ts';
import { type HeldDocument, missingDocuments } from '../verify/log-account.ts';
import { listSorted } from '../verify/read-files.ts';
import { missingHeads, type ReceiptHead, receiptHeadRemarks } from '../verify/receipt-check.ts';
import type { Policies } from '../verify/policy-check.ts';
import { below } from '../verify/remark.ts';
import { type LoggedHead, StoreLog } from '../verify/store-log.ts';
import { trustedUntil } from '../verify/trusted-keys.ts';
import { readLog } from '../verify/covered-entries.ts';
import type { SourceOptions } from './sources.ts';

/** What is counted of a store's log: no more than is needed is kept. */
const TAKEN: ReadonlySet<string> = new Set(['head', 'retention', 'policy', 'evaluation']);

/** What the store let go, as its logs say. */
export interface LetGo {
  /** Ids of recordings and docking records by their station: another one may have written the same id. */
  readonly documents: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ends of segments of stations' logs. */
  readonly ends: readonly NamedHead[];
  /** What the vault held of stations' logs. */
  readonly heads: readonly LoggedHead[];
}

/** What the store's own logs say. */
export interface StoreWord {
  readonly letGo: LetGo;
  readonly days: Pick<StoreLog, 'dueDays' | 'holdDaysAt'>;
  readonly evaluations: EvaluationLog;
  /** Where they do not hold, and revocations that they name and that are not here; paths below the vault. */
  readonly broken: readonly string[];
  /** Boot ids of the machines of receivers: a station that has one of them is on the same machine. */
  readonly boots: ReadonlySet<string | null>;
  /** When a witness or a time-stamp authority said the time, as receivers entered it. */
  readonly saidAt: readonly string[];
}

/** What a station's log says. */
export interface ReportLog {
  readonly log: StationLog;
  /** Of which times it tells nothing. */
  readonly unknown: readonly TimeSpan[];
  /** Dockings of whose beginning the station did not know the time, by their ids, and between which times they lie. */
  readonly unplaced: ReadonlyMap<string, TimeSpan>;
  /** Documents that the store had, that are not here, and that it did not let go. */
  readonly missing: readonly string[];
  /** Where the log does not hold, or is not the one that the store vouched for; paths below the vault. */
  readonly broken: readonly string[];
}

/** Reads the logs of all receivers; `policies` are those of the vault. Errors: the signal's reason; those of the machine. */
export async function readStoreLogs(
  options: SourceOptions,
  policies?: Policies['found'],
): Promise<StoreWord> {
  const documents = new Map<string, Set<string>>();
  const ends: NamedHead[] = [];
  const store = new StoreLog(policies);
  const broken = new Set<string>();
  const boots = new Set<string | null>();
  const saidAt: string[] = [];
  const take = (receiver: string, entry: CustodyEntry): void => {
    const { event, facts } = entry;
    boots.add(entry.boot);
    if (event === 'outside-time' && facts['by'] !== 'station') saidAt.push(String(facts['said_at']));
    const { station, recording } = facts;
    if (event === 'documents-dropped' && typeof station === 'string' && typeof recording === 'string')
      documents.set(station, (documents.get(station) ?? new Set()).add(recording));
    if (event === 'key-revoked') for (const where of notRevoked(options, facts)) broken.add(where);
    if (TAKEN.has(event)) store.take(receiver, entry);
    else store.timeOf(receiver, entry.at);
    const end = droppedEnd(entry);
    if (end !== undefined) ends.push(end);
  };
  const { files, vault } = options;
  const names = (await listSorted(files, vault)) ?? [];
  for (const receiver of names.filter(isReceiverId)) {
    const reading = {
      ...options,
      ...custodyFolder(vault, receiver),
      station: receiver,
      book: new HeadBook(),
    };
    const checked = await readLog(reading, (entry, _, keyId) => {
      if (keyId !== undefined) take(receiver, entry);
    });
    for (const { kind, where } of checked?.remarks ?? []) if (kind === 'finding') broken.add(where);
  }
  const evaluations = {
    evaluations: store.evaluations,
    places: ['.'],
    droppedDocuments: new Set(
      [...documents].flatMap(([station, names]) => [...names].map((name) => `${station} ${name}`)),
    ),
  };
  const letGo = { documents, ends, heads: [...store.heads.values()] };
  return { letGo, days: store, evaluations, broken: [...broken], boots, saidAt };
}

/** Without its revocation a stolen key looks good. */
function notRevoked({ keys }: SourceOptions, { station, key_id: keyId }: CustodyEntry['facts']): string[] {
  if (typeof station !== 'string' || typeof keyId !== 'string') return [];
  return trustedUntil(keys, station, keyId) === undefined ? [`${station}/keys/${keyId}.revocation.json`] : [];
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
  const held = letGo.heads.filter((head) => head.station === station);
  for (const head of held) book.hold(head);
  const log = new StationLog(below(station, CUSTODY), station);
  const reach = new LogReach();
  const reading = { ...options, ...custodyFolder(options.vault, station), station, book };
  const checked = await readLog(reading, (entry, segment, keyId) => {
    if (keyId === undefined) return;
    reach.take(entry, segment);
    log.take(entry);
    take(entry);
  });
  const absent = [...receiptHeadRemarks(heads, book), ...missingHeads(held, book, log.where)];
  const remarks = [...(checked?.remarks ?? []), ...absent];
  const findings = remarks.filter(({ kind }) => kind === 'finding');
  const named = [...heads, ...held.map((head) => ({ head, receivedAt: head.at }))];
  const unheld = named.filter(({ head }) => book.faultOf(head) !== undefined);
  return {
    log,
    unknown: reach.unknown(unheld),
    unplaced: reach.unplaced,
    missing: await missingIn(options, station, log, letGo.documents.get(station) ?? new Set()),
    broken: [...new Set(findings.map(({ where }) => where))],
  };
}

/** The log is read after the folders: what came meanwhile is there by now. */
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

// Finds out of which times the log of a station tells nothing, and what it tells of times that the station did not know. Pure.
//
// Invariants:
// 1. No bound comes from an entry whose time the station did not know: it may lie on any day.
// 2. Memory: one small object a gap, and a docking that began at such a time.

/** RFC 3339; undefined is no bound. */
interface TimeSpan {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The head that a receipt names, and when that was made. */
export type DatedHead = ReceiptHead & { readonly receivedAt: string };

/** Events with which a segment begins before its start tells whether the clock is synchronised. */
const BEGINNINGS: ReadonlySet<string> = new Set(['segment-opened', 'key-changed', 'chain-broken']);

interface OpenSpan {
  readonly from: string | undefined;
  to: string | undefined;
}

/** Takes the entries that count in their order. */
class LogReach {
  /** Dockings that began when the station did not know the time, by their ids. */
  readonly unplaced = new Map<string, TimeSpan>();
  readonly #unknown: OpenSpan[] = [];
  /** Of those, and of `unplaced`: what ends with the next entry whose time is known. */
  readonly #awaiting: OpenSpan[] = [];
  /** Of `unplaced`: dockings that are not over. */
  readonly #open = new Map<string, OpenSpan>();
  /** Of each segment the last entry that counts. */
  readonly #ends = new Map<string, number>();
  /** False from a start on until it says that the clock is synchronised. */
  #isTimeKnown = true;
  #lastAt: string | undefined;

  take(entry: CustodyEntry, segment: string): void {
    const { event, facts } = entry;
    if (!this.#follows(entry, segment)) this.#tellNothing();
    this.#ends.set(segment, entry.sequence);
    if (event === 'agent-started') this.#started();
    if (event === 'clock-state') this.#isTimeKnown = facts['synchronised'] !== false;
    if (this.#isTimeKnown && !BEGINNINGS.has(event)) this.#known(entry.at);
    if (event === 'undocked') this.#ended(String(facts['docking']), entry.at);
    if (this.#isTimeKnown) return;
    if (event === 'docked') this.#docked(String(facts['docking']));
    if (event === 'camera-refused' && facts['reason'] !== 'other-camera') this.#tellNothing();
  }

  /** `unheld`: heads that the log does not hold; one from after its last entry says that it went on. */
  unknown(unheld: readonly Pick<DatedHead, 'receivedAt'>[]): readonly TimeSpan[] {
    const lastAt = this.#lastAt;
    const isCut = unheld.some(({ receivedAt }) => lastAt === undefined || receivedAt >= lastAt);
    return [...this.#unknown, ...(isCut ? [{ from: lastAt, to: undefined }] : [])];
  }

  #follows(entry: CustodyEntry, segment: string): boolean {
    const end = this.#ends.get(segment);
    if (end !== undefined || entry.sequence > 1) return entry.sequence === (end ?? 0) + 1;
    const link = linkOf(entry);
    if (link === null) return this.#ends.size === 0;
    return link !== undefined && link.sequence <= (this.#ends.get(link.segment) ?? 0);
  }

  /** From the last time that is known to the next one. */
  #tellNothing(): void {
    const span = { from: this.#lastAt, to: undefined };
    this.#unknown.push(span);
    this.#awaiting.push(span);
  }

  #known(at: string): void {
    for (const span of this.#awaiting.splice(0)) span.to = at;
    this.#lastAt = at;
  }

  /** What was open is over, and the station does not say yet whether it knows the time. */
  #started(): void {
    this.#isTimeKnown = false;
    this.#awaiting.push(...this.#open.values());
    this.#open.clear();
  }

  #docked(docking: string): void {
    const span = { from: this.#lastAt, to: undefined };
    this.unplaced.set(docking, span);
    this.#open.set(docking, span);
  }

  #ended(docking: string, at: string): void {
    const span = this.#open.get(docking);
    if (span === undefined) return;
    this.#open.delete(docking);
    if (this.#isTimeKnown) span.to = at;
    else this.#awaiting.push(span);
  }
}
