// The files of the store's own log, changed under its lock (locks.ts). Rules in store-log.ts.
import { dirname, join } from 'node:path';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { CUSTODY_SEGMENT_TRUSTED_COMMENT, type ChainState } from '../../../protocol/custody/custody-entry.ts';
import type { ChainBreak } from '../../../protocol/custody/custody-order.ts';
import { linesIn, SegmentScan, type ScannedSegment } from '../../../protocol/custody/custody-scan.ts';
import { writeAnew } from '../../../protocol/format/durable.ts';
import type { SegmentId } from '../../../protocol/format/ids.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Files, Signer } from '../../../protocol/format/ports.ts';
import { segmentPath } from './custody-file.ts';
import { writeNewest } from './custody-newest.ts';
import { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { SIGNATURE_SUFFIX } from '../vault/vault-layout.ts';

/** A segment has at most 2 MiB and one append: anything longer is none of ours. */
export const SEGMENT_READ_BYTES_MAX = 16 * 1024 * 1024;
/** Some 5 ms of work on a slow machine. */
const LINES_PER_TURN = 64;

/** A segment that is gone on with. */
export interface OpenSegment {
  readonly segment: SegmentId;
  readonly head: ChainState;
  /** Up to and with the last entry. */
  readonly sizeBytes: number;
}

export interface SegmentFilesOptions {
  readonly files: Files;
  /** `custody/` of the store. */
  readonly folder: string;
  /** See underLock. */
  readonly workFolder: string;
  readonly signer: Signer;
  readonly publicKey: PublicKey;
}

/** Changes to the folder. Errors of all: the system's. */
export class SegmentFiles {
  readonly files: Files;
  readonly folder: string;
  readonly #options: SegmentFilesOptions;

  constructor(options: SegmentFilesOptions) {
    this.#options = options;
    this.files = options.files;
    this.folder = options.folder;
  }

  /** Puts a new segment in place, durable with the folders above it. */
  async create(segment: SegmentId, bytes: Uint8Array): Promise<void> {
    const { files, folder, workFolder } = this.#options;
    const work = join(workFolder, `${segment}.jsonl`);
    await writeAnew(files, work, bytes);
    for (const path of [dirname(dirname(folder)), dirname(folder)]) await files.syncFolder(path);
    await this.#place(work, segmentPath(folder, segment));
    await writeNewest({ files, folder, syncs: new FolderSyncs(files) }, segment);
  }

  /** Appends whole lines, durably. */
  async append({ segment, sizeBytes }: OpenSegment, bytes: Uint8Array): Promise<void> {
    const { files, folder } = this.#options;
    const file = await files.open(segmentPath(folder, segment), 'write');
    try {
      await file.write(bytes, sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /**
   * Writes a segment anew without what lies behind its last entry, so that all of it is surely durable. Nothing is written where its chain does
   * not lead there: what the system shows may not be what lies on the medium. Gives how far it holds then.
   */
  async rewrite({ segment, head, sizeBytes }: OpenSegment): Promise<ScannedSegment | undefined> {
    const { files, folder, workFolder, publicKey } = this.#options;
    const path = segmentPath(folder, segment);
    const bytes = (await files.readAll(path, SEGMENT_READ_BYTES_MAX)).subarray(0, sizeBytes);
    const scanned = await scanBytes(segment, bytes, [publicKey]);
    if (scanned.state.sha256 !== head.sha256 || scanned.rest !== 'none') return scanned;
    const work = join(workFolder, `${segment}.jsonl`);
    await writeAnew(files, work, bytes);
    await this.#place(work, path);
    return undefined;
  }

  /** Signs the whole of a segment that holds; else says where it breaks and leaves it. */
  async end({ segment }: OpenSegment): Promise<ChainBreak | undefined> {
    const { files, folder, workFolder, signer, publicKey } = this.#options;
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    const { state, rest, reason } = await scanBytes(segment, bytes, [publicKey]);
    if (rest !== 'none') return { segment, sequence: state.sequence, reason };
    const signature = await signer.sign(bytes, CUSTODY_SEGMENT_TRUSTED_COMMENT);
    const name = `${segment}.jsonl${SIGNATURE_SUFFIX}`;
    const work = join(workFolder, name);
    await writeAnew(files, work, encodeUtf8(signature));
    await this.#place(work, join(folder, name));
    return undefined;
  }

  /** What the whole of a segment is worth; signatures are not looked at. */
  async scan(segment: SegmentId): Promise<ScannedSegment> {
    const bytes = await this.files.readAll(segmentPath(this.folder, segment), SEGMENT_READ_BYTES_MAX);
    return scanBytes(segment, bytes, []);
  }

  async #place(work: string, path: string): Promise<void> {
    const { files, folder } = this.#options;
    await files.rename(work, path);
    await files.syncFolder(folder);
  }
}

async function scanBytes(
  segment: SegmentId,
  bytes: Uint8Array,
  keys: readonly PublicKey[],
): Promise<ScannedSegment> {
  const scan = new SegmentScan(segment);
  const turns = new LoopTurns();
  let lines = 0;
  for (const { line, end } of linesIn(bytes)) {
    if (!scan.take(line, end)) break;
    if (++lines % LINES_PER_TURN === 0) await turns.next();
  }
  return scan.finish(bytes, keys);
}
