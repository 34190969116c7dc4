// Reads documents of a vault as claims: undefined where one is missing, too long or does not parse.
import { join } from 'node:path';
import {
  DELETION_BYTES_MAX,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import { parseDockingRecord, type DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { parseManifest, type Manifest } from '../../../protocol/documents/manifest.ts';
import { parseReceipt, RECEIPT_BYTES_MAX, type Receipt } from '../../../protocol/documents/receipt.ts';
import { DELETION, DOCKING, MANIFEST, RECEIPT } from '../../../protocol/format/file-names.ts';
import { readSmall, type ReadFiles } from '../verify/read-files.ts';

/** A document of at most `bytesMax` bytes. Errors: only those of the machine. */
export async function claimed<T>(
  files: ReadFiles,
  path: string,
  bytesMax: number,
  parse: (bytes: Uint8Array) => T,
): Promise<T | undefined> {
  const read = await readSmall(files, path, bytesMax);
  if (read.kind !== 'bytes') return undefined;
  try {
    return parse(read.bytes);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** The manifest of a recording's folder. */
export function claimedManifest(files: ReadFiles, folder: string): Promise<Manifest | undefined> {
  return claimed(files, join(folder, MANIFEST), MANIFEST_BYTES_MAX, parseManifest);
}

/** The docking record of its folder. */
export function claimedDocking(files: ReadFiles, folder: string): Promise<DockingRecord | undefined> {
  return claimed(files, join(folder, DOCKING), MANIFEST_BYTES_MAX, parseDockingRecord);
}

/** The receipt of a recording's or docking record's folder. */
export function claimedReceipt(files: ReadFiles, folder: string): Promise<Receipt | undefined> {
  return claimed(files, join(folder, RECEIPT), RECEIPT_BYTES_MAX, parseReceipt);
}

/** The deletion record of a recording's folder. */
export function claimedDeletion(files: ReadFiles, folder: string): Promise<DeletionRecord | undefined> {
  return claimed(files, join(folder, DELETION), DELETION_BYTES_MAX, parseDeletionRecord);
}
