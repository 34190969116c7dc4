// One signed document of a recording's folder: read it, parse it, verify its signature, and name everything that does not hold.
import { join } from 'node:path';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../protocol/limits.ts';
import { keyIdHex, verifyDocument, type PublicKey } from '../../protocol/minisign.ts';
import { readSmall, type ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { parsed, signatureProblem } from './signatures.ts';

/** A kind of document that lies beside its signature. */
export interface DocumentKind<T> {
  readonly name: 'manifest' | 'receipt';
  readonly file: string;
  readonly bytesMax: number;
  readonly trustedComment: string;
  readonly parse: (bytes: Uint8Array) => T;
  /** Keys that may sign it; asked without a value where it does not parse. */
  readonly keys: (value: T | undefined) => readonly PublicKey[];
}

/** What is known of a document. `value` may be there without a good signature: then it is a claim. */
export interface CheckedDocument<T> {
  readonly bytes: Uint8Array | undefined;
  readonly value: T | undefined;
  /** Hex id of the key whose signature holds, else undefined. */
  readonly keyId: string | undefined;
  readonly remarks: readonly Remark[];
}

/** Checks the document of that kind in a folder; `where` is the folder's name in remarks. Errors: only those of the machine. */
export async function checkDocument<T>(
  files: ReadFiles,
  folder: string,
  where: string,
  kind: DocumentKind<T>,
): Promise<CheckedDocument<T>> {
  const { name, file } = kind;
  const place = below(where, file);
  const read = await readSmall(files, join(folder, file), kind.bytesMax);
  if (read.kind !== 'bytes') {
    const why = read.kind === 'missing' ? 'it is not there' : read.why;
    return nothing(finding(`${name}.${read.kind}`, place, `${file}: ${why}`));
  }
  const document = parsed(name, place, () => kind.parse(read.bytes));
  const value = 'value' in document ? document.value : undefined;
  const signature = await checkSignature(files, folder, where, kind, read.bytes, value);
  const remarks = [...('remark' in document ? [document.remark] : []), ...signature.remarks];
  return { bytes: read.bytes, value, keyId: signature.keyId, remarks };
}

function nothing(remark: Remark): CheckedDocument<never> {
  return { bytes: undefined, value: undefined, keyId: undefined, remarks: [remark] };
}

async function checkSignature<T>(
  files: ReadFiles,
  folder: string,
  where: string,
  { name, file, trustedComment, keys }: DocumentKind<T>,
  bytes: Uint8Array,
  value: T | undefined,
): Promise<{ readonly keyId: string | undefined; readonly remarks: readonly Remark[] }> {
  const signatureFile = `${file}.minisig`;
  const place = below(where, signatureFile);
  const read = await readSmall(files, join(folder, signatureFile), SIGNATURE_FILE_BYTES_MAX);
  if (read.kind !== 'bytes') {
    const code = read.kind === 'missing' ? 'missing' : read.kind === 'oversize' ? 'malformed' : 'unreadable';
    const why = read.kind === 'missing' ? 'it is not there' : read.why;
    return {
      keyId: undefined,
      remarks: [finding(`${name}.signature-${code}`, place, `${signatureFile}: ${why}`)],
    };
  }
  let keyId: string | undefined;
  const problem = signatureProblem(`${name}.signature`, place, () => {
    keyId = keyIdHex(verifyDocument(bytes, parseUtf8(read.bytes) ?? '', trustedComment, keys(value)).keyId);
  });
  return { keyId, remarks: problem === undefined ? [] : [problem] };
}
