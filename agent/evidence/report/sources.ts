// Walks a vault for a report: one folder after the other, only documents whose signatures hold. No payload is read, nothing is kept.
import { join } from 'node:path';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { itemDocument } from '../../../protocol/documents/item-documents.ts';
import type { StaffDocument } from '../../../protocol/documents/staff-report.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { type Hold, longestHold } from '../../../protocol/documents/order-standing.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DELETION, DOCKING, MANIFEST, ORDERS, RECEIPT } from '../../../protocol/format/file-names.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { checkDocking, type CheckedDocking, type DockingQuestion } from '../verify/docking-check.ts';
import { MANIFEST_KIND } from '../verify/document-kinds.ts';
import { checkOrders, type FoundOrder } from '../verify/order-check.ts';
import { listSorted, type ReadFiles, statFile } from '../verify/read-files.ts';
import { type CheckedRecording, checkRecording } from '../verify/recording-check.ts';
import { checkDocument } from '../verify/signed-document.ts';
import { type CheckedStaff, checkStaff } from '../verify/staff-check.ts';
import type { StoreLog } from '../verify/store-log.ts';
import type { TrustedKeys } from '../verify/trusted-keys.ts';

/** The receipt beside a document: its time, and what it names of the station's log; null where there is none that counts. */
interface Receipted {
  readonly receivedAt: string | null;
  readonly head: Receipt['custody_head'];
}

/** What one folder of a vault tells. */
export type Source =
  | ({
      readonly kind: 'recording';
      readonly manifest: Manifest;
      readonly deletion: DeletionRecord | undefined;
    } & Receipted)
  | ({ readonly kind: 'docking'; readonly record: DockingRecord; readonly sha256: string } & Receipted)
  | ({ readonly kind: 'staff'; readonly document: StaffDocument } & Receipted)
  /** A folder, or a document in one that counts, that could not be counted; path below the vault. */
  | { readonly kind: 'unproven'; readonly where: string };

/** Findings with which a document that somebody signed is none of this folder, or proves nothing. */
const NOT_COUNTED = /^(?:manifest|docking|staff-report|staff-text)\.(?:other-|revoked-key|doubtful-key)/;

