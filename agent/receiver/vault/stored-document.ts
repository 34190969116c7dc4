// Signed documents as files of a vault: the document, and its signature beside it.
import { dirname } from 'node:path';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { SIGNATURE_SUFFIX, TEMPORARY } from './vault-layout.ts';
import type { SignedDocument } from './vault.ts';

/** A document with its signature file beside it; undefined where one of them is not there, is no file, or is too long. Errors: the system's. */
export async function readDocument(
  files: Files,
  path: string,
  bytesMax: number,
): Promise<SignedDocument | undefined> {
  try {
    const [bytes, signature] = await Promise.all([
      readIfThere(files, path, bytesMax),
      readIfThere(files, path + SIGNATURE_SUFFIX, SIGNATURE_FILE_BYTES_MAX),
    ]);
    const text = signature === undefined ? undefined : parseUtf8(signature);
    return bytes === undefined || text === undefined ? undefined : { bytes, signature: text };
  } catch (error) {
    if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Puts a document and its signature in place, durably, over earlier ones of that name. The document comes last: what has its name has its signature. */
export async function placeDocument(files: Files, path: string, document: SignedDocument): Promise<void> {
  const signaturePath = path + SIGNATURE_SUFFIX;
  await Promise.all([
    writeAnew(files, path + TEMPORARY, document.bytes),
    writeAnew(files, signaturePath + TEMPORARY, encodeUtf8(document.signature)),
  ]);
  await files.rename(signaturePath + TEMPORARY, signaturePath);
  await files.rename(path + TEMPORARY, path);
  await files.syncFolder(dirname(path));
}
