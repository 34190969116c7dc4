// Puts a receipt beside its recording, durably, so that it is there whole or not at all. What it means is decided elsewhere.
//
// Invariants:
// 1. A recording counts as receipted only when both files are there; either alone is an unfinished write and is removed before the next.
// 2. The pair is written under other names first; the folder is synced before anybody hears of it.
// 3. A receipt that stands is never replaced by another one, but where the store was restored since.
import { join } from 'node:path';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { replaceDurable, UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { SignedBytes } from './documents.ts';
import { RECEIPT_NAME, RECEIPT_SIGNATURE_NAME } from './layout.ts';

/** Writes both files of a receipt into a folder that holds none that stands. Errors: the system's; then no pair is there. */
export async function writeReceipt(files: Files, folder: string, receipt: SignedBytes): Promise<void> {
  const path = join(folder, RECEIPT_NAME);
  const signaturePath = join(folder, RECEIPT_SIGNATURE_NAME);
  await removeReceipt(files, folder);
  await replaceDurable(files, signaturePath, encodeUtf8(receipt.signature));
  await replaceDurable(files, path, receipt.bytes);
  await files.syncFolder(folder);
}

/** Removes what an unfinished write left; a rest of an old one must not form a pair with a new one. */
export async function removeReceipt(files: Files, folder: string): Promise<void> {
  const there = new Set(await files.list(folder));
  const rests = [RECEIPT_NAME, RECEIPT_SIGNATURE_NAME]
    .flatMap((name) => [name, name + UNFINISHED_SUFFIX])
    .filter((name) => there.has(name));
  for (const name of rests) await unlinkIfThere(files, join(folder, name));
  if (rests.length > 0) await files.syncFolder(folder);
}
