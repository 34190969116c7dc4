// Verifies all of one place: keys, then every recording and docking record by itself, then the logs, then what only shows between them.
//
// Memory: digests and ids of each recording, of each part of a docking record and of each custody segment; no document and no payload is
// held.
import { join } from 'node:path';
import type { OpenedIdentity } from '../../../config/enrolment/identity-file.ts';
import { loadProofs } from '../../../config/enrolment/proofs.ts';
import { describeError } from '../../../protocol/format/errors.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import { leftoverRemarks } from './deletion-check.ts';
import { checkDocking, type CheckedDocking } from './docking-check.ts';
import { checkKept, type KeptDeletion } from './drop-check.ts';
import {
  type FoundCustody,
  type FoundDocking,
  type FoundEvaluations,
  type FoundKept,
  type FoundOrders,
  type FoundReceiver,
  type FoundRecording,
  type FoundStaff,
  walkPlace,
} from './found-folders.ts';
import { checkEvaluations, evaluationRemarks, type FoundEvaluation } from './evaluation-check.ts';
import { keyLogRemarks } from './key-logs.ts';
import { type LogPast, LogPasts, notFixed } from './log-past.ts';
import { knownKeys, type KnownKeys } from './known-keys.ts';
import { checkOrders, type FoundOrder } from './order-check.ts';
import { PlaceBetween } from './place-between.ts';
import { PlaceFacts } from './place-facts.ts';
import { PlaceLogs } from './place-logs.ts';
import { storeFindings } from './place-store.ts';
import { extentOf, findPlace, type Place, readVaultId } from './place.ts';
import type { ReadFiles } from './read-files.ts';
import { receiptNow, receivedFindings } from './received-check.ts';
import { proofRemarks } from './receipt-proofs.ts';
import { type CheckedRecording, checkRecording } from './recording-check.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkRestored, type FoundRestored } from './restored-check.ts';
import { checkStaff } from './staff-check.ts';
import { readTrustedKeys, stationKeys, type TrustedKeys } from './trusted-keys.ts';

/** What verifying needs. */
export interface VerifyOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  /** Empty: payloads are not opened. */
  readonly identities: readonly OpenedIdentity[];
  /** Time of the verification, ms since 1970: what is held now, and what waits for too long. */
  readonly nowMs: number;
  /** Checkpoints of a store's log that the reader has, with what they are called. */
  readonly checkpoints?: readonly { readonly text: string; readonly where: string }[];
  /** Somebody outside must have fixed the past of each log within this time; left out, nobody must. */
  readonly outsideWithinMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** Is told of everything as soon as it is known. Calls are short and must not throw. */
export interface VerifyReport {
  /** One recording with all that was found in its own folder. */
  recording(checked: CheckedRecording): void;
  /** One part of a docking record with all that was found in its own folder. */
  docking(checked: CheckedDocking): void;
  /** Something that concerns more than one folder, or none of a document. */
  remark(remark: Remark): void;
}

/**
 * Verifies a place and gives the counts; no finding means that it is good.
 * Errors: the signal's reason; those of the machine ("EMFILE" ...). Whatever a disk shows is a remark.
 */
export async function verifyPlace(
  place: Place,
  options: VerifyOptions,
  report: VerifyReport,
): Promise<Totals> {
  const known = await knownKeys(options.files, place, options.keys);
  return new PlaceCheck(place, { ...options, keys: known.keys }, report, known).run();
}

class PlaceCheck {
  readonly #place: Place;
  readonly #options: VerifyOptions;
  readonly #report: VerifyReport;
  readonly #known: KnownKeys;
  readonly #totals = noTotals();
  readonly #facts = new PlaceFacts();
  readonly #custody: FoundCustody[] = [];
  readonly #receivers: FoundReceiver[] = [];
  readonly #orders: FoundOrder[] = [];
  readonly #evaluations: FoundEvaluation[] = [];
  /** Where each order lies, by its id. */
  readonly #orderPlaces = new Map<string, string>();
  readonly #kept: KeptDeletion[] = [];
  readonly #restored: FoundRestored[] = [];