/** What a walk needs. */
export interface SourceOptions {
  readonly files: ReadFiles;
  /** Absolute. */
  readonly vault: string;
  /** Its id, where it has one. */
  readonly vaultId: string | undefined;
  /** Those given, with what the documents of the vault introduce and revoke. */
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

/** Stations of a vault, sorted. Errors: the system's. */
export async function stationsOf({ files, vault }: SourceOptions): Promise<string[]> {
  return ((await listSorted(files, vault)) ?? []).filter(isStationId);
}

/** Everything of a station in the order of the ids. Errors: the system's; the signal's reason. */
export async function* sourcesOf(
  options: SourceOptions,
  station: string,
): AsyncGenerator<Source, void, undefined> {
  const names = (await listSorted(options.files, join(options.vault, station))) ?? [];
  for (const name of names.filter(isRecordingId)) {
    options.signal.throwIfAborted();
    yield* await readFolder(options, station, name);
  }
}

/** What one folder says: only documents that `bodydock verify` would count, too, and what does not hold by its name. */
async function readFolder(options: SourceOptions, station: string, name: string): Promise<Source[]> {
  const { files, vault, vaultId, keys, signal } = options;
  const where = `${station}/${name}`;
  const question = { files, folder: join(vault, station, name), where, name, station, vault: vaultId, keys };
  const docking = await statFile(files, join(question.folder, DOCKING));
  if (docking.kind !== 'missing') {
    const checked = await checkDocking(question);
    const { record, recordSha256: sha256 } = checked ?? {};
    if (checked === undefined || record === undefined || sha256 === undefined || !counts(checked))
      return [unproven(where)];
    return [{ kind: 'docking', record, sha256, ...receipted(checked) }, ...refused(checked, RECEIPT)];
  }
  const manifest = await statFile(files, join(question.folder, MANIFEST));
  for (const document of ['staff-report', 'staff-text'] as const) {
    const found = await statFile(files, join(question.folder, itemDocument(document).name));
    if (manifest.kind !== 'missing' || found.kind === 'missing') continue;
    const checked = await checkStaff({ ...question, document });
    if (checked?.document === undefined || !counts(checked)) return [unproven(where)];
    return [
      { kind: 'staff', document: checked.document, ...receipted(checked) },
      ...refused(checked, RECEIPT),
    ];
  }
  return readRecording(question, signal);
}

async function readRecording(question: DockingQuestion, signal: AbortSignal): Promise<Source[]> {
  const { where } = question;
  const checked = await checkRecording({
    ...question,
    state: 'documents',
    identities: [],
    signal,
  });
  const { manifest, manifestSha256, deletion: record } = checked ?? {};
  if (checked === undefined || manifest === undefined || !counts(checked)) return [unproven(where)];
  const deletion = record?.manifest_sha256 === manifestSha256 ? record : undefined;
  return [
    { kind: 'recording', manifest, deletion, ...receipted(checked) },
    ...refused(checked, RECEIPT),
    ...(deletion === undefined ? refused(checked, DELETION) : []),
  ];
}

type Checked = Pick<
  CheckedRecording | CheckedDocking | CheckedStaff,
  'where' | 'keyId' | 'receipt' | 'remarks'
>;

function unproven(where: string): Source {
  return { kind: 'unproven', where };
}

/** Whether a finding has a code like that; a note is none. */
function finds({ remarks }: Checked, code: RegExp): boolean {
  return remarks.some((each) => each.kind === 'finding' && code.test(each.code));
}

/** Signed by a key that counts, and of this place. */
function counts(checked: Checked): boolean {
  return checked.keyId !== undefined && !finds(checked, NOT_COUNTED);
}

function receipted(checked: Checked): Receipted {
  const receipt = finds(checked, /^receipt\.wrong-/) ? undefined : checked.receipt;
  return { receivedAt: receipt?.received_at ?? null, head: receipt?.custody_head ?? null };
}

/** A receipt or deletion record in a folder that counts, and that does not hold itself. */
function refused(checked: Checked, file: typeof RECEIPT | typeof DELETION): Source[] {
  const isRefused = finds(checked, file === RECEIPT ? /^receipt\./ : /^deletion\./);
  return isRefused ? [unproven(`${checked.where}/${file}`)] : [];
}

// Which recordings of a station are held (SPEC 4.8). An order about a recording
// counts for its sidecars too, and one about a sidecar for its recording, so orders are booked by the place of the recording on its camera.

/** The orders of one station. */
export interface Holds {
  /** The hold that counts for a recording at an instant (RFC 3339) and lasts longest; `until` is null where both roles signed. */
  holdOf(manifest: Manifest, at: string): Hold | undefined;
  /** Orders of which a signature cannot be judged, since no key of that role was given. */
  readonly notJudged: number;
  /** Where findings about orders are, below the vault, one each: "bodydock verify" says what they are. */
  readonly refused: readonly string[];
}

interface BookedOrder extends FoundOrder {
  readonly isSidecar: boolean;
  readonly holdDays: number;
}

/** Reads them. Errors: the signal's reason; those of the machine. */
export async function readHolds(
  options: SourceOptions,
  station: string,
  days: Pick<StoreLog, 'holdDaysAt'>,
): Promise<Holds> {
  const folder = join(options.vault, station, ORDERS);
  const { orders, remarks } = await checkOrders({ ...options, folder, where: ORDERS, station });
  const booked = new Map<string, BookedOrder[]>();
  for (const found of orders) {
    const manifest = await subjectOf(options, station, found);
    if (manifest === undefined) continue;
    const place = placeOf(manifest);
    const isSidecar = manifest.sidecar_of !== null;
    const holdDays = days.holdDaysAt(found.order.ordered_at).fewest;
    booked.set(place, [...(booked.get(place) ?? []), { ...found, isSidecar, holdDays }]);
  }
  return {
    holdOf: (manifest, at) => {
      const known = (booked.get(placeOf(manifest)) ?? []).filter(({ order }) => order.ordered_at <= at);
      return longestHold(known, Date.parse(at), areOne);
    },
    notJudged: remarks.filter(({ code }) => code === 'order.not-judged').length,
    refused: remarks.filter(({ kind }) => kind === 'finding').map(({ where }) => `${station}/${where}`),
  };
}

/** Of two orders about one place: about one recording with its sidecars, not about two that one docking read there. */
function areOne(one: BookedOrder, other: BookedOrder): boolean {
  return one.order.recording === other.order.recording || one.isSidecar || other.isSidecar;
}

/** The manifest that an order names by its digest. */
async function subjectOf(
  options: SourceOptions,
  station: string,
  { order }: FoundOrder,
): Promise<Manifest | undefined> {
  if (order.station !== station || !isRecordingId(order.recording)) return undefined;
  const { files, vault, keys } = options;
  const folder = join(vault, station, order.recording);
  const { bytes, value, keyId } = await checkDocument(files, folder, '.', MANIFEST_KIND, keys);
  if (bytes === undefined || keyId === undefined || sha256Hex(bytes) !== order.manifest_sha256)
    return undefined;
  return value?.station === station && value.recording === order.recording ? value : undefined;
}

/** A path means something only within one docking of one camera. A sidecar stands for its recording. */
function placeOf({ camera, docking, sidecar_of: sidecarOf, source }: Manifest): string {
  return `${camera.id} ${docking} ${sidecarOf ?? source.path_sha256}`;
}
