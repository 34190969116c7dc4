// Files of an enrolment on disk (SPEC 4.12): read with the file's name in each error, written new and never over another one.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import {
  encodeEnrolmentFile,
  enrolmentComment,
  ENROLMENT_FILE_BYTES_MAX,
  type Enrolment,
} from '../../protocol/transfer/enrolment.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { fingerprintOf } from '../../protocol/documents/key-documents.ts';
import { signDocument, type SecretKey } from '../../protocol/documents/minisign.ts';
import { writeNewFile } from '../durable-file.ts';
import { readPublicFile } from '../guarded-file.ts';

/** What a file holds. Errors: those of `open` with the path in front; "key.missing", "key.unreadable", "key.empty", "key.oversize". */
export async function readEnrolment<Document>(
  path: string,
  open: (bytes: Uint8Array) => Enrolment<Document>,
): Promise<Enrolment<Document>> {
  const bytes = await readPublicFile(path, ENROLMENT_FILE_BYTES_MAX);
  try {
    return open(bytes);
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    throw new DockError(error.code, `${path}: ${error.message}`, { retry: error.retry, cause: error });
  }
}

/** Signs and writes; gives the fingerprint. Errors: "key.exists" where the name is taken, "key.unwritable", "enrolment.oversize". */
export async function writeEnrolment(
  path: string,
  kind: Parameters<typeof enrolmentComment>[0],
  document: Uint8Array,
  key: SecretKey,
): Promise<string> {
  const signature = signDocument(key, document, enrolmentComment(kind));
  await writeNewFile(path, encodeEnrolmentFile(document, signature), 'public');
  return fingerprintOf(sha256Hex(document));
}
