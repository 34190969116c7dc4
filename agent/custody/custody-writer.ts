// Writes one segment of the custody log: groups of entries, each closed by a signed checkpoint, appended with one write and one sync.
//
// Invariants:
// 1. `head` is durable: it moves only after write and sync, and for the first group after the folder's sync too.
// 2. After a failed write or sync the segment is over: nothing is written or synced behind it.
import { createHash } from 'node:crypto';
import type { ChainedGroups } from '../../protocol/custody/custody-chain.ts';
import { CHAIN_START, type ChainState } from '../../protocol/custody/custody-entry.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';
import { segmentPath } from './custody-segments.ts';

/** The first bytes of a segment, and their digest. */
export interface DurableBytes {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** An open segment. */
export class SegmentWriter {
  readonly segment: SegmentId;
  readonly #files: Files;
  readonly #folder: string;
  readonly #file: OpenFile;
  #head: ChainState = CHAIN_START;
  #sizeBytes = 0;
  readonly #hash = createHash('sha256');

  private constructor(segment: SegmentId, files: Files, folder: string, file: OpenFile) {
    this.segment = segment;
    this.#files = files;
    this.#folder = folder;
    this.#file = file;
  }

  /** Makes the file. Errors: the system's. */
  static async create(segment: SegmentId, files: Files, folder: string): Promise<SegmentWriter> {
    const file = await files.create(segmentPath(folder, segment));
    return new SegmentWriter(segment, files, folder, file);
  }

  /** The last durable entry; sequence 0 before the first group. */
  get head(): ChainState {
    return this.#head;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Of what is durable, as it was written: whoever reads it back knows whether he was shown the same. */
  durable(): DurableBytes {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.copy().digest('hex') };
  }

  /** Appends groups that were chained behind `head`, durably. Errors: the system's; then `abandon` it. */
  async append({ bytes, state }: ChainedGroups): Promise<void> {
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    if (this.#head.sequence === 0) await this.#files.syncFolder(this.#folder);
    this.#sizeBytes += bytes.length;
    this.#hash.update(bytes);
    this.#head = state;
  }

  /** Closes the file of a segment that ends as it should. Errors: the system's. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Leaves a segment whose write failed, which segment-endings.ts ends. Never rejects. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}
