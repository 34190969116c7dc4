// The near end of the bare party: one thread that seals (`bare-seal-worker.ts`); this one reads each unit from the spool again, compares its tag
// and sends it, while no more than a window is on its way. Begins at the parent's word and tells it the digests of the originals at the end.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { newTagMemory, TAG_KEY_BYTES, UnitTags } from '../../../agent/seal/unit-tags.ts';
import { readFully } from '../../../agent/platform/read-at-once.ts';
import type { BareSealed, BareSealing, BareSource } from './bare-seal-worker.ts';
import {
  SYNCED,
  UNIT_SEALED_BYTES,
  unitTopic,
  WINDOW_BYTES_MAX,
  WRITTEN,
  type BareUnit,
} from './bare-unit.ts';
import { BareWire, type BareBroker } from './bare-wire.ts';

/** First word of the command line, as JSON. */
export interface BareNear {
  readonly broker: BareBroker;
  readonly spool: string;
}

/** The parent's word: take these. The answer is the SHA-256 of each in hex, once all are synced at both ends. */
export type BareBegin = readonly string[];

const { broker, spool } = JSON.parse(process.argv[2] ?? '') as BareNear;
const WINDOW_UNITS = Math.floor(WINDOW_BYTES_MAX / UNIT_SEALED_BYTES);

class Near {
  readonly #tags = newTagMemory(randomBytes(TAG_KEY_BYTES));
  readonly #memory = new UnitTags(this.#tags);
  readonly #originals: string[] = [];
  readonly #waiting: BareUnit[] = [];
  readonly #free = Array.from({ length: WINDOW_UNITS }, () => Buffer.allocUnsafeSlow(UNIT_SEALED_BYTES));
  #wire: BareWire | undefined;
  #worker: Worker | undefined;
  #reading: { readonly file: number; readonly fd: number } | undefined;
  /** Files of earlier words, and of this one with them. */
  #before = 0;
  #wanted = 0;
  #sent = 0;
  #written = 0;
  #durable = 0;
  #synced = 0;

  async open(): Promise<void> {
    this.#wire = await BareWire.open(broker, 'near', 'bare/+', (topic, payload) =>
      this.#hear(topic, Number(payload.toString('latin1'))),
    );
    const workerData: BareSealing = { spool, tags: this.#tags };
    this.#worker = new Worker(new URL('./bare-seal-worker.js', import.meta.url), { workerData });
    this.#worker.on('message', (message: BareSealed) => this.#sealed(message));
    this.#worker.on('error', (error) => {
      throw error;
    });
    process.on('message', (paths: BareBegin) => this.#begin(paths));
    process.send?.('ready');
  }

  #begin(paths: BareBegin): void {
    this.#before = this.#wanted;
    this.#wanted += paths.length;
    for (const [index, path] of paths.entries()) {
      const source: BareSource = { file: this.#before + index, path };
      this.#worker?.postMessage(source);
    }
  }

  #sealed(message: BareSealed): void {
    if ('durable' in message) {
      this.#originals[message.durable] = message.original;
      this.#durable++;
    } else this.#waiting.push(message);
    this.#pump();
  }

  #hear(topic: string, count: number): void {
    if (topic === WRITTEN) this.#written = count;
    if (topic === SYNCED) this.#synced = count;
    this.#pump();
  }

  #pump(): void {
    while (this.#sent - this.#written < WINDOW_UNITS) {
      const buffer = this.#free.pop();
      if (buffer === undefined) break;
      const unit = this.#waiting.shift();
      if (unit === undefined) {
        this.#free.push(buffer);
        break;
      }
      this.#send(unit, buffer);
    }
    if (Math.min(this.#synced, this.#durable) < this.#wanted || this.#before === this.#wanted) return;
    process.send?.(this.#originals.slice(this.#before));
    this.#before = this.#wanted;
  }

  #send(unit: BareUnit, buffer: Buffer<ArrayBuffer>): void {
    const bytes = buffer.subarray(0, unit.sizeBytes);
    readFully(this.#fdOf(unit.file), bytes, unit.number * UNIT_SEALED_BYTES);
    if (!this.#isSame(unit, bytes)) throw new Error('the spool holds other bytes');
    this.#sent++;
    this.#wire?.publish(unitTopic(unit), bytes, () => {
      this.#free.push(buffer);
      this.#pump();
    });
  }

  /** As ours does: where two units share a place of the memory, the digest decides. */
  #isSame({ digest }: BareUnit, bytes: Uint8Array): boolean {
    const isTagged = this.#memory.confirm(Buffer.from(digest, 'hex'), bytes);
    return isTagged || createHash('sha256').update(bytes).digest('hex') === digest;
  }

  /** Units come in order: one file at a time is open. */
  #fdOf(file: number): number {
    if (this.#reading?.file !== file) {
      if (this.#reading !== undefined) closeSync(this.#reading.fd);
      this.#reading = { file, fd: openSync(join(spool, `${file}`), 'r') };
    }
    return this.#reading.fd;
  }
}

await new Near().open();
