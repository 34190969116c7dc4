// The index: facts of every durable recording in one file, so that a start need not parse ten thousand manifests.
// A cache and nothing more: facts never change, a recording that it does not name is read from its folder, one that is no longer
// there is forgotten, and an index that does not match its own digest is ignored and made again.
//
// Shape: line 1 `{"type":"spool-index","version":1,"spool":<id>}`, one line per recording, last line `{"entries":n,"sha256":...}`
// over all bytes before it. Each line ends with LF.
import { createHash, type Hash } from 'node:crypto';
import { isCameraId, isDockingId, isRecordingId, type RecordingId } from '../../protocol/ids.ts';
import type { Files, OpenFile } from '../../protocol/ports.ts';
import { dropFile, UNFINISHED_SUFFIX, unlinkIfThere } from '../durable-file.ts';
import type { SpoolLayout } from './layout.ts';
import type { RecordingFacts, RejectedReason, SpoolState } from './spooled-recording.ts';

/** Read and written in pieces of this size. */
const PIECE_BYTES = 1024 * 1024;
/** Recordings that an index may name: with more, the rest is read from its folders. */
const ENTRIES_MAX = 1_000_000;
const LINE_BYTES_MAX = 16 * 1024;

/** One recording of the index, and how far it had got, durably, when the index was written. */
export interface IndexEntry {
  readonly facts: RecordingFacts;
  readonly state: SpoolState;
}

const ROLES = ['media', 'sidecar', 'other'] as const;
const STATES = ['spooled', 'receipted', 'released'] as const;

function headerOf(spool: string): string {
  return `{"type":"spool-index","version":1,"spool":"${spool}"}`;
}

function lineOf({ facts, state }: IndexEntry): string {
  return JSON.stringify([
    facts.recording,
    STATES.indexOf(state),
    facts.camera,
    facts.docking,
    ROLES.indexOf(facts.role),
    facts.locked ? 1 : 0,
    facts.rejected?.reason ?? null,
    facts.pathSha256,
    facts.originalSizeBytes,
    facts.originalSha256,
    facts.sealedSizeBytes,
    facts.chunksSha256,
    facts.manifestSha256,
    facts.previousManifestSha256,
    facts.recipients,
    facts.sealedAt,
  ]);
}

/** A line that the digest vouches for; checked only as far as a wrong type could do harm. */
function parseLine(line: string): IndexEntry | undefined {
  const fields = JSON.parse(line) as unknown[];
  const [recording, state, camera, docking, role, locked, rejected, path, originalSize, original] = fields;
  const [sealedSize, chunks, manifest, previous, recipients, sealedAt] = fields.slice(10);
  const texts = [recording, camera, docking, path, original, chunks, manifest, sealedAt].map(String);
  const [id = '', cameraId = '', dockingId = '', pathSha256 = '', originalSha256 = ''] = texts;
  if (!isRecordingId(id) || !isCameraId(cameraId) || !isDockingId(dockingId)) return undefined;
  return {
    state: STATES[Number(state)] ?? 'spooled',
    facts: {
      recording: id,
      camera: cameraId,
      docking: dockingId,
      role: ROLES[Number(role)] ?? 'other',
      locked: locked === 1,
      rejected: typeof rejected === 'string' ? { reason: rejected as RejectedReason } : null,
      pathSha256,
      originalSizeBytes: Number(originalSize),
      originalSha256,
      sealedSizeBytes: Number(sealedSize),
      chunksSha256: String(chunks),
      manifestSha256: String(manifest),
      previousManifestSha256: typeof previous === 'string' ? previous : null,
      recipients: Array.isArray(recipients) ? recipients.map(String) : [],
      sealedAt: String(sealedAt),
    },
  };
}

/** Lines of a file in pieces, without LF; ends without a word where a line is longer than any of ours. */
async function* linesOf(file: OpenFile): AsyncGenerator<Buffer> {
  const piece = new Uint8Array(PIECE_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; ;) {
    const count = await file.read(piece, position);
    if (count === 0 || rest.length > LINE_BYTES_MAX) return;
    position += count;
    const bytes = Buffer.concat([rest, piece.subarray(0, count)]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

class Reader {
  readonly entries = new Map<RecordingId, IndexEntry>();
  readonly #header: string;
  readonly #hash: Hash = createHash('sha256');
  #lines = 0;
  whole = false;

  constructor(spool: string) {
    this.#header = headerOf(spool);
  }

  /** Takes one line; false where the file is not what it should be. */
  take(line: Buffer): boolean {
    const text = line.toString('latin1');
    if (this.#lines++ === 0) return this.#covered(line) && text === this.#header;
    if (this.whole || this.entries.size > ENTRIES_MAX) return false;
    if (text.startsWith('{')) return (this.whole = text === this.#trailer());
    const entry = parseLine(text);
    if (entry === undefined) return false;
    this.entries.set(entry.facts.recording, entry);
    return this.#covered(line);
  }

  #covered(line: Buffer): boolean {
    this.#hash.update(line).update('\n');
    return true;
  }

  #trailer(): string {
    return trailerOf(this.entries.size, this.#hash.digest('hex'));
  }
}

function trailerOf(entries: number, sha256: string): string {
  return `{"entries":${entries},"sha256":"${sha256}"}`;
}

/** What the index knows, or undefined where there is none that is whole and of this spool. Never rejects. */
export async function readIndex(
  files: Files,
  layout: SpoolLayout,
  spool: string,
): Promise<ReadonlyMap<RecordingId, IndexEntry> | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await files.open(layout.index, 'read');
    const reader = new Reader(spool);
    for await (const line of linesOf(file)) if (!reader.take(line)) return undefined;
    return reader.whole ? reader.entries : undefined;
  } catch {
    return undefined;
  } finally {
    await file?.close().catch(() => undefined);
  }
}

class Writer {
  readonly #file: OpenFile;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];
  #bytes = 0;
  #position = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  async line(text: string): Promise<void> {
    this.#lines.push(text, '\n');
    this.#bytes += text.length + 1;
    if (this.#bytes >= PIECE_BYTES) await this.#flush();
  }

  async end(entries: number): Promise<void> {
    await this.#flush();
    await this.line(trailerOf(entries, this.#hash.digest('hex')));
    await this.#write();
  }

  async #flush(): Promise<void> {
    this.#hash.update(this.#lines.join(''), 'latin1');
    await this.#write();
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#lines.join(''), 'latin1');
    await this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
    this.#lines = [];
    this.#bytes = 0;
  }
}

/** Writes the index anew beside the old one and puts it in its place. Errors: the system's; the old index stays then. */
export async function writeIndex(
  files: Files,
  layout: SpoolLayout,
  spool: string,
  entries: readonly IndexEntry[],
): Promise<void> {
  const path = layout.index + UNFINISHED_SUFFIX;
  await unlinkIfThere(files, path);
  const file = await files.create(path);
  try {
    const writer = new Writer(file);
    await writer.line(headerOf(spool));
    for (const entry of entries) await writer.line(lineOf(entry));
    await writer.end(entries.length);
    await file.sync();
    await file.close();
    await files.rename(path, layout.index);
  } catch (error) {
    await dropFile(files, path, file);
    throw error;
  }
}
