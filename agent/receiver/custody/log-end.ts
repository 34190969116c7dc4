// The segments of the store's own log as files: their order, changes to them, and where the log ends.
import { dirname, join } from 'node:path';
import {
  CHAIN_START,
  type ChainState,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type CustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { type ChainBreak, type FoundSegment, inOrder } from '../../../protocol/custody/custody-order.ts';
import { linesIn, type ScannedSegment, SegmentScan } from '../../../protocol/custody/custody-scan.ts';
import { firstEntry } from '../../../protocol/custody/segment-file.ts';
import { keyIdHex, type PublicKey, signatureKeyId } from '../../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import { writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';
import { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import type { Files, Log, Signer } from '../../../protocol/format/ports.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import { CUSTODY_SEGMENTS_MAX } from '../limits.ts';
import { SIGNATURE_SUFFIX } from '../vault/vault-layout.ts';
import { type CustodyTail, readTail, segmentPath } from './custody-file.ts';
import { readNewest, writeNewest } from './custody-forks.ts';
import type { LogTree } from './log-tree.ts';

// The files of the store's own log, changed under its lock (vault-lock.ts). Rules in store-log.ts.

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

interface SegmentFilesOptions {
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
   * Writes a segment again without what lies behind its last entry, so that all of it is surely durable. Nothing is written where its chain does
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

/** What this process itself wrote last of the store's log, and made durable. Made once for each process. */
export class WrittenEnd {
  /** Null where it wrote nothing yet, or where that failed. */
  last: CustodyHead | null = null;
  /** The segment of `last`, begun by the key of that id, with what was written last; undefined where another one must be opened. */
  open: (OpenSegment & { readonly keyId: string; readonly bytes: Uint8Array }) | undefined;
  /** At the end of `last`; of use only while that is the end of the log. */
  tree: LogTree | undefined;
  /** A tile is gone or damaged: all are made again. */
  isTreeDamaged = false;
}

/** The end that this process remembers, where nobody wrote since; undefined where the end must be found. Errors: the system's. */
export async function rememberedEnd(
  files: SegmentFiles,
  { written, publicKey }: LogEndDeps,
): Promise<LogEnd | undefined> {
  const { last, open, tree } = written;
  if (
    written.isTreeDamaged ||
    last === null ||
    open === undefined ||
    tree === undefined ||
    open.keyId !== keyIdHex(publicKey.keyId)
  )
    return undefined;
  const path = segmentPath(files.folder, open.segment);
  if ((await files.files.stat(path))?.sizeBytes !== open.sizeBytes) return undefined;
  if ((await files.files.stat(path + SIGNATURE_SUFFIX)) !== undefined) return undefined;
  const file = await files.files.open(path, 'read');
  try {
    const shown = new Uint8Array(open.bytes.length);
    await file.read(shown, open.sizeBytes - shown.length);
    return equalBytes(shown, open.bytes) ? { last, open, breaks: [] } : undefined;
  } finally {
    await file.close();
  }
}

/** The end of the log. */
export interface LogEnd {
  /** The last entry that holds; null in a log without one. */
  readonly last: CustodyHead | null;
  /** The segment of `last`, where the next entry may stand in it. */
  readonly open: OpenSegment | undefined;
  /** What the next segment has to say of the one before. */
  readonly breaks: readonly ChainBreak[];
}

export interface LogEndDeps {
  readonly log: Log;
  readonly publicKey: PublicKey;
  readonly written: WrittenEnd;
}

/** Finds the end, and cuts a torn write. Errors: those of SegmentFiles, "store-log.oversize". */
export async function findEnd(files: SegmentFiles, deps: LogEndDeps): Promise<LogEnd> {
  const hinted = await hintedSegment(files.files, files.folder);
  const found = hinted && (await endIn(files, hinted, deps));
  if (found !== undefined && found.breaks.length === 0) return found;
  const breaks: ChainBreak[] = [];
  for (const segment of (await orderedSegments(files.files, files.folder)).toReversed()) {
    const end = await endIn(files, segment, deps);
    breaks.unshift(...end.breaks);
    if (end.last !== null) return { ...end, breaks };
  }
  return { last: null, open: undefined, breaks };
}

async function endIn(
  files: SegmentFiles,
  { segment, signed }: StoreSegment,
  deps: LogEndDeps,
): Promise<LogEnd> {
  const looked = await look(files, segment);
  if (looked.kind === 'broken') return brokenAt(segment, looked.head, looked.reason);
  const { head, wholeBytes, rest, checkpoint } = looked.tail;
  const last = { segment, ...head };
  if (signed || !isOurs(checkpoint?.entry, deps.publicKey)) return { last, open: undefined, breaks: [] };
  const open = { segment, head, sizeBytes: wholeBytes };
  if (rest === 'torn' || deps.written.last?.sha256 !== head.sha256) {
    const broken = await files.rewrite(open);
    if (broken !== undefined) return brokenAt(segment, broken.state, reasonOf(broken));
  }
  if (rest === 'torn') deps.log.warn('store log: torn end cut', { segment, sequence: head.sequence });
  return { last, open, breaks: [] };
}

/** The log goes on in another segment, behind the last entry that holds. */
function brokenAt(segment: SegmentId, { sequence, sha256 }: ChainState, reason: string): LogEnd {
  const last = sequence === 0 ? null : { segment, sequence, sha256 };
  return { last, open: undefined, breaks: [{ segment, sequence, reason }] };
}

function reasonOf({ state, reason }: Pick<ScannedSegment, 'state' | 'reason'>): string {
  if (reason !== '') return reason;
  return state.sequence === 0 ? 'no entry in it' : 'its chain does not lead to its end';
}

type Looked =
  | { readonly kind: 'good'; readonly tail: CustodyTail }
  | { readonly kind: 'broken'; readonly head: CustodyTail['head']; readonly reason: string };

/** The end of one segment; where that does not hold, all of it is followed from the beginning. */
async function look(files: SegmentFiles, segment: SegmentId): Promise<Looked> {
  try {
    const tail = await tailOf(files, segment);
    if (tail.head.sequence > 0 && tail.rest !== 'broken') return { kind: 'good', tail };
  } catch (error) {
    if (!isDockError(error, 'custody.damaged')) throw error;
  }
  const { state, reason } = await files.scan(segment);
  return { kind: 'broken', head: state, reason: reasonOf({ state, reason }) };
}

async function tailOf({ files, folder }: SegmentFiles, segment: SegmentId): Promise<CustodyTail> {
  const file = await files.open(segmentPath(folder, segment), 'read');
  try {
    return await readTail(file, await file.sizeBytes());
  } finally {
    await file.close();
  }
}

/** A segment is of one key (SPEC 4.9.2). One without a checkpoint at its end was begun by nobody of ours. */
function isOurs(checkpoint: CustodyEntry | undefined, { keyId }: PublicKey): boolean {
  const signature = checkpoint?.facts['signature'];
  return typeof signature === 'string' && signatureKeyId(signature) === keyIdHex(keyId);
}

// Which segment of the store's own log is the newest one. Reads first entries only.

/** One segment in the folder. */
export interface StoreSegment {
  readonly segment: SegmentId;
  /** Ended: a signature over the whole of it lies beside it. */
  readonly signed: boolean;
  readonly first: CustodyEntry | undefined;
}

/**
 * All segments, the oldest first; undefined stands for first entries that cannot be read.
 * Errors: "store-log.oversize" for a folder with more than CUSTODY_SEGMENTS_MAX; the system's.
 */
export async function orderedSegments(files: Files, folder: string): Promise<StoreSegment[]> {
  const { ids, signed } = await listSegments(files, folder);
  const found: FoundSegment[] = [];
  for (const segment of ids) {
    const first = await firstEntry(files, join(folder, segment + SEGMENT_SUFFIX));
    found.push({ segment, first, last: CHAIN_START, signed: signed.has(segment) });
  }
  return inOrder(found);
}

/** The only segment that has not ended, where the hint names it too; undefined where it takes a look at all of them. Errors: the system's. */
async function hintedSegment(files: Files, folder: string): Promise<StoreSegment | undefined> {
  const { ids, signed } = await listSegments(files, folder);
  const [open, ...others] = ids.filter((id) => !signed.has(id));
  if (open === undefined || others.length > 0 || (await readNewest(files, folder)) !== open) return undefined;
  return { segment: open, signed: false, first: undefined };
}

async function listSegments(
  files: Files,
  folder: string,
): Promise<{ ids: SegmentId[]; signed: ReadonlySet<SegmentId> }> {
  const names = await files.list(folder);
  const idsOf = (suffix: string): SegmentId[] =>
    names
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .filter(isSegmentId);
  const ids = idsOf(SEGMENT_SUFFIX);
  if (ids.length <= CUSTODY_SEGMENTS_MAX)
    return { ids, signed: new Set(idsOf(SEGMENT_SUFFIX + SIGNATURE_SUFFIX)) };
  const message = `${folder} holds ${ids.length} segments, at most ${CUSTODY_SEGMENTS_MAX} are looked at: this is no log of ours`;
  throw new DockError('store-log.oversize', message, { retry: 'person' });
}
