// The stores of a camera over one session: which of them have their id in the paths of their files, and which the camera said are gone.
import { DockError } from '../../protocol/format/errors.ts';

/** A camera that wrongly said so often that a store is gone is asked about it no more. */
const WRONG_MAX = 3;

export class PtpStores {
  /** The one whose files have plain paths; null where all have their id in front; undefined before the first listing that shows any. */
  #plain: number | null | undefined;
  #known: readonly number[] = [];
  /** All that any listing of the session showed. */
  readonly #shown = new Set<number>();
  #doubted = new Set<number>();
  #wrong = 0;

  /**
   * Takes the stores of a listing. True for those that stand in the paths of their files: all where the first listing showed several, else all
   * but the one it showed. A store that comes or goes later changes no path of the others' files.
   */
  listed(storages: readonly number[]): (storage: number) => boolean {
    // A doubt that proved right stays for one more listing: a reading that fails behind it is told what it failed of.
    const missing = this.#known.filter((known) => this.#doubted.has(known) && !storages.includes(known));
    this.#doubted = new Set(missing);
    this.#known = storages;
    for (const storage of storages) this.#shown.add(storage);
    const [first] = storages;
    if (this.#plain === undefined && first !== undefined) this.#plain = storages.length === 1 ? first : null;
    return (storage) => storage !== this.#plain;
  }

  /** Those that an earlier listing showed and the last one did not: what lay on them is neither here nor gone. */
  get missing(): number[] {
    return [...this.#shown].filter((storage) => !this.#known.includes(storage));
  }

  /** The camera said that this one is gone, or one that it does not name. */
  doubt(storage: number | undefined): void {
    if (this.#wrong >= WRONG_MAX) return;
    for (const known of this.#known) if (storage === undefined || known === storage) this.#doubted.add(known);
  }

  isDoubted(storage: number): boolean {
    return this.#doubted.has(storage);
  }

  /** Which stores there are now, asked because of a doubt about this one. Errors: "driver.store-gone" where it is none of them. */
  assertThere(storage: number, storages: readonly number[], cause?: unknown): void {
    if (!storages.includes(storage)) {
      const words = `the camera's store 0x${storage.toString(16).padStart(8, '0')} was taken out while a file of it was read; put it back, or look whether its file system is damaged`;
      throw new DockError('driver.store-gone', words, { retry: 'later', cause, facts: { storage } });
    }
    this.#doubted.delete(storage);
    this.#wrong++;
  }
}
