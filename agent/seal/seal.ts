// The one pass over a recording: SHA-256 of the original, age sealing, unit digests, writing, and what its container tells.
// Synchronous but for the disk; runs in a worker thread (bulk-worker.ts), in tests where it is called.
//
// Invariants:
// 1. Each plaintext byte is taken once and in order; plaintext is never written.
// 2. After the first failure nothing more is taken or synced: this attempt is over, and every call says why.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Piece } from '../../drivers/driver.ts';
import { beginSeal, type PayloadSealer, type SealedSink } from '../../protocol/age/sealed-file.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { ORIGINAL_BYTES_MAX, UNREADABLE_RANGES_MAX } from '../../protocol/format/limits.ts';
import type { Files, OpenFile, Random } from '../../protocol/format/ports.ts';
import type { ResumeDifference, Sealing, SealJob, SealResult } from './bulk.ts';
import { MediaFacts } from './media-facts.ts';
import { resumeFrom, ResumeMarks } from './resume-marks.ts';
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
