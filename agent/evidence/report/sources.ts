// Walks a vault for a report: one folder after the other, only documents whose signatures hold. No payload is read, nothing is kept.
import { join } from 'node:path';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { longestHold } from '../../../protocol/documents/order-standing.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { ORDERS, RECEIPT } from '../../../protocol/format/file-names.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { checkDocument, type DocumentKind } from '../verify/signed-document.ts';
import { DELETION_KIND, DOCKING_KIND, MANIFEST_KIND } from '../verify/document-kinds.ts';
import { receiptableDocking } from '../verify/docking-check.ts';
import { checkOrders, type FoundOrder } from '../verify/order-check.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { type CheckedReceipt, checkReceipt, type Receiptable } from '../verify/receipt-check.ts';
import { receiptableRecording } from '../verify/recording-check.ts';
import { revokedAlone, type TrustedKeys } from '../verify/trusted-keys.ts';

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
  /** A folder, or a document in one that counts, that could not be counted; path below the vault. */
  | { readonly kind: 'unproven'; readonly where: string };

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

/** The manifest of a recording, where it counts and is of this place. Errors: only those of the machine. */
export async function provenManifest(
  options: SourceOptions,
  station: string,
  name: string,
): Promise<{ readonly value: Manifest; readonly sha256: string; readonly keyId: string } | undefined> {
  const manifest = await countedDocument(options, join(options.vault, station, name), MANIFEST_KIND);
  if (manifest.kind !== 'document') return undefined;
  return manifest.value.station === station && manifest.value.recording === name ? manifest : undefined;
}

async function readFolder(options: SourceOptions, station: string, name: string): Promise<Source[]> {
  const { vault, keys } = options;
  const folder = join(vault, station, name);
  const unproven = (file?: string): Source => ({
    kind: 'unproven',
    where: [station, name, ...(file === undefined ? [] : [file])].join('/'),
  });
  const record = await countedDocument(options, folder, DOCKING_KIND);
  const manifest = record.kind === 'absent' ? await provenManifest(options, station, name) : undefined;
  const subject = record.kind === 'document' ? record : manifest;
  if (subject?.value.station !== station) return [unproven()];
  const { receipt, isRefused } = await receiptBeside(
    options,
    station,
    name,
    receiptable(options, record, manifest),
  );
  const { keyId, sha256 } = subject;
  if (revokedAlone(keys, { station, keyId, receipt }) !== undefined) return [unproven()];
  const { received_at: receivedAt = null, custody_head: head = null } =
    (receipt.confirms ? receipt.value : undefined) ?? {};
  const refused = isRefused ? [unproven(RECEIPT)] : [];
  if (record.kind === 'document')
    return record.value.record === name
      ? [{ kind: 'docking', record: record.value, sha256, receivedAt, head }, ...refused]
      : [unproven()];
  if (manifest === undefined) return [unproven()];
  const deletion = await countedDocument(options, folder, DELETION_KIND);
  const deleted = deletion.kind === 'document' && deletion.value.manifest_sha256 === sha256;
  if (!deleted && deletion.kind !== 'absent') refused.push(unproven(DELETION_KIND.file));
  return [
    {
      kind: 'recording',
      manifest: manifest.value,
      receivedAt,
      head,
      deletion: deleted ? deletion.value : undefined,
    },
    ...refused,
  ];
}

/** What the receipt of the one or the other should say. */
function receiptable(
  { vaultId }: SourceOptions,
  record: Counted<DockingRecord>,
  manifest: { readonly value: Manifest; readonly sha256: string } | undefined,
): Receiptable | undefined {
  if (record.kind === 'document') return receiptableDocking(record.value, record.sha256, vaultId);
  return manifest && receiptableRecording(manifest.value, manifest.sha256, vaultId);
}

async function receiptBeside(
  { files, vault, keys }: SourceOptions,
  station: string,
  name: string,
  own: Receiptable | undefined,
): Promise<{ readonly receipt: CheckedReceipt; readonly isRefused: boolean }> {
  const folder = join(vault, station, name);
  const names = (await listSorted(files, folder)) ?? [];
  const question = { files, folder, where: name, names, expected: false, keys, own };
  const receipt = await checkReceipt(question);
  const isRefused = receipt.remarks.some(({ kind }) => kind === 'finding');
  return { receipt, isRefused };
}

// A signed document that may be counted: it parses, and one of the trusted keys signed it. What is wrong with others is `bodydock verify`'s to say.

/** "absent": no file of that name. "unproven": it is there and does not count. */
type Counted<T> =
  | { readonly kind: 'document'; readonly value: T; readonly sha256: string; readonly keyId: string }
  | { readonly kind: 'absent' | 'unproven' };

/** Reads and verifies one. Errors: only those of the machine. */
async function countedDocument<T>(
  { files, keys }: SourceOptions,
  folder: string,
  kind: DocumentKind<T>,
): Promise<Counted<T>> {
  const { bytes, value, keyId, remarks } = await checkDocument(files, folder, '.', kind, keys);
  if (remarks.some(({ code }) => code === `${kind.name}.missing`)) return { kind: 'absent' };
  if (bytes === undefined || value === undefined || keyId === undefined) return { kind: 'unproven' };
  return { kind: 'document', value, sha256: sha256Hex(bytes), keyId };
}

// Which recordings of a station are kept as evidence: those under a hold that both roles signed (SPEC 4.8). An order about a recording
// counts for its sidecars too, and one about a sidecar for its recording, so orders are booked by the place of the recording on its camera.

/** The orders of one station. */
export interface Holds {
  /** Whether a recording is kept at an instant. */
  isHeld(manifest: Manifest, at: string): boolean;
  /** Orders of which a signature cannot be judged, since no key of that role was given. */
  readonly notJudged: number;
  /** Where findings about orders are, below the vault, one each: "bodydock verify" says what they are. */
  readonly refused: readonly string[];
}

interface BookedOrder extends FoundOrder {
  readonly isSidecar: boolean;
}

/** Reads them. Errors: the signal's reason; those of the machine. */
export async function readHolds(options: SourceOptions, station: string): Promise<Holds> {
  const folder = join(options.vault, station, ORDERS);
  const { orders, remarks } = await checkOrders({ ...options, folder, where: ORDERS, station });
  const booked = new Map<string, BookedOrder[]>();
  for (const found of orders) {
    const manifest = await subjectOf(options, station, found);
    if (manifest === undefined) continue;
    const place = placeOf(manifest);
    const isSidecar = manifest.sidecar_of !== null;
    booked.set(place, [...(booked.get(place) ?? []), { ...found, isSidecar }]);
  }
  return {
    isHeld: (manifest, at) => {
      const known = (booked.get(placeOf(manifest)) ?? []).filter(({ order }) => order.ordered_at <= at);
      return longestHold(known, Date.parse(at), areOne)?.until === null;
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
  const manifest = await provenManifest(options, station, order.recording);
  return manifest?.sha256 === order.manifest_sha256 ? manifest.value : undefined;
}

/** A path means something only within one docking of one camera. A sidecar stands for its recording. */
function placeOf({ camera, docking, sidecar_of: sidecarOf, source }: Manifest): string {
  return `${camera.id} ${docking} ${sidecarOf ?? source.path_sha256}`;
}
