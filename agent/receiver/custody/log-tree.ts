// The store's log as a Merkle tree (SPEC 4.15): `<vault>/<receiver>/log/`, made of the lines of the log under its lock.
//
// Invariants:
// 1. A checkpoint is signed only over lines that are durable, and only where the one that is there is that of the same lines at its size.
// 2. Everything here can be made again from the lines, so nothing is synced but the tiles of a segment that ends: its lines may be dropped later.
// 3. A tile has its final name at once: it is written before the checkpoint that needs it, and what a cut left of it is written again.
import { join } from 'node:path';
import type { ChainBreak } from '../../../protocol/custody/custody-order.ts';
import { linesIn } from '../../../protocol/custody/custody-scan.ts';
import { parseCustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, equalBytes, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, readIfThere, writeLoose } from '../../../protocol/format/durable.ts';
import { DockError, isDockError, systemCode } from '../../../protocol/format/errors.ts';
import { LOG } from '../../../protocol/format/file-names.ts';
import type { SegmentId } from '../../../protocol/format/ids.ts';
import type { Files, Signer } from '../../../protocol/format/ports.ts';
import {
  formatCheckpoint,
  originKey,
  parseCheckpoint,
  type Checkpoint,
} from '../../../protocol/transparency/checkpoint.ts';
import {
  consistencyProof,
  isConsistent,
  leafHash,
  type ReadNode,
  rootAt,
} from '../../../protocol/transparency/merkle.ts';
import {
  formatNote,
  NOTE_BYTES_MAX,
  type NoteKey,
  parseNote,
  signatureLine,
  verifyNote,
} from '../../../protocol/transparency/signed-note.ts';
import {
  GrowingTiles,
  HASH_BYTES,
  type Tile,
  TILE_WIDTH,
  tilePath,
  tilesBetween,
} from '../../../protocol/transparency/tiles.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import { CHECKPOINT, TEMPORARY } from '../vault/vault-layout.ts';
import { segmentPath } from './custody-file.ts';

/** Some 5 ms of work on a slow machine. */
const LINES_PER_TURN = 1024;
/** A segment has at most 2 MiB and one append. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** Folder of the tree of an origin; `keeper` is the receiver's folder in the vault. */
export function logFolder(keeper: string, origin: string): string {
  const [, , , restored] = origin.split('/');
  return restored === undefined ? join(keeper, LOG) : join(keeper, LOG, restored);
}

/** Lines of one segment that belong to the tree. */
export interface TreeSegment {
  readonly segment: SegmentId;
  /** Leaves before its first line. */
  readonly from: number;
  /** Its lines that hold. */
  readonly lines: number;
}

export interface LogTreeOptions {
  readonly files: Files;
  /** The receiver's folder in the vault, with its custody log and the tree. */
  readonly keeper: string;
  readonly origin: string;
}

/** Signs with the store's key, also notes. */
export interface StoreSigner extends Signer {
  /** See signNoteText. */
  signNote(text: string): Promise<Uint8Array>;
}

/** The tree at the end of the log. */
export class LogTree {
  readonly origin: string;
  readonly folder: string;
  readonly #files: Files;
  readonly #options: LogTreeOptions;
  #tiles = GrowingTiles.empty();
  #size = 0;
  /** Leaves of the tree whose tiles are written. */
  #written = 0;
  #note: string | undefined;
  #checkpoint: Checkpoint | undefined;
  #refusal: DockError | undefined;
  #isEndCovered = true;
  readonly #folders = new Set<string>();

  private constructor(options: LogTreeOptions) {
    this.#options = options;
    this.#files = options.files;
    this.origin = options.origin;
    this.folder = logFolder(options.keeper, options.origin);
  }

