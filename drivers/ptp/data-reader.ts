// Reads PTP's simple types from a dataset that a camera sent: every length is checked before anything is taken. Pure.
// Source: ISO 15740:2013 clause 5.3; MTP 1.1 section 3.2.
import { DockError, isDockError } from '../../protocol/format/errors.ts';

/** A place in one dataset. What is announced is compared with the bytes that are there before anything is taken. */
export class DataReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;
  /** A text that was read went on after its end. */
  hasTextAfterEnd = false;

  /** `what` names the dataset in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at;
  }

  /** Errors of all reads: "driver.protocol" where the dataset ends before. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A count of 32 bits and so many elements of 16 bits. */
  u16Array(): number[] {
    return this.#array(2, () => this.u16());
  }

  /** A count of 32 bits and so many elements of 32 bits. */
  u32Array(): number[] {
    return this.#array(4, () => this.u32());
  }

  /**
   * A count of UTF-16 units with the closing zero, then the units. The text ends at the first zero; without one the whole is the text. Lone
   * surrogates are kept. `hasTextAfterEnd` is set where more than zeros follow.
   */
  string(): string {
    const units = this.u8();
    if (units * 2 > this.leftBytes) throw this.#short(`a text of ${units} characters`);
    const from = this.#take(units * 2);
    let text = '';
    for (let unit = 0; unit < units; unit++)
      text += String.fromCharCode(this.#view.getUint16(from + 2 * unit, true));
    const end = text.indexOf('\0');
    if (end < 0) return text;
    if (/[^\0]/.test(text.slice(end))) this.hasTextAfterEnd = true;
    return text.slice(0, end);
  }

  #array(elementBytes: number, read: () => number): number[] {
    const count = this.u32();
    if (count * elementBytes > this.leftBytes) throw this.#short(`an array of ${count} elements`);
    return Array.from({ length: count }, read);
  }

  #take(bytes: number): number {
    if (bytes > this.leftBytes) throw this.#short(`${bytes} more bytes`);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #short(announced: string): DockError {
    const words = `the camera's ${this.#what} ends after ${this.#bytes.length} bytes, it announced ${announced} at ${this.#at}`;
    return new DockError('driver.protocol', words, { retry: 'later', facts: { dataset: this.#what } });
  }
}

/** True for the error of a dataset that makes no sense while the camera is in step. Never throws. */
export function isDatasetError(error: unknown): boolean {
  return isDockError(error, 'driver.protocol') && 'dataset' in error.facts;
}
