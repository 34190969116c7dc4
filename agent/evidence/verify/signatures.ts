// Turns the errors of signatures and documents into remarks, the same way for every kind of document.
import { DockError } from '../../../protocol/format/errors.ts';
import { finding, type Remark } from './remark.ts';

/** Kinds of documents, as their remarks' codes begin. */
export type DocumentName =
  | 'manifest'
  | 'docking'
  | 'receipt'
  | 'deletion'
  | 'order'
  | 'key-change'
  | 'key-revocation'
  | 'witness'
  | 'restored';
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
export function parsed<T>(
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
