// Gathers the life of one recording or docking from a vault or a spool: finds what belongs to it, checks documents and logs as a whole, and
// joins them. Reads only. In a spool there is no store's log, no order and no disclosure: these lie at the store.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import type { CheckedDocking } from '../verify/docking-check.ts';
import { EntryCheck } from '../verify/entry-check.ts';
import { custodyFolder, type CustodyFolder } from '../verify/found-folders.ts';
import { type KnownKeys, knownKeys } from '../verify/known-keys.ts';
import {
  type AccountQuestion,
  accountRemarks,
  type HeldDocument,
  LogAccount,
  missingDocument,
  missingDocuments,
} from '../verify/log-account.ts';
import { type FoundOrder, OrderBook, recordingFacts } from '../verify/order-check.ts';
import { PlaceFacts } from '../verify/place-facts.ts';
import { type Place, readVaultId } from '../verify/place.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import { type Finding, note, type Remark } from '../verify/remark.ts';
import { type LoggedHead, StoreLog } from '../verify/store-log.ts';
import type { TrustedKeys } from '../verify/trusted-keys.ts';
import type { History, HistoryDocument, HistoryKey, Step, Subject } from './history.ts';
import {
  headsIn,
  headsOfReceipts,
  headsWithoutLog,
  type LogQuestion,
  provenLog,
  type ProvenLog,
  StepPicker,
} from './proven-log.ts';
import { judgeVaultDrops, readVaultLogs } from '../verify/vault-drops.ts';
import * as documents from './subject-documents.ts';
import { type HistoryPlace, relate, type Related, type StationPlace } from './subjects.ts';

/** What is asked. */
export interface HistoryQuestion {
  readonly files: ReadFiles;
  readonly place: HistoryPlace;
  readonly subject: Subject;
  readonly keys: TrustedKeys;
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  /** Version of this program. */
  readonly program: string;
  readonly signal: AbortSignal;
}

/** Errors: the signal's reason; those of the machine. Whatever does not hold is a finding in it. */
export async function gatherHistory(question: HistoryQuestion): Promise<History> {
  const { files, place, subject } = question;
  const station = place.stations.find((each) => each.station === subject.station);
  if (station === undefined) throw new Error(`no station ${subject.station ?? ''} in ${place.path}`);
  const asPlace: Place = { kind: place.kind, path: place.path, keysFolder: question.keys.folder };
  const known = await knownKeys(files, asPlace, question.keys);
  const vault = await readVaultId(files, asPlace);
  const deps = { files, keys: known.keys, vault: vault.id, signal: question.signal };
  return new Gathering(question, station, deps, known.policies).run([...vault.remarks, ...known.remarks]);
}

class Gathering {
  readonly #question: HistoryQuestion;
  readonly #station: StationPlace;
  readonly #deps: documents.DocumentsDeps;
  readonly #policies: KnownKeys['policies'];
  readonly #remarks: Remark[] = [];
  readonly #store = new StoreAccount();

  constructor(
    question: HistoryQuestion,
    station: StationPlace,
    deps: documents.DocumentsDeps,
    policies: KnownKeys['policies'],
  ) {
    this.#question = question;
    this.#station = station;
    this.#deps = deps;
    this.#policies = policies;
  }

  async run(before: readonly Remark[]): Promise<History> {
    const { subject } = this.#question;
    this.#remarks.push(...before.filter((remark) => this.#isOurs(remark)));
    const recording =
      subject.kind === 'recording'
        ? await documents.subjectRecording(this.#deps, this.#station, subject.id)
        : undefined;
    const related = await relate(this.#deps, this.#station, subject, recording?.manifest);
    const ids = new Set([...related.records, ...related.dockings.keys()]);
    const records = await documents.dockingRecords(this.#deps, this.#station, ids);
    const checked = recording === undefined ? records : [recording, ...records];
    const stationId = subject.station ?? stationIn(checked);
    const account = this.#account(related, recording, records, stationId);
    const logs = await this.#logs(related, checked, stationId, account);
    const dropped = droppedIn(logs);
    this.#remarks.push(...(await this.#wronglyDropped(dropped, related)));
    const found = await this.#documents(related, recording, records);
    this.#compare(account, logs, dropped);
    return this.#history(related, found, logs, recording);
  }

  #account(
    related: Related,
    recording: CheckedRecording | undefined,
    records: readonly CheckedDocking[],
    stationId: string | undefined,
  ): SubjectAccount {
    const { place, subject } = this.#question;
    return new SubjectAccount({
      kind: place.kind,
      where: this.#station.custody.where,
      station: this.#station.station ?? stationId,
      ids: new Set([...(subject.kind === 'recording' ? [subject.id] : []), ...related.records]),
      recording,
      records,
    });
  }

  /** The store's own logs first, because they say what was dropped. */
  async #logs(
    related: Related,
    checked: readonly (CheckedRecording | CheckedDocking)[],
    stationId: string | undefined,
    account: SubjectAccount,
  ): Promise<ProvenLog[]> {
    const logs: ProvenLog[] = [];
    for (const receiver of this.#question.place.receivers) {
      const read = await this.#storeLog(receiver, related);
      if (read === undefined) continue;
      logs.push(read);
      this.#store.read(this.#custodyOf(receiver).where);
    }
    const dropped = logs.flatMap((log) => log.dropped);
    const station = stationId ?? '';
    const newest = await headsOfReceipts(this.#deps, this.#station, station, related.newest);
    const heads = [...headsIn(checked), ...newest];
    const follow = (entry: CustodyEntry, isVouched: boolean): void => account.take(entry, isVouched);
    const own = await this.#stationLog(related, {
      heads,
      dropped,
      held: this.#store.headsOf(station),
      follow,
    });
    if (own !== undefined) logs.push(own);
    else {
      const message = 'no custody log of the station lies here: what is told rests on documents alone';
      this.#remarks.push(note('custody.none', this.#station.custody.where, message));
      this.#remarks.push(...headsWithoutLog(heads, dropped));
    }
    for (const { remarks } of logs) this.#remarks.push(...remarks);
    return logs;
  }

