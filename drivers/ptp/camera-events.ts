// What a camera says unasked, and what the station makes of it: hints, at most (SPEC 14). Nothing depends on any of them.
//
// Invariants:
// 1. An event costs a bounded, short piece of work and no memory that lasts.
// 2. Each notice is reported once in a session, however often its cause comes.
import { concatBytes } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { EVENT } from './codes.ts';
import {
  CONTAINER_HEADER_BYTES,
  type ContainerHeader,
  PARAMETERS_MAX,
  parseHeader,
  parseParameters,
} from './container.ts';

/** More of them in WINDOW_MS are told; a real camera sends one for each file that it writes or erases. */
const EVENTS_USUAL_MAX = 150;
const WINDOW_MS = 1000;
/** A camera that calls off more than this is not believed any more: each costs a recovery. */
const CANCELS_MAX = 16;

/** What the log should hold of a camera's events, and of texts that go on after the zero that ends them. */
export type CameraNotice =
  'odd-events' | 'too-many-events' | 'store-full' | 'store-removed' | 'text-after-end';

export interface CameraEventsDeps {
  readonly clock: Clock;
  readonly onNotice: (notice: CameraNotice) => void;
  /** The camera calls a transaction off. */
  readonly onCancelled: (transaction: number) => void;
  /** The camera says that a store is gone; undefined where it does not say which. */
  readonly onStoreRemoved: (storage: number | undefined) => void;
  /** The camera says that it can do something else than before. */
  readonly onDeviceChanged: () => void;
}

/** Events that make it worth looking again. */
const LOOK_AGAIN: ReadonlySet<number> = new Set([
  EVENT.objectAdded,
  EVENT.objectRemoved,
  EVENT.storeAdded,
  EVENT.storeRemoved,
  EVENT.objectInfoChanged,
  EVENT.deviceInfoChanged,
  EVENT.storeFull,
  EVENT.deviceReset,
  EVENT.storageInfoChanged,
]);

export class CameraEvents {
  readonly #deps: CameraEventsDeps;
  readonly #reader = new EventReader();
  readonly #pacer: HintPacer;
  readonly #told = new Set<CameraNotice>();
  #onNews: () => void = () => undefined;
  #window = { sinceMs: -Infinity, events: 0 };
  #cancels = 0;

  constructor(deps: CameraEventsDeps) {
    this.#deps = deps;
    this.#pacer = new HintPacer(deps.clock, () => this.#onNews());
  }

  /** Called when it is worth listing the camera again. One handler. */
  onNews(handler: () => void): void {
    this.#onNews = handler;
  }

  /** One packet of the interrupt pipe. Never throws. */
  came(packet: Uint8Array): void {
    this.#count();
    const { events, isOdd } = this.#reader.push(packet);
    if (isOdd) this.notice('odd-events');
    for (const event of events) this.#take(event);
  }

  end(): void {
    this.#pacer.end();
  }

  #take({ code, transaction, parameters }: PtpEvent): void {
    if (code === EVENT.cancelTransaction && this.#cancels++ < CANCELS_MAX)
      this.#deps.onCancelled(transaction);
    if (code === EVENT.storeRemoved) {
      this.notice('store-removed');
      this.#deps.onStoreRemoved(parameters[0]);
    }
    if (code === EVENT.storeFull) this.notice('store-full');
    if (code === EVENT.deviceInfoChanged) this.#deps.onDeviceChanged();
    if (LOOK_AGAIN.has(code)) this.#pacer.hint();
  }

  #count(): void {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#window.sinceMs >= WINDOW_MS) this.#window = { sinceMs: now, events: 0 };
    if (++this.#window.events > EVENTS_USUAL_MAX) this.notice('too-many-events');
  }

