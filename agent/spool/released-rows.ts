// What a station keeps in memory of recordings whose payload was reclaimed: a row of fixed length each, beside the heap. A station of eight
// bays releases some 35,000 a year; as objects they would be 35 MB of heap, as rows they are 2.5. Pure: bytes and numbers, no disk.
//
// Invariants:
// 1. A row only points: digests in it are beginnings of digests, so whoever goes by a row reads the manifest in the folder that it names.
// 2. A row's place changes when rows are added or removed; nobody keeps one.
// 3. Of a camera, only whole listings count. A row is listed where it was in the last one, or came after it.
//
// Shape of a row, little-endian: recording (16 bytes); beginnings of the SHA-256 of path, manifest and previous manifest (8 each) and of the
// original (4); size of the original modulo 2^32; beginning of the docking (4); second at which it was sealed; number of the camera, with
// the highest bit where the recording is damaged; number of the listing.
import {
  bytesOfId,
  makeIdFrom,
  type CameraId,
  type DockingId,
  type RecordingId,
} from '../../protocol/ids.ts';
import { RowChains } from './row-chains.ts';
import type { RecordingFacts } from './spooled-recording.ts';

export const ROW_BYTES = 64;
const AT = {
  path: 16,
  manifest: 24,
  previous: 32,
  original: 40,
  size: 44,
  docking: 48,
  sealed: 52,
  camera: 56,
  listing: 60,
} as const;
/** Rows are added in steps, so that few are copied often and little is left unused. */
const ROOM_MIN = 256;
const GONE = 0xff_ff_ff_ff;
const DAMAGED = 0x80_00_00_00;

/** What is known of a camera's listings. */
export interface ListedCamera {
  readonly camera: CameraId;
  /** Number of its last whole listing, from 1 on; 0 where there was none yet. */
  listing: number;
  /** Second since 1970 of that listing, by the station's wall clock; of its first recording here where there was none. */
  listedAt: number;
}

/** A file as a listing shows it. */
export interface ListedFile {
  readonly pathSha256: string;
  readonly sizeBytes: number;
}

/** Facts that rows are made of. */
export type RowFacts = Pick<
  RecordingFacts,
  | 'recording'
  | 'camera'
  | 'docking'
  | 'pathSha256'
  | 'originalSizeBytes'
  | 'originalSha256'
  | 'manifestSha256'
  | 'previousManifestSha256'
  | 'sealedAt'
  | 'rejected'
>;

/** Which rows may go, see Released.droppable. Instants in seconds since 1970. */
export interface DropQuestion {
  readonly now: number;
  /** Sealed before that, or later than now. */
  readonly sealedBefore: number;
  /** A listing before that protects nothing any more. */
  readonly listedBefore: number;
}

/** A digest as `ends` compares it: its first 48 bits. */
export function digestKey(sha256: string): number {
  return Number.parseInt(sha256.slice(0, 12), 16);
}

function digestPrefix(sha256: string, bytes: number): Buffer {
  const prefix = Buffer.alloc(bytes);
  prefix.write(sha256.slice(0, 2 * bytes), 'hex');
  return prefix;
}

/** Rows of one spool. */
export class ReleasedRows {
  #bytes = Buffer.alloc(0);
  /** The same bytes, for their numbers. */
  #view = viewOf(this.#bytes);
  #rows = 0;
  #gone = 0;
  #byId = new RowChains(0);
  #byFile = new RowChains(0);
  readonly #cameras: ListedCamera[] = [];
  readonly #numbers = new Map<CameraId, number>();

  /** Recordings that are here. */
  get size(): number {
    return this.#rows - this.#gone;
  }

  /** Bytes beside the heap. */
  get memoryBytes(): number {
    return this.#bytes.length + this.#byId.memoryBytes + this.#byFile.memoryBytes;
  }

  has(recording: RecordingId): boolean {
    return this.#find(recording) !== undefined;
  }