  /**
   * The tree of these segments, the oldest first, each beginning where the one before ends; `all` asks for those before the last one where they
   * are needed, or where tiles are damaged. Where it is not the tree that was signed, or lines after the last one do not follow (`broken`: they may
   * have been signed, and a cut took the checkpoint), `refusal` says so.
   * Errors: the system's.
   */
  static async open(
    options: LogTreeOptions,
    last: TreeSegment | undefined,
    all: () => Promise<readonly TreeSegment[]>,
    isDamaged = false,
    broken?: ChainBreak,
  ): Promise<LogTree> {
    const tree = new LogTree(options);
    await tree.#readCheckpoint();
    tree.#size = last === undefined ? 0 : last.from + last.lines;
    if (last === undefined) tree.#judge();
    else if (isDamaged || tree.#checkpoint === undefined || !(await tree.#isMadeFrom([last])))
      await tree.#makeFrom(await all());
    if (last !== undefined && broken !== undefined)
      tree.#refuse(`segment ${broken.segment} breaks after entry ${broken.sequence}: ${broken.reason}`);
    return tree;
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** The newest checkpoint that was signed, and its note; undefined where there is none. */
  get newest(): { readonly checkpoint: Checkpoint; readonly note: string } | undefined {
    return this.#checkpoint && this.#note !== undefined
      ? { checkpoint: this.#checkpoint, note: this.#note }
      : undefined;
  }

  /** A checkpoint of the chain covers all lines: only then one of the tree is signed. */
  get isEndCovered(): boolean {
    return this.#isEndCovered;
  }

  /** Why no checkpoint is signed: the lines are not those of the checkpoint that is there, or not all can be followed. */
  get refusal(): DockError | undefined {
    return this.#refusal;
  }

  /** Takes durable lines, without their LF. */
  append(lines: readonly Uint8Array[]): void {
    for (const line of lines) this.#tiles.append(leafHash(line));
    this.#size += lines.length;
    this.#isEndCovered = true;
  }

  /** Writes what the tree has and the folder has not, then the checkpoint. Nothing where it is refused. Errors: the system's, the signer's. */
  async publish(signer: StoreSigner, { key: publicKey }: PublicKey): Promise<void> {
    if (this.#refusal !== undefined || !this.#isEndCovered || this.size === 0) return;
    for (const { tile, bytes } of this.#tiles.take(this.#written)) await this.#writeTile(tile, bytes);
    this.#written = this.size;
    const checkpoint = { origin: this.origin, size: this.size, root: this.#tiles.root() };
    const text = formatCheckpoint(checkpoint);
    const key = originKey(this.origin, publicKey);
    if (this.#note !== undefined && isSigned(this.#note, text, key)) return;
    const note = formatNote(text, [signatureLine(key, await signer.signNote(text))]);
    await this.#ensure(this.folder);
    const path = join(this.folder, CHECKPOINT);
    await writeLoose(this.#files, path + TEMPORARY, encodeUtf8(note));
    await this.#files.rename(path + TEMPORARY, path);
    [this.#note, this.#checkpoint] = [note, checkpoint];
  }

  /** The segment that began after `from` leaves ends: its full tiles are on the medium then, for ever. Errors: the system's. */
  async sync(from: number): Promise<void> {
    if (this.#refusal !== undefined) return;
    const folders = new Set<string>();
    for (const tile of tilesBetween(from, this.#written)) {
      if (tile.width < TILE_WIDTH) continue;
      const path = join(this.folder, tilePath(tile));
      const file = await this.#files.open(path, 'write');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      for (const folder of foldersOf(this.folder, tilePath(tile))) folders.add(folder);
    }
    for (const folder of [...folders].toReversed()) await this.#files.syncFolder(folder);
  }

  /** False where the tiles do not lead to these segments, or not to the checkpoint: all lines must be read. */
  async #isMadeFrom(segments: readonly TreeSegment[]): Promise<boolean> {
    const [first] = segments;
    const from = first?.from ?? 0;
    // Where it cannot be read the tiles alone say what dropped segments had.
    if (this.#checkpoint !== undefined && from > this.#checkpoint.size) return false;
    try {
      this.#tiles = from === 0 ? GrowingTiles.empty() : await GrowingTiles.at(from, this.#readTile);
    } catch (error) {
      if (!isDockError(error, 'log.tile') && systemCode(error) !== 'ENOENT') throw error;
      return false;
    }
    this.#written = from;
    for (const segment of segments) if (!(await this.#addLines(segment))) return false;
    this.#judge();
    return this.#refusal === undefined;
  }

  async #makeFrom(segments: readonly TreeSegment[]): Promise<void> {
    this.#refusal = undefined;
    const [first] = segments;
    if (first !== undefined && first.from > 0 && (await this.#isMadeFrom(segments))) return;
    this.#refusal = undefined;
    this.#tiles = GrowingTiles.empty();
    this.#written = 0;
    for (const segment of segments) if (!(await this.#addLines(segment))) break;
    this.#judge();
  }

  /** False where the lines are not those that the checkpoint was made of, or begin at another place. */
  async #addLines({ segment, from, lines }: TreeSegment): Promise<boolean> {
    const size = this.#tiles.size;
    if (from !== size) return this.#refuse(`segment ${segment} begins at ${from}, not at ${size}`);
    const path = segmentPath(join(this.#options.keeper, 'custody'), segment);
    const bytes = await this.#files.readAll(path, SEGMENT_BYTES_MAX);
    const turns = new LoopTurns();
    let count = 0;
    let last: Uint8Array | undefined;
    for (const { line } of linesIn(bytes)) {
      if (count >= lines) break;
      this.#tiles.append(leafHash(line));
      last = line;
      if (this.#tiles.size === this.#checkpoint?.size && !this.#isSigned()) return false;
      if (++count % LINES_PER_TURN === 0) await turns.next();
    }
    this.#isEndCovered = last !== undefined && isCheckpoint(last);
    return true;
  }

  #isSigned(): boolean {
    const signed = this.#checkpoint;
    if (signed === undefined || equalBytes(signed.root, this.#tiles.root())) return true;
    return this.#refuse(`its first ${signed.size} lines are not those of its checkpoint`);
  }

  /** The lines are all there: fewer than the checkpoint names is refused. */
  #judge(): void {
    const signed = this.#checkpoint?.size ?? 0;
    const size = this.#tiles.size;
    if (signed > size) this.#refuse(`it has ${size} lines, its checkpoint names ${signed}`);
  }

  #refuse(why: string): false {
    this.#refusal ??= new DockError(
      'log.shorter',
      `the store's log ${this.origin}: ${why}. No receipt is given. Put back what is missing, or say that the vault was restored (bodydock-receiver restored)`,
      { retry: 'person' },
    );
    return false;
  }

  /** One that cannot be read says nothing: a cut may have left it so. */
  async #readCheckpoint(): Promise<void> {
    const bytes = await readIfThere(this.#files, join(this.folder, CHECKPOINT), NOTE_BYTES_MAX);
    const note = bytes && parseUtf8(bytes);
    try {
      const checkpoint = note === undefined ? undefined : parseCheckpoint(parseNote(note).text);
      if (checkpoint?.origin === this.origin) [this.#note, this.#checkpoint] = [note, checkpoint];
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
    }
  }

  readonly #readTile = (tile: Tile): Promise<Uint8Array> => readTile(this.#files, this.folder, tile);

  async #writeTile(tile: Tile, bytes: Uint8Array): Promise<void> {
    const path = join(this.folder, tilePath(tile));
    const there = await readIfThere(this.#files, path, 2 * bytes.length).catch(() => undefined);
    if (there !== undefined && equalBytes(there, bytes)) return;
    for (const folder of foldersOf(this.folder, tilePath(tile))) await this.#ensure(folder);
    await writeLoose(this.#files, path, bytes);
    if (tile.width === TILE_WIDTH) await this.#files.removeTree(`${path}.p`);
  }

  async #ensure(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await ensureFolder(this.#files, folder);
    this.#folders.add(folder);
  }
}

/** A tile from the folder of a tree; a partial one also from the full or a wider one that it became. Errors: the system's. */
export async function readTile(
  files: Pick<Files, 'readAll' | 'list'>,
  folder: string,
  tile: Tile,
): Promise<Uint8Array> {
  const bytesMax = TILE_WIDTH * HASH_BYTES;
  const sizeBytes = tile.width * HASH_BYTES;
  const pathOf = (width: number): string => join(folder, tilePath({ ...tile, width }));
  const partial =
    tile.width < TILE_WIDTH ? await readIfThere(files, pathOf(tile.width), bytesMax) : undefined;
  if (partial?.length === sizeBytes) return partial;
  const full = await readIfThere(files, pathOf(TILE_WIDTH), bytesMax);
  if (full !== undefined) return full.subarray(0, sizeBytes);
  const widths = (await listIfThere(files, `${pathOf(TILE_WIDTH)}.p`)).map(Number).filter(Number.isInteger);
  const wider = await files.readAll(pathOf(Math.max(tile.width, ...widths)), bytesMax);
  return wider.subarray(0, sizeBytes);
}

/**
 * Hashes that show that the tree of a checkpoint begins with the one of `from` leaves.
 * Errors: "log.tile" where damaged tiles give others: who hears them would take the log for another one; those of `read`.
 */
export async function provenBeginning(
  from: number,
  { size, root }: Checkpoint,
  read: ReadNode,
): Promise<Uint8Array[]> {
  const proof = await consistencyProof(from, size, read);
  const fromRoot = await rootAt(from, read);
  if (!isConsistent({ from, fromRoot, size, root, proof })) throw damagedTile();
  return proof;
}

/** One of the right length, which shows only in what is proven with it. */
export function damagedTile(): DockError {
  const message = 'tiles of the log do not give the root of its checkpoint';
  return new DockError('log.tile', message, { retry: 'person' });
}

/** Whether a note that can be read has this text and a signature of that key. */
function isSigned(note: string, text: string, key: NoteKey): boolean {
  const parsed = parseNote(note);
  try {
    return parsed.text === text && verifyNote(parsed, [key]).length > 0;
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}

/** Folders on the way to a tile, from that of the tree on. */
function foldersOf(folder: string, path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  const above = [folder];
  for (const part of parts) above.push(join(above.at(-1) ?? folder, part));
  const [, restored] = folder.split(`/${LOG}/`);
  return restored === undefined ? above : [join(folder, '..'), ...above];
}

function isCheckpoint(line: Uint8Array): boolean {
  try {
    return parseCustodyEntry(line).event === 'checkpoint';
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}
