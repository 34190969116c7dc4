// Passes over a recording. The one that seals it: SHA-256 of the original, age sealing, unit digests, writing, and what its container tells.
// Synchronous but for the disk; runs in a worker thread (bulk-worker.ts), in tests where it is called.
//
// Invariants:
// 1. Each plaintext byte is taken once and in order; plaintext is never written.
// 2. After the first failure nothing more is taken or synced: this attempt is over, and every call says why.
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import type { Piece } from '../../drivers/driver.ts';
import { beginSeal, type PayloadSealer, type SealedSink } from '../../protocol/age/sealed-file.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { ORIGINAL_BYTES_MAX, PULL_PIECE_BYTES, UNREADABLE_RANGES_MAX } from '../../protocol/format/limits.ts';
import type { Files, OpenFile, Random } from '../../protocol/format/ports.ts';
import type { Digesting, ResumeDifference, Sealing, SealJob, SealResult } from './bulk.ts';
import { MediaFacts } from './media-facts.ts';
import type { UnitTags } from './unit-tags.ts';
import { UnitBuffers, UnitWriter } from './unit-writer.ts';

/** Plaintext between two looks at the disk: less than a unit once sealed, and small enough to stay in the cache until it is sealed. */
const SLICE_BYTES = 256 * 1024;
/** What an unreadable range counts as. Never written to. */
const ZEROS = new Uint8Array(SLICE_BYTES);
/** Smaller buffers may lie in Node's pool, and freeing them is not worth the call. */
const FREED_BYTES_MIN = 16 * 1024;

/** What a sealing needs of the world. */
export interface SealContext {
  readonly files: Pick<Files, 'create'>;
  readonly random: Random;
  /** Gives a large buffer's memory back before the garbage collector would. */
  readonly freeBuffer?: (buffer: ArrayBuffer) => void;
  /** Those of this thread; without it, each sealing has its own. */
  readonly buffers?: UnitBuffers;
  /** Learns each sealed unit. */
  readonly tags?: UnitTags;
  /** Resolves when the next slice may be worked on: other work of this thread comes in between. */
  readonly turn?: () => Promise<void>;
}

/** The Sealing that does the work itself. */
export class SealPass implements Sealing {
  readonly #sealer: PayloadSealer;
  readonly #writer: UnitWriter;
  readonly #put: SealedSink;
  readonly #original = createHash('sha256');
  readonly #media = new MediaFacts();
  readonly #marks: ResumeMarks;
  readonly #overlapBytes: number | undefined;
  readonly #freeBuffer: (buffer: ArrayBuffer) => void;
  readonly #unreadable: { offset_bytes: number; size_bytes: number }[] = [];
  readonly #turn: (() => Promise<void>) | undefined;
  #positionBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #finished = false;

