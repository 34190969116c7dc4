// The station: puts bays, pushing, custody and status side by side and passes messages between them. It decides nothing itself.
import { setMaxListeners } from 'node:events';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import type { Broker, BrokerMessage, Clock, Log } from '../../protocol/format/ports.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { Differences } from '../custody/differences.ts';
import type { Retirements } from '../custody/retirement.ts';
import type { Bay } from '../dock/bay.ts';
import type { UnexpectedDevices } from '../dock/unexpected-devices.ts';
import type { ClockWatch } from '../monitoring/clock-watch.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import { stopWithin } from '../platform/exit-soon.ts';
import type { Tries } from '../pull/tries.ts';
import type { UnfinishedPulls } from '../pull/unfinished-pulls.ts';
import type { CustodyPush } from '../push/custody-push.ts';
import type { HeldPolicy } from '../push/held-policy.ts';
import type { LogWitness } from '../push/log-witness.ts';
import type { Pusher } from '../push/push.ts';
import type { StoreRollback, StoreStanding } from '../push/store-rollback.ts';
import type { DailyLook } from '../records/daily-look.ts';
import type { Dockings } from '../records/dockings.ts';
import type { StaffReports } from '../records/staff-reports.ts';
import type { DocumentsDropping, Keep } from '../spool/keep.ts';
import type { Settlement } from '../spool/settlement.ts';

/** Deadlines of a stop's steps, with the waits for the store below 30 s together: a service manager kills after 90 s, and what hangs is not worth waiting for. */
const STOP_MS = {
  tries: 1000,
  bays: 5000,
  records: 5000,
  pushing: 2000,
  log: 4000,
  vanished: 1000,
  offline: 2000,
  broker: 3000,
};
/** ... and for the receipts of the docking records that it makes. */
const LAST_PUSH_MS = 2500;
/** ... for the store to sign for the end of the log, asked twice if need be: what it does not hold, nobody misses there. */
const LAST_LOG_MS = 2500;
/** ... if the store said anything within this time. A live receiver answers the first checkpoint and every docking. */
const STORE_THERE_MS = 60_000;
/** Waits that hang on the station's end at a time: of each bay, and of the rest. Node takes more than 10 for a leak unless it is told. */
const LISTENERS_OF_BAY = 8;
const LISTENERS_OF_REST = 32;

