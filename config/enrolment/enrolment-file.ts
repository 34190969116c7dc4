// Files of an enrolment on disk (SPEC 4.12): read with the file's name in each error, written new and never over another one.
import { fingerprintOf } from '../../protocol/documents/key-documents.ts';
import { type SecretKey, signDocument } from '../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import {
  encodeEnrolmentFile,
  type Enrolment,
  ENROLMENT_FILE_BYTES_MAX,
  enrolmentComment,
  isFingerprint,
} from '../../protocol/transfer/enrolment.ts';
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

// Nothing of an enrolment counts before a person said that its fingerprint is the one that its maker reads out (SPEC 4.12).

/** Words that say yes, in both languages. */
const YES = /^(?:y|yes|j|ja)$/i;

interface Comparison {
  readonly fingerprint: string;
  /** What came with --fingerprint: as the maker read it out. */
  readonly typed: string | undefined;
  /** Asks at the terminal; undefined where nobody is there. */
  readonly ask: () => Promise<string | undefined>;
}

/** Errors: "enrolment.fingerprint" where it is another one or nobody says yes; "usage" where nobody can be asked. */
export async function compareFingerprint({ fingerprint, typed, ask }: Comparison): Promise<void> {
  if (typed !== undefined) {
    if (isFingerprint(typed, fingerprint)) return;
    throw another(
      `this file has ${fingerprint}, and --fingerprint says ${JSON.stringify(typed.slice(0, 80))}`,
    );
  }
  const answer = await ask();
  if (answer === undefined) {
    const message =
      'nobody can be asked here whether the fingerprint is right: type this at a terminal, or give --fingerprint as the maker of the file reads it out';
    throw new DockError('usage', message, { retry: 'person' });
  }
  if (!YES.test(answer)) throw another(`nobody said that ${fingerprint} is right`);
}

function another(what: string): DockError {
  const message = `${what}: nothing was changed. If the two differ, the file was exchanged or altered on the way: have a new one made`;
  return new DockError('enrolment.fingerprint', message, { retry: 'person' });
}