  constructor(place: Place, options: VerifyOptions, report: VerifyReport, known: KnownKeys) {
    this.#place = place;
    this.#options = options;
    this.#report = report;
    this.#known = known;
  }

  async run(): Promise<Totals> {
    const vault = await readVaultId(this.#options.files, this.#place);
    this.#tell([...vault.remarks, ...this.#known.remarks]);
    for await (const found of walkPlace(this.#options.files, this.#place)) {
      this.#options.signal.throwIfAborted();
      if (found.kind === 'remark') this.#tell([found.remark]);
      else if (found.kind === 'custody') this.#custody.push(found);
      else if (found.kind === 'receiver') this.#receivers.push(found);
      else if (found.kind === 'orders') await this.#checkOrders(found);
      else if (found.kind === 'evaluations') await this.#checkEvaluations(found);
      else if (found.kind === 'kept') await this.#keptDeletion(found);
      else if (found.kind === 'docking') await this.#docking(found, vault.id);
      else if (found.kind === 'staff') await this.#staff(found, vault.id);
      else await this.#recording(found, vault.id);
    }
    for (const receiver of this.#receivers) await this.#checkRestored(receiver, vault.id);
    this.#countDocuments();
    const logs = await this.#readLogs(vault.id);
    const { files } = this.#options;
    this.#tell(await leftoverRemarks({ files, path: this.#place.path, facts: this.#facts, log: logs.store }));
    if (this.#place.kind !== 'recording') await this.#between(logs);
    if (this.#place.kind === 'spool') await this.#proofs();
    return this.#totals;
  }

  async #recording(found: FoundRecording, vault: string | undefined): Promise<void> {
    const checked = await checkRecording({ ...this.#options, ...found, vault });
    if (checked === undefined) return; // a running agent or receiver has just moved it
    this.#tell(this.#doubled(found));
    this.#facts.takeRecording(checked, found.station);
    countRecording(this.#totals, checked);
    for (const remark of checked.remarks) countRemark(this.#totals, remark);
    this.#report.recording(checked);
  }

  async #docking(found: FoundDocking, vault: string | undefined): Promise<void> {
    const checked = await checkDocking({ ...this.#options, ...found, vault });
    if (checked === undefined) return;
    this.#tell(this.#doubled(found));
    this.#facts.takeDocking(checked, found.station);
    countDocking(this.#totals, checked);
    for (const remark of checked.remarks) countRemark(this.#totals, remark);
    this.#report.docking(checked);
  }

  async #staff(found: FoundStaff, vault: string | undefined): Promise<void> {
    const checked = await checkStaff({ ...this.#options, ...found, vault });
    if (checked === undefined) return;
    this.#tell(this.#doubled(found));
    this.#facts.takeStaff(checked, found.station);
    if (checked.keyId !== undefined)
      this.#totals[checked.kind === 'staff-report' ? 'staff_reports' : 'staff_texts']++;
    this.#tell(checked.remarks);
  }

  /** An id is of one folder (SPEC 1.1.3). Not asked of a spool, where a running agent moves recordings from one folder to another. */
  #doubled({ name, where }: FoundRecording | FoundDocking): Remark[] {
    const { recordings, dockings, staff } = this.#facts;
    const first = recordings.get(name) ?? dockings.get(name) ?? staff.get(name);
    if (first === undefined || this.#place.kind === 'spool') return [];
    const message = `${name} is here, and as ${first.where} too: an id is never given twice`;
    return [finding('recording.doubled', where, message, { first: first.where })];
  }

  /** So is that of an order (SPEC 4.8.15): what the store's log says of it is looked up by the id. */
  #doubledOrder({ order: { order }, where }: FoundOrder): Remark[] {
    const first = this.#orderPlaces.get(order);
    this.#orderPlaces.set(order, where);
    if (first === undefined) return [];
    const message = `order ${order} is here, and as ${first} too: an id is never given twice`;
    return [finding('recording.doubled', where, message, { first })];
  }

  async #checkOrders(found: FoundOrders): Promise<void> {
    const { orders, remarks } = await checkOrders({ ...this.#options, ...found });
    for (const found of orders) {
      this.#tell(this.#doubledOrder(found));
      this.#orders.push(found);
    }
    this.#tell(remarks);
  }

  async #checkEvaluations(found: FoundEvaluations): Promise<void> {
    const { evaluations, remarks } = await checkEvaluations({ ...this.#options, ...found });
    this.#evaluations.push(...evaluations);
    this.#tell(remarks);
  }

  async #keptDeletion(found: FoundKept): Promise<void> {
    const { kept, findings } = await checkKept(this.#options.files, found, this.#options.keys);
    this.#tell(findings);
    if (kept === undefined) return;
    this.#kept.push(kept);
    this.#facts.takeReceiver(kept.record.receiver, kept.keyId);
  }

  async #checkRestored({ restored, receiver }: FoundReceiver, vault: string | undefined): Promise<void> {
    if (restored === undefined) return;
    const place = { ...restored, receiver, vault };
    const { statements, remarks } = await checkRestored({ ...this.#options, ...place });
    for (const found of statements) {
      this.#restored.push(found);
      this.#facts.takeReceiver(found.restored.receiver, found.keyId);
    }
    this.#tell(remarks);
  }

  #countDocuments(): void {
    this.#totals.orders += this.#orders.length;
    this.#totals.evaluations += this.#evaluations.filter(({ isSigned }) => isSigned).length;
    this.#totals.key_changes += this.#known.changes.filter(({ inPlace }) => inPlace).length;
    this.#totals.key_revocations += this.#known.revocations.length;
  }

  #tell(remarks: Iterable<Remark>): void {
    for (const remark of remarks) {
      countRemark(this.#totals, remark);
      this.#report.remark(remark);
    }
  }

  async #readLogs(vault: string | undefined): Promise<PlaceLogs> {
    const kind = extentOf(this.#place);
    const { policies } = this.#known;
    const found = { facts: this.#facts, stations: this.#custody, policies };
    const { files, keys, nowMs, outsideWithinMs } = this.#options;
    const pasts = this.#place.kind === 'vault' ? new LogPasts(files, keys, vault) : undefined;
    const restored = new Set(this.#restored.map(({ sha256 }) => sha256.slice(0, 16)));
    const logs = new PlaceLogs({ ...this.#options, kind, ...found, pasts, restored });
    for (const { receiver, custody } of this.#receivers) this.#tell(await logs.readStore(receiver, custody));
    for (const custody of this.#custody) this.#tell(await logs.readStation(custody));
    const brought = this.#options.checkpoints ?? [];
    for (const { text, where } of brought) this.#tell((await pasts?.bring(text, where)) ?? []);
    for (const found of this.#restored) this.#tell((await pasts?.takeStatement(found)) ?? []);
    if (pasts !== undefined) {
      const isOfOthers = brought.length > 0 && !brought.some(({ text }) => pasts.isOfVault(text));
      const others = finding('log.not-fixed', '.', `no checkpoint that was brought is of vault ${vault}`);
      const longer = await logs.judgeLonger();
      this.#tell([...(isOfOthers ? [others] : []), ...longer, ...logs.absentStations(), ...pasts.findings()]);
      this.#totals.logs = pasts.pasts();
    }
    // Asked of a place that has no log of a store, that is not fixed either.
    const isAsked = outsideWithinMs !== undefined || (pasts === undefined && brought.length > 0);
    if (isAsked) this.#tell(notFixed(this.#totals.logs, nowMs, outsideWithinMs ?? 0));
    const { segments, entries, checkpoints } = logs.counts;
    this.#totals.custody_segments += segments;
    this.#totals.custody_entries += entries;
    this.#totals.custody_checkpoints += checkpoints;
    this.#tell(keyLogRemarks(this.#known, logs, kind, this.#facts.stations));
    return logs;
  }

  async #between(logs: PlaceLogs): Promise<void> {
    const read = { ...this.#options, place: this.#place, facts: this.#facts, logs, known: this.#known };
    for await (const remark of new PlaceBetween(read).remarks()) this.#tell([remark]);
    const isWhole = this.#place.kind === 'vault';
    const held = (recording: string, station: string): string | undefined =>
      this.#facts.recordings.get(recording, station)?.sha256;
    this.#tell(evaluationRemarks(this.#evaluations, held, logs.store, isWhole));
    const changed = new Set(this.#known.changes.map(({ document }) => document.holder));
    const store = {
      ...read,
      orders: this.#orders,
      kept: this.#kept,
      restored: this.#restored,
      policies: this.#known.policies,
      changed,
    };
    for await (const remark of storeFindings(store, this.#totals)) this.#tell([remark]);
    if (this.#place.kind === 'collection') {
      const { files, keys } = this.#options;
      const lines = logs.receiptLines;
      this.#tell(await proofRemarks({ files, path: this.#place.path, keys, facts: this.#facts, lines }));
    }
    if (!isWhole && this.#place.kind !== 'collection') return;
    const now = async (station: string, recording: string): Promise<string | undefined> =>
      isWhole ? receiptNow(this.#options.files, this.#place.path, station, recording) : undefined;
    const received = receivedFindings(this.#facts, logs.store, this.#restored, now, isWhole);
    for await (const found of received) this.#tell([found]);
  }

  /** Proofs of recipients lie only in a spool, and are of the station whose recordings lie there. */
  async #proofs(): Promise<void> {
    const station = this.#facts.station;
    if (station === undefined || !isStationId(station)) return;
    const keys = stationKeys(this.#options.keys, station);
    await loadProofs(join(this.#place.path, 'proofs'), station, keys, (file, error) =>
      this.#tell([finding('proof.refused', below('proofs', file), describeError(error))]),
    );
  }
}

// The whole verification of one folder, for whoever has only its path: finds out what it is, reads the public keys, verifies.

/** What a verification of a folder needs. */
interface VerifyFolderOptions extends Omit<VerifyOptions, 'keys'> {
  /** Folder with `station*.pub` and `store*.pub`; undefined: where they lie beside the place. */
  readonly keysFolder: string | undefined;
}

/** What was verified, with which keys, and the counts. */
export interface VerifiedFolder {
  readonly place: Place;
  readonly keys: TrustedKeys;
  readonly totals: Totals;
}

/**
 * Verifies the folder at an absolute path; good where the totals count no finding. `begun` is told what it is before the first report.
 * Errors: "verify.missing", "verify.unreadable", "verify.not-recognised", "key.*", the signal's reason; those of the machine.
 */
export async function verifyFolder(
  path: string,
  { keysFolder, ...options }: VerifyFolderOptions,
  report: VerifyReport,
  begun: (place: Place, keys: TrustedKeys) => void = () => undefined,
): Promise<VerifiedFolder> {
  const place = await findPlace(options.files, path);
  const keys = await readTrustedKeys(keysFolder ?? place.keysFolder);
  begun(place, keys);
  const totals = await verifyPlace(place, { ...options, keys }, report);
  return { place, keys, totals };
}

// What a verification counted.

/** Counts of one place, or of several. Sizes in bytes. */
export interface Totals {
  /** Everything that was sealed as a file of a camera: recordings and what accompanies them. */
  recordings: number;
  /** Of these, files that are no recording: sidecars and others. */
  accompanying_files: number;
  /** Recordings without a finding of their own. */
  good: number;
  receipted: number;
  /** Recordings that the log of the store says it received: each is here, deleted or dropped, else a finding says so. */
  received: number;
  /** Recordings whose payload the store has deleted, by a deletion record that holds. */
  deleted: number;
  /** Of these, by order. */
  deleted_by_order: number;
  /** Recordings of which the documents were dropped later; of these, by order; and parts of docking records. */
  dropped: number;
  dropped_by_order: number;
  dropped_dockings: number;
  /** Reports and texts of the staff that the store dropped. */
  dropped_staff: number;
  /** Recordings that an order holds now. */
  held: number;
  /** Recordings that count as rejected, by reason: odd, kept and signed all the same. */
  rejected: Record<string, number>;
  original_bytes: number;
  sealed_bytes: number;
  /** Units of sealed files that fit their digests. */
  units: number;
  /** Recordings whose original was opened and is what the manifest says. */
  opened: number;
  /** Dockings with a record whose first part is here and holds. */
  dockings: number;
  /** Of these, dockings of a camera on which nothing was when it was listed. Which day that proves, a report over all cameras says. */
  dockings_empty: number;
  /** Of the staff, whose signature holds. */
  staff_reports: number;
  staff_texts: number;
  disclosures: number;
  /** Orders that can be read, documents about keys that hold. */
  orders: number;
  /** Whose signature holds. */
  evaluations: number;
  key_changes: number;
  key_revocations: number;
  custody_segments: number;
  custody_entries: number;
  custody_checkpoints: number;
  /** Up to when the past of each store's log is fixed from outside. */
  logs: readonly LogPast[];
  findings: number;
  /** Deletions and drops that rest on orders or policies, or that a hold may forbid, without the keys of the roles: nothing is called good then. */
  not_judged: number;
  notes: number;
}

/** All zero. */
export function noTotals(): Totals {
  return {
    recordings: 0,
    accompanying_files: 0,
    good: 0,
    receipted: 0,
    received: 0,
    deleted: 0,
    deleted_by_order: 0,
    dropped: 0,
    dropped_by_order: 0,
    dropped_dockings: 0,
    dropped_staff: 0,
    held: 0,
    rejected: {},
    original_bytes: 0,
    sealed_bytes: 0,
    units: 0,
    opened: 0,
    dockings: 0,
    dockings_empty: 0,
    staff_reports: 0,
    staff_texts: 0,
    disclosures: 0,
    orders: 0,
    evaluations: 0,
    key_changes: 0,
    key_revocations: 0,
    custody_segments: 0,
    custody_entries: 0,
    custody_checkpoints: 0,
    logs: [],
    findings: 0,
    not_judged: 0,
    notes: 0,
  };
}

/** Counts one recording in; its remarks are counted by countRemark. */
function countRecording(
  totals: Totals,
  { manifest, receipt, deletion, units, opened, remarks }: CheckedRecording,
): void {
  totals.recordings++;
  if (remarks.every(({ kind }) => kind === 'note')) totals.good++;
  if (receipt !== undefined) totals.receipted++;
  if (deletion !== undefined) totals.deleted++;
  if (deletion?.reason === 'ordered') totals.deleted_by_order++;
  if (opened) totals.opened++;
  totals.units += units;
  if (manifest === undefined) return;
  if (manifest.role !== 'media') totals.accompanying_files++;
  totals.original_bytes += manifest.original.size_bytes;
  totals.sealed_bytes += manifest.sealed.size_bytes;
  const reason = manifest.rejected?.reason;
  if (reason !== undefined) totals.rejected[reason] = (totals.rejected[reason] ?? 0) + 1;
}

/** Counts one part of a docking record in; its remarks are counted by countRemark. */
function countDocking(totals: Totals, { record, keyId }: CheckedDocking): void {
  if (record === undefined || keyId === undefined || record.part !== 1) return;
  totals.dockings++;
  const { inventory, later } = record;
  if (inventory?.complete === true && inventory.entries === 0 && later === 0) totals.dockings_empty++;
}

/** Without the keys of the roles these are not called good. */
const NOT_JUDGED: ReadonlySet<Remark['code']> = new Set([
  'deletion.order-not-judged',
  'deletion.hold-not-judged',
  'deletion.policy-not-judged',
  'deletion.receiver-not-known',
  'drop.policy-not-judged',
  'drop.hold-not-judged',
  'receipt.misdated',
  'restored.not-judged',
]);

/** Counts one remark in. */
function countRemark(totals: Totals, { kind, code }: Remark): void {
  if (NOT_JUDGED.has(code)) totals.not_judged++;
  if (kind === 'finding') totals.findings++;
  else totals.notes++;
}

/** Adds the second to the first. */
export function addTotals(sum: Totals, more: Totals): void {
  for (const [name, value] of Object.entries(more) as [keyof Totals, Totals[keyof Totals]][]) {
    if (name !== 'rejected' && name !== 'logs' && typeof value === 'number') sum[name] += value;
  }
  sum.logs = [...sum.logs, ...more.logs];
  for (const [reason, count] of Object.entries(more.rejected))
    sum.rejected[reason] = (sum.rejected[reason] ?? 0) + count;
}
