// What a station keeps in memory of recordings whose payload is here: a row of fixed length each, beside the heap. As objects they would take 800
// bytes each, and a station that waits for its store may hold tens of thousands. Pure: bytes and numbers, no disk.
//
// Invariants:
// 1. Rows hold all facts, whole: nothing has to be read from the disk for them.
// 2. A row's place changes when rows are added or removed (row-table.ts); nobody keeps one.
//
// Shape of a row, little-endian: recording and docking (16 bytes each); SHA-256 of path, original, chunk list, manifest and previous manifest (32
// each); sizes of original and sealed file in bytes and sealing in ms since 1970 (64-bit floats); numbers of four texts: camera, reason why it is
// rejected, key, recipients, 0 for none; and a word of bits: role (2), locked, whether there is a previous manifest, state (2).
import {
  bytesOfId,
  makeIdFrom,
  type CameraId,
  type DockingId,
  type RecordingId,
} from '../../protocol/format/ids.ts';
import type { ListedFile } from './released-rows.ts';
import { RowTable } from './row-table.ts';
import type { LinkFacts, RecordingFacts, RejectedReason, SpoolState } from './spooled-recording.ts';

const AT = {
  recording: 0,
  docking: 16,
  path: 32,
  original: 64,
  chunks: 96,
  manifest: 128,
  previous: 160,
  originalSize: 192,
  sealedSize: 200,
  sealed: 208,
  camera: 216,
  rejected: 220,
  key: 224,
  recipients: 228,
  bits: 232,
} as const;
export const RECORDING_ROW_BYTES = 236;
/** Where numbers of texts stand, the camera's first. */
const TEXTS_AT = [AT.camera, AT.rejected, AT.key, AT.recipients];
/** What rows are found by. */
const BY_ID = 0;
const BY_PATH = 1;

const ROLES = ['media', 'sidecar', 'other'] as const;
const STATES = ['spooled', 'receipted', 'released'] as const;
const LOCKED = 4;
const HAS_PREVIOUS = 8;
const STATE_SHIFT = 4;
const STATE_BITS = 3 << STATE_SHIFT;

/** Texts that many rows have alike, by numbers from 1 on. */
class Texts {
  readonly #list: string[] = [''];
  readonly #numbers = new Map<string, number>();
  readonly #words = new Map<number, readonly string[]>();

  get all(): readonly string[] {
    return this.#list.slice(1);
  }

