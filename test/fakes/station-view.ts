// What monitoring sees of one station: the retained documents on MQTT, read with the stock client and nothing of ours.
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

/** Parts of a bay document that tests look at (SPEC 7). */
export interface BaySeen {
  readonly state: string;
  readonly light: string;
  readonly camera: string | null;
  readonly entries: number;
  readonly entries_spooled: number;
  readonly entries_receipted: number;
  readonly entries_erased: number;
  readonly entries_waiting: number;
  readonly bytes: number;
  readonly bytes_spooled: number;
  readonly docked_at: string | null;
}

export interface StatusSeen {
  readonly state: string;
  readonly session: string;
  readonly reason: string | null;
}

/** Parts of a condition's document that tests look at (SPEC 7). */
export interface ConditionSeen {
  readonly severity: string;
  readonly text: Readonly<Record<'en' | 'de', string>>;
  readonly remedy: Readonly<Record<'en' | 'de', string>>;
  readonly subjects: readonly { readonly subject: string | null; readonly facts: object }[];
}

/** The newest documents, and every status that came. */
export class StationView {
  readonly bays = new Map<string, BaySeen>();
  readonly statuses: StatusSeen[] = [];
  /** Conditions that are shown now, by their code, once they are watched. */
  readonly conditions = new Map<string, ConditionSeen>();
  /** Codes of all that were shown at some time since then. */
  readonly told = new Set<string>();
  /** Topic of every message below the station, except pieces of recordings. */
  readonly retainedTopics = new Set<string>();
  readonly #client: MqttClient;
  readonly #station: string;

  private constructor(client: MqttClient, station: string) {
    this.#client = client;
    this.#station = station;
  }

  /** Connects and goes on by itself when the broker was away. */
  static async open(url: string, station: string, options: IClientOptions = {}): Promise<StationView> {
    const client = await connectAsync(url, { reconnectPeriod: 100, connectTimeout: 5000, ...options });
    client.on('error', () => undefined);
    const view = new StationView(client, station);
    const prefix = `bodydock/v1/${station}/`;
    client.on('message', (topic, payload, { retain }) => {
      if (retain) view.retainedTopics.add(topic);
      if (topic.startsWith(prefix)) view.#take(topic.slice(prefix.length), payload.toString('utf8'));
    });
    await client.subscribeAsync([`${prefix}status`, `${prefix}bay/+`], { qos: 1 });
    return view;
  }

  /** Conditions are seen from now on. */
  async watchConditions(): Promise<void> {
    await this.#client.subscribeAsync(`bodydock/v1/${this.#station}/condition/+`, { qos: 1 });
  }

  get status(): StatusSeen | undefined {
    return this.statuses.at(-1);
  }

  close(): Promise<void> {
    return this.#client.endAsync(true);
  }

  #take(topic: string, text: string): void {
    if (topic === 'status') this.statuses.push(JSON.parse(text) as StatusSeen);
    else if (topic.startsWith('condition/')) this.#takeCondition(topic.slice(10), text);
    else if (topic.startsWith('bay/')) this.bays.set(topic.slice(4), JSON.parse(text) as BaySeen);
  }

  #takeCondition(code: string, text: string): void {
    if (text === '') this.conditions.delete(code);
    else {
      this.conditions.set(code, JSON.parse(text) as ConditionSeen);
      this.told.add(code);
    }
  }
}