export interface StationParts {
  readonly session: SessionId;
  readonly version: string;
  readonly configSha256: string;
  /** Recipients that have proven that they can open. */
  readonly provenRecipients: () => ReadonlySet<string>;
  readonly topics: StationTopics;
  readonly broker: Broker & { start(): void };
  readonly custody: Custody & { close(): Promise<void> };
  readonly custodyPush: CustodyPush;
  readonly standing: Pick<StoreStanding, 'stop' | 'levels'>;
  readonly rollback: Pick<StoreRollback, 'start' | 'take'>;
  readonly policy: Pick<HeldPolicy, 'enter' | 'take' | 'stop'>;
  readonly differences: Pick<Differences, 'run'>;
  readonly retirements: Pick<Retirements, 'run'>;
  readonly dockings: Pick<Dockings, 'start' | 'settle'>;
  readonly pusher: Pusher;
  readonly witness: Pick<LogWitness, 'take' | 'connectionChanged' | 'stop'>;
  readonly monitoring: Pick<
    Monitoring,
    'status' | 'start' | 'run' | 'configurationInForce' | 'storeHeard' | 'settle' | 'stop'
  >;
  readonly keep: Keep;
  readonly documentsDropping: Pick<DocumentsDropping, 'run'>;
  readonly dailyLook: Pick<DailyLook, 'run'>;
  readonly staffReports: Pick<StaffReports, 'run'>;
  readonly settlement: Pick<Settlement, 'enter' | 'receipts'>;
  readonly clockWatch: ClockWatch;
  readonly tries: Pick<Tries, 'run' | 'stop' | 'again'>;
  readonly unfinished: Pick<UnfinishedPulls, 'close'>;
  readonly unexpectedDevices: Pick<UnexpectedDevices, 'run'>;
  readonly bays: readonly Bay[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the parts until it is stopped. */
export class Station {
  readonly #parts: StationParts;
  readonly #ending = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #started = false;
  #standing = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: StationParts) {
    this.#parts = parts;
  }

  /** Ready means: configuration valid, spool recovered, log open. The broker is not waited for: a station runs offline. */
  async start(): Promise<void> {
    const { custody, custodyPush, differences, broker, topics, pusher, clockWatch, bays, monitoring } =
      this.#parts;
    const { dockings, keep, settlement } = this.#parts;
    custody.append({ event: 'agent-started', facts: { version: this.#parts.version } });
    this.configurationInForce(this.#parts.configSha256);
    this.#proofsInForce();
    this.#parts.policy.enter();
    clockWatch.start();
    // A disk that takes nothing ends no start: the log tries again by itself, and no bay claims anything before it is written.
    await this.#checkpoint();
    broker.onMessage((message) => this.#take(message));
    broker.onState((connected) => this.#connection(connected));
    await broker.subscribe(topics.downFilter);
    keep.start();
    const entered = settlement.enter(this.#ending.signal);
    pusher.start(entered);
    this.#parts.rollback.start();
    dockings.start();
    await monitoring.start();
    broker.start();
    this.#started = true;
    await monitoring.status.say(this.#health());
    const { signal } = this.#ending;
    setMaxListeners(LISTENERS_OF_REST + LISTENERS_OF_BAY * bays.length, signal);
    this.#running = Promise.all([
      this.#followStore(signal),
      this.#followTries(signal),
      keep.run(signal),
      this.#parts.documentsDropping.run(signal),
      this.#parts.dailyLook.run(signal),
      this.#parts.staffReports.run(signal),
      entered.then(() => settlement.receipts(signal)),
      differences.run(signal),
      this.#parts.retirements.run(signal),
      custodyPush.run(signal),
      clockWatch.run(signal),
      this.#parts.tries.run(signal),
      this.#parts.unexpectedDevices.run(signal),
      monitoring.run(signal),
      ...bays.map((bay) => bay.run(signal)),
    ]);
  }

  /**
   * Finish soon: no new reads, commits that run are finished, dockings that the stop ended get their records, the log is closed, the
   * broker hears "stopped". Where the store is there, those records are pushed within LAST_PUSH_MS; where the broker is, the log within
   * LAST_LOG_MS: a station at rest has not heard of its store for long. Else the next start pushes them.
   * Each step has a deadline, so it resolves whatever hangs. Never rejects.
   */
  async stop(): Promise<void> {
    const { pusher, custodyPush, custody, monitoring, broker, dockings, tries, log } = this.#parts;
    this.#ending.abort();
    await this.#stopStep('tries', () => tries.stop()); // first: who asks for an end may not wait for all of it
    await this.#stopStep('bays', async () => {
      await this.#running;
      await this.#parts.unfinished.close();
    });
    await this.#stopStep('records', () => dockings.settle());
    if (this.#isStoreThere()) await pusher.dockingsPushed(LAST_PUSH_MS);
    await this.#stopStep('pushing', async () => {
      await this.#parts.policy.stop();
      await this.#parts.standing.stop();
      await pusher.stop();
    });
    await this.#stopStep('log', async () => {
      this.#parts.witness.stop();
      custody.append({ event: 'agent-stopped', facts: {} });
      await this.#checkpoint();
      if (!(await custodyPush.level(LAST_LOG_MS)))
        log.warn('end of the log not acknowledged by the store, will be sent at next start');
      await custodyPush.stop();
      await custody.close();
    });
    await this.#stopStep('vanished', () => monitoring.settle());
    monitoring.stop();
    await this.#stopStep('offline', () => monitoring.status.say('offline'));
    await this.#stopStep('broker', () => broker.close(true));
  }

  /** A camera is being read or erased. */
  get isBusy(): boolean {
    return this.#parts.bays.some((bay) => bay.isBusy);
  }

  /** Station.yaml with this digest is in force from here on: at the start, and after each change that was taken over (SPEC 4.3.5). */
  configurationInForce(sha256: string): void {
    this.#parts.custody.append({ event: 'configuration', facts: { sha256 } });
    this.#parts.monitoring.configurationInForce(sha256);
  }

  /** What the release gate goes by from here on. */
  #proofsInForce(): void {
    for (const recipient of this.#parts.provenRecipients()) {
      const facts = { recipient_sha256: sha256Hex(encodeUtf8(recipient)) };
      this.#parts.custody.append({ event: 'proof-installed', facts });
    }
  }

  /** So many conditions are shown that limit the station: it is degraded as long as there is one. What stood before the start is told by then. */
  conditionsChanged(standing: number): void {
    this.#standing = standing;
    if (!this.#started || this.#ending.signal.aborted) return;
    void this.#parts.monitoring.status.say(this.#health());
  }

  /** The store is not behind any more: what waited for that may be erased. */
  async #followStore(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#parts.standing.levels.read(signal))
      for (const bay of this.#parts.bays) bay.wake();
  }

  /** Files that were set aside may be tried once more. */
  async #followTries(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#parts.tries.again.read(signal))
      for (const bay of this.#parts.bays) bay.tryAgain();
  }

  /** Somebody below `down/` spoke a moment ago: only then a stop waits for answers. */
  #isStoreThere(): boolean {
    const { broker, clock } = this.#parts;
    return broker.connected && clock.monotonicMs() - this.#heardAtMs < STORE_THERE_MS;
  }

  #stopStep(step: keyof typeof STOP_MS, work: () => Promise<unknown>): Promise<boolean> {
    return stopWithin(this.#parts, step, STOP_MS[step], work);
  }

  #health(): 'ready' | 'degraded' {
    return this.#standing > 0 ? 'degraded' : 'ready';
  }

  async #checkpoint(): Promise<void> {
    await this.#parts.custody
      .checkpoint()
      .catch((error: unknown) => this.#parts.log.error('custody log not written', { error }));
  }

  #connection(connected: boolean): void {
    this.#parts.pusher.connectionChanged(connected);
    this.#parts.custodyPush.connectionChanged(connected);
    this.#parts.witness.connectionChanged(connected);
    if (connected) void this.#parts.monitoring.status.sayAll();
  }

  /** Everything retained is ignored: whoever asked then is not asking now (SPEC 5). */
  #take(message: BrokerMessage): void {
    const topic = this.#parts.topics.parseDown(message.topic);
    if (topic === undefined || message.retained) return;
    this.#heardAtMs = this.#parts.clock.monotonicMs();
    this.#parts.monitoring.storeHeard();
    if (topic.kind === 'custody') {
      this.#parts.custodyPush.take(message.payload);
      return;
    }
    if (topic.kind === 'log') {
      this.#parts.witness.take(message.payload);
      return;
    }
    if (topic.kind === 'restored') {
      this.#parts.rollback.take(message.payload);
      return;
    }
    if (topic.kind === 'policy') {
      this.#parts.policy.take(message.payload);
      return;
    }
    this.#parts.pusher.take(topic.recording, message.payload);
    this.#parts.custodyPush.storeHeard();
  }
}
