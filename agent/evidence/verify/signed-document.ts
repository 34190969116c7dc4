// One signed document: read it, parse it, verify its signature, and name everything that does not hold.
import { join } from 'node:path';
import { keyIdHex, type PublicKey, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { type ReadFiles, readSmall } from './read-files.ts';
import { below, type DocumentName, finding, type Remark } from './remark.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** A kind of document without its signatures. */
export interface BareKind<T> {
  readonly name: DocumentName;
  readonly file: string;
  readonly bytesMax: number;
  readonly parse: (bytes: Uint8Array) => T;
}

/** A kind of document that lies beside its signature. */
export interface DocumentKind<T> extends BareKind<T> {
  readonly trustedComment: string;
  /** Those of the trusted keys that may sign it; asked without a value where it does not parse. */
  readonly signers: (keys: TrustedKeys, value: T | undefined) => readonly PublicKey[];
}

/** A signature file that should be there. */
export interface SignatureKind {
  readonly name: DocumentName;
  readonly signatureFile: string;
  readonly trustedComment: string;
  readonly keys: readonly PublicKey[];
}

/** What is known of a document. `value` may be there without a good signature: then it is a claim. */
export interface CheckedDocument<T> {
  readonly bytes: Uint8Array | undefined;
  readonly value: T | undefined;
  /** Hex id of the key whose signature holds, else undefined. */
  readonly keyId: string | undefined;
  readonly remarks: readonly Remark[];
}

/** What is known of a document without its signatures. */
export interface ReadDocument<T> {
  readonly bytes: Uint8Array | undefined;
  readonly value: T | undefined;
  readonly remarks: readonly Remark[];
}

/** Checks the document of that kind in a folder; `where` is the folder's name in remarks. Errors: only those of the machine. */
export async function checkDocument<T>(
  files: ReadFiles,
  folder: string,
  where: string,
  kind: DocumentKind<T>,
  keys: TrustedKeys,
): Promise<CheckedDocument<T>> {
  const read = await readDocument(files, folder, where, kind);
  if (read.bytes === undefined) return { ...read, keyId: undefined };
  const { name, file, trustedComment, signers } = kind;
  const signatureFile = file + SIGNATURE_SUFFIX;
  const signed = { name, signatureFile, trustedComment, keys: signers(keys, read.value) };
  const signature = await checkSignature(files, folder, where, signed, read.bytes);
  return { ...read, keyId: signature.keyId, remarks: [...read.remarks, ...signature.remarks] };
}

/** Reads and parses a document, and verifies nothing. Errors: only those of the machine. */
export async function readDocument<T>(
  files: ReadFiles,
  folder: string,
  where: string,
  { name, file, bytesMax, parse }: BareKind<T>,
): Promise<ReadDocument<T>> {
  const place = below(where, file);
  const read = await readSmall(files, join(folder, file), bytesMax);
  if (read.kind !== 'bytes') {
    const why = read.kind === 'missing' ? 'it is not there' : read.why;
    const remarks = [finding(`${name}.${read.kind}`, place, `${file}: ${why}`)];
    return { bytes: undefined, value: undefined, remarks };
  }
  const document = parsed(name, place, () => parse(read.bytes));
  if ('remark' in document) return { bytes: read.bytes, value: undefined, remarks: [document.remark] };
  return { bytes: read.bytes, value: document.value, remarks: [] };
}

/** Verifies one signature file over bytes; gives the key whose signature holds. Errors: only those of the machine. */
export async function checkSignature(
  files: ReadFiles,
  folder: string,
  where: string,
  { name, signatureFile, trustedComment, keys }: SignatureKind,
  bytes: Uint8Array,
): Promise<{ readonly keyId: string | undefined; readonly remarks: readonly Remark[] }> {
  const place = below(where, signatureFile);
  const read = await readSmall(files, join(folder, signatureFile), SIGNATURE_FILE_BYTES_MAX);
  if (read.kind !== 'bytes') {
    const code = read.kind === 'missing' ? 'missing' : read.kind === 'oversize' ? 'malformed' : 'unreadable';
    const why = read.kind === 'missing' ? 'it is not there' : read.why;
    const remark = finding(`${name}.signature-${code}`, place, `${signatureFile}: ${why}`);
    return { keyId: undefined, remarks: [remark] };
  }
  let keyId: string | undefined;
  const problem = signatureProblem(`${name}.signature`, place, () => {
    keyId = keyIdHex(verifyDocument(bytes, parseUtf8(read.bytes) ?? '', trustedComment, keys).keyId);
  });
  return { keyId, remarks: problem === undefined ? [] : [problem] };
}

// Turns the errors of signatures and documents into remarks, the same way for every kind of document.

/** What may be signed badly, as the first half of a remark's code. */
type SignedThing = `${DocumentName}.signature` | 'custody.signature' | 'custody.checkpoint-signature';

/**
 * The remark for a signature that does not hold; undefined where it does. `verify` throws what verifyDocument throws.
 * Errors: whatever else `verify` throws.
 */
export function signatureProblem(thing: SignedThing, where: string, verify: () => void): Remark | undefined {
  try {
    verify();
    return undefined;
  } catch (error) {
    const why = error instanceof DockError ? SIGNATURE_CODES[error.code] : undefined;
    if (why === undefined || !(error instanceof DockError)) throw error;
    return finding(`${thing}-${why}`, where, error.message);
  }
}

const SIGNATURE_CODES: Readonly<Record<string, 'malformed' | 'unknown-key' | 'wrong' | 'comment'>> = {
  'signature.malformed': 'malformed',
  'signature.unknown-key': 'unknown-key',
  'signature.wrong': 'wrong',
  'signature.comment': 'comment',
};

const DOCUMENT_CODES: Readonly<Record<string, 'not-canonical' | 'version' | 'refused'>> = {
  'canonical.refused': 'not-canonical',
  'document.version': 'version',
  'document.refused': 'refused',
};

/**
 * A document from its bytes, or the remark that says why it is none. `parse` throws what parseDocument throws.
 * Errors: whatever else `parse` throws.
 */
function parsed<T>(
  name: DocumentName,
  where: string,
  parse: () => T,
): { readonly value: T } | { readonly remark: Remark } {
  try {
    return { value: parse() };
  } catch (error) {
    const why = error instanceof DockError ? DOCUMENT_CODES[error.code] : undefined;
    if (why === undefined || !(error instanceof DockError)) throw error;
    return { remark: finding(`${name}.${why}`, where, error.message) };
  }
}