  numberOf(text: string | null): number {
    if (text === null) return 0;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#list.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  /** Undefined where no row has that text. */
  known(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  text(number: number): string {
    return this.#list[number] ?? '';
  }

  /** A list that was written as its words with spaces in between. */
  words(number: number): readonly string[] {
    const known = this.#words.get(number);
    if (known !== undefined) return known;
    const words = this.text(number).split(' ').filter(Boolean);
    this.#words.set(number, words);
    return words;
  }
}

/** Takes copies of rows, such as a snapshot has: they name texts by numbers of their own. */
export class RowCopies {
  readonly #texts: Texts;
  readonly #put: (row: Buffer) => void;
  readonly #learned: string[] = [];

  constructor(texts: Texts, put: (row: Buffer) => void) {
    this.#texts = texts;
    this.#put = put;
  }

  /** A text of the other rows, in the order of their `texts`. One that none of them names is not kept. */
  learn(text: string): void {
    this.#learned.push(text);
  }

  /**
   * Adds copies whose texts were learned, of recordings whose payload is here; any other is passed over. A later one counts in place of an earlier one.
   * Shape: whole rows; they are written over.
   */
  put(rows: Buffer): void {
    for (let at = 0; at + RECORDING_ROW_BYTES <= rows.length; at += RECORDING_ROW_BYTES) {
      const row = rows.subarray(at, at + RECORDING_ROW_BYTES);
      if (!this.#isOurs(row)) continue;
      for (const place of TEXTS_AT) {
        const text = this.#learned[row.readUInt32LE(place) - 1];
        row.writeUInt32LE(this.#texts.numberOf(text ?? null), place);
      }
      this.#put(row);
    }
  }

  #isOurs(row: Buffer): boolean {
    const numbers = TEXTS_AT.map((place) => row.readUInt32LE(place));
    const state = STATES[(row.readUInt32LE(AT.bits) & STATE_BITS) >> STATE_SHIFT];
    const isHere = state === 'spooled' || state === 'receipted';
    return isHere && numbers[0] !== 0 && numbers.every((number) => number <= this.#learned.length);
  }
}

/** A recording as it is at this moment, for whoever goes through many: good until something changes in the spool. */
export class RecordingGlance {
  readonly #rows: RecordingRows;
  readonly #row: number;

  constructor(rows: RecordingRows, row: number) {
    this.#rows = rows;
    this.#row = row;
  }

  get recording(): RecordingId {
    return this.#rows.idAt(this.#row);
  }

  get state(): SpoolState {
    return this.#rows.stateAt(this.#row);
  }

  get locked(): boolean {
    return this.#rows.isLockedAt(this.#row);
  }

  get rejected(): RecordingFacts['rejected'] {
    return this.#rows.rejectedAt(this.#row);
  }

  get sealedSizeBytes(): number {
    return this.#rows.sealedSizeAt(this.#row);
  }

  /** Ms since 1970. */
  get sealedAtMs(): number {
    return this.#rows.sealedMsAt(this.#row);
  }
}

/** Rows of one spool. */
export class RecordingRows {
  readonly #table: RowTable = new RowTable(RECORDING_ROW_BYTES, [
    (row) => this.#table.uint32(row, AT.recording),
    (row) => this.#table.uint32(row, AT.path),
  ]);
  readonly #texts = new Texts();
  readonly #scratch = Buffer.alloc(RECORDING_ROW_BYTES);

  get size(): number {
    return this.#table.size;
  }

  /** Bytes beside the heap. */
  get memoryBytes(): number {
    return this.#table.memoryBytes;
  }

  /** The number of its row at this moment; undefined where it is not here. */
  find(recording: RecordingId): number | undefined {
    const id = bytesOfId(recording);
    return this.#table.find(BY_ID, id.readUInt32LE(0), AT.recording, id);
  }

  /** Adds a recording, or gives one that is here other facts and that state. Shape: its row. */
  put(facts: RecordingFacts, state: SpoolState): number {
    return this.#put(facts.recording, this.#bytesOf(facts, state));
  }

  get(recording: RecordingId): { readonly facts: RecordingFacts; readonly state: SpoolState } | undefined {
    const row = this.find(recording);
    return row === undefined ? undefined : { facts: this.factsAt(row), state: this.stateAt(row) };
  }

  /** For copies of rows that other rows gave. */
  copies(): RowCopies {
    return new RowCopies(this.#texts, (bytes) => this.#put(makeIdFrom(bytes) as RecordingId, bytes));
  }

  remove(row: number): void {
    this.#table.remove(row);
  }

  /** Rows from the last to the first: one that is there all the while is among them, whatever comes and goes between two steps. */
  downwards(): Generator<number> {
    return this.#table.downwards();
  }

  *glances(): Generator<RecordingGlance> {
    for (const row of this.#table.downwards()) yield new RecordingGlance(this, row);
  }

  /** Those without a receipt that counts, the oldest first. */
  waiting(): Pick<RecordingFacts, 'recording' | 'locked' | 'sealedSizeBytes'>[] {
    const rows = [...this.#table.downwards()].filter((row) => this.stateAt(row) === 'spooled');
    rows.sort((a, b) => this.sealedMsAt(a) - this.sealedMsAt(b));
    return rows.map((row) => ({
      recording: this.idAt(row),
      locked: this.isLockedAt(row),
      sealedSizeBytes: this.sealedSizeAt(row),
    }));
  }

  /** Rows of that camera, place and size, those that were sealed last first. */
  atPath(camera: CameraId, { pathSha256, sizeBytes }: ListedFile): number[] {
    const number = this.#texts.known(camera);
    if (number === undefined) return [];
    const path = Buffer.from(pathSha256, 'hex');
    const found = [...this.#table.found(BY_PATH, path.readUInt32LE(0))].filter(
      (row) =>
        this.#table.uint32(row, AT.camera) === number &&
        this.#table.float64(row, AT.originalSize) === sizeBytes &&
        this.#table.same(row, AT.path, path),
    );
    return found.sort((a, b) => this.sealedMsAt(b) - this.sealedMsAt(a));
  }

  /** Rows of that docking. */
  ofDocking(docking: DockingId): number[] {
    const bytes = bytesOfId(docking);
    return [...this.#table.downwards()].filter((row) => this.#table.same(row, AT.docking, bytes));
  }

  hasOriginal(row: number, originalSha256: string): boolean {
    return this.#table.same(row, AT.original, Buffer.from(originalSha256, 'hex'));
  }

  idAt(row: number): RecordingId {
    return makeIdFrom(this.#table.bytes(row, AT.recording, 16)) as RecordingId;
  }

  stateAt(row: number): SpoolState {
    return STATES[(this.#table.uint32(row, AT.bits) & STATE_BITS) >> STATE_SHIFT] ?? 'spooled';
  }

  setState(row: number, state: SpoolState): void {
    const bits = this.#table.uint32(row, AT.bits) & ~STATE_BITS;
    this.#table.setUint32(row, AT.bits, bits | (STATES.indexOf(state) << STATE_SHIFT));
  }

  isLockedAt(row: number): boolean {
    return (this.#table.uint32(row, AT.bits) & LOCKED) !== 0;
  }

  rejectedAt(row: number): RecordingFacts['rejected'] {
    const number = this.#table.uint32(row, AT.rejected);
    return number === 0 ? null : { reason: this.#texts.text(number) as RejectedReason };
  }

  sealedSizeAt(row: number): number {
    return this.#table.float64(row, AT.sealedSize);
  }

  /** Ms since 1970. */
  sealedMsAt(row: number): number {
    return this.#table.float64(row, AT.sealed);
  }

  factsAt(row: number): RecordingFacts {
    const table = this.#table;
    const bits = table.uint32(row, AT.bits);
    return {
      ...this.linkAt(row),
      docking: makeIdFrom(table.bytes(row, AT.docking, 16)) as DockingId,
      role: ROLES[bits & 3] ?? 'other',
      locked: (bits & LOCKED) !== 0,
      rejected: this.rejectedAt(row),
      pathSha256: this.#digest(row, AT.path),
      originalSizeBytes: table.float64(row, AT.originalSize),
      originalSha256: this.#digest(row, AT.original),
      sealedSizeBytes: this.sealedSizeAt(row),
      chunksSha256: this.#digest(row, AT.chunks),
      recipients: this.#texts.words(table.uint32(row, AT.recipients)),
    };
  }

  /** See RecordingFacts. */
  keyIdAt(row: number): string | null {
    const key = this.#table.uint32(row, AT.key);
    return key === 0 ? null : this.#texts.text(key);
  }

  linkAt(row: number): LinkFacts {
    const table = this.#table;
    return {
      recording: this.idAt(row),
      camera: this.#texts.text(table.uint32(row, AT.camera)) as CameraId,
      manifestSha256: this.#digest(row, AT.manifest),
      previousManifestSha256: this.#hasPrevious(row) ? this.#digest(row, AT.previous) : null,
      sealedAt: new Date(this.sealedMsAt(row)).toISOString(),
      keyId: this.keyIdAt(row),
    };
  }

  /** Rows of that camera. */
  *ofCamera(camera: CameraId): Generator<number> {
    const number = this.#texts.known(camera);
    if (number === undefined) return;
    for (const row of this.#table.downwards()) if (this.#table.uint32(row, AT.camera) === number) yield row;
  }

  /** Rows of that camera whose manifest names the one of that digest, or none. */
  *naming(camera: CameraId, previousSha256: string | null): Generator<number> {
    const digest = Buffer.from(previousSha256 ?? '', 'hex');
    for (const row of this.ofCamera(camera))
      if (this.#hasPrevious(row) === (previousSha256 !== null) && this.#table.same(row, AT.previous, digest))
        yield row;
  }

  /** Texts that rows name by their numbers, from 1 on. */
  get texts(): readonly string[] {
    return this.#texts.all;
  }

  /** The bytes of one row, good until something changes. */
  bytesAt(row: number): Buffer {
    return this.#table.bytes(row, 0, RECORDING_ROW_BYTES);
  }

  #put(recording: RecordingId, bytes: Uint8Array): number {
    const known = this.find(recording);
    if (known === undefined) return this.#table.add(bytes);
    this.#table.replace(known, bytes);
    return known;
  }

  #bytesOf(facts: RecordingFacts, state: SpoolState): Buffer {
    const bytes = this.#scratch;
    const digest = (sha256: string, at: number): void => void bytes.write(sha256, at, 'hex');
    bytes.set(bytesOfId(facts.recording), AT.recording);
    bytes.set(bytesOfId(facts.docking), AT.docking);
    digest(facts.pathSha256, AT.path);
    digest(facts.originalSha256, AT.original);
    digest(facts.chunksSha256, AT.chunks);
    digest(facts.manifestSha256, AT.manifest);
    bytes.fill(0, AT.previous, AT.originalSize);
    digest(facts.previousManifestSha256 ?? '', AT.previous);
    bytes.writeDoubleLE(facts.originalSizeBytes, AT.originalSize);
    bytes.writeDoubleLE(facts.sealedSizeBytes, AT.sealedSize);
    bytes.writeDoubleLE(Date.parse(facts.sealedAt), AT.sealed);
    bytes.writeUInt32LE(this.#texts.numberOf(facts.camera), AT.camera);
    bytes.writeUInt32LE(this.#texts.numberOf(facts.rejected?.reason ?? null), AT.rejected);
    bytes.writeUInt32LE(this.#texts.numberOf(facts.keyId), AT.key);
    bytes.writeUInt32LE(this.#texts.numberOf(facts.recipients.join(' ')), AT.recipients);
    const bits =
      ROLES.indexOf(facts.role) |
      (facts.locked ? LOCKED : 0) |
      (facts.previousManifestSha256 === null ? 0 : HAS_PREVIOUS) |
      (STATES.indexOf(state) << STATE_SHIFT);
    bytes.writeUInt32LE(bits, AT.bits);
    return bytes;
  }

  #hasPrevious(row: number): boolean {
    return (this.#table.uint32(row, AT.bits) & HAS_PREVIOUS) !== 0;
  }

  #digest(row: number, at: number): string {
    return this.#table.bytes(row, at, 32).toString('hex');
  }
}
