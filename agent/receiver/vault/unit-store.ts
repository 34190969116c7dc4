// The port to whatever checks digests and moves units to and from disk. The production adapter does it off the main thread.
// It never makes, names, syncs or removes a file: that is the vault's.
import type { Around } from '../../../protocol/format/files-around.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';

/** Where the two bulk files of one recording lie. */
export interface UnitPlaces {
  readonly payloadPath: string;
  readonly chunksPath: string;
}

/** What the manifest says of them. */
export interface UnitSubject {
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
}

/** Length of the whole digest list. Here and not from manifest.ts, which would load the schema library into the worker (14 MiB). */
export function digestListBytes({ sealedSizeBytes }: UnitSubject): number {
  return Math.ceil(sealedSizeBytes / UNIT_BYTES) * DIGEST_BYTES;
}

/** Length of one unit; only the last one may be shorter than UNIT_BYTES. */
export function unitLength({ sealedSizeBytes }: UnitSubject, unit: number): number {
  return Math.min(UNIT_BYTES, sealedSizeBytes - unit * UNIT_BYTES);
}

/** State of the digest list after a piece of it. A wrong list is forgotten whole: the next piece starts at 0. */
export type DigestsState = 'more' | 'whole' | 'wrong';

/** The open files of one recording. Calls are carried out in the order in which they are made, also without waiting. */
export interface UnitWork {
  /** Appends to the digest list, in order from offset 0; the bytes are copied here and now. Errors: the system's, with its code. */
  appendDigests(offset: number, bytes: Uint8Array): Promise<DigestsState>;
  /** Writes the unit in that slab to its place where it equals its digest. False: it does not, nothing was written. Errors: the system's. */
  storeUnit(unit: number, slab: number, sizeBytes: number): Promise<boolean>;
  /** Whether the unit on disk is there and equals its digest. With `writeAgain` it is written once more then. Errors: the system's. */
  holdsUnit(unit: number, writeAgain?: boolean): Promise<boolean>;
  /** Idempotent. Errors, the first time: the system's; what was written may not have reached the medium then. */
  close(): Promise<void>;
}

/** Opens recordings for their units. */
export interface UnitStore {
  /**
   * Whether the file is a digest list of the right length and digest. A file that is not there is none.
   * Errors: the system's.
   */
  checkDigests(chunksPath: string, subject: UnitSubject): Promise<boolean>;
  /** `mode` "read" only serves `holdsUnit`. With `write`, `digestsWhole` says that the list was checked. Errors: the system's. */
  open(
    places: UnitPlaces,
    subject: UnitSubject,
    mode: { readonly kind: 'read' } | { readonly kind: 'write'; readonly digestsWhole: boolean },
  ): Promise<UnitWork>;
}

// The UnitStore port with something around each of its calls, those of open recordings too (protocol/format/files-around.ts).

/** The same units. Errors: theirs. */
export class UnitsAround implements UnitStore {
  readonly #units: UnitStore;
  readonly #around: Around;

  constructor(units: UnitStore, around: Around) {
    this.#units = units;
    this.#around = around;
  }

  checkDigests(chunksPath: string, subject: UnitSubject): Promise<boolean> {
    return this.#around(this.#units.checkDigests(chunksPath, subject));
  }

  async open(
    places: UnitPlaces,
    subject: UnitSubject,
    mode: Parameters<UnitStore['open']>[2],
  ): Promise<UnitWork> {
    return new UnitWorkAround(await this.#around(this.#units.open(places, subject, mode)), this.#around);
  }
}

class UnitWorkAround implements UnitWork {
  readonly #work: UnitWork;
  readonly #around: Around;

  constructor(work: UnitWork, around: Around) {
    this.#work = work;
    this.#around = around;
  }

  appendDigests(offset: number, bytes: Uint8Array): Promise<DigestsState> {
    return this.#around(this.#work.appendDigests(offset, bytes));
  }

  storeUnit(unit: number, slab: number, sizeBytes: number): Promise<boolean> {
    return this.#around(this.#work.storeUnit(unit, slab, sizeBytes));
  }

  holdsUnit(unit: number, writeAgain?: boolean): Promise<boolean> {
    return this.#around(this.#work.holdsUnit(unit, writeAgain));
  }

  close(): Promise<void> {
    return this.#around(this.#work.close());
  }
}
