// What a store says of itself for others to watch (SPEC 7.9): status with its will, heartbeat, conditions, and the same over the control socket. It
// looks at the parts of the receiver, and none of them waits for it.
import { connect, type Socket } from 'node:net';
import type { DeskConfig } from '../../config/receiver-config.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { storeHealthSchema } from '../../protocol/transfer/monitoring.ts';
import type { StoreTopics } from '../../protocol/transfer/topics.ts';
import type { ConditionBoard } from '../monitoring/condition-board.ts';
import { conditionTopics } from '../monitoring/condition-document.ts';
import { Heartbeat } from '../monitoring/heartbeat.ts';
import type { Machine } from '../monitoring/machine.ts';
import { StatusPublisher } from '../monitoring/status.ts';
import type { Notify } from './notify.ts';
import type { StoreNumbers } from './store-numbers.ts';

export interface StoreWatchDeps {
  readonly broker: Pick<Broker, 'connected' | 'publish' | 'onState'>;
  readonly topics: StoreTopics;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: ConditionBoard;
  readonly machine: Machine;
  readonly measure: () => Promise<StoreNumbers>;
  /** Mails (SPEC 7.12). */
  readonly notify: Pick<Notify, 'look' | 'run'> | null;
  /** Others that look once a minute. */
  readonly looks: readonly { look(): void }[];
}

/** The watcher of one store. */
export class StoreWatch {
  readonly #deps: StoreWatchDeps;
  readonly #status: StatusPublisher;
  readonly #heartbeat: Heartbeat<StoreNumbers>;
  readonly #stop = new AbortController();
  #isReady = false;

  constructor(deps: StoreWatchDeps) {
    const { conditions, topics, session } = deps;
    this.#deps = deps;
    this.#status = new StatusPublisher(deps);
    const { retained } = this.#status;
    this.#heartbeat = new Heartbeat({
      ...deps,
      topic: topics.health,
      retained,
      shownConditions: () => conditions.count(),
      shownCodes: () => conditions.codes,
      judge: () => undefined,
      encode: (document) => encodeMonitoring(storeHealthSchema, document),
      onLook: () => {
        this.#status.repeat();
        for (const each of deps.looks) each.look();
      },
    });
    const say = conditionTopics({ board: conditions, retained, topics, session });
    conditions.onShown((code) => {
      say(code);
      this.#heartbeat.conditionChanged();
      deps.notify?.look();
      if (this.#isReady) void this.#status.say(this.#state);
    });
    deps.broker.onState((connected) => {
      if (connected) void this.#status.sayAll();
    });
  }

  get #state(): 'ready' | 'degraded' {
    return this.#deps.conditions.degrading > 0 ? 'degraded' : 'ready';
  }

  /** The store works from now on. Nothing is waited for: a disk that hangs must not keep the first numbers, and with them the store. */
  start(): void {
    const { signal } = this.#stop;
    this.#isReady = true;
    void this.#status.say(this.#state);
    void this.#heartbeat.look().then(() => this.#heartbeat.run(signal));
    void this.#deps.machine.run(signal);
    void this.#deps.notify?.run(signal);
  }

  /** Says that it is stopped, where the broker is there. What is being measured is waited for by nobody. Never rejects. */
  async stop(): Promise<void> {
    this.#isReady = false;
    this.#stop.abort(new Error('the receiver stops'));
    this.#deps.conditions.stop();
    this.#status.stop();
    await this.#status.say('offline');
  }

  /** Every document of this moment as JSON by its word, numbers measured now. Errors: "message.refused". */
  async documents(): Promise<{ readonly kind: string; readonly json: string }[]> {
    const { topics } = this.#deps;
    const health = await this.#heartbeat.glance();
    const prefixLength = topics.status.lastIndexOf('/') + 1;
    return [...this.#status.documents()].map(({ topic, payload }) => {
      const [kind = ''] = topic.slice(prefixLength).split('/');
      const isNow = kind === 'health' && health !== undefined;
      const shown = isNow ? encodeMonitoring(storeHealthSchema, health) : payload;
      return { kind: kind === 'health' ? 'store-health' : kind, json: new TextDecoder().decode(shown) };
    });
  }
}

/** For a CertificateWatch: what it says of the certificates of the desk has a code of its own, and the desk is the server. */
export function conditionsOfDesk(conditions: Conditions): Conditions {
  const own = (subject: string | null): string | null => (subject === 'client' ? 'server' : subject);
  return {
    raise: (_, subject, facts) => conditions.raise('desk.certificate-expiring', own(subject), facts),
    clear: (_, subject) => conditions.clear('desk.certificate-expiring', own(subject)),
  };
}

const CONNECT_MS = 10_000;

/** Looks whether the desk of this store (SPEC 7.11) takes connections: a process of its own, which may not run. */
export class DeskWatch {
  readonly #at: { readonly host: string; readonly port: number };
  readonly #conditions: Conditions;
  #socket: Socket | undefined;

  constructor({ address, port }: Pick<DeskConfig, 'address' | 'port'>, conditions: Conditions) {
    const every: Record<string, string> = { '::': '::1', '0.0.0.0': '127.0.0.1' };
    this.#at = { host: every[address] ?? address, port };
    this.#conditions = conditions;
  }

  /** Returns at once; the answer comes as a condition. */
  look(): void {
    if (this.#socket?.destroyed === false) return;
    const socket = connect({ ...this.#at, timeout: CONNECT_MS });
    this.#socket = socket.unref();
    socket.on('connect', () => socket.destroy()).on('timeout', () => socket.destroy());
    socket.on('connect', () => this.#conditions.clear('desk.unreachable', null));
    for (const failed of ['timeout', 'error'])
      socket.on(failed, () => this.#conditions.raise('desk.unreachable', null));
  }
}
