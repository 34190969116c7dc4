// Retained documents of the station: each is made again when it is sent, so that only the newest state ever leaves.
//
// Invariants:
// 1. One message a second and topic on average, whatever changes how often, and three in a row at most; the last change is always said.
// 2. At each connect everything is said again, without a wait for each answer: the broker bounds what is under way.
// 3. Nothing is kept for a broker that is not there: the next connect says it. One that is there and refuses a message is tried again.
import type { Broker, Clock, Log } from '../../protocol/format/ports.ts';

/** Pause between two messages of one topic (SPEC 7). */
const TOPIC_MS = 1000;
/** Three messages in a row need not keep to the pause, where somebody waits for what they say. */
const BURST_MS = 3 * TOPIC_MS;
/** What a broker refuses, for want of a right or of room, it may take later; no new connection need come of that. */
const REFUSED_MS = 60_000;
/** The empty message: the broker forgets what it retains. */
const NOTHING = new Uint8Array(0);

export interface RetainedOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** One topic with what is there now. */
export interface RetainedTopic {
  readonly topic: string;
  /** The document of this moment, or undefined where the topic is to be empty. */
  readonly document: () => Uint8Array | undefined;
  /** What of the document is not to wait for the pause when it changes. Asked for at each change, so it costs next to nothing. */
  readonly essence?: () => string | null;
  /** On MQTT 5 the broker drops it after so long without a newer one. */
  readonly expiresSeconds?: number;
}

interface Slot extends RetainedTopic {
  saidAtMs: number;
  saidEssence: string | null | undefined;
  /** Of BURST_MS, of which each message takes TOPIC_MS, when it was last said. */
  leftMs: number;
  due: { readonly atMs: number; readonly cancel: () => void } | undefined;
}

/** Publishes retained documents. */
export class RetainedTopics {
  readonly #options: RetainedOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #refused = new Set<string>();
  #cancelRefused: (() => void) | undefined;
  #stopped = false;

  constructor(options: RetainedOptions) {
    this.#options = options;
  }

  /** Adds a topic; nothing is said before it changes or a connection is made. One that is there stays. */
  add(topic: RetainedTopic): void {
    if (this.#slots.has(topic.topic)) return;
    const state = {
      saidAtMs: Number.NEGATIVE_INFINITY,
      saidEssence: undefined,
      leftMs: BURST_MS,
      due: undefined,
    };
    this.#slots.set(topic.topic, { ...topic, ...state });
  }

  /** The document of a topic that was added changed: said at once, or when a second has passed since the last time. */
  changed(topic: string): void {
    const slot = this.#slots.get(topic);
    if (slot === undefined || this.#stopped) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (slot.due !== undefined && slot.due.atMs <= nowMs) return;
    const atMs = isPressing(slot)
      ? holdsAtMs(slot, TOPIC_MS, nowMs)
      : Math.max(slot.saidAtMs + TOPIC_MS, holdsAtMs(slot, 2 * TOPIC_MS, nowMs)); // leaves one for what is pressing
    if (slot.due !== undefined && slot.due.atMs <= atMs) return;
    slot.due?.cancel();
    const cancel = clock.after(atMs - nowMs, () => {
      slot.due = undefined;
      void this.#say(slot);
    });
    slot.due = { atMs, cancel };
  }

  /** Says it now, whatever the pause. Never rejects. */
  async sayNow(topic: string): Promise<void> {
    const slot = this.#slots.get(topic);
    if (slot === undefined) return;
    slot.due?.cancel();
    slot.due = undefined;
    await this.#say(slot);
  }

  /** A connection was made: the broker may have forgotten everything. Never rejects. */
  async sayAll(): Promise<void> {
    await Promise.all([...this.#slots.values()].map((slot) => this.#say(slot)));
  }

  /** What stands on the topics at this moment, in the order in which they were added; empty ones are left out. */
  *documents(): Generator<{ readonly topic: string; readonly payload: Uint8Array }> {
    for (const { topic, document } of this.#slots.values()) {
      const payload = document();
      if (payload !== undefined) yield { topic, payload };
    }
  }

  /** Nothing is said by itself any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRefused?.();
    for (const slot of this.#slots.values()) {
      slot.due?.cancel();
      slot.due = undefined;
    }
  }

  async #say(slot: Slot): Promise<void> {
    const { broker, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    slot.leftMs = Math.max(0, leftMsAt(slot, nowMs) - TOPIC_MS);
    slot.saidAtMs = nowMs;
    slot.saidEssence = slot.essence?.();
    const { topic, expiresSeconds } = slot;
    const expiry = expiresSeconds === undefined ? {} : { expiresSeconds };
    try {
      const payload = slot.document() ?? NOTHING; // also where nobody hears it: who makes it may show it elsewhere
      if (broker.connected) await broker.publish(topic, payload, { qos: 1, retain: true, ...expiry });
    } catch (error) {
      log.debug('retained document not published', { topic, error });
      if (broker.connected) this.#again(topic);
    }
  }

  /** What stands there is not what is so, and may not change for weeks. */
  #again(topic: string): void {
    if (this.#stopped) return;
    this.#refused.add(topic);
    this.#cancelRefused ??= this.#options.clock.after(REFUSED_MS, () => {
      this.#cancelRefused = undefined;
      const refused = [...this.#refused];
      this.#refused.clear();
      for (const each of refused) this.changed(each);
    });
  }
}

function isPressing(slot: Slot): boolean {
  return slot.essence !== undefined && slot.essence() !== slot.saidEssence;
}

function leftMsAt({ leftMs, saidAtMs }: Slot, nowMs: number): number {
  return Math.min(BURST_MS, leftMs + nowMs - saidAtMs);
}

/** When so much is left; `nowMs` where it is. */
function holdsAtMs(slot: Slot, wantedMs: number, nowMs: number): number {
  return nowMs + Math.max(0, wantedMs - leftMsAt(slot, nowMs));
}
