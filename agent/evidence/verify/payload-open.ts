// Opens a sealed recording while it is read and compares the original with the manifest. Plaintext is hashed and forgotten.
import { createHash } from 'node:crypto';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { openSealed } from '../../../protocol/age/sealed-file-open.ts';
import { finding, type Remark } from './remark.ts';

/** What opening gave. */
export interface OpenedOriginal {
  readonly remarks: readonly Remark[];
  /** The whole original was opened and is what the manifest says. */
  readonly opened: boolean;
}

/**
 * Opens the bytes of a payload. `place` names the payload in remarks. Errors: those of the source.
 */
export async function openOriginal(
  place: string,
  sealed: AsyncIterable<Uint8Array>,
  identities: readonly string[],
  original: Manifest['original'],
): Promise<OpenedOriginal> {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const piece of openSealed(sealed, identities)) {
      digest.update(piece);
      sizeBytes += piece.length;
    }
  } catch (error) {
    const code = error instanceof DockError ? OPENING_CODES[error.code] : undefined;
    if (code === undefined || !(error instanceof DockError)) throw error;
    const message = `${error.message}, after ${sizeBytes} good bytes of ${original.size_bytes}`;
    return { remarks: [finding(code, place, message, { opened_bytes: sizeBytes })], opened: false };
  }
  const remarks = compareOriginal(place, original, sizeBytes, digest.digest('hex'));
  return { remarks, opened: remarks.length === 0 };
}

const OPENING_CODES: Readonly<
  Record<string, 'payload.header' | 'payload.no-recipient' | 'payload.damaged' | 'payload.truncated'>
> = {
  'sealed.header': 'payload.header',
  'sealed.no-identity': 'payload.no-recipient',
  'sealed.damaged': 'payload.damaged',
  'sealed.truncated': 'payload.truncated',
};

function compareOriginal(
  place: string,
  original: Manifest['original'],
  sizeBytes: number,
  sha256: string,
): Remark[] {
  const remarks: Remark[] = [];
  if (sizeBytes !== original.size_bytes) {
    const message = `opened original: expected ${original.size_bytes} bytes, found ${sizeBytes}`;
    const facts = { expected_bytes: original.size_bytes, found_bytes: sizeBytes };
    remarks.push(finding('payload.original-size', place, message, facts));
  }
  if (sha256 !== original.sha256) {
    const message = `opened original: expected SHA-256 ${original.sha256}, found ${sha256}`;
    const facts = { expected: original.sha256, found: sha256 };
    remarks.push(finding('payload.original-digest', place, message, facts));
  }
  return remarks;
}
