// A signed document that may be counted: it parses, and one of the trusted keys signed it. What is wrong with others is `bodydock verify`'s to say.
import { join } from 'node:path';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { keyIdHex, verifyDocument, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { readSmall, type ReadFiles } from '../verify/read-files.ts';

/** A kind of document beside its signature. */
export interface CountedKind<T> {
  readonly file: string;
  readonly trustedComment: string;
  readonly parse: (bytes: Uint8Array) => T;
}

/** "absent": no file of that name. "unproven": it is there and does not count. */
export type Counted<T> =
  | { readonly kind: 'document'; readonly value: T; readonly sha256: string; readonly keyId: string }
  | { readonly kind: 'absent' | 'unproven' };

/** Reads and verifies one. Errors: only those of the machine. */
export async function countedDocument<T>(
  files: ReadFiles,
  folder: string,
  { file, trustedComment, parse }: CountedKind<T>,
  keys: readonly PublicKey[],
): Promise<Counted<T>> {
  const document = await readSmall(files, join(folder, file), MANIFEST_BYTES_MAX);
  if (document.kind === 'missing') return { kind: 'absent' };
  const signature = await readSmall(files, join(folder, `${file}.minisig`), SIGNATURE_FILE_BYTES_MAX);
  if (document.kind !== 'bytes' || signature.kind !== 'bytes') return { kind: 'unproven' };
  try {
    const key = verifyDocument(document.bytes, parseUtf8(signature.bytes) ?? '', trustedComment, keys);
    const keyId = keyIdHex(key.keyId);
    return { kind: 'document', value: parse(document.bytes), sha256: sha256Hex(document.bytes), keyId };
  } catch (error) {
    if (error instanceof DockError) return { kind: 'unproven' };
    throw error;
  }
}