  /** Adds a recording; it counts as listed, because its file may be on the camera. One that is here already stays as it is. */
  add(facts: RowFacts): void {
    if (this.has(facts.recording)) return;
    const sealedSecond = Math.max(0, Math.floor(Date.parse(facts.sealedAt) / 1000)) || 0;
    const number = this.#numberOf(facts.camera, sealedSecond);
    this.#makeRoom(1);
    const at = this.#rows * ROW_BYTES;
    const bytes = this.#bytes;
    bytes.set(bytesOfId(facts.recording), at);
    bytes.set(digestPrefix(facts.pathSha256, 8), at + AT.path);
    bytes.set(digestPrefix(facts.manifestSha256, 8), at + AT.manifest);
    bytes.set(digestPrefix(facts.previousManifestSha256 ?? '', 8), at + AT.previous);
    bytes.set(digestPrefix(facts.originalSha256, 4), at + AT.original);
    bytes.writeUInt32LE(facts.originalSizeBytes % 2 ** 32, at + AT.size);
    bytes.set(bytesOfId(facts.docking).subarray(0, 4), at + AT.docking);
    bytes.writeUInt32LE(Math.min(sealedSecond, GONE), at + AT.sealed);
    bytes.writeUInt32LE(
      (number | (facts.rejected?.reason === 'damaged' ? DAMAGED : 0)) >>> 0,
      at + AT.camera,
    );
    bytes.writeUInt32LE(this.#cameras[number]?.listing ?? 0, at + AT.listing);
    this.#chain(this.#rows++);
  }

  /** Forgets a recording. */
  remove(recording: RecordingId): void {
    const row = this.#find(recording);
    if (row === undefined) return;
    this.#erase(row);
    if (this.#gone > ROOM_MIN && this.#gone > this.#rows / 4) this.#pack(0);
  }

  /** Forgets all but these. */
  retain(recordings: Iterable<RecordingId>): void {
    const kept = new Uint8Array(this.#rows);
    for (const recording of recordings) {
      const row = this.#find(recording);
      if (row !== undefined) kept[row] = 1;
    }
    for (let row = 0; row < this.#rows; row++) if (kept[row] === 0 && !this.#isGone(row)) this.#erase(row);
    this.#pack(0);
  }

  /** Recordings that may be that file of that camera, by what the listing says; damaged ones never stand for another. The newest first. */
  ofFile(camera: CameraId, file: ListedFile, originalSha256?: string): RecordingId[] {
    const number = this.#numbers.get(camera);
    if (number === undefined) return [];
    const found = this.#atFile(number, file).filter((row) => !this.#isDamaged(row));
    const prefix = originalSha256 === undefined ? undefined : digestPrefix(originalSha256, 4);
    return this.#newestFirst(
      found.filter((row) => prefix === undefined || this.#same(row, AT.original, prefix)),
    );
  }

  /** Recordings that may have been sealed in that docking, the newest first. */
  ofDocking(docking: DockingId): RecordingId[] {
    const prefix = bytesOfId(docking).subarray(0, 4);
    return this.#newestFirst([...this.#all()].filter((row) => this.#same(row, AT.docking, prefix)));
  }

  /** A whole listing of a camera shows that file; `listed` follows when all of it was told. */
  shown(camera: CameraId, file: ListedFile): void {
    const number = this.#numbers.get(camera);
    const known = number === undefined ? undefined : this.#cameras[number];
    if (number === undefined || known === undefined) return;
    for (const row of this.#atFile(number, file))
      this.#bytes.writeUInt32LE(known.listing + 1, row * ROW_BYTES + AT.listing);
  }

  /** A whole listing of a camera was told: what it showed is listed from here on, and nothing else of this camera. */
  listed(camera: CameraId, nowMs: number): void {
    const number = this.#numbers.get(camera);
    const known = number === undefined ? undefined : this.#cameras[number];
    if (known === undefined) return;
    known.listing++;
    known.listedAt = Math.floor(nowMs / 1000);
  }

  /** Beginnings of all digests that rows but those of some recordings name as their previous manifest, for `ends`. */
  *previous(without: Iterable<RecordingId>): Generator<number> {
    const passed = new Set([...without].map((recording) => this.#find(recording)));
    for (const row of this.#all()) if (!passed.has(row)) yield this.#digestKey(row, AT.previous);
  }

  /** Recordings whose manifest is not among these: ends of chains. */
  *ends(named: ReadonlySet<number>): Generator<RecordingId> {
    for (const row of this.#all()) if (!named.has(this.#digestKey(row, AT.manifest))) yield this.#idOf(row);
  }

  /** Recordings that may go, at most so many, beginning at a place of an earlier answer; and where the next ones begin, 0 behind the last. */
  droppable(question: DropQuestion, from: number, countMax: number): { found: RecordingId[]; next: number } {
    const found: RecordingId[] = [];
    for (let row = from; row < this.#rows; row++) {
      if (this.#isGone(row) || !this.#mayGo(row, question)) continue;
      if (found.length === countMax) return { found, next: row };
      found.push(this.#idOf(row));
    }
    return { found, next: 0 };
  }

  /** Whether that one may still go. */
  isDroppable(recording: RecordingId, question: DropQuestion): boolean {
    const row = this.#find(recording);
    return row !== undefined && this.#mayGo(row, question);
  }

  /** Second at which a recording was sealed, by its manifest. */
  sealedAt(recording: RecordingId): number | undefined {
    const row = this.#find(recording);
    return row === undefined ? undefined : this.#number(row, AT.sealed);
  }

  get cameras(): readonly Readonly<ListedCamera>[] {
    return this.#cameras;
  }

  /** All rows as they are now but those of some recordings; cameras are named by their place in `cameras`. */
  snapshot(without: Iterable<RecordingId>): Buffer {
    const copy = Buffer.from(this.#bytes.subarray(0, this.#rows * ROW_BYTES));
    for (const recording of without) {
      const row = this.#find(recording);
      if (row !== undefined) copy.writeUInt32LE(GONE, row * ROW_BYTES + AT.camera);
    }
    return copy;
  }

  /** Rows of an earlier snapshot. Called once, before anything is added. Shape: a multiple of ROW_BYTES. */
  static of(cameras: readonly ListedCamera[], rows: readonly Buffer[]): ReleasedRows {
    const made = new ReleasedRows();
    for (const camera of cameras) {
      made.#numbers.set(camera.camera, made.#cameras.length);
      made.#cameras.push({ ...camera });
    }
    made.#bytes = Buffer.concat(rows);
    made.#view = viewOf(made.#bytes);
    made.#rows = made.#bytes.length / ROW_BYTES;
    for (let row = 0; row < made.#rows; row++) if (made.#isGone(row)) made.#gone++;
    made.#pack(0);
    return made;
  }

  *#all(): Generator<number> {
    for (let row = 0; row < this.#rows; row++) if (!this.#isGone(row)) yield row;
  }

  #find(recording: RecordingId): number | undefined {
    const id = bytesOfId(recording);
    for (const row of this.#byId.rows(id.readUInt32LE(0)))
      if (!this.#isGone(row) && this.#same(row, 0, id)) return row;
    return undefined;
  }

  #atFile(number: number, { pathSha256, sizeBytes }: ListedFile): number[] {
    const path = digestPrefix(pathSha256, 8);
    const size = sizeBytes % 2 ** 32;
    const found: number[] = [];
    for (const row of this.#byFile.rows(fileHash(path.readUInt32LE(0), number, size)))
      if (
        this.#camera(row) === number &&
        this.#number(row, AT.size) === size &&
        this.#same(row, AT.path, path)
      )
        found.push(row);
    return found;
  }

  #newestFirst(rows: number[]): RecordingId[] {
    rows.sort((a, b) => this.#number(b, AT.sealed) - this.#number(a, AT.sealed) || b - a);
    return rows.map((row) => this.#idOf(row));
  }

  #mayGo(row: number, { now, sealedBefore, listedBefore }: DropQuestion): boolean {
    const sealed = this.#number(row, AT.sealed);
    if (sealed >= sealedBefore && sealed <= now) return false;
    const camera = this.#cameras[this.#camera(row)];
    if (camera === undefined) return true;
    // One that a listing shows which is just being told has the next number already.
    const isListed = this.#number(row, AT.listing) >= camera.listing;
    return !isListed || camera.listedAt < listedBefore;
  }

  #numberOf(camera: CameraId, second: number): number {
    const known = this.#numbers.get(camera);
    if (known !== undefined) return known;
    this.#numbers.set(camera, this.#cameras.length);
    return this.#cameras.push({ camera, listing: 0, listedAt: second }) - 1;
  }

  #erase(row: number): void {
    this.#bytes.writeUInt32LE(GONE, row * ROW_BYTES + AT.camera);
    this.#gone++;
  }

  #chain(row: number): void {
    this.#byId.add(this.#number(row, 0), row);
    const path = this.#number(row, AT.path);
    this.#byFile.add(fileHash(path, this.#camera(row), this.#number(row, AT.size)), row);
  }

  #makeRoom(rows: number): void {
    if ((this.#rows + rows) * ROW_BYTES > this.#bytes.length) this.#pack(ROOM_MIN + (this.#rows >> 3));
  }

  /** Rows without gaps, with room for so many more. */
  #pack(room: number): void {
    const kept = this.#rows - this.#gone;
    const packed = Buffer.alloc((kept + room) * ROW_BYTES);
    let to = 0;
    for (const [from, end] of this.#runs())
      to += this.#bytes.copy(packed, to, from * ROW_BYTES, end * ROW_BYTES);
    this.#bytes = packed;
    this.#view = viewOf(packed);
    this.#rows = kept;
    this.#gone = 0;
    this.#byId = new RowChains(kept + room);
    this.#byFile = new RowChains(kept + room);
    for (let row = 0; row < kept; row++) this.#chain(row);
  }

  /** Rows beside each other of which none is gone: the first, and the one behind the last. */
  *#runs(): Generator<readonly [from: number, end: number]> {
    for (let row = 0; row < this.#rows; row++) {
      if (this.#isGone(row)) continue;
      const from = row;
      while (row < this.#rows && !this.#isGone(row)) row++;
      yield [from, row];
    }
  }

  #idOf(row: number): RecordingId {
    return makeIdFrom(this.#bytes.subarray(row * ROW_BYTES, row * ROW_BYTES + 16)) as RecordingId;
  }

  #isGone(row: number): boolean {
    return this.#number(row, AT.camera) === GONE;
  }

  #isDamaged(row: number): boolean {
    return this.#number(row, AT.camera) >= DAMAGED;
  }

  #camera(row: number): number {
    const number = this.#number(row, AT.camera);
    return number === GONE ? GONE : number % DAMAGED;
  }

  #number(row: number, at: number): number {
    return this.#view.getUint32(row * ROW_BYTES + at, true);
  }

  #same(row: number, at: number, bytes: Buffer): boolean {
    const from = row * ROW_BYTES + at;
    return this.#bytes.compare(bytes, 0, bytes.length, from, from + bytes.length) === 0;
  }

  #digestKey(row: number, at: number): number {
    const from = row * ROW_BYTES + at;
    return this.#bytes.readUIntBE(from, 6);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function fileHash(path: number, camera: number, size: number): number {
  return (path ^ Math.imul(camera + 1, 0x9e_37_79_b1) ^ Math.imul(size, 0x85_eb_ca_6b)) >>> 0;
}
