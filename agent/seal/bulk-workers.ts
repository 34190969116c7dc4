// The Bulk port in worker threads: each pass goes to the worker with the fewest, pieces are moved and never copied, and the main
// thread hashes nothing. Workers start with the first work for them, and again after a death.
import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import type { Piece } from '../../drivers/driver.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { WorkerCalls } from '../platform/worker-calls.ts';
import { startWorker } from '../platform/worker-thread.ts';
import type { FolderLooks, FoldersWanted } from '../spool/ready-looks.ts';
import type {
  Bulk,
  BulkCalls,
  BulkThreadData,
  Digesting,
  ResumeDifference,
  Sealing,
  SealJob,
  SealResult,
} from './bulk.ts';
import { resumeFrom } from './seal.ts';
import { newTagMemory, TAG_KEY_BYTES } from './unit-tags.ts';

/** Workers of one agent: more than a machine with cameras on it has cores. */
const WORKERS_MAX = 64;
/**
 * A worker's heap holds small objects only; its bytes lie in buffers outside. A small young generation lets go of those sooner: 9 MiB
 * less for two workers, at the same speed.
 */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 96 };
/** Smaller pieces are copied: they may lie in a pool that Node shares among buffers and must not leave this thread. */
const MOVED_BYTES_MIN = 16 * 1024;

/** One worker and the passes that are in it. */
interface Slot {
  readonly calls: WorkerCalls<BulkCalls>;
  readonly passes: Set<number>;
}

/** How many workers, and how one is started. */
export interface BulkWorkersOptions {
  /** One for each busy bay, at most one for each core. */
  readonly count: number;
  /** That this process may use. */
  readonly cores: number;
  /** Starts a thread on bulk-worker.ts; tests keep a hand on it here. */
  readonly startThread?: (name: string, memory: BulkThreadData) => Worker;
}

/** A new thread on bulk-worker.ts. */
export function startBulkThread(name: string, memory: BulkThreadData): Worker {
  return startWorker(import.meta.url, './bulk-worker', {
    name,
    workerData: memory,
    resourceLimits: HEAP_LIMITS,
  });
}

/**
 * Opens the workers; resolves once the first one answers. The others start with the first work for them.
 * Errors: "worker.died" where a worker does not start.
 */
export async function openBulkWorkers(options: BulkWorkersOptions): Promise<Bulk> {
  assert(
    options.count >= 1 && options.count <= WORKERS_MAX,
    'the number of workers is checked by the caller',
  );
  const bulk = new BulkWorkers(options);
  try {
    await bulk.ready();
  } catch (error) {
    await bulk.close();
    throw error;
  }
  return bulk;
}

class BulkWorkers implements Bulk {
  readonly #slots: readonly Slot[];
  readonly #cores: number;
  #lastPass = 0;

