// Reads `chunks.bin` once, in step with the payload: gives one digest after the other and hashes the whole. Memory is one buffer.
import { createHash } from 'node:crypto';
import { DIGEST_BYTES } from '../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';

const BUFFER_BYTES = 2048 * DIGEST_BYTES;

/** The digests of a list whose length was compared with the manifest. */
export class DigestList {
  readonly #file: OpenFile;
  readonly #sizeBytes: number;
  readonly #whole = createHash('sha256');
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #held = new Uint8Array(0);
  #position = 0;

  /** `sizeBytes` is how much of the file is read. */
  constructor(file: OpenFile, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#buffer = new Uint8Array(Math.min(BUFFER_BYTES, sizeBytes));
  }

  /** The next digest (32 bytes, valid until the next call), or undefined behind the last whole one. Errors: the system's. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0) await this.#fill();
    if (this.#held.length < DIGEST_BYTES) return undefined;
    const digest = this.#held.subarray(0, DIGEST_BYTES);
    this.#held = this.#held.subarray(DIGEST_BYTES);
    return digest;
  }

  /** SHA-256 of the whole list in hex; reads what was not asked for yet. Errors: the system's. */
  async finish(): Promise<string> {
    while (this.#position < this.#sizeBytes) if ((await this.#fill()) === 0) break;
    return this.#whole.digest('hex');
  }

  async #fill(): Promise<number> {
    const wanted = Math.min(BUFFER_BYTES, this.#sizeBytes - this.#position);
    const read = wanted === 0 ? 0 : await this.#file.read(this.#buffer.subarray(0, wanted), this.#position);
    this.#held = this.#buffer.subarray(0, read);
    this.#whole.update(this.#held);
    this.#position += read;
    return read;
  }
}
