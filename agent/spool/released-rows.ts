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
import { randomInt } from 'node:crypto';
import {
  bytesOfId,
  makeIdFrom,
  type CameraId,
  type DockingId,
  type RecordingId,
} from '../../protocol/format/ids.ts';
import { RowTable } from './row-table.ts';
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
/** What rows are found by. */
const BY_ID = 0;
const BY_FILE = 1;
/** For the hash of a file: whoever names files and gives them sizes cannot choose many of one hash. */
const OF_CAMERA = randomInt(2 ** 32 - 1) | 1;
const OF_SIZE = randomInt(2 ** 32 - 1) | 1;
const SECOND_MAX = 0xff_ff_ff_ff;
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

function digestPrefix(sha256: string, bytes: number): Buffer {
  const prefix = Buffer.alloc(bytes);
  prefix.write(sha256.slice(0, 2 * bytes), 'hex');
  return prefix;
}

/** Rows of one spool. */
export class ReleasedRows {
  readonly #table: RowTable = new RowTable(ROW_BYTES, [
    (row) => this.#table.uint32(row, 0),
    (row) => fileHash(this.#table.uint32(row, AT.path), this.#camera(row), this.#table.uint32(row, AT.size)),
  ]);
  readonly #cameras: ListedCamera[] = [];
  readonly #numbers = new Map<CameraId, number>();

  /** Recordings that are here. */
  get size(): number {
    return this.#table.size;
  }

  /** Bytes beside the heap. */
  get memoryBytes(): number {
    return this.#table.memoryBytes;
  }

  has(recording: RecordingId): boolean {
    return this.#find(recording) !== undefined;
  }

  /** All of them as they are now. */
  recordings(): RecordingId[] {
    return [...this.#table.downwards()].map((row) => this.#idOf(row));
  }

  /** Adds a recording; it counts as listed, because its file may be on the camera. One that is here already stays as it is. */
  add(facts: RowFacts): void {
    if (this.has(facts.recording)) return;
    const sealedSecond = Math.max(0, Math.floor(Date.parse(facts.sealedAt) / 1000)) || 0;
    const number = this.#numberOf(facts.camera, sealedSecond);
    const bytes = Buffer.alloc(ROW_BYTES);
    bytes.set(bytesOfId(facts.recording), 0);
    bytes.set(digestPrefix(facts.pathSha256, 8), AT.path);
    bytes.set(digestPrefix(facts.manifestSha256, 8), AT.manifest);
    bytes.set(digestPrefix(facts.previousManifestSha256 ?? '', 8), AT.previous);
    bytes.set(digestPrefix(facts.originalSha256, 4), AT.original);
    bytes.writeUInt32LE(facts.originalSizeBytes % 2 ** 32, AT.size);
    bytes.set(bytesOfId(facts.docking).subarray(0, 4), AT.docking);
    bytes.writeUInt32LE(Math.min(sealedSecond, SECOND_MAX), AT.sealed);
    bytes.writeUInt32LE((number | (facts.rejected?.reason === 'damaged' ? DAMAGED : 0)) >>> 0, AT.camera);
    bytes.writeUInt32LE(this.#cameras[number]?.listing ?? 0, AT.listing);
    this.#table.add(bytes);
  }

  /** Forgets a recording. */
  remove(recording: RecordingId): void {
    const row = this.#find(recording);
    if (row !== undefined) this.#table.remove(row);
  }

  /** Forgets all but these. */
  retain(recordings: Iterable<RecordingId>): void {
    const kept = new Uint8Array(this.#table.size);
    for (const recording of recordings) {
      const row = this.#find(recording);
      if (row !== undefined) kept[row] = 1;
    }
    for (const row of this.#table.downwards()) if (kept[row] === 0) this.#table.remove(row);
  }

  /** Recordings that may be that file of that camera, by what the listing says; damaged ones never stand for another. The newest first. */
  ofFile(camera: CameraId, file: ListedFile, originalSha256?: string): RecordingId[] {
    const number = this.#numbers.get(camera);
    if (number === undefined) return [];
    const found = this.#atFile(number, file).filter((row) => !this.#isDamaged(row));
    const prefix = originalSha256 === undefined ? undefined : digestPrefix(originalSha256, 4);
    return this.#newestFirst(
      found.filter((row) => prefix === undefined || this.#table.same(row, AT.original, prefix)),
    );
  }

  /** Recordings that may have been sealed in that docking, the newest first. */
  ofDocking(docking: DockingId): RecordingId[] {
    const prefix = bytesOfId(docking).subarray(0, 4);
    const all = [...this.#table.downwards()];
    return this.#newestFirst(all.filter((row) => this.#table.same(row, AT.docking, prefix)));
  }

  /** A whole listing of a camera shows that file; `listed` follows when all of it was told. */
  shown(camera: CameraId, file: ListedFile): void {
    const number = this.#numbers.get(camera);
    const known = number === undefined ? undefined : this.#cameras[number];
    if (number === undefined || known === undefined) return;
    for (const row of this.#atFile(number, file)) this.#table.setUint32(row, AT.listing, known.listing + 1);
  }

  /** A whole listing of a camera was told: what it showed is listed from here on, and nothing else of this camera. */
  listed(camera: CameraId, nowMs: number): void {
    const number = this.#numbers.get(camera);
    const known = number === undefined ? undefined : this.#cameras[number];
    if (known === undefined) return;
    known.listing++;
    known.listedAt = Math.floor(nowMs / 1000);
  }

  /** A listing that lies ahead of a second that may be believed was stamped by a clock that may not: it counts as of that second. True where one did. */
  believe(now: number): boolean {
    const ahead = this.#cameras.filter(({ listedAt }) => listedAt > now);
    for (const camera of ahead) camera.listedAt = now;
    return ahead.length > 0;
  }

  /** Recordings of that camera, the newest first. */
  ofCamera(camera: CameraId): RecordingId[] {
    const number = this.#numbers.get(camera);
    if (number === undefined) return [];
    return this.#newestFirst([...this.#table.downwards()].filter((row) => this.#camera(row) === number));
  }

  /** Recordings of that camera whose manifest may name the one of that digest, or none. */
  naming(camera: CameraId, previousSha256: string | null): RecordingId[] {
    const number = this.#numbers.get(camera);
    const prefix = digestPrefix(previousSha256 ?? '', 8);
    return [...this.#table.downwards()]
      .filter((row) => this.#camera(row) === number && this.#table.same(row, AT.previous, prefix))
      .map((row) => this.#idOf(row));
  }

  /**
   * Recordings that may go, those that were sealed first first: so the end of a chain stays whole. So many, and some more where these have the same
   * place in that order; beginning at a place of an earlier answer, or with 0 anew; and where the next ones begin, 0 behind the last.
   */
  droppable(question: DropQuestion, from: number, countMax: number): { found: RecordingId[]; next: number } {
    const first = new FirstPlaces(countMax);
    for (const row of this.#table.downwards()) {
      const place = this.#place(row);
      if (place >= from && first.mayTake(place) && this.#mayGo(row, question)) first.take({ place, row });
    }
    const { taken, hasMore } = first.end();
    return {
      found: taken.map(({ row }) => this.#idOf(row)),
      next: hasMore ? (taken.at(-1)?.place ?? 0) + 1 : 0,
    };
  }

  /** Whether that one may still go. */
  isDroppable(recording: RecordingId, question: DropQuestion): boolean {
    const row = this.#find(recording);
    return row !== undefined && this.#mayGo(row, question);
  }

  /** Second at which a recording was sealed, by its manifest. */
  sealedAt(recording: RecordingId): number | undefined {
    const row = this.#find(recording);
    return row === undefined ? undefined : this.#table.uint32(row, AT.sealed);
  }

  get cameras(): readonly Readonly<ListedCamera>[] {
    return this.#cameras;
  }

  /** All rows as they are now but those of some recordings; cameras are named by their place in `cameras`. */
  snapshot(without: Iterable<RecordingId>): Buffer {
    const copy = this.#table.copy();
    let kept = this.#table.size;
    for (const row of [...this.#rowsOf(without)].sort((a, b) => b - a))
      copy.copyWithin(row * ROW_BYTES, --kept * ROW_BYTES, (kept + 1) * ROW_BYTES);
    return copy.subarray(0, kept * ROW_BYTES);
  }

  /** A camera that rows of an earlier snapshot name, in the order of `cameras`. */
  learn(camera: ListedCamera): void {
    this.#numbers.set(camera.camera, this.#cameras.length);
    this.#cameras.push({ ...camera });
  }

  /** Adds rows of an earlier snapshot whose cameras were learned. Shape: a multiple of ROW_BYTES; rows of no camera are passed over. */
  addRows(rows: Buffer): void {
    for (let at = 0; at < rows.length; at += ROW_BYTES)
      if (rows.readUInt32LE(at + AT.camera) % DAMAGED < this.#cameras.length)
        this.#table.add(rows.subarray(at, at + ROW_BYTES));
  }

  #find(recording: RecordingId): number | undefined {
    const id = bytesOfId(recording);
    return this.#table.find(BY_ID, id.readUInt32LE(0), 0, id);
  }

  #rowsOf(recordings: Iterable<RecordingId>): Set<number> {
    const rows = new Set<number>();
    for (const recording of recordings) {
      const row = this.#find(recording);
      if (row !== undefined) rows.add(row);
    }
    return rows;
  }

  #atFile(number: number, { pathSha256, sizeBytes }: ListedFile): number[] {
    const path = digestPrefix(pathSha256, 8);
    const size = sizeBytes % 2 ** 32;
    const found: number[] = [];
    for (const row of this.#table.found(BY_FILE, fileHash(path.readUInt32LE(0), number, size)))
      if (
        this.#camera(row) === number &&
        this.#table.uint32(row, AT.size) === size &&
        this.#table.same(row, AT.path, path)
      )
        found.push(row);
    return found;
  }

  #newestFirst(rows: number[]): RecordingId[] {
    const sealed = (row: number): number => this.#table.uint32(row, AT.sealed);
    return rows.sort((a, b) => sealed(b) - sealed(a)).map((row) => this.#idOf(row));
  }

  /** In the order in which recordings were sealed; whatever comes and goes, it stays the same. */
  #place(row: number): number {
    return this.#table.uint32(row, AT.sealed) * 2 ** 20 + (this.#table.uint32(row, 0) >>> 12);
  }

  #mayGo(row: number, { now, sealedBefore, listedBefore }: DropQuestion): boolean {
    const sealed = this.#table.uint32(row, AT.sealed);
    if (sealed >= sealedBefore && sealed <= now) return false;
    const camera = this.#cameras[this.#camera(row)];
    if (camera === undefined) return true;
    // One that a listing shows which is just being told has the next number already.
    const isListed = this.#table.uint32(row, AT.listing) >= camera.listing;
    return !isListed || camera.listedAt < listedBefore;
  }

  #numberOf(camera: CameraId, second: number): number {
    const known = this.#numbers.get(camera);
    if (known !== undefined) return known;
    this.#numbers.set(camera, this.#cameras.length);
    return this.#cameras.push({ camera, listing: 0, listedAt: second }) - 1;
  }

  #idOf(row: number): RecordingId {
    return makeIdFrom(this.#table.bytes(row, 0, 16)) as RecordingId;
  }

  #isDamaged(row: number): boolean {
    return this.#table.uint32(row, AT.camera) >= DAMAGED;
  }

  #camera(row: number): number {
    return this.#table.uint32(row, AT.camera) % DAMAGED;
  }
}

function fileHash(path: number, camera: number, size: number): number {
  return (path ^ Math.imul(camera + 1, OF_CAMERA) ^ Math.imul(size, OF_SIZE)) >>> 0;
}

/** A row and its place in an order. */
interface Placed {
  readonly place: number;
  readonly row: number;
}

/** The first ones of many that come in no order, and all that share the last one's place. */
class FirstPlaces {
  readonly #countMax: number;
  #taken: Placed[] = [];
  #last = Number.POSITIVE_INFINITY;
  #hasMore = false;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** False where it would change nothing. */
  mayTake(place: number): boolean {
    return place <= this.#last || !this.#hasMore;
  }

  take(placed: Placed): void {
    if (placed.place > this.#last) {
      this.#hasMore = true;
      return;
    }
    this.#taken.push(placed);
    if (this.#taken.length > 2 * this.#countMax) this.#cut();
  }

  end(): { readonly taken: readonly Placed[]; readonly hasMore: boolean } {
    this.#cut();
    return { taken: this.#taken, hasMore: this.#hasMore };
  }

  #cut(): void {
    this.#taken.sort((a, b) => a.place - b.place);
    this.#last = this.#taken[this.#countMax - 1]?.place ?? Number.POSITIVE_INFINITY;
    const kept = this.#taken.filter(({ place }) => place <= this.#last);
    this.#hasMore ||= kept.length < this.#taken.length;
    this.#taken = kept;
  }
}
