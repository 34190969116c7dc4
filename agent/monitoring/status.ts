// The state of a program over MQTT: status with session, and the will. The status is sent after everything else; and who the station is, in a
// document of its own.
import type { BayConfig, StationConfig } from '../../config/station-config.ts';
import { type PublicKey, publicKeyLine, stockKeyId } from '../../protocol/documents/minisign.ts';
import { SPOOL_DAYS_MAX } from '../../protocol/documents/retention.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Log } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { type InfoDocument, type StatusDocument, statusSchema } from '../../protocol/transfer/monitoring.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';

// Retained documents of the station: each is made again when it is sent, so that only the newest state ever leaves.
//
// Invariants:
// 1. One message a second and topic on average, whatever changes how often, and three in a row at most; the last change is always said.
// 2. At each connect everything is said again, without a wait for each answer: the broker bounds what is under way.
// 3. Nothing is kept for a broker that is not there: the next connect says it. One that is there and refuses a message is tried again.

/** Pause between two messages of one topic (SPEC 7). */
const TOPIC_MS = 1000;
/** Three messages in a row need not keep to the pause, where somebody waits for what they say. */
const BURST_MS = 3 * TOPIC_MS;
/** What a broker refuses, for want of a right or of room, it may take later; no new connection need come of that. */
const REFUSED_MS = 60_000;
/** The empty message: the broker forgets what it retains. */
const NOTHING = new Uint8Array(0);

interface RetainedOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** One topic with what is there now. */
interface RetainedTopic {
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

export interface StatusOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: Pick<StationTopics, 'status'>;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly log: Log;
}

/** The will: what the broker says for a program that vanished. */
export function lostStatus(session: SessionId, since: string): Uint8Array {
  return encodeMonitoring(statusSchema, { state: 'offline', session, since, reason: 'lost' });
}

/** Publishes the status, and whatever was added to `retained`. */
export class StatusPublisher {
  /** All retained documents but the status itself. */
  readonly retained: RetainedTopics;
  readonly #options: StatusOptions;
  readonly #statusTopic: RetainedTopics;
  #status: StatusDocument;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#status = { state: 'init', session: options.session, since: this.#now(), reason: null };
    this.retained = new RetainedTopics(options);
    this.#statusTopic = new RetainedTopics(options);
    const document = (): Uint8Array => encodeMonitoring(statusSchema, this.#status);
    this.#statusTopic.add({ topic: options.topics.status, document });
  }

  /** The state changed; the same state again is not a change. */
  async say(state: StatusDocument['state']): Promise<void> {
    if (state === this.#status.state) return;
    this.#status = {
      state,
      session: this.#options.session,
      since: this.#now(),
      reason: state === 'offline' ? 'stopped' : null,
    };
    await this.#statusTopic.sayNow(this.#options.topics.status);
  }

  /** The same once more: behind a connection that broke, a broker of several nodes may say its will after what the next one said. */
  repeat(): void {
    this.#statusTopic.changed(this.#options.topics.status);
  }

  /** A connection was made. The status comes last. */
  async sayAll(): Promise<void> {
    await this.retained.sayAll();
    await this.#statusTopic.sayAll();
  }

  /** All that is retained, the status first. Errors: "message.refused". */
  *documents(): Generator<{ readonly topic: string; readonly payload: Uint8Array }> {
    yield* this.#statusTopic.documents();
    yield* this.retained.documents();
  }

  stop(): void {
    this.retained.stop();
    this.#statusTopic.stop();
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

// What the station is, for `P/info`: versions, the public key, and what of the configuration monitoring may know. Each field is picked
// by name: a new key of station.yaml is shown only once somebody writes it here and into the schema.

/** What of station.yaml is looked at. */
export type InfoSettings = Pick<
  StationConfig,
  'station' | 'spool' | 'recipients' | 'store' | 'bays' | 'cameras' | 'release'
>;

interface StationFacts {
  readonly session: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: string;
  readonly publicKey: PublicKey;
  readonly configSha256: string;
  readonly provenRecipients: ReadonlySet<string>;
}

/** The document of this moment. */
export function infoDocument(settings: InfoSettings, facts: StationFacts, at: string): InfoDocument {
  const { recipients, store, bays, cameras, spool } = settings;
  const aliasOf = (id: string | null): string | null =>
    cameras.find((camera) => camera.id === id)?.alias ?? id;
  return {
    session: facts.session,
    at,
    station: settings.station,
    version: facts.version,
    node_version: facts.nodeVersion,
    started_at: facts.startedAt,
    public_key: publicKeyLine(facts.publicKey),
    configuration: {
      sha256: facts.configSha256,
      release: settings.release,
      retention_days: SPOOL_DAYS_MAX,
      keep_hours: spool.keepHours,
      recipients: recipients.length,
      recipients_proven: recipients.filter((each) => facts.provenRecipients.has(each)).length,
      store_keys: store.publicKeys.map(({ keyId }) => stockKeyId(keyId)),
      receivers: [...store.receivers],
      bays: bays.map((bay) => ({
        bay: bay.id,
        camera: aliasOf(bay.camera),
        place: placeOf(bay),
        led: bay.leds.length > 0,
      })),
      cameras: cameras.map(({ alias }) => alias),
    },
  };
}

/** How a bay reaches its camera; never where, because a path may name a person. */
function placeOf({ folder, usbPort, serial }: BayConfig): string {
  const ways = [folder !== null && 'folder', usbPort !== null && 'usb', serial !== null && 'serial'];
  return ways.filter((way) => way !== false).join('+') || 'none';
}
