// The state of a program over MQTT: status with session, and the will. The status is sent after everything else; and who the station is, in a
// document of its own.
import type { BayConfig, StationConfig } from '../../config/station-config.ts';
import { type PublicKey, publicKeyLine, stockKeyId } from '../../protocol/documents/minisign.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Log } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { type InfoDocument, type StatusDocument, statusSchema } from '../../protocol/transfer/monitoring.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import { RetainedTopics } from './retained-topics.ts';

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
  'station' | 'spool' | 'recipients' | 'store' | 'bays' | 'cameras' | 'release' | 'retention'
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
  const { recipients, store, bays, cameras, spool, retention } = settings;
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
      retention_days: retention.days,
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