  /** What of it, and of its docking records, the store dropped and was not allowed to. */
  async #wronglyDropped(dropped: ReadonlySet<string>, { records }: Related): Promise<Finding[]> {
    const { place, subject, files, madeAt, signal } = this.#question;
    const ours = new Set([subject.id, ...records].filter((id) => dropped.has(id)));
    const isChanged = this.#deps.keys.changes.some(({ holder }) => isReceiverId(holder));
    if (place.kind !== 'vault' || (ours.size === 0 && !isChanged)) return [];
    const asked = { files, vault: place.path, keys: this.#deps.keys, signal };
    const logs = await readVaultLogs(asked, this.#policies);
    const how = { ...asked, nowMs: Date.parse(madeAt) };
    return judgeVaultDrops(how, logs, ({ recording }) => ours.has(recording));
  }

  #custodyOf(keeper: string): CustodyFolder {
    return custodyFolder(this.#question.place.path, keeper);
  }

  #storeLog(receiver: string, related: Related): Promise<ProvenLog | undefined> {
    const question: LogQuestion = {
      ...this.#reading(),
      ...this.#custodyOf(receiver),
      kind: 'store',
      keeper: receiver,
      heads: [],
      dropped: [],
      held: [],
      follow: (entry, isVouched) => {
        if (isVouched) this.#store.take(receiver, entry);
      },
    };
    return provenLog(question, new StepPicker(related));
  }

