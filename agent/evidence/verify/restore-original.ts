// Restores the original of a recording that was verified: opens the payload, writes it to a target, and lets the target have its name
// only when every byte was authenticated and the digest is the manifest's.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DockError } from '../../../protocol/format/errors.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { openSealed } from '../../../protocol/age/sealed-file-open.ts';
import { PAYLOAD } from '../../../protocol/format/file-names.ts';
import type { ReadFiles } from './read-files.ts';

/** A file that does not have its name yet. Errors of all but abandon: those of the medium. */
export interface OriginalTarget {
  /** Appends. */
  write(bytes: Uint8Array): Promise<void>;
  /** All is written and genuine: makes it durable, sets its time where one is given, gives it its name. */
  finish(modifiedAt: string | null): Promise<void>;
  /** Takes it away. Idempotent, never rejects, and nothing after `finish`. */
  abandon(): Promise<void>;
}

/** A folder, its verified manifest, and identities of which at least one is a recipient's. */
export interface RestoreQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly identities: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Restores the original into the target; the target is abandoned where anything fails.
 * Errors: "open.differs" where the original is not what the manifest says; "sealed.*"; those of the source and of the target; the
 * signal's reason.
 */
export async function restoreOriginal(question: RestoreQuestion, target: OriginalTarget): Promise<void> {
  try {
    await writeOriginal(question, target);
    await target.finish(question.manifest.original.modified_at);
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

async function writeOriginal(question: RestoreQuestion, target: OriginalTarget): Promise<void> {
  const { manifest, files, folder, identities, signal } = question;
  const file = await files.open(join(folder, PAYLOAD), 'read');
  try {
    const digest = createHash('sha256');
    let sizeBytes = 0;
    for await (const piece of openSealed(piecesOf(file, signal), identities)) {
      digest.update(piece);
      sizeBytes += piece.length;
      await target.write(piece);
    }
    compare(manifest.original, sizeBytes, digest.digest('hex'));
  } finally {
    await file.close().catch(() => undefined); // nothing was written to it
  }
}

async function* piecesOf(file: OpenFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(UNIT_BYTES);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const read = await file.read(buffer, position);
    if (read === 0) return;
    position += read;
    yield buffer.subarray(0, read);
  }
}

function compare(original: Manifest['original'], sizeBytes: number, sha256: string): void {
  if (sizeBytes === original.size_bytes && sha256 === original.sha256) return;
  throw new DockError(
    'open.differs',
    `the opened original has ${sizeBytes} bytes with SHA-256 ${sha256}; the manifest says ${original.size_bytes} bytes with ${original.sha256}: nothing is kept`,
    { retry: 'never' },
  );
}
