// Walks a vault for a report: one folder after the other, only documents whose signatures hold. No payload is read, nothing is kept.
import { join } from 'node:path';
import {
  DELETION_TRUSTED_COMMENT,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../protocol/deletion-record.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
  type DockingRecord,
} from '../../protocol/docking-record.ts';
import { isRecordingId, isStationId } from '../../protocol/ids.ts';
import { MANIFEST_TRUSTED_COMMENT, parseManifest, type Manifest } from '../../protocol/manifest.ts';
import { parseReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../protocol/receipt.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { stationKeys, storeKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { countedDocument, type Counted, type CountedKind } from './verified-document.ts';

/** What one folder of a vault tells. `receivedAt` is the receipt's time, null where there is none that counts. */
export type Source =
  | {
      readonly kind: 'recording';
      readonly manifest: Manifest;
      readonly receivedAt: string | null;
      readonly deletion: DeletionRecord | undefined;
    }
  | { readonly kind: 'docking'; readonly record: DockingRecord; readonly receivedAt: string | null }
  /** A folder, or a document in one that counts, that could not be counted; path below the vault. */
  | { readonly kind: 'unproven'; readonly where: string };

/** What a walk needs. */
export interface SourceOptions {
  readonly files: ReadFiles;
  /** Absolute. */
  readonly vault: string;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

const MANIFEST_KIND: CountedKind<Manifest> = {
  file: 'manifest.json',
  trustedComment: MANIFEST_TRUSTED_COMMENT,
  parse: parseManifest,
};
const DOCKING_KIND: CountedKind<DockingRecord> = {
  file: 'docking.json',
  trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
  parse: parseDockingRecord,
};
const RECEIPT_KIND: CountedKind<Receipt> = {
  file: 'receipt.json',
  trustedComment: RECEIPT_TRUSTED_COMMENT,
  parse: parseReceipt,
};
const DELETION_KIND: CountedKind<DeletionRecord> = {
  file: 'deletion.json',
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
): Promise<{ readonly value: Manifest; readonly sha256: string } | undefined> {
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
  const receipt = await countedDocument(files, folder, RECEIPT_KIND, storeKeys(keys));
  const receivedAt = receivedAtOf(receipt, name, subject.sha256);
  const refused = receivedAt === null && receipt.kind !== 'absent' ? [unproven(RECEIPT_KIND.file)] : [];
  if (record.kind === 'document')
    return record.value.record === name
      ? [{ kind: 'docking', record: record.value, receivedAt }, ...refused]
      : [unproven()];
  if (manifest === undefined) return [unproven()];
  const deletion = await countedDocument(files, folder, DELETION_KIND, storeKeys(keys));
  const deleted = deletion.kind === 'document' && deletion.value.manifest_sha256 === manifest.sha256;
  if (!deleted && deletion.kind !== 'absent') refused.push(unproven(DELETION_KIND.file));
  return [
    {
      kind: 'recording',
      manifest: manifest.value,
      receivedAt,
      deletion: deleted ? deletion.value : undefined,
    },
    ...refused,
  ];
}

function receivedAtOf(receipt: Counted<Receipt>, name: string, sha256: string): string | null {
  if (receipt.kind !== 'document') return null;
  const { recording, manifest_sha256: of, received_at: receivedAt } = receipt.value;
  return recording === name && of === sha256 ? receivedAt : null;
}
