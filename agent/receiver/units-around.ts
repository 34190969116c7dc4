// The UnitStore port with something around each of its calls, those of open recordings too (protocol/format/files-around.ts).
import type { Around } from '../../protocol/format/files-around.ts';
import type {
  DigestsState,
  UnitPlaces,
  UnitStore,
  UnitSubject,
  UnitWork,
} from '../../agent/receiver/vault/unit-store.ts';

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
