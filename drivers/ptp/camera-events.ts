// What a camera says unasked, and what the station makes of it: hints, at most (SPEC 14). Nothing depends on any of them.
//
// Invariants:
// 1. An event costs a bounded, short piece of work and no memory that lasts.
// 2. Each notice is told once in a session, however often its cause comes.
import type { Clock } from '../../protocol/format/ports.ts';
import { EVENT } from './codes.ts';
import { EventReader, type PtpEvent } from './event-reader.ts';
import { HintPacer } from './hint-pacer.ts';

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
