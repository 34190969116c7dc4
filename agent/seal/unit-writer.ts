// Where sealed bytes go: unit by unit into payload.age, their digests into chunks.bin, with writes and syncs beside the hashing.
//
// Invariants:
// 1. A buffer is one unit; it is used again only after its write has ended.
// 2. The first failed write, sync or close is kept: it ends this writer for good, and nothing is synced after it.
// 3. Both files are complete, synced and closed when `finish` resolves; closed in any case when `finish` or `abort` has ended.
import { createHash } from 'node:crypto';
import { sha256 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { OpenFile } from '../../protocol/format/ports.ts';
import type { UnitTags } from './unit-tags.ts';

/** Written bytes between two syncs: small enough that the last one is short, large enough for a card (tens of ms each). */
const SYNC_GROUP_BYTES = 64 * 1024 * 1024;
/** Digests that are gathered before they are written: one page, those of 64 MiB. Never all of a file. */
const DIGESTS_MAX = 128;

const EMPTY = Buffer.allocUnsafeSlow(0);

/** What was written. */
export interface WrittenFiles {
  readonly sizeBytes: number;
  readonly chunksSha256: string;
}

/** What a writer works with beside its two files. */
export interface UnitWriterOptions {
  /** Those of its thread. */
  readonly buffers: UnitBuffers;
  /** Learns each unit with its digest. */
  readonly tags?: UnitTags | undefined;
}

/** Writes one sealed file and its digests. */
export class UnitWriter {
  readonly #payload: OpenFile;
  readonly #chunks: OpenFile;
  readonly #buffers: UnitBuffers;
  readonly #tags: UnitTags | undefined;
  /** Those that are not written yet. */
  #digests: Uint8Array[] = [];
  readonly #chunksHash = createHash('sha256');
  readonly #running = new Set<Promise<void>>();
  /** Empty until something is put. */
  #unit = EMPTY;
  #unitBytes = 0;
  #startedBytes = 0; // handed to the disk, from offset 0
  #chunksBytes = 0;
  #unsyncedBytes = 0;
  #syncing = false;
  #failure: { readonly error: unknown } | undefined;
  #goOn: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  /** Takes two files that were just created, and closes them in the end. */
  constructor(payload: OpenFile, chunks: OpenFile, { buffers, tags }: UnitWriterOptions) {
    this.#payload = payload;
    this.#chunks = chunks;
    this.#buffers = buffers;
    this.#tags = tags;
    buffers.join();
  }

  /** True where at least UNIT_BYTES can be put, in the same turn; else wait for `room`, and look again. */
  get hasRoom(): boolean {
    return this.#buffers.hasOne && this.#failure === undefined;
  }

  /** Resolves when there may be room. Errors: the first failure of the medium. */
  async room(): Promise<void> {
    while (!this.#buffers.hasOne && this.#failure === undefined)
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
        this.#buffers.onceGiven(resolve);
      });
    this.#throwFailure();
  }

  /** Takes the next sealed bytes. Not more than UNIT_BYTES between two looks at the room. */
  put(part: Uint8Array): void {
    let at = 0;
    while (at < part.length) {
      if (this.#unit === EMPTY) this.#unit = this.#buffers.take();
      const taken = part.subarray(at, at + UNIT_BYTES - this.#unitBytes);
      this.#unit.set(taken, this.#unitBytes);
      this.#unitBytes += taken.length;
      at += taken.length;
      if (this.#unitBytes === UNIT_BYTES) this.#writeUnit();
    }
  }

  /** Completes both files. Errors: the first failure of the medium; both files are closed then too. */
  async finish(): Promise<WrittenFiles> {
    this.#ending ??= this.#complete().finally(() => this.#leaveBuffers());
    await this.#ending;
    this.#throwFailure(); // it may have been given up before
    return {
      sizeBytes: this.#startedBytes,
      chunksSha256: this.#chunksHash.copy().digest('hex'),
    };
  }

  /** Closes both files as they are. Idempotent, never rejects; after `finish` it only waits for its end. */
  async abort(): Promise<void> {
    this.#ending ??= this.#giveUp().finally(() => this.#leaveBuffers());
    await this.#ending.catch(() => undefined); // whoever called finish has that error
  }

  async #complete(): Promise<void> {
    try {
      if (this.#unitBytes > 0) this.#writeUnit();
      this.#writeDigests();
      await this.#quiet();
      await bothOf(this.#payload.sync(), this.#chunks.sync());
      await bothOf(this.#payload.close(), this.#chunks.close());
    } catch (error) {
      this.#fail(error);
      await this.#closeAnyway();
      throw error;
    }
  }

  async #giveUp(): Promise<void> {
    this.#fail(new DockError('seal.aborted', 'this sealing was given up', { retry: 'later' }));
    await Promise.allSettled(this.#running);
    await this.#closeAnyway();
  }

  /** Waits for all that runs, syncs started meanwhile included, and throws the first failure. */
  async #quiet(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#throwFailure();
  }

  async #closeAnyway(): Promise<void> {
    await Promise.allSettled([this.#payload.close(), this.#chunks.close()]);
  }

  /** Nothing is being written any more. */
  #leaveBuffers(): void {
    if (this.#unit !== EMPTY) this.#buffers.give(this.#unit);
    this.#unit = EMPTY;
    this.#buffers.leave();
  }

  #writeUnit(): void {
    const unit = this.#unit;
    const bytes = unit.subarray(0, this.#unitBytes);
    const position = this.#startedBytes;
    this.#startedBytes += bytes.length;
    const digest = sha256(bytes);
    this.#tags?.remember(digest, bytes);
    this.#digests.push(digest);
    const write = async (): Promise<void> => {
      await this.#payload.write(bytes, position);
      this.#unsyncedBytes += bytes.length;
      this.#syncInGroups();
    };
    this.#run(write, () => this.#buffers.give(unit));
    this.#unit = EMPTY;
    this.#unitBytes = 0;
    if (this.#digests.length >= DIGESTS_MAX) this.#writeDigests();
  }

  #writeDigests(): void {
    const digests = Buffer.concat(this.#digests);
    this.#digests = [];
    const position = this.#chunksBytes;
    this.#chunksBytes += digests.length;
    this.#chunksHash.update(digests);
    this.#run(() => this.#chunks.write(digests, position));
  }

  /** Starts a sync and goes on: it takes the bytes that are written by now, while the next ones are sealed. */
  #syncInGroups(): void {
    if (this.#syncing || this.#unsyncedBytes < SYNC_GROUP_BYTES || this.#failure !== undefined) return;
    this.#syncing = true;
    this.#unsyncedBytes = 0;
    this.#run(async () => {
      await this.#payload.sync();
      this.#syncing = false;
    });
  }

  /** `onEnd` is called whichever way it ended, and behind a failure only once that is known. */
  #run(work: () => Promise<void>, onEnd?: () => void): void {
    const running = work()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running.delete(running);
        onEnd?.();
      });
    this.#running.add(running);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#goOn?.();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** Waits for both, so that nothing runs on behind an error; then throws the first one. */
async function bothOf(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.allSettled([one, other]);
  await one;
  await other;
}

// Buffers of one unit each, which the sealings of one thread share: each fills one, and a few more are with the disk, whoever's they are.

/** Beside the one that each sealing fills: one at the disk and one that waits for it. More wait for the disk only. */
const SPARE = 2;

/** At most as many as there are users, and some; each is given back once, and let go of where it is no longer needed. */
export class UnitBuffers {
  readonly #freeBuffer: (buffer: ArrayBuffer) => void;
  readonly #idle: Buffer<ArrayBuffer>[] = [];
  #made = 0;
  #users = 0;
  #waiting: (() => void)[] = [];

  constructor(freeBuffer: (buffer: ArrayBuffer) => void) {
    this.#freeBuffer = freeBuffer;
  }

  /** One more sealing begins. */
  join(): void {
    this.#users++;
  }

  /** One has ended and given all of its buffers back. */
  leave(): void {
    this.#users--;
    while (this.#made > this.#limit && this.#idle.length > 0) this.#drop(this.#idle.pop());
  }

  /** Whether one may be taken without waiting. */
  get hasOne(): boolean {
    return this.#idle.length > 0 || this.#made < this.#limit;
  }

  /** Ask `hasOne` first: there is one in any case. */
  take(): Buffer<ArrayBuffer> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#made++;
    return Buffer.allocUnsafeSlow(UNIT_BYTES);
  }

  give(buffer: Buffer<ArrayBuffer>): void {
    if (this.#made > this.#limit) this.#drop(buffer);
    else this.#idle.push(buffer);
    this.#wake();
  }

  /** Calls once, when there may be one. */
  onceGiven(call: () => void): void {
    this.#waiting.push(call);
  }

  get #limit(): number {
    return this.#users === 0 ? 0 : this.#users + SPARE;
  }

  #drop(buffer: Buffer<ArrayBuffer> | undefined): void {
    if (buffer === undefined) return;
    this.#made--;
    this.#freeBuffer(buffer.buffer);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }
}
