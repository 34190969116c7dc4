// Walks a vault for a report: one folder after the other, only documents whose signatures hold. No payload is read, nothing is kept.
import { join } from 'node:path';
import {
  DELETION_TRUSTED_COMMENT,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
  type DockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import {
  MANIFEST_TRUSTED_COMMENT,
  parseManifest,
  type Manifest,
} from '../../../protocol/documents/manifest.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { DELETION, DOCKING, MANIFEST, RECEIPT } from '../../../protocol/format/file-names.ts';
import { receiptableDocking } from '../verify/docking-check.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { checkReceipt, type CheckedReceipt, type Receiptable } from '../verify/receipt-check.ts';
import { receiptableRecording } from '../verify/recording-check.ts';
import { revokedAlone } from '../verify/revoked-key.ts';
import { stationKeys, storeKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { countedDocument, type Counted, type CountedKind } from './verified-document.ts';

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

const MANIFEST_KIND: CountedKind<Manifest> = {
  file: MANIFEST,
  trustedComment: MANIFEST_TRUSTED_COMMENT,
  parse: parseManifest,
};
const DOCKING_KIND: CountedKind<DockingRecord> = {
  file: DOCKING,
  trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
  parse: parseDockingRecord,
};
const DELETION_KIND: CountedKind<DeletionRecord> = {
  file: DELETION,
  trustedComment: DELETION_TRUSTED_COMMENT,
  parse: parseDeletionRecord,
};

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
  { files, vault, keys }: SourceOptions,
  station: string,
  name: string,
): Promise<{ readonly value: Manifest; readonly sha256: string; readonly keyId: string } | undefined> {
  const ours = stationKeys(keys, station);
  const manifest = await countedDocument(files, join(vault, station, name), MANIFEST_KIND, ours);
  if (manifest.kind !== 'document') return undefined;
  return manifest.value.station === station && manifest.value.recording === name ? manifest : undefined;
}

async function readFolder(options: SourceOptions, station: string, name: string): Promise<Source[]> {
  const { files, vault, keys } = options;
  const folder = join(vault, station, name);
  const unproven = (file?: string): Source => ({
    kind: 'unproven',
    where: [station, name, ...(file === undefined ? [] : [file])].join('/'),
  });
  const ours = stationKeys(keys, station);
  const record = await countedDocument(files, folder, DOCKING_KIND, ours);
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
  const deletion = await countedDocument(files, folder, DELETION_KIND, storeKeys(keys));
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
