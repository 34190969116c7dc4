// Reads a sealed file once, unit by unit, compares each with its digest and hands the bytes on. Memory is one unit.
import { equalBytes, sha256 } from '../../../protocol/format/bytes.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { unitBytes, unitCount } from '../../../protocol/documents/manifest.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import type { DigestList } from './digest-list.ts';

/** Units in a row that differ from their digests. */
export interface AlteredUnits {
  readonly first: number;
  count: number;
  /** Of the first one, in hex. */
  readonly expected: string;
  readonly found: string;
}

/** Separate places of one recording that are told; a file with more is altered everywhere. */
export const ALTERED_PLACES_MAX = 16;

/** One pass over a sealed file, which may be left and taken up again. */
export class UnitReader {
  /** Places where units differ, the first ALTERED_PLACES_MAX of them. */
  readonly altered: AlteredUnits[] = [];
  /** All units that differ. */
  alteredCount = 0;
  /** Units that were compared and fit. */
  goodCount = 0;
  /** Where the file ended although it was longer when it was looked at. */
  cutAt: number | undefined;
  readonly #file: OpenFile;
  readonly #digests: DigestList | undefined;
  readonly #sizeBytes: number;
  readonly #expectedBytes: number;
  readonly #signal: AbortSignal;
  readonly #unit: Uint8Array;
  #next = 0;

  /** Reads `sizeBytes` of the file, whose length should be `expectedBytes`; without digests it only hands on. */
  constructor(question: {
    readonly file: OpenFile;
    readonly digests: DigestList | undefined;
    readonly sizeBytes: number;
    readonly expectedBytes: number;
    readonly signal: AbortSignal;
  }) {
    this.#file = question.file;
    this.#digests = question.digests;
    this.#sizeBytes = Math.min(question.sizeBytes, question.expectedBytes);
    this.#expectedBytes = question.expectedBytes;
    this.#signal = question.signal;
    this.#unit = new Uint8Array(Math.min(UNIT_BYTES, this.#sizeBytes));
  }

  /** The units from where the last reading stopped; each is valid until the next one. Errors: the system's; the signal's reason. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#next < unitCount(this.#sizeBytes)) {
      this.#signal.throwIfAborted();
      const number = this.#next;
      const wanted = this.#unit.subarray(0, unitBytes(this.#sizeBytes, number));
      const unit = wanted.subarray(0, await this.#file.read(wanted, number * UNIT_BYTES));
      this.#next = number + 1;
      if (unit.length < wanted.length) {
        this.cutAt = number * UNIT_BYTES + unit.length;
        this.#next = Infinity;
      }
      await this.#compare(number, unit);
      if (unit.length > 0) yield unit;
    }
  }

  /** Reads and compares what is left. Errors: as read. */
  async readRest(): Promise<void> {
    for await (const unit of this.read()) void unit;
  }

  async #compare(number: number, unit: Uint8Array): Promise<void> {
    const expected = await this.#digests?.next();
    // A unit that was cut is no altered one: the length of the file says so already.
    if (expected === undefined || unit.length !== unitBytes(this.#expectedBytes, number)) return;
    const found = sha256(unit);
    if (equalBytes(found, expected)) this.goodCount++;
    else this.#note(number, hex(expected), hex(found));
  }

  #note(number: number, expected: string, found: string): void {
    this.alteredCount++;
    const last = this.altered.at(-1);
    if (last !== undefined && last.first + last.count === number) last.count++;
    else if (this.altered.length < ALTERED_PLACES_MAX)
      this.altered.push({ first: number, count: 1, expected, found });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