  constructor({ count, cores, startThread = startBulkThread }: BulkWorkersOptions) {
    const memory = { tags: newTagMemory(nodeRandom().bytes(TAG_KEY_BYTES)) };
    this.#cores = cores;
    this.#slots = Array.from({ length: count }, (_, at) => ({
      calls: new WorkerCalls<BulkCalls>(() => startThread(`bulk-${at}`, memory)),
      passes: new Set<number>(),
    }));
  }

  ready(): Promise<void> {
    return this.#idlest().calls.call('ready', null);
  }

  async startSeal(job: SealJob): Promise<Sealing> {
    const pass = this.#enter();
    await pass.starting(pass.calls.call('startSeal', { pass: pass.id, job }));
    return new WorkerSealing(pass, this.#piecesInto(pass), job.overlapBytes);
  }

  async startDigest(): Promise<Digesting> {
    const pass = this.#enter();
    await pass.starting(pass.calls.call('startDigest', { pass: pass.id }));
    return new WorkerDigesting(pass, this.#piecesInto(pass));
  }

  readUnit(
    path: string,
    position: number,
    sizeBytes: number,
    sha256: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>> {
    // A view on a pool would take the whole pool along.
    return this.#idlest().calls.call('readUnit', {
      path,
      position,
      sizeBytes,
      sha256: new Uint8Array(sha256),
    });
  }

  lookInto(wanted: FoldersWanted): Promise<FolderLooks> {
    return this.#idlest().calls.call('lookInto', wanted);
  }

  sealSmall(bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
    return this.#idlest().calls.call('sealSmall', { bytes: new Uint8Array(bytes), recipients });
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map(({ calls }) => calls.close()));
  }

  #enter(): PassInWorker {
    const slot = least(this.#slots, ({ calls, passes }) => [passes.size, calls.pending]);
    return new PassInWorker(++this.#lastPass, slot);
  }

  /** Few where no core is left when the pass begins. */
  #piecesInto(pass: PassInWorker): PiecesInFlight {
    const atWork = this.#slots.filter(({ passes }) => passes.size > 0).length;
    const bytesMax = atWork >= this.#cores ? IN_FLIGHT_BYTES : IN_FLIGHT_ROOMY_BYTES;
    return new PiecesInFlight((piece) => pass.send(piece), bytesMax);
  }

  /** For short work: whoever has the fewest calls waiting. */
  #idlest(): Slot {
    return least(this.#slots, ({ calls, passes }) => [calls.pending, passes.size]);
  }
}

/** A pass's place in a worker, left once. */
class PassInWorker {
  readonly id: number;
  readonly calls: WorkerCalls<BulkCalls>;
  readonly #slot: Slot;
  #aborting: Promise<void> | undefined;
  ended = false;

  constructor(id: number, slot: Slot) {
    this.id = id;
    this.calls = slot.calls;
    this.#slot = slot;
    slot.passes.add(id);
  }