  private constructor(
    sealer: PayloadSealer,
    writer: UnitWriter,
    overlapBytes: number | undefined,
    { freeBuffer = leaveToCollector, turn }: SealContext,
  ) {
    this.#overlapBytes = overlapBytes;
    this.#marks = new ResumeMarks(this.#original, overlapBytes);
    this.#sealer = sealer;
    this.#writer = writer;
    this.#turn = turn;
    this.#freeBuffer = freeBuffer;
    this.#put = (part) => {
      writer.put(part);
      if (part.length >= FREED_BYTES_MIN) freeBuffer(part.buffer);
    };
  }

  /** Draws the keys, creates both files and writes the header. Errors: "key.recipient"; the system's error. */
  static async start(job: SealJob, context: SealContext): Promise<SealPass> {
    const { files, random, freeBuffer = leaveToCollector, tags } = context;
    const { buffers = new UnitBuffers(freeBuffer) } = context;
    const sealer = beginSeal(job.recipients, random);
    const payload = await files.create(job.payloadPath);
    const chunks = await createBeside(payload, files, job.chunksPath);
    const writer = new UnitWriter(payload, chunks, { buffers, tags });
    writer.put(sealer.header);
    return new SealPass(sealer, writer, job.overlapBytes, context);
  }

  get positionBytes(): number {
    return this.#positionBytes;
  }

  get resumeBytes(): number {
    return resumeFrom(this.#positionBytes, this.#overlapBytes);
  }

  write(piece: Piece): Promise<void> {
    return this.#attempt(async () => {
      if (piece.kind === 'unreadable') return this.#takeUnreadable(piece.sizeBytes);
      await this.#take(piece.bytes);
      if (piece.bytes.length >= FREED_BYTES_MIN) this.#freeBuffer(piece.bytes.buffer);
    });
  }

  resumeDifference(bytes: Uint8Array): Promise<ResumeDifference | undefined> {
    return this.#attempt(async () => this.#marks.difference(bytes));
  }

  finish(): Promise<SealResult> {
    return this.#attempt(async () => {
      while (!this.#writer.hasRoom) await this.#writer.room();
      this.#sealer.finish(this.#put);
      this.#finished = true;
      const { sizeBytes, chunksSha256 } = await this.#writer.finish();
      return {
        originalSizeBytes: this.#positionBytes,
        originalSha256: this.#original.digest('hex'),
        sealedSizeBytes: sizeBytes,
        chunksSha256,
        unreadable: this.#unreadable,
        media: this.#media.facts(),
      };
    });
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
    this.#failure ??= {
      error: new DockError('seal.aborted', 'this sealing was given up', { retry: 'later' }),
    };
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.error;
    assert(!this.#finished, 'a finished sealing takes no more calls');
    try {
      return await work();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async #take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#mayGrowBy(bytes.length);
    for (let at = 0; at < bytes.length;) {
      await this.#turn?.();
      while (!this.#writer.hasRoom) await this.#writer.room(); // another sealing may have been faster
      const slice = bytes.subarray(at, at + Math.min(SLICE_BYTES, this.#marks.bytesToNext));
      at += slice.length;
      this.#original.update(slice);
      this.#marks.passed(slice.length);
      this.#media.push(slice);
      this.#sealer.seal(slice, this.#put);
    }
    this.#positionBytes += bytes.length;
  }

  async #takeUnreadable(sizeBytes: number): Promise<void> {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'a driver counts in whole bytes');
    this.#noteUnreadable(sizeBytes);
    for (let left = sizeBytes; left > 0; left -= SLICE_BYTES)
      await this.#take(ZEROS.subarray(0, Math.min(left, SLICE_BYTES)));
  }

  #noteUnreadable(sizeBytes: number): void {
    if (sizeBytes === 0) return;
    const last = this.#unreadable.at(-1);
    if (last !== undefined && last.offset_bytes + last.size_bytes === this.#positionBytes) {
      last.size_bytes += sizeBytes;
      return;
    }
    if (this.#unreadable.length === UNREADABLE_RANGES_MAX) {
      throw new DockError(
        'pull.too-damaged',
        `more than ${UNREADABLE_RANGES_MAX} separate ranges of this file cannot be read: the camera's storage is failing`,
        { retry: 'person', facts: { position_bytes: this.#positionBytes } },
      );
    }
    this.#unreadable.push({ offset_bytes: this.#positionBytes, size_bytes: sizeBytes });
  }

  #mayGrowBy(sizeBytes: number): void {
    if (this.#positionBytes + sizeBytes <= ORIGINAL_BYTES_MAX) return;
    throw new DockError('pull.oversize', `an original is longer than ${ORIGINAL_BYTES_MAX} bytes`, {
      retry: 'never',
    });
  }
}

function leaveToCollector(): void {
  // Where one recording is handled, its garbage does not matter.
}

async function createBeside(
  payload: OpenFile,
  files: Pick<Files, 'create'>,
  path: string,
): Promise<OpenFile> {
  try {
    return await files.create(path);
  } catch (error) {
    await payload.close().catch(() => undefined); // the first error counts
    throw error;
  }
}

// Lets a pull that was interrupted prove that it goes on in the same content, and keeps none of it: the digest of the original as it stood at
// some places before. What is read again from such a place leads to the same digest, or it is not the same.

/** At least so much is read again, or all of what there is; a slow line says less. A multiple of MARKS. */
export const OVERLAP_BYTES = PULL_PIECE_BYTES;
/** Marks that the overlap takes. */
const MARKS = 4;

/** Where a pull that was interrupted at this position reads again from: the last mark that lies far enough back. */
export function resumeFrom(positionBytes: number, overlapBytes: number = OVERLAP_BYTES): number {
  const lastMark = positionBytes - (positionBytes % (overlapBytes / MARKS));
  return Math.max(0, lastMark - overlapBytes);
}

/** Follows one hash from its beginning on. */
export class ResumeMarks {
  readonly #hash: Hash;
  readonly #markBytes: number;
  #positionBytes = 0;
  /** At multiples of `#markBytes`, the latest last; those that the overlap takes, and the one that it begins at. */
  readonly #marks: Hash[];

  constructor(hash: Hash, overlapBytes: number = OVERLAP_BYTES) {
    this.#hash = hash;
    this.#markBytes = overlapBytes / MARKS;
    this.#marks = [hash.copy()];
  }

  /** Bytes that may be put into the hash before it is told here. */
  get bytesToNext(): number {
    return this.#markBytes - (this.#positionBytes % this.#markBytes);
  }

  /** The hash took so many more bytes, at most `bytesToNext`. */
  passed(sizeBytes: number): void {
    this.#positionBytes += sizeBytes;
    if (sizeBytes === 0 || this.#positionBytes % this.#markBytes !== 0) return;
    this.#marks.push(this.#hash.copy());
    if (this.#marks.length > MARKS + 1) this.#marks.shift();
  }

  /** Of what the hash took and these bytes in place of those from `resumeFrom` on; undefined where there is none. */
  difference(bytes: Uint8Array): ResumeDifference | undefined {
    const [oldest] = this.#marks;
    assert(oldest, 'there is a mark from the beginning on');
    const takenSha256 = this.#hash.copy().digest('hex');
    const againSha256 = oldest.copy().update(bytes).digest('hex');
    return againSha256 === takenSha256 ? undefined : { takenSha256, againSha256 };
  }
}

// A pass that only hashes: is what lies on the camera the content that we know? Writes nothing.

/** How a digest gets along with others in its thread; nothing of it is needed. */
interface DigestContext {
  /** Gives a large buffer's memory back before the garbage collector would. */
  readonly freeBuffer?: (buffer: ArrayBuffer) => void;
  /** Resolves when the next slice may be worked on: other work of this thread comes in between. */
  readonly turn?: () => Promise<void>;
}

/** The Digesting that does the work itself. An unreadable range counts as zeros, as in a sealing. */
export class DigestPass implements Digesting {
  readonly #context: DigestContext;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(context: DigestContext) {
    this.#context = context;
  }

  async write(piece: Piece): Promise<void> {
    if (piece.kind === 'unreadable') {
      for (let left = piece.sizeBytes; left > 0; left -= SLICE_BYTES)
        await this.#take(ZEROS.subarray(0, Math.min(left, SLICE_BYTES)));
      return;
    }
    const { bytes } = piece;
    for (let at = 0; at < bytes.length; at += SLICE_BYTES)
      await this.#take(bytes.subarray(at, at + SLICE_BYTES));
    if (bytes.length >= FREED_BYTES_MIN) this.#context.freeBuffer?.(bytes.buffer);
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    // Nothing is open.
  }

  async #take(slice: Uint8Array): Promise<void> {
    await this.#context.turn?.();
    this.#hash.update(slice);
    this.#sizeBytes += slice.length;
  }
}
