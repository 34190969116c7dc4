// Bulk: everything that touches every byte of a recording (hash, seal, write, read back) or every recording of a spool, as the agent asks for it.
// bulk-workers.ts does it in worker threads, test/fakes/bulk-inline.ts in the calling thread; both pass test/contracts/bulk-contract.ts.
import type { Piece } from '../../drivers/driver.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Around } from '../../protocol/format/files-around.ts';
import type { FolderLooks, FoldersWanted, LooksIntoFolders } from '../spool/ready-looks.ts';
import type { TagMemory, UnitPlace } from './unit-tags.ts';

/** The port. Every call may reject with "worker.died": its work is lost, the next call gets another worker. */
export interface Bulk extends LooksIntoFolders {
  /** Begins to seal one original. Creates both files. Errors: "key.recipient"; the system's error. */
  startSeal(job: SealJob): Promise<Sealing>;
  /** Begins a pass that only hashes. */
  startDigest(): Promise<Digesting>;
  /**
   * Reads one unit of a sealed file and proves that it has that SHA-256: by hashing it, or by the tag that it got when this process sealed it.
   * The caller owns the bytes, whole buffer included.
   * Shape: `position` and `sizeBytes` in bytes, at most UNIT_BYTES; `sha256` 32 bytes.
   * Errors: "spool.unit-damaged" (other bytes, or the file is shorter); the system's error.
   */
  readUnit(
    path: string,
    position: number,
    sizeBytes: number,
    sha256: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Seals a small text. Errors: "key.recipient". */
  sealSmall(bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array>;
  /** Ends all workers; what still runs rejects with "worker.died". Idempotent, never rejects. */
  close(): Promise<void>;
}

/** Where a sealing goes. Neither path is taken yet; their folder is there, and the caller syncs it. */
export interface SealJob {
  readonly payloadPath: string;
  readonly chunksPath: string;
  /** age recipients, in the order of the header. */
  readonly recipients: readonly string[];
  /** How much is read again where a reading goes on: OVERLAP_BYTES where it is left out. */
  readonly overlapBytes?: number | undefined;
}

/**
 * One original on its way into a sealed file. Calls come one after the other, `abort` at any time.
 * A failed write, sync or close ends the attempt for good: every later call rejects with the same error.
 */
export interface Sealing {
  /** Plaintext bytes taken so far, "unreadable" ones included. */
  readonly positionBytes: number;
  /**
   * Takes a piece and its buffer; resolves when the next one may come (a few are in flight).
   * Errors: those of the medium, at this or a later call; "pull.too-damaged" beyond UNREADABLE_RANGES_MAX ranges,
   * "pull.oversize" beyond ORIGINAL_BYTES_MAX.
   */
  write(piece: Piece): Promise<void>;
  /** Where a reading that goes on at `positionBytes` begins: what lies between is read again and compared. */
  readonly resumeBytes: number;
  /** Compares these bytes with those that were taken from `resumeBytes` on; undefined where they are the same. */
  resumeDifference(bytes: Uint8Array): Promise<ResumeDifference | undefined>;
  /** Both files are complete, synced and closed when it resolves. */
  finish(): Promise<SealResult>;
  /** Files are closed when it resolves; the caller removes them. Idempotent, never rejects, and nothing after `finish`. */
  abort(): Promise<void>;
}

/** SHA-256 of all bytes as they were taken, and of these with the ones that were read again in place of the last. */
export interface ResumeDifference {
  readonly takenSha256: string;
  readonly againSha256: string;
}

/** What a sealing measured. Digests in lower-case hex, sizes in bytes. */
export interface SealResult {
  readonly originalSizeBytes: number;
  readonly originalSha256: string;
  readonly sealedSizeBytes: number;
  /** Digest of `chunks.bin`. */
  readonly chunksSha256: string;
  /** Ranges that were sealed as zeros: ascending, not touching. */
  readonly unreadable: readonly { readonly offset_bytes: number; readonly size_bytes: number }[];
  readonly media: Manifest['media'];
}

/** A pass that only hashes. Calls come one after the other, `abort` at any time. */
export interface Digesting {
  /** Takes a piece and its buffer; resolves when the next one may come. */
  write(piece: Piece): Promise<void>;
  finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }>;
  /** Idempotent, never rejects. */
  abort(): Promise<void>;
}

// The calls between bulk-workers.ts and its threads: names, what goes in, what comes out. Types only.

/** What the threads of one process share. */
export interface BulkThreadData {
  readonly tags: TagMemory;
}

/** A pass is named by a number that no other pass of this process has, so a new worker never takes an old one's calls for its own. */
type OfPass<Args = object> = { readonly pass: number } & Args;

/** What a bulk worker answers. */
export type BulkCalls = {
  readonly ready: { readonly args: null; readonly result: void };
  readonly startSeal: { readonly args: OfPass<{ readonly job: SealJob }>; readonly result: void };
  readonly startDigest: { readonly args: OfPass; readonly result: void };
  readonly write: { readonly args: OfPass<{ readonly piece: Piece }>; readonly result: void };
  readonly resumeDifference: {
    readonly args: OfPass<{ readonly bytes: Uint8Array }>;
    readonly result: ResumeDifference | undefined;
  };
  readonly finishSeal: { readonly args: OfPass; readonly result: SealResult };
  readonly finishDigest: {
    readonly args: OfPass;
    readonly result: { readonly sizeBytes: number; readonly sha256: string };
  };
  readonly abort: { readonly args: OfPass; readonly result: void };
  readonly readUnit: { readonly args: UnitPlace; readonly result: Uint8Array<ArrayBuffer> };
  readonly lookInto: { readonly args: FoldersWanted; readonly result: FolderLooks };
  readonly sealSmall: {
    readonly args: { readonly bytes: Uint8Array; readonly recipients: readonly string[] };
    readonly result: Uint8Array;
  };
};

// The Bulk port with something around each of its calls, those of sealings and digests too (protocol/format/files-around.ts).

/** The same work. Errors: its own. */
export class BulkAround implements Bulk {
  readonly #bulk: Bulk;
  readonly #around: Around;

