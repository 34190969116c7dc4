// Buffers of one unit each, which the sealings of one thread share: each fills one, and a few more are with the disk, whoever's they are.
import { UNIT_BYTES } from '../../protocol/format/limits.ts';

/** Beside the one that each sealing fills: one at the disk and one that waits for it. More wait for the disk only. */
const SPARE = 2;

/** At most as many as there are users, and some; each is given back once, and let go of where it is no longer needed. */
export class UnitBuffers {
  readonly #freeBuffer: (buffer: ArrayBuffer) => void;
  readonly #idle: Buffer<ArrayBuffer>[] = [];
  #made = 0;
  #users = 0;
  #waiting: (() => void)[] = [];

  constructor(freeBuffer: (buffer: ArrayBuffer) => void) {
    this.#freeBuffer = freeBuffer;
  }

  /** One more sealing begins. */
  join(): void {
    this.#users++;
  }

  /** One has ended and given all of its buffers back. */
  leave(): void {
    this.#users--;
    while (this.#made > this.#limit && this.#idle.length > 0) this.#drop(this.#idle.pop());
  }

  /** Whether one may be taken without waiting. */
  get hasOne(): boolean {
    return this.#idle.length > 0 || this.#made < this.#limit;
  }

  /** Ask `hasOne` first: there is one in any case. */
  take(): Buffer<ArrayBuffer> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#made++;
    return Buffer.allocUnsafeSlow(UNIT_BYTES);
  }

  give(buffer: Buffer<ArrayBuffer>): void {
    if (this.#made > this.#limit) this.#drop(buffer);
    else this.#idle.push(buffer);
    this.#wake();
  }

  /** Calls once, when there may be one. */
  onceGiven(call: () => void): void {
    this.#waiting.push(call);
  }

  get #limit(): number {
    return this.#users === 0 ? 0 : this.#users + SPARE;
  }

  #drop(buffer: Buffer<ArrayBuffer> | undefined): void {
    if (buffer === undefined) return;
    this.#made--;
    this.#freeBuffer(buffer.buffer);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }
}
