// Turns the bulk IN transfers of one transaction into its data and its response, however the camera cuts them. Pure.
//
// Invariants:
// 1. Data is given in order and only for this transaction; what belongs to an earlier one is dropped, to a later one refused.
// 2. Never more than a header and five parameters are kept: data passes through.
// 3. Nothing is given after the response.
import { concatBytes } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import {
  CONTAINER_HEADER_BYTES,
  CONTAINER_TYPE,
  LENGTH_UNKNOWN,
  PARAMETERS_MAX,
  parseHeader,
  parseParameters,
  type ContainerHeader,
} from './container.ts';

/** Containers that are not of this transaction and zero-length packets that may come before it counts as nonsense. */
const STRAYS_MAX = 64;

export type InboundEvent =
  /** Payload, a view on what was pushed. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** All data came. */
  | { readonly kind: 'data-end'; readonly sizeBytes: number }
  | { readonly kind: 'response'; readonly code: number; readonly parameters: readonly number[] };

interface DataPhase {
  /** Infinity where only a short packet ends it. */
  left: number;
  readonly isStale: boolean;
  sizeBytes: number;
}

export interface InboundWish {
  readonly operation: number;
  readonly transaction: number;
  /** After CloseSession some cameras answer with transaction 0. */
  readonly takesZero?: boolean;
  /** Payload that is expected where the camera announces no length: else a response right after a full last packet would pass for data. */
  readonly payloadBytes?: number | undefined;
}

export class InboundState {
  readonly #wish: InboundWish;
  #held: Uint8Array = new Uint8Array(0);
  #data: DataPhase | undefined;
  #dataSeen = false;
  #strays = 0;
  #isOver = false;