  constructor(bulk: Bulk, around: Around) {
    this.#bulk = bulk;
    this.#around = around;
  }

  async startSeal(job: SealJob): Promise<Sealing> {
    return new SealingAround(await this.#around(this.#bulk.startSeal(job)), this.#around);
  }

  async startDigest(): Promise<Digesting> {
    return new DigestingAround(await this.#around(this.#bulk.startDigest()), this.#around);
  }

  readUnit(
    path: string,
    position: number,
    sizeBytes: number,
    sha256: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#around(this.#bulk.readUnit(path, position, sizeBytes, sha256));
  }

  lookInto(wanted: FoldersWanted): Promise<FolderLooks> {
    return this.#around(this.#bulk.lookInto(wanted));
  }

  sealSmall(bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
    return this.#around(this.#bulk.sealSmall(bytes, recipients));
  }

  close(): Promise<void> {
    return this.#around(this.#bulk.close());
  }
}

class SealingAround implements Sealing {
  readonly #sealing: Sealing;
  readonly #around: Around;

  constructor(sealing: Sealing, around: Around) {
    this.#sealing = sealing;
    this.#around = around;
  }

  get positionBytes(): number {
    return this.#sealing.positionBytes;
  }

  get resumeBytes(): number {
    return this.#sealing.resumeBytes;
  }

  write(piece: Piece): Promise<void> {
    return this.#around(this.#sealing.write(piece));
  }

  resumeDifference(bytes: Uint8Array): Promise<ResumeDifference | undefined> {
    return this.#around(this.#sealing.resumeDifference(bytes));
  }

  finish(): Promise<SealResult> {
    return this.#around(this.#sealing.finish());
  }

  abort(): Promise<void> {
    return this.#around(this.#sealing.abort());
  }
}

class DigestingAround implements Digesting {
  readonly #digesting: Digesting;
  readonly #around: Around;

  constructor(digesting: Digesting, around: Around) {
    this.#digesting = digesting;
    this.#around = around;
  }

  write(piece: Piece): Promise<void> {
    return this.#around(this.#digesting.write(piece));
  }

  finish(): ReturnType<Digesting['finish']> {
    return this.#around(this.#digesting.finish());
  }

  abort(): Promise<void> {
    return this.#around(this.#digesting.abort());
  }
}