  #stationLog(
    related: Related,
    known: Pick<LogQuestion, 'heads' | 'dropped' | 'held' | 'follow'>,
  ): Promise<ProvenLog | undefined> {
    const { custody, station: keeper } = this.#station;
    const question: LogQuestion = {
      ...this.#reading(),
      ...custody,
      ...known,
      kind: 'station',
      keeper,
    };
    return provenLog(question, new StepPicker(related));
  }

  #reading(): Pick<LogQuestion, 'files' | 'keys' | 'signal'> {
    const { files, signal } = this.#question;
    return { files, keys: this.#deps.keys, signal };
  }

  async #documents(
    related: Related,
    recording: CheckedRecording | undefined,
    records: readonly CheckedDocking[],
  ): Promise<HistoryDocument[]> {
    const { place, subject } = this.#question;
    const found: HistoryDocument[] = [];
    if (recording !== undefined) {
      this.#remarks.push(...recording.remarks);
      found.push(...(await documents.recordingDocuments(this.#deps, this.#station, recording)));
    }
    for (const record of records) {
      this.#remarks.push(...record.remarks);
      const shown = subject.kind === 'docking' ? record : withoutOthers(record, related);
      found.push(...(await documents.dockingDocuments(this.#deps, this.#station, shown)));
    }
    const joined = related.companions.filter(({ relation }) => relation !== 'of-docking');
    const about = new Set([subject.id, ...joined.map((companion) => companion.recording)]);
    const orders = await documents.subjectOrders(this.#deps, place, subject, about);
    const pending = await documents.pendingDisclosuresOf(this.#deps, place, subject);
    this.#remarks.push(...orders.remarks, ...pending.remarks);
    const { kind, id, station } = subject;
    const ordered = { id, station, checked: recording, orders: orders.found };
    if (kind === 'recording') this.#remarks.push(...this.#store.remarks(ordered));
    return [...found, ...orders.documents, ...pending.documents];
  }

  #compare(account: SubjectAccount, logs: readonly ProvenLog[], dropped: ReadonlySet<string>): void {
    const own = logs.find(({ log }) => log.kind === 'station');
    if (own !== undefined)
      this.#remarks.push(...account.remarks({ fromTheStart: own.log.from_the_start, dropped }));
  }

  #history(
    related: Related,
    found: readonly HistoryDocument[],
    logs: readonly ProvenLog[],
    recording: CheckedRecording | undefined,
  ): History {
    const { place, subject, madeAt, program } = this.#question;
    const { keys } = this.#deps;
    const station = subject.station ?? logs.find(({ log }) => log.kind === 'station')?.log.keeper;
    const steps = joined(logs.map((log) => log.steps));
    const between = joined(logs.map((log) => log.between));
    const used = new Set(
      [...steps, ...between]
        .flatMap(({ key_id: keyId }) => keyId ?? [])
        .concat(found.flatMap((each) => each.signed_by)),
    );
    const findings = this.#remarks.filter(({ kind }) => kind === 'finding');
    return {
      type: 'custody-history',
      version: 1,
      made_at: madeAt,
      program,
      place: { kind: place.kind, path: place.path },
      keys_from: keys.folder,
      subject: { ...subject, station },
      good: findings.length === 0,
      steps,
      between,
      documents: found,
      companions: related.companions,
      more_companions: related.moreCompanions,
      sealed_units_good: unitsHere(recording),
      logs: logs.map(({ log }) => log),
      keys: keysUsed(keys, used, station),
      findings,
      notes: this.#remarks.filter(({ kind }) => kind === 'note'),
    };
  }

  /** Of a vault only what its own station and the store left; a spool is one station's. */
  #isOurs({ where }: Remark): boolean {
    const { place, subject } = this.#question;
    if (place.kind === 'spool' || !where.includes('/')) return true;
    const [keeper] = where.split('/');
    return keeper === subject.station || place.receivers.includes(keeper ?? '');
  }
}

/** Documents that the store let go. Anybody can put a line after the last one that is signed. */
function droppedIn(logs: readonly ProvenLog[]): ReadonlySet<string> {
  const stepsOfStore = logs.filter(({ log }) => log.kind === 'store').flatMap(({ steps }) => steps);
  const letGo = stepsOfStore.filter(
    ({ event, proof }) => event === 'documents-dropped' && proof !== 'claimed',
  );
  return new Set(letGo.map(({ facts }) => String(facts['recording'])));
}

/** Units that fit; null where no sealed file is here. */
function unitsHere(recording: CheckedRecording | undefined): number | null {
  if (recording === undefined) return null;
  const isDamaged = recording.remarks.some(({ code }) => /^payload\.(?:size|header|unit)/.test(code));
  return recording.units > 0 || isDamaged ? recording.units : null;
}

function stationIn(checked: readonly (CheckedRecording | CheckedDocking)[]): string | undefined {
  for (const one of checked) {
    const document = 'manifest' in one ? one.manifest : one.record;
    if (document !== undefined) return document.station;
  }
  return undefined;
}

/** What became of other files in the same docking is not told in the life of one recording. */
function withoutOthers(checked: CheckedDocking, { subject, dockings }: Related): CheckedDocking {
  const { record } = checked;
  if (record === undefined) return checked;
  const paths = dockings.get(record.docking);
  const entries = record.entries.filter(
    (entry) => entry.recording === subject.id || paths?.has(entry.path_sha256) === true,
  );
  return { ...checked, record: { ...record, entries } };
}

/** Steps of several logs by time; each log keeps its own order, whatever its clock did. */
function joined(lists: readonly (readonly Step[])[]): Step[] {
  const waiting = lists.map((list) => list.toReversed());
  const result: Step[] = [];
  for (;;) {
    const heads = waiting.flatMap((list) => list.at(-1) ?? []);
    const next = heads.toSorted((a, b) => (a.at < b.at ? -1 : 1))[0];
    if (next === undefined) return result;
    const from = waiting.find((list) => list.at(-1) === next);
    from?.pop();
    result.push(next);
  }
}

// Compares what the store's own logs say of one recording's orders with the orders that lie here, with the rules of `bodydock verify`.
// Pure. Entries are followed as they are read.

/** What lies here of one recording. */
interface OrderedRecording {
  readonly id: string;
  readonly station: string | undefined;
  /** Undefined where nothing lies here. */
  readonly checked: CheckedRecording | undefined;
  /** Orders of its station that can be read. */
  readonly orders: readonly FoundOrder[];
}

/** What the logs of all receivers say of one recording. */
class StoreAccount {
  readonly #log = new StoreLog();

  /** Takes the next entry about the recording, for which a signature stands. */
  take(receiver: string, entry: CustodyEntry): void {
    this.#log.take(receiver, entry);
  }

  /** How much of a station's log the vault held. */
  headsOf(station: string): readonly LoggedHead[] {
    return [...this.#log.heads.values()].filter((head) => head.station === station);
  }

  /** A log was read to its end. */
  read(where: string): void {
    this.#log.places.push(where);
  }

  /** Every difference; asked once, after the last entry. */
  remarks({ id, station, checked, orders }: OrderedRecording): Remark[] {
    const facts = new PlaceFacts();
    if (checked !== undefined) facts.takeRecording(checked, station);
    const own = orders.filter(({ order }) => order.recording === id);
    return new OrderBook(own, facts, this.#log).remarks(facts);
  }
}

// Compares what the station's log says of a subject's documents with those that lie here, with the rules of `bodydock verify`. Pure. Entries are
// followed as they are read: a docking of 10,000 files has more of them than a page lists.

/** What lies here. */
interface SubjectDocuments {
  readonly kind: 'vault' | 'spool';
  /** The log's folder in remarks. */
  readonly where: string;
  readonly station: string | undefined;
  /** Ids of the recording and of the docking records that are asked about. */
  readonly ids: ReadonlySet<string>;
  readonly recording: CheckedRecording | undefined;
  readonly records: readonly CheckedDocking[];
}

/** What is known of the logs once they were read. */
interface LogsRead {
  /** The station's log begins with its first segment. */
  readonly fromTheStart: boolean;
  /** Documents that the store's log says it let go. */
  readonly dropped: ReadonlySet<string>;
}

/** What the station's log says of one subject. */
class SubjectAccount {
  readonly #subject: SubjectDocuments;
  readonly #account = new LogAccount();
  /** Whether what was read and sealed is what the manifest says. */
  readonly #contents: EntryCheck | undefined;

  constructor(subject: SubjectDocuments) {
    const { recording, where, station } = subject;
    this.#subject = subject;
    if (recording === undefined) return;
    const recordings = new Map([[recording.name, recordingFacts(recording, station, (word) => word)]]);
    this.#contents = new EntryCheck({ where, keeper: 'station', recordings });
  }

  /** Takes the next entry about the subject. What nobody vouches for says nothing of documents, and must hold in itself anyway. */
  take(entry: CustodyEntry, isVouched: boolean): void {
    if (isVouched && names(entry).some((name) => this.#subject.ids.has(name))) this.#account.take(entry);
    this.#contents?.take(entry);
  }

  /** Every difference; asked once, after the last entry. */
  remarks({ fromTheStart, dropped }: LogsRead): Remark[] {
    const { kind, where, ids } = this.#subject;
    const account = this.#account;
    const held = heldOf(this.#subject);
    const question: AccountQuestion = {
      where,
      account,
      held,
      superseded: new Set(),
      dropped,
      kind,
      fromTheStart,
      isRevoked: () => false,
    };
    const missing = missingDocuments(question).filter((name) => ids.has(name));
    return [
      ...missing.map((name) => missingDocument(where, name, account)),
      ...accountRemarks(question),
      ...(this.#contents?.remarks() ?? []),
    ];
  }
}

function names({ facts }: CustodyEntry): string[] {
  return [facts['recording'], facts['record'], facts['name']].filter((name) => typeof name === 'string');
}

function heldOf({ recording, records, station }: SubjectDocuments): Map<string, HeldDocument> {
  const held = new Map<string, HeldDocument>();
  if (recording !== undefined) {
    const { name, where, manifestSha256: sha256, receiptSha256, hasPayload } = recording;
    held.set(name, { kind: 'recording', name, where, station, sha256, receiptSha256, hasPayload });
  }
  for (const { name, where, recordSha256: sha256, receiptSha256 } of records)
    held.set(name, { kind: 'docking', name, where, station, sha256, receiptSha256 });
  return held;
}

// Names the keys whose signatures a history rests on, and where each came from.

const HOLDERS = ['station', 'store', 'officer', 'supervisor'] as const;

/** The trusted keys among these, by their hex ids. `station`: whose revocations count. */
function keysUsed(keys: TrustedKeys, used: ReadonlySet<string>, station: string | undefined): HistoryKey[] {
  const found: HistoryKey[] = [];
  const add = (key_id: string, holder: HistoryKey['holder'], from: string): void => {
    if (!used.has(key_id) || found.some((known) => known.key_id === key_id)) return;
    const revoked_at = keys.revoked.get(`${station ?? ''} ${key_id}`)?.at ?? null;
    found.push({ key_id, holder, from, revoked_at });
  };
  for (const holder of HOLDERS)
    for (const { file, key } of keys[holder]) add(keyIdHex(key.keyId), holder, file);
  for (const [holder, introduced] of keys.introduced)
    for (const key of introduced)
      add(keyIdHex(key.keyId), isReceiverId(holder) ? 'store' : 'station', `key change of ${holder}`);
  return found;
}
