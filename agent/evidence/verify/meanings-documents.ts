// What is said of every kind of signed document in the same words: that it cannot be read, or that its signature does not hold.
import type { DocumentName } from './signatures.ts';

export const ALTERED = 'It was altered or damaged after it was signed, or it was never signed with this key.';
export const OTHER_KEY =
  'Somebody else signed it, or the key is not among those given: compare the key ids with the labels of station and store.';
export const OTHER_KIND = 'The signature was made for another kind of document and was put beside this one.';
export const MEDIUM =
  'The disk or its permissions do not let it be read; nothing is known about its content.';
const NOT_OURS =
  'No program of ours writes such bytes: the file was altered, damaged, or made by something else.';

/** Second half of a code to its meaning. */
export const FAULTS = {
  missing: 'Without this document nothing can be said about what it stands for: it was lost or taken away.',
  unreadable: MEDIUM,
  oversize: NOT_OURS,
  'not-canonical': NOT_OURS,
  refused: NOT_OURS,
  version: 'It was written by a newer program: verify it with that one.',
  'signature-missing': 'Anybody could have written the document: its signature was lost or taken away.',
  'signature-unreadable': MEDIUM,
  'signature-malformed':
    'The signature file was damaged or is of another kind; nothing vouches for the document.',
  'signature-unknown-key': OTHER_KEY,
  'signature-wrong': ALTERED,
  'signature-comment': OTHER_KIND,
} as const;

/** What can be wrong with a document of any kind. */
export type DocumentFault = keyof typeof FAULTS;

/** Codes that every kind of document has. */
export type DocumentCode = `${DocumentName}.${DocumentFault}`;
