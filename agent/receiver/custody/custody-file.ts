// One segment of a station's custody log as a file of the vault.
//
// Invariants:
// 1. `head` is durable: it moves only after the sync of the lines that it names.
// 2. Only whole lines count. What lies behind the last whole line (a torn append) or behind the durable part (after a failed sync) is
//    left out when the file is written anew, before the next append. Whole lines among it are no torn append: `leftOut` has them for a copy.
// 3. Behind a failed sync the system shows what it did not write, and says at the next sync that all is well. So the end of a file, where the
//    last append lies, is written once more when it is opened: nobody knows how that one went.
// 4. Nothing is written back that was not checked: the system may show a page that is not what lies on the medium. Lines are held to the chain,
//    the last checkpoint to its signature. What no checkpoint covers is left out: an append that was cut off, and the station sends it again.
import { join } from 'node:path';
import { checkpointFault, verifyCheckpoint } from '../../../protocol/custody/custody-checkpoint.ts';
import {
  CHAIN_START,
  type ChainState,
  type CustodyEntry,
  followChain,
  parseCustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../../protocol/custody/custody-scan.ts';
import { isPlainlySpelled, type PublicKey, signatureKeyId } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { createAnew } from '../../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import type { SegmentId, StationId } from '../../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX, CUSTODY_ENTRY_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../../protocol/format/ports.ts';
import { TEMPORARY } from '../vault/vault-layout.ts';

// Reads the end of a custody segment: the last entry that holds, and what lies behind it. Bounded, whatever the file's length.

const LF = 0x0a;
/** One append that may be torn, and whole lines before it. */
const TAIL_BYTES = CUSTODY_BATCH_BYTES_MAX + 2 * (CUSTODY_ENTRY_BYTES_MAX + 1);

/** The end of a segment's file. */
export interface CustodyTail {
  /** The last entry that holds; sequence 0 in an empty file. */
  readonly head: ChainState;
  /** Where its line ends. */
  readonly wholeBytes: number;
  /** `torn`: behind it lies only what a cut-off write leaves; `broken`: a whole line that does not follow. */
  readonly rest: 'none' | 'torn' | 'broken';
  /** The last checkpoint among the lines that were read, and where its line ends. */
  readonly checkpoint:
    { readonly entry: CustodyEntry; readonly head: ChainState; readonly wholeBytes: number } | undefined;
  /** What was read from the first whole line on, which is at `from`: the lines that hold, with their LF, which end at `wholeBytes`, and the rest. */
  readonly read: Uint8Array;
  readonly from: number;
}

/**
 * Follows the chain through the last TAIL_BYTES of a file, as far as it holds.
 * Errors: "custody.damaged" where no line there holds; the system's.
 */
export async function readTail(file: OpenFile, sizeBytes: number): Promise<CustodyTail> {
  const from = Math.max(0, sizeBytes - TAIL_BYTES);
  const bytes = new Uint8Array(sizeBytes - from);
  const read = bytes.subarray(0, await file.read(bytes, from));
  let at = from === 0 ? 0 : read.indexOf(LF) + 1;
  const first = at;
  let head = from === 0 ? CHAIN_START : undefined;
  let checkpoint: CustodyTail['checkpoint'];
  for (let end = read.indexOf(LF, at); end >= 0; end = read.indexOf(LF, at)) {
    const next = follow(head, read.subarray(at, end));
    if (next === undefined) break;
    head = next.state;
    at = end + 1;
    if (next.entry.event === 'checkpoint') checkpoint = { entry: next.entry, head, wholeBytes: from + at };
  }
  if (head === undefined || (head.sequence === 0 && sizeBytes > 0)) throw damaged();
  const left = read.subarray(at);
  const rest = left.length === 0 ? 'none' : left.includes(LF) ? 'broken' : 'torn';
  return { head, wholeBytes: from + at, rest, checkpoint, read: read.subarray(first), from: from + first };
}

/** One more line; undefined where it does not follow. The first line that is read may follow anything. */
function follow(
  head: ChainState | undefined,
  line: Uint8Array,
): { entry: CustodyEntry; state: ChainState } | undefined {
  try {
    if (head !== undefined) return followChain(head, line);
    const entry = parseCustodyEntry(line);
    return { entry, state: { sequence: entry.sequence, sha256: sha256Hex(line) } };
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** Of a segment that must not be added to as it is. */
export function damaged(what = 'no entry at its end holds'): DockError {
  return new DockError('custody.damaged', `a custody segment in the vault is damaged: ${what}`, {
    retry: 'person',
  });
}

/** Some ms of work on a slow machine: each line is parsed. */
const COPY_BYTES = 96 * 1024;

/** Where a segment's lines lie. */
export function segmentPath(folder: string, segment: SegmentId): string {
  return join(folder, `${segment}.jsonl`);
}

/** Its one keeper, who appends. */
export interface CustodyAppending {
  readonly station: StationId;
  readonly keys: readonly PublicKey[];
}

/** What opens a file: to append, or `read` by anybody else, who may do so while the keeper appends. */
export type CustodyUse = CustodyAppending | 'read';

type Tail = Pick<CustodyTail, 'head' | 'wholeBytes'> & {
  readonly checkpoint: CustodyEntry | undefined;
  readonly leftOut: Uint8Array | undefined;
};

const NO_TAIL: Tail = { head: CHAIN_START, wholeBytes: 0, checkpoint: undefined, leftOut: undefined };

/** A segment that is open for appending by this receiver alone. */
export class CustodyFile {
  readonly #files: Files;
  readonly #syncs: FolderSyncs;
  readonly #folder: string;
  readonly #path: string;
  #head: ChainState;
  #keyId: string | undefined;
  #wholeBytes: number;
  #clean: boolean;
  #named: boolean;
  #tornBytes: number;
  /** What lies behind the last checkpoint that holds, where a whole line there does not follow; undefined else. At most some batches. */
  readonly leftOut: Uint8Array | undefined;

  private constructor(
    place: { files: Files; syncs: FolderSyncs; folder: string; path: string },
    tail: Tail,
    sizeBytes: number | undefined,
  ) {
    this.#files = place.files;
    this.#syncs = place.syncs;
    this.#folder = place.folder;
    this.#path = place.path;
    this.#head = tail.head;
    this.#keyId = signatureKeyId(String(tail.checkpoint?.facts['signature']));
    this.#wholeBytes = tail.wholeBytes;
    this.#tornBytes = (sizeBytes ?? 0) - tail.wholeBytes;
    this.#clean = this.#tornBytes === 0;
    this.leftOut = tail.leftOut;
    this.#named = sizeBytes !== undefined;
  }

  /** Errors: "custody.damaged" where the last lines do not hold, or for a keeper the last checkpoint; the system's. */
  static async open(
    files: Files,
    syncs: FolderSyncs,
    folder: string,
    segment: SegmentId,
    use: CustodyUse,
  ): Promise<CustodyFile> {
    const path = segmentPath(folder, segment);
    const place = { files, syncs, folder, path };
    const stat = await files.stat(path);
    if (stat === undefined) return new CustodyFile(place, NO_TAIL, undefined);
    const opened = new CustodyFile(
      place,
      await tailOf(files, path, { sizeBytes: stat.sizeBytes, segment, use }),
      stat.sizeBytes,
    );
    if (use !== 'read') await syncs.sync(folder);
    return opened;
  }

  /** The last entry that is durable; sequence 0 where there is none. */
  get head(): ChainState {
    return this.#head;
  }

  /** Up to and with the last entry that is durable. */
  get sizeBytes(): number {
    return this.#wholeBytes;
  }

  /** Id of the key of its last checkpoint, in 16 hex digits; undefined where none is known. A segment is of one key (SPEC 4.9). */
  get keyId(): string | undefined {
    return this.#keyId;
  }

  /** Bytes behind the last line that holds; the next append leaves them out. */
  get tornBytes(): number {
    return this.#tornBytes;
  }

  /**
   * Appends whole lines; resolves when they are durable. After an error the file is written anew by the next call. Errors: "custody.damaged"
   * where it must be written anew and its chain does not hold; the system's.
   */
  async append(
    lines: Uint8Array,
    { head, keyId }: { readonly head: ChainState; readonly keyId: string | undefined },
  ): Promise<void> {
    if (!this.#clean) await this.#rewrite();
    this.#clean = false;
    const file = this.#named
      ? await this.#files.open(this.#path, 'write')
      : await createAnew(this.#files, this.#path);
    try {
      await file.write(lines, this.#wholeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!this.#named) await this.#syncs.sync(this.#folder);
    this.#named = true;
    this.#clean = true;
    this.#wholeBytes += lines.length;
    this.#head = head;
    this.#keyId = keyId;
  }

  async #rewrite(): Promise<void> {
    const temporary = this.#path + TEMPORARY;
    const to = await createAnew(this.#files, temporary);
    try {
      if (this.#wholeBytes > 0) await this.#copyTo(to);
      await to.sync();
    } finally {
      await to.close();
    }
    await this.#files.rename(temporary, this.#path);
    await this.#syncs.sync(this.#folder);
    this.#named = true;
    this.#clean = true;
    this.#tornBytes = 0;
  }

  async #copyTo(to: OpenFile): Promise<void> {
    const from = await this.#files.open(this.#path, 'read');
    try {
      const piece = new Uint8Array(Math.min(COPY_BYTES, this.#wholeBytes));
      let last = CHAIN_START.sha256;
      for (let at = 0; at < this.#wholeBytes;) {
        const part = piece.subarray(0, Math.min(piece.length, this.#wholeBytes - at));
        const lines = linked(part.subarray(0, await from.read(part, at)), last);
        await to.write(lines.bytes, at);
        at += lines.bytes.length;
        last = lines.last;
      }
      if (last !== this.#head.sha256) throw damaged('its chain does not lead to its end');
    } finally {
      await from.close();
    }
  }
}

/** The whole lines among these bytes, and the digest of the last. Errors: "custody.damaged" where one does not name the line before it. */
function linked(part: Uint8Array, before: string): { readonly bytes: Uint8Array; readonly last: string } {
  let last = before;
  let end = 0;
  for (const each of linesIn(part)) {
    if (previousOf(each.line) !== last) throw damaged('its chain does not hold');
    last = sha256Hex(each.line);
    end = each.end;
  }
  if (end === 0) throw damaged('it holds no whole line where one must be');
  return { bytes: part.subarray(0, end), last };
}

/** Undefined where it is no entry. */
function previousOf(line: Uint8Array): string | undefined {
  try {
    return parseCustodyEntry(line).previous;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** Lines of an earlier run may never have reached the medium; what `head` says must have. */
async function tailOf(
  files: Files,
  path: string,
  {
    sizeBytes,
    segment,
    use,
  }: { readonly sizeBytes: number; readonly segment: SegmentId; readonly use: CustodyUse },
): Promise<Tail> {
  const file = await files.open(path, use === 'read' ? 'read' : 'write');
  try {
    const tail = await readTail(file, sizeBytes);
    const kept = { ...tail, checkpoint: tail.checkpoint?.entry, leftOut: undefined };
    if (use === 'read') {
      await file.sync();
      return kept;
    }
    const { head, wholeBytes } = checkedEnd(tail, segment, use);
    // As much as the last append may have had.
    const proven = wholeBytes - tail.from;
    await file.write(tail.read.subarray(0, proven), tail.from);
    const leftOut = tail.rest === 'broken' ? tail.read.subarray(proven) : undefined;
    const checked = { ...kept, head, wholeBytes, leftOut };
    await file.sync();
    return checked;
  } finally {
    await file.close();
  }
}

/** Where what is proven ends; where there is no checkpoint at all, the last line. Errors: "custody.damaged". */
function checkedEnd(
  { rest, head, wholeBytes, checkpoint }: CustodyTail,
  segment: SegmentId,
  appending: CustodyAppending,
): Pick<CustodyTail, 'head' | 'wholeBytes'> {
  if (checkpoint === undefined) {
    if (rest === 'broken') throw damaged('its chain does not hold, and no checkpoint says how far it did');
    return { head, wholeBytes };
  }
  if (!isSigned(checkpoint.entry, segment, appending)) throw damaged('its last checkpoint was altered');
  return checkpoint;
}

/** Also where the key is none that is named now; then its id must be the same in both places of the text. */
function isSigned(
  checkpoint: CustodyEntry,
  segment: SegmentId,
  { station, keys }: CustodyAppending,
): boolean {
  if (checkpointFault(checkpoint, { station, segment, sha256: checkpoint.previous }) !== undefined)
    return false;
  try {
    verifyCheckpoint(checkpoint, keys);
    return true;
  } catch (error) {
    return (
      isDockError(error, 'signature.unknown-key') && isPlainlySpelled(String(checkpoint.facts['signature']))
    );
  }
}
