// Writes one segment of the custody log: groups of entries, each closed by a signed checkpoint, appended with one write and one sync.
//
// Invariants:
// 1. `head` is durable: it moves only after write and sync, and for the first group after the folder's sync too.
// 2. After a failed write or sync the segment is over: nothing is written or synced behind it.
import { parseUtf8, sha256Hex } from '../../protocol/bytes.ts';
import {
  CHAIN_START,
  CUSTODY_HEAD_TRUSTED_COMMENT,
  encodeCustodyEntry,
  encodeCustodyHead,
  type ChainState,
  type CustodyEntry,
} from '../../protocol/custody-entry.ts';
import type { SegmentId, StationId } from '../../protocol/ids.ts';
import { CUSTODY_GROUP_ENTRIES } from '../../protocol/limits.ts';
import type { Files, OpenFile, Signer } from '../../protocol/ports.ts';
import { segmentPath } from './custody-segments.ts';

const LF = new Uint8Array([10]);

/** An entry that has no place in a chain yet. */
export type LooseEntry = Omit<CustodyEntry, 'sequence' | 'previous'>;

/** Who signs which log, and what time a checkpoint bears. */
export interface ChainContext {
  readonly station: StationId;
  readonly segment: SegmentId;
  readonly signer: Signer;
  /** Time and boot of an entry that is made now. */
  readonly stamp: () => Pick<LooseEntry, 'at' | 'boot' | 'monotonic_ms'>;
}

/** Chained lines with their LF, and where the chain stands behind them. */
export interface ChainedGroups {
  readonly bytes: Uint8Array;
  readonly state: ChainState;
}

/**
 * Chains entries behind a state, closing each CUSTODY_GROUP_ENTRIES of them, and the last ones, by a signed checkpoint.
 * Errors: the signer's.
 */
export async function chainGroups(
  start: ChainState,
  entries: readonly LooseEntry[],
  context: ChainContext,
): Promise<ChainedGroups> {
  const lines: Uint8Array[] = [];
  let state = start;
  const add = (entry: LooseEntry): void => {
    const line = encodeCustodyEntry({ ...entry, sequence: state.sequence + 1, previous: state.sha256 });
    lines.push(line, LF);
    state = { sequence: state.sequence + 1, sha256: sha256Hex(line) };
  };
  for (let from = 0; from < entries.length; from += CUSTODY_GROUP_ENTRIES) {
    for (const entry of entries.slice(from, from + CUSTODY_GROUP_ENTRIES)) add(entry);
    add(await checkpoint(state, context));
  }
  return { bytes: Buffer.concat(lines), state };
}

async function checkpoint(
  state: ChainState,
  { station, segment, signer, stamp }: ChainContext,
): Promise<LooseEntry> {
  const head = encodeCustodyHead({ type: 'custody-head', version: 1, station, segment, ...state });
  const signature = await signer.sign(head, CUSTODY_HEAD_TRUSTED_COMMENT);
  return { ...stamp(), event: 'checkpoint', facts: { head: parseUtf8(head) ?? '', signature } };
}

/** An open segment. */
export class SegmentWriter {
  readonly segment: SegmentId;
  readonly #files: Files;
  readonly #folder: string;
  readonly #file: OpenFile;
  #head: ChainState = CHAIN_START;
  #sizeBytes = 0;

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

  /** Appends groups that were chained behind `head`, durably. Errors: the system's; then `abandon` it. */
  async append({ bytes, state }: ChainedGroups): Promise<void> {
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    if (this.#head.sequence === 0) await this.#files.syncFolder(this.#folder);
    this.#sizeBytes += bytes.length;
    this.#head = state;
  }

  /** Closes the file of a segment that ends as it should. Errors: the system's. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Leaves a segment whose write failed; the next start ends it. One that never held anything durable is removed. Never rejects. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    if (this.#head.sequence === 0)
      await this.#files.unlink(segmentPath(this.#folder, this.segment)).catch(() => undefined);
  }
}