  async starting(start: Promise<void>): Promise<void> {
    try {
      await start;
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  send(piece: Piece): Promise<void> {
    if (piece.kind === 'unreadable') return this.calls.call('write', { pass: this.id, piece });
    const bytes = piece.bytes.length < MOVED_BYTES_MIN ? new Uint8Array(piece.bytes) : piece.bytes;
    return this.calls.call('write', { pass: this.id, piece: { kind: 'bytes', bytes } }, [bytes.buffer]);
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    // A worker that is gone has closed its files.
    this.#aborting ??= this.calls.call('abort', { pass: this.id }).catch(() => undefined);
    await this.#aborting;
    this.leave();
  }

  leave(): void {
    this.ended = true;
    this.#slot.passes.delete(this.id);
  }
}

class WorkerSealing implements Sealing {
  readonly #pass: PassInWorker;
  readonly #pieces: PiecesInFlight;
  readonly #overlapBytes: number | undefined;
  #positionBytes = 0;

  constructor(pass: PassInWorker, pieces: PiecesInFlight, overlapBytes: number | undefined) {
    this.#pass = pass;
    this.#pieces = pieces;
    this.#overlapBytes = overlapBytes;
  }

  get positionBytes(): number {
    return this.#positionBytes;
  }

  get resumeBytes(): number {
    return resumeFrom(this.#positionBytes, this.#overlapBytes);
  }

  async write(piece: Piece): Promise<void> {
    const sizeBytes = sizeOf(piece); // the buffer is gone once it was sent
    await this.#pieces.write(piece);
    this.#positionBytes += sizeBytes;
  }

  async resumeDifference(bytes: Uint8Array): Promise<ResumeDifference | undefined> {
    this.#pieces.throwFailure();
    return this.#pass.calls.call('resumeDifference', { pass: this.#pass.id, bytes });
  }

  async finish(): Promise<SealResult> {
    this.#pieces.throwFailure();
    const result = await this.#pass.calls.call('finishSeal', { pass: this.#pass.id });
    this.#pass.leave();
    return result;
  }

  abort(): Promise<void> {
    return this.#pass.abort();
  }
}

class WorkerDigesting implements Digesting {
  readonly #pass: PassInWorker;
  readonly #pieces: PiecesInFlight;

  constructor(pass: PassInWorker, pieces: PiecesInFlight) {
    this.#pass = pass;
    this.#pieces = pieces;
  }

  write(piece: Piece): Promise<void> {
    return this.#pieces.write(piece);
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    this.#pieces.throwFailure();
    const result = await this.#pass.calls.call('finishDigest', { pass: this.#pass.id });
    this.#pass.leave();
    return result;
  }

  abort(): Promise<void> {
    return this.#pass.abort();
  }
}

/** The first slot with the smallest load; the second number decides between equals. */
function least(slots: readonly Slot[], loadOf: (slot: Slot) => readonly [number, number]): Slot {
  const loaded = slots.map((slot) => ({ slot, load: loadOf(slot) }));
  const best = loaded.reduce((best, next) => {
    const [a, b] = next.load;
    return a < best.load[0] || (a === best.load[0] && b < best.load[1]) ? next : best;
  });
  return best.slot;
}

// Sends pieces to a worker and lets only a few be on their way: the driver reads the next one while the worker is at the last.

/** Bytes on their way for one pass, but two pieces in any case: one in work and one that waits keep both ends busy. */
const IN_FLIGHT_BYTES = PULL_PIECE_BYTES;
/**
 * ... where a core is left: all wait for the one thread that works, and it seldom has nothing to do with more in front of it. A camera alone on two
 * cores: 0.75 s/GB of them idle in place of 0.96 (medians of nine lives each, in turns), for 3 MiB.
 */
const IN_FLIGHT_ROOMY_BYTES = 4 * PULL_PIECE_BYTES;
/** Pieces on their way, where they are large, and where they are small. */
const IN_FLIGHT_PIECES_MIN = 2;
const IN_FLIGHT_PIECES_MAX = 32;
/** A longer unreadable range travels in parts, so that a worker's other passes get their turn. */
const UNREADABLE_PART_BYTES = 4 * PULL_PIECE_BYTES;

/** Back-pressure for one pass. The first error of a piece is kept: the pass is over then. */
class PiecesInFlight {
  readonly #send: (piece: Piece) => Promise<void>;
  readonly #bytesMax: number;
  #bytes = 0;
  #pieces = 0;
  #failure: { readonly error: unknown } | undefined;
  #settled: (() => void) | undefined;

  constructor(send: (piece: Piece) => Promise<void>, bytesMax: number) {
    this.#send = send;
    this.#bytesMax = bytesMax;
  }

  /** Sends the piece; resolves when the next one may come. Errors: the first one that any piece met. */
  async write(piece: Piece): Promise<void> {
    for (const part of partsOf(piece)) {
      this.throwFailure();
      this.#track(part);
      while (this.#isFull && this.#failure === undefined)
        await new Promise<void>((resolve) => (this.#settled = resolve));
    }
    this.throwFailure();
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #isFull(): boolean {
    if (this.#pieces >= IN_FLIGHT_PIECES_MAX) return true;
    return this.#pieces >= IN_FLIGHT_PIECES_MIN && this.#bytes >= this.#bytesMax;
  }

  #track(piece: Piece): void {
    const sizeBytes = sizeOf(piece);
    this.#bytes += sizeBytes;
    this.#pieces++;
    this.#send(piece)
      .catch((error: unknown) => (this.#failure ??= { error }))
      .finally(() => {
        this.#bytes -= sizeBytes;
        this.#pieces--;
        this.#settled?.();
      });
  }
}

/** Bytes of the file that a piece stands for. */
function sizeOf(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
}

function* partsOf(piece: Piece): Generator<Piece, void, undefined> {
  if (piece.kind === 'bytes' || piece.sizeBytes <= UNREADABLE_PART_BYTES) {
    yield piece;
    return;
  }
  for (let left = piece.sizeBytes; left > 0; left -= UNREADABLE_PART_BYTES)
    yield { kind: 'unreadable', sizeBytes: Math.min(left, UNREADABLE_PART_BYTES) };
}
