// Restores the original of a recording that was verified: opens the payload, writes it to a target, and lets the target have its name
// only when every byte was authenticated and the digest is the manifest's.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { openSealed, openSmall } from '../../../protocol/age/sealed-file-open.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { encodeUtf8, parseBase64, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseCanonical } from '../../../protocol/format/canonical.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { PAYLOAD } from '../../../protocol/format/file-names.ts';
import { CAMERA_PATH_BYTES_MAX, MANIFEST_BYTES_MAX, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import type { ReadFiles } from './read-files.ts';
import { finding, type Remark } from './remark.ts';

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

// Opens the sealed name of an original (SPEC 4.1, `source`) and compares it with the digest in the manifest. No I/O.

const sourceSchema = z.strictObject({ path: z.base64(), vendor: z.record(z.string(), z.string()) });

/** Where the original lay on the camera, or the remark that says why that is not known. */
type OpenedSource = { readonly path: Uint8Array } | { readonly remark: Remark };

/** Opens `source.sealed`. `place` names the manifest in remarks. */
export function openSource(
  place: string,
  source: Manifest['source'],
  identities: readonly string[],
): OpenedSource {
  try {
    const sealed = parseBase64(source.sealed);
    if (sealed === undefined) return refused(place, 'it is not base64');
    return compareSource(place, source, parseCanonical(openSmall(sealed, identities), MANIFEST_BYTES_MAX));
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    if (error.code === 'canonical.refused') return refused(place, error.message);
    return { remark: finding('source.damaged', place, `source.sealed: ${error.message}`) };
  }
}

function compareSource(place: string, source: Manifest['source'], value: unknown): OpenedSource {
  const read = sourceSchema.safeParse(value);
  const path = parseBase64(read.data?.path ?? '');
  if (!read.success || path === undefined || path.length === 0)
    return refused(place, 'it is no path with vendor facts');
  if (path.length > CAMERA_PATH_BYTES_MAX) return refused(place, `its path has ${path.length} bytes`);
  const found = sha256Hex(path);
  if (found === source.path_sha256) return { path };
  const message = `source.sealed: expected a path with SHA-256 ${source.path_sha256}, found ${found}`;
  return { remark: finding('source.wrong-path', place, message, { expected: source.path_sha256, found }) };
}

function refused(place: string, why: string): OpenedSource {
  return { remark: finding('source.refused', place, `source.sealed: ${why}`) };
}

// Under which name an original is restored. The path comes from a camera: only its last part is used, as bytes, and only where no
// program or person could be misled by it. Pure.

/** Linux' NAME_MAX. */
const NAME_BYTES_MAX = 255;
const SLASH = 0x2f;
/** Control and format characters (they hide or turn around text), and line and paragraph separators. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A file name as bytes. */
interface OriginalName {
  /** The last part of the path on the camera, whatever it is. */
  readonly said: Uint8Array;
  /** What a file is to be called: `said`, or the recording's id where that would not do. */
  readonly name: Uint8Array;
  readonly replaced: boolean;
}

/** The name for an original with that path below the camera's root. */
export function originalName(path: Uint8Array, recording: string): OriginalName {
  const said = path.subarray(path.lastIndexOf(SLASH) + 1);
  const replaced = !isHarmless(said);
  return { said, name: replaced ? encodeUtf8(recording) : said, replaced };
}

function isHarmless(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > NAME_BYTES_MAX) return false;
  if (name.some((byte) => byte < 0x20 || byte === 0x7f || byte === SLASH)) return false;
  const text = parseUtf8(name);
  // Bytes that are no text are a name all the same on Linux.
  return text === undefined || (text !== '.' && text !== '..' && !HIDDEN.test(text));
}
