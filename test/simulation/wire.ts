// The network and the broker of a simulation: every message takes its time, and may be lost, come twice, late or out of order.
import type { Clock } from '../../protocol/format/ports.ts';
import { MemoryHub, type Arrival, type MemoryBroker, type Passage } from '../fakes/broker-memory.ts';
import type { BrokerWill } from '../../agent/platform/broker-endings.ts';
import type { SeededRandom } from '../fakes/random-seeded.ts';
import { EVIL, type EvilBroker } from './evil-broker.ts';
import type { LiveProcess } from './machine.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** Parts in a thousand of all messages. */
export interface Weather {
  lost: number;
  doubled: number;
  /** So late that others come before it. */
  late: number;
}

const FAIR: Weather = { lost: 0, doubled: 0, late: 0 };
const LATE_MS = 5000;
const RECONNECT_MS = 1000;

export class Wire {
  readonly hub: MemoryHub;
  weather: Weather = FAIR;
  /** Where it is set, it decides in place of the weather. */
  evil: EvilBroker | undefined;
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #clients = new Map<string, MemoryBroker>();
  /** When the newest message of each pair arrives: one connection keeps the order. */
  readonly #newestMs = new Map<string, number>();

  constructor(timeline: Timeline, trace: Trace, random: SeededRandom) {
    this.#timeline = timeline;
    this.#trace = trace;
    this.#random = random;
    const clock: Clock = {
      wallMs: () => timeline.nowMs,
      monotonicMs: () => timeline.nowMs,
      after: (ms, call) => timeline.after(ms, call),
      sleep: (ms) => timeline.sleep(ms),
    };
    this.hub = new MemoryHub({ clock, reconnectMs: RECONNECT_MS });
    this.hub.fate = (passage) => this.#fate(passage);
  }

  /** Good weather from now on, and a broker that is there. */
  clear(): void {
    this.weather = FAIR;
    this.hub.up();
  }

  /** The process of that client died: the broker says its will. */
  drop(id: string): void {
    void this.#clients.get(id)?.close(false);
    this.#clients.delete(id);
  }

  /** The client of one process; a dead one's says and hears nothing any more. */
  client(id: string, { isDead }: Pick<LiveProcess, 'isDead'>, will?: BrokerWill): MemoryBroker {
    const client = this.hub.client(id, will === undefined ? {} : { will });
    this.#clients.set(id, client);
    return new Proxy(client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'onMessage' || name === 'onState')
          return (handler: (given: unknown) => void): unknown =>
            Reflect.apply(value, target, [
              (given: unknown): void => {
                if (!isDead()) handler(given);
              },
            ]);
        return (...given: unknown[]): unknown =>
          isDead() ? new Promise(() => undefined) : Reflect.apply(value, target, given);
      },
    });
  }

  #fate(passage: Passage): Arrival[] {
    const { from, to } = passage;
    if (this.evil === undefined) return this.#weathered(passage);
    const honest = { delayMs: this.#inOrderMs(`${from} ${to}`) };
    return from === EVIL ? [honest] : this.evil.fate(passage, honest);
  }

  #weathered({ from, to, topic, payload }: Passage): Arrival[] {
    const { lost, doubled, late } = this.weather;
    const drawn = this.#random.below(1000);
    const what = `${from} to ${to} ${topic} ${payload.length}`;
    if (drawn < lost) {
      this.#trace.add(`lost ${what}`);
      return [];
    }
    this.#trace.add(`sent ${what}`);
    if (drawn < lost + late) return [{ delayMs: 1 + this.#random.below(LATE_MS) }];
    const arrival = { delayMs: this.#inOrderMs(`${from} ${to}`) };
    return drawn < lost + late + doubled
      ? [arrival, { delayMs: arrival.delayMs + this.#random.below(LATE_MS) }]
      : [arrival];
  }

  #inOrderMs(pair: string): number {
    const now = this.#timeline.nowMs;
    const at = Math.max(now + (1 + this.#random.below(3000)) / 100, this.#newestMs.get(pair) ?? 0) + 0.001;
    this.#newestMs.set(pair, at);
    return at - now;
  }
}