  constructor(wish: InboundWish) {
    this.#wish = wish;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Announced bytes of payload that have not come yet; 0 outside of a data phase, Infinity where they are not announced. */
  get leftBytes(): number {
    return this.#data?.left ?? 0;
  }

  /**
   * One transfer. `isShort`: it ended with a short packet, a zero-length one included.
   * Errors: "driver.protocol"; the session is lost then.
   */
  push(bytes: Uint8Array, isShort: boolean): InboundEvent[] {
    if (this.#isOver) throw nonsense('bytes behind the response');
    if (bytes.length === 0) this.#stray();
    const events: InboundEvent[] = [];
    let rest = bytes;
    while (rest.length > 0 && !this.#isOver)
      rest = this.#data === undefined ? this.#header(rest, events) : this.#payload(rest, this.#data, events);
    if (isShort && this.#data?.left === Infinity) this.#cutResponse(this.#data, events);
    if (isShort && this.#data !== undefined) this.#short(this.#data, events);
    if (isShort && this.#held.length > 0) throw nonsense(`a container cut after ${this.#held.length} bytes`);
    return events;
  }

  #header(bytes: Uint8Array, events: InboundEvent[]): Uint8Array {
    // After whole data one odd byte or a few may come before the response's own packet; they are no header.
    if (this.#dataSeen && this.#held.length === 0 && bytes.length < CONTAINER_HEADER_BYTES) {
      this.#stray();
      return bytes.subarray(bytes.length);
    }
    const whole = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
    if (whole.length < CONTAINER_HEADER_BYTES) return this.#hold(whole);
    const header = parseHeader(whole);
    if (header.type === 'data') {
      this.#held = new Uint8Array(0);
      this.#begin(header, events);
      return whole.subarray(CONTAINER_HEADER_BYTES);
    }
    if (whole.length < header.length) return this.#hold(whole);
    this.#held = new Uint8Array(0);
    if (header.type === 'response')
      this.#respond(header, whole.subarray(CONTAINER_HEADER_BYTES, header.length), events);
    else this.#stray(); // an event on the wrong pipe
    return whole.subarray(header.length);
  }

  #hold(bytes: Uint8Array): Uint8Array {
    this.#held = Uint8Array.from(bytes);
    return bytes.subarray(bytes.length);
  }

  #begin(header: ContainerHeader, events: InboundEvent[]): void {
    const { operation } = this.#wish;
    const isStale = this.#isStale(header);
    if (isStale) this.#stray();
    else if (this.#dataSeen) throw nonsense('a second data phase');
    else if (header.code !== operation)
      throw nonsense(`data of operation ${header.code}, asked was ${operation}`);
    else this.#dataSeen = true;
    const left = header.length === LENGTH_UNKNOWN ? Infinity : header.length - CONTAINER_HEADER_BYTES;
    this.#data = { left, isStale, sizeBytes: 0 };
    if (left === 0) this.#end(this.#data, events);
  }

  #payload(bytes: Uint8Array, data: DataPhase, events: InboundEvent[]): Uint8Array {
    const taken = Math.min(bytes.length, data.left);
    data.left -= taken;
    data.sizeBytes += taken;
    if (!data.isStale && taken > 0) events.push({ kind: 'data', bytes: bytes.subarray(0, taken) });
    if (data.left === 0) this.#end(data, events);
    return bytes.subarray(taken);
  }

  /** Without a zero-length packet behind full ones the response ends the transfer of the data: what came beyond the expected bytes is looked at. */
  #cutResponse(data: DataPhase, events: InboundEvent[]): void {
    const last = events.at(-1);
    const beyond = data.sizeBytes - (this.#wish.payloadBytes ?? Infinity);
    if (
      data.isStale ||
      last?.kind !== 'data' ||
      beyond < CONTAINER_HEADER_BYTES ||
      beyond > last.bytes.length
    )
      return;
    const response = last.bytes.subarray(last.bytes.length - beyond);
    if (!this.#isResponse(response)) return;
    events.pop();
    if (beyond < last.bytes.length)
      events.push({ kind: 'data', bytes: last.bytes.subarray(0, last.bytes.length - beyond) });
    data.sizeBytes -= beyond;
    this.#end(data, events);
    this.#header(response, events);
  }

  /** All of it is a response to this transaction. */
  #isResponse(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, CONTAINER_HEADER_BYTES);
    return (
      view.getUint32(0, true) === bytes.length &&
      bytes.length <= CONTAINER_HEADER_BYTES + 4 * PARAMETERS_MAX &&
      view.getUint16(4, true) === CONTAINER_TYPE.response &&
      view.getUint32(8, true) === this.#wish.transaction
    );
  }

  /** A short packet ends data of unknown length; a header that came alone in its packet ends nothing. */
  #short(data: DataPhase, events: InboundEvent[]): void {
    if (data.sizeBytes === 0) return;
    if (data.left !== Infinity) throw nonsense(`data cut short, ${data.left} bytes are missing`);
    this.#end(data, events);
  }

  #end(data: DataPhase, events: InboundEvent[]): void {
    this.#data = undefined;
    if (!data.isStale) events.push({ kind: 'data-end', sizeBytes: data.sizeBytes });
  }

  #respond(header: ContainerHeader, payload: Uint8Array, events: InboundEvent[]): void {
    if (this.#isStale(header)) return this.#stray();
    this.#isOver = true;
    events.push({ kind: 'response', code: header.code, parameters: parseParameters(payload) });
  }

  /** Errors: "driver.protocol" for a transaction that was not begun yet. */
  #isStale({ transaction }: ContainerHeader): boolean {
    const behind = (this.#wish.transaction - transaction) >>> 0;
    if (behind === 0 || (transaction === 0 && this.#wish.takesZero === true)) return false;
    if (behind < 2 ** 31) return true;
    throw nonsense(`transaction ${transaction}, asked was ${this.#wish.transaction}`);
  }

  #stray(): void {
    if (++this.#strays > STRAYS_MAX) throw nonsense(`more than ${STRAYS_MAX} packets that nobody asked for`);
  }
}

function nonsense(what: string): DockError {
  return new DockError('driver.protocol', `the camera sent ${what}`, { retry: 'later' });
}