  /** Told once in a session. */
  notice(notice: CameraNotice): void {
    if (this.#told.has(notice)) return;
    this.#told.add(notice);
    this.#deps.onNotice(notice);
  }
}

// Turns the packets of the interrupt pipe into events. Pure. Source: USB Still Image Capture Device Definition 1.0, section 7.3.
//
// Invariants:
// 1. Never throws, whatever comes, and keeps less than one container.
// 2. An event begins with a packet, or after another event in it: nothing is looked for in the middle of nonsense.

const EVENT_BYTES_MAX = CONTAINER_HEADER_BYTES + 4 * PARAMETERS_MAX;

/** What a camera says unasked. */
interface PtpEvent {
  readonly code: number;
  /** Of the transaction that it is about; 0 or 0xFFFFFFFF where it is about none. */
  readonly transaction: number;
  /** At most five. */
  readonly parameters: readonly number[];
}

interface ReadEvents {
  readonly events: readonly PtpEvent[];
  /** Something in it was no event. */
  readonly isOdd: boolean;
}

export class EventReader {
  /** Front of an event that takes several packets. */
  #held: Uint8Array = new Uint8Array(0);

  /** Takes one packet. */
  push(packet: Uint8Array): ReadEvents {
    let bytes = this.#held.length === 0 ? packet : concatBytes([this.#held, packet]);
    this.#held = new Uint8Array(0);
    const events: PtpEvent[] = [];
    while (bytes.length > 0) {
      const header = headerOf(bytes);
      // Packets may be filled up after an event.
      if (header === 'nonsense') return { events, isOdd: events.length === 0 };
      if (header === 'cut' || header.length > bytes.length) {
        this.#held = bytes.slice();
        break;
      }
      const { code, transaction, length } = header;
      events.push({
        code,
        transaction,
        parameters: parseParameters(bytes.subarray(CONTAINER_HEADER_BYTES, length)),
      });
      bytes = bytes.subarray(length);
    }
    return { events, isOdd: false };
  }
}

function headerOf(bytes: Uint8Array): ContainerHeader | 'cut' | 'nonsense' {
  if (bytes.length < CONTAINER_HEADER_BYTES) return mayBegin(bytes) ? 'cut' : 'nonsense';
  try {
    const header = parseHeader(bytes.subarray(0, CONTAINER_HEADER_BYTES));
    return header.type === 'event' ? header : 'nonsense';
  } catch (error) {
    if (isDockError(error)) return 'nonsense';
    throw error;
  }
}

/** The length of a header comes in one packet: the smallest one has 8 bytes. */
function mayBegin(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return length >= CONTAINER_HEADER_BYTES && length <= EVENT_BYTES_MAX;
}

// Passes hints on at a bounded pace, however many come: a camera that sends events without end is listed as often as one that sends none.

const PAUSE_MS_MIN = 2000;
/** As often as a camera is listed without any hint. */
const PAUSE_MS_MAX = 30_000;

class HintPacer {
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly #onHint: () => void;
  #pauseMs = PAUSE_MS_MIN;
  #passedAtMs = -Infinity;
  #lastAtMs = -Infinity;
  #cancel: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'>, onHint: () => void) {
    this.#clock = clock;
    this.#onHint = onHint;
  }

  /** Something happened: told at once, or once the pause behind the hint before is over. */
  hint(): void {
    const now = this.#clock.monotonicMs();
    const quietMs = now - this.#lastAtMs;
    this.#lastAtMs = now;
    if (this.#isOver || this.#cancel !== undefined) return;
    if (quietMs >= PAUSE_MS_MAX) this.#pauseMs = PAUSE_MS_MIN;
    const dueMs = this.#passedAtMs + this.#pauseMs;
    if (now >= dueMs) this.#pass(now);
    else this.#cancel = this.#clock.after(dueMs - now, () => this.#pass(this.#clock.monotonicMs()));
  }

  /** Nothing is passed on any more. */
  end(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #pass(atMs: number): void {
    this.#cancel = undefined;
    const isFirst = this.#passedAtMs === -Infinity;
    if (!isFirst && atMs - this.#passedAtMs < PAUSE_MS_MAX)
      this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
    this.#passedAtMs = atMs;
    this.#onHint();
  }
}
