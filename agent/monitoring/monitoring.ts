// Everything that the station says of itself for others to watch, put together: status, information, heartbeat, conditions, events. It
// looks at the parts of the station and none of them waits for it.
import type { StationConfig } from '../../config/station-config.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { DiskWatch } from '../../protocol/format/disk-watch.ts';
import { type BayId, type CameraId, isRecordingId, type SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Files, Log } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { baySchema, healthSchema, infoSchema } from '../../protocol/transfer/monitoring.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import { ITEM, type Ledger } from '../custody/ledger.ts';
import type { Bay } from '../dock/bay.ts';
import { CameraHealth } from '../dock/camera-health.ts';
import { unregisteredAlias } from '../dock/camera-register.ts';
import { VanishedMemory } from '../dock/vanished-memory.ts';
import type { DockingRecords } from '../records/docking-records.ts';
import type { Spool } from '../spool/spool.ts';
import type { CertificateWatch } from './certificate-watch.ts';
import type { ConditionBoard } from './condition-board.ts';
import { conditionTopics } from './condition-document.ts';
import { EventTopic } from './event-topic.ts';
import { HealthWatch, type HealthWatchDeps } from './health-watch.ts';
import type { Machine } from './machine.ts';
import { RejectedRecordings } from './rejected-recordings.ts';
import { infoDocument, type InfoSettings, type RetainedTopics, StatusPublisher } from './status.ts';

export interface MonitoringDeps {
  readonly settings: InfoSettings & Pick<StationConfig, 'spool' | 'cameraMissingDays'>;
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly conditions: ConditionBoard;
  readonly machine: Machine;
  readonly stationKeys: readonly PublicKey[];
  readonly provenRecipients: () => ReadonlySet<string>;
  readonly version: string;
  readonly configSha256: string;
  readonly localMs: (utcMs: number) => number;
  readonly limits: HealthWatchDeps['limits'];
  /** Looks at the certificates; undefined where the connection has none. */
  readonly certificates?: Pick<CertificateWatch, 'look'> | undefined;
}

/** Parts that are there once the spool is open. */
export interface WatchedParts {
  readonly spool: Pick<Spool, 'recordings' | 'asideNames' | 'layout' | 'confirm'>;
  readonly records: Pick<DockingRecords, 'store' | 'newest'>;
  /** Whether the station's own clock is synchronised; null where the system does not tell. */
  readonly clockSynchronised: () => boolean | null;
  /** Wall time that may be believed, in ms since 1970. */
  readonly believedMs: () => number | undefined;
}

/** The watchers of one station. */
export class Monitoring {
  readonly status: StatusPublisher;
  readonly cameras: CameraHealth;
  readonly disk: DiskWatch;
  readonly #deps: MonitoringDeps;
  readonly #events: EventTopic;
  readonly #rejected: RejectedRecordings;
  readonly #bays = new Map<string, Bay>();
  readonly #formerBays: FormerBays;
  #health: HealthWatch | undefined;
  #openMemory: (() => Promise<VanishedMemory>) | undefined;
  #memory: VanishedMemory | undefined;
  #configSha256: string;
  #clockSynchronised: () => boolean | null = () => null;
  #isDocument: (id: string) => boolean = () => false;

  constructor(deps: MonitoringDeps) {
    const { conditions, topics, session } = deps;
    this.#deps = deps;
    this.#configSha256 = deps.configSha256;
    this.status = new StatusPublisher(deps);
    this.disk = new DiskWatch(deps);
    const alias = (camera: string): string => aliasOf(deps.settings, camera);
    const { cameraMissingDays: missingDays } = deps.settings;
    this.cameras = new CameraHealth({
      ...deps,
      missingDays,
      alias,
      clockSynchronised: () => this.#clockSynchronised(),
    });
    this.#events = new EventTopic({
      ...deps,
      topic: topics.event,
      alias,
      dockedAt: (bay) => this.#bays.get(bay)?.dockedAt ?? null,
      isDocument: (id) => this.#isDocument(id),
    });
    this.#rejected = new RejectedRecordings(conditions);
    const bays = deps.settings.bays.map(({ id }) => id);
    this.#formerBays = new FormerBays({ topics, retained: this.status.retained, bays });
    const startedAt = new Date(deps.clock.wallMs()).toISOString();
    this.status.retained.add({ topic: topics.info, document: () => this.#info(startedAt) });
    const say = conditionTopics({ board: conditions, retained: this.status.retained, topics, session });
    this.changed = (code) => {
      say(code);
      this.#health?.conditionChanged();
    };
  }

  /** What is shown of a code changed. */
  readonly changed: (code: string) => void;

  /** The bay has something new to show. */
  bayChanged(bay: Bay): void {
    this.#bays.set(bay.id, bay);
    const topic = this.#deps.topics.bay(bay.id);
    const document = (): Uint8Array => encodeMonitoring(baySchema, bay.show());
    this.status.retained.add({ topic, document, essence: () => bay.camera });
    this.status.retained.changed(topic);
  }

  /** What the log of earlier runs says. Once, before `entered`. */
  takeOver(ledger: Pick<Ledger, 'bays' | 'retired' | 'bits'>): void {
    this.#isDocument = (id) => isRecordingId(id) && (ledger.bits(id) & ITEM.recorded) !== 0;
    this.#formerBays.takeOver(ledger.bays);
    this.cameras.takeOver(ledger.retired);
  }

  /** An event enters the custody log; it may not be durable yet. Never throws. */
  entered(event: Pick<CustodyEvent, 'event' | 'facts'>): void {
    this.#events.entered(event);
    this.#rejected.entered(event);
    this.cameras.entered(event);
  }

  /** Begins to watch. Once, before `run`. */
  watch({ spool, records, clockSynchronised, believedMs }: WatchedParts): void {
    this.#clockSynchronised = clockSynchronised;
    const { topics, files, log, conditions, broker, settings } = this.#deps;
    const confirm = (): Promise<void> => spool.confirm();
    this.#openMemory = () => VanishedMemory.open({ files, path: spool.layout.vanished, confirm, log });
    this.#rejected.takeOver(spool.recordings());
    this.#health = new HealthWatch({
      ...this.#deps,
      topic: topics.health,
      retained: this.status.retained,
      freeBytes: () => files.freeBytes(spool.layout.root),
      recordings: () => spool.recordings(),
      dockingRecords: () => records.store.recordings(),
      quarantinedEntries: () => spool.asideNames.length,
      clockSynchronised,
      believedMs,
      isConnected: () => broker.connected,
      shownConditions: () => conditions.count(),
      shownCodes: () => conditions.codes,
      onLook: () => {
        this.status.repeat();
        this.disk.look();
        void spool.confirm().catch(() => undefined); // it is told there
        this.#deps.certificates?.look();
        const nowMs = believedMs();
        const last = lastDockings(settings, records);
        this.cameras.seen(last);
        if (nowMs !== undefined) this.cameras.lookForMissing(nowMs, last);
      },
    });
  }

  /** Takes over what earlier runs left, and looks once, so that the first connect has numbers. Never rejects. */
  async start(): Promise<void> {
    this.#memory = await this.#openMemory?.();
    if (this.#memory !== undefined) this.cameras.remember(this.#memory);
    await this.#health?.look();
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#health?.run(signal), this.#deps.machine.run(signal)]);
  }

  /** Every document of this moment as JSON by the word behind the prefix, numbers measured now. Errors: "message.refused". */
  async documents(): Promise<{ readonly kind: string; readonly json: string }[]> {
    const { topics } = this.#deps;
    const health = await this.#health?.glance();
    const prefixLength = topics.status.lastIndexOf('/') + 1;
    return [...this.status.documents()].map(({ topic, payload }) => {
      const [kind = ''] = topic.slice(prefixLength).split('/');
      const shown =
        kind === 'health' && health !== undefined ? encodeMonitoring(healthSchema, health) : payload;
      return { kind, json: new TextDecoder().decode(shown) };
    });
  }

  /** Cameras in use that belong here and were docked here, by alias, with the end of their last docking in ms since 1970. */
  lastSeen(): (readonly [alias: string, atMs: number])[] {
    const { settings } = this.#deps;
    const own = belonging(settings);
    return [...this.cameras.lastSeen]
      .filter(([camera]) => own.has(camera) && !this.cameras.isRetired(camera))
      .map(([camera, atMs]) => [aliasOf(settings, camera), atMs] as const);
  }

  /** The digest of station.yaml as it counts from here on. */
  configurationInForce(sha256: string): void {
    this.#configSha256 = sha256;
    this.status.retained.changed(this.#deps.topics.info);
  }

  storeHeard(): void {
    this.#health?.storeHeard();
  }

  /** Resolves when what is to outlive the agent was written, or the disk did not take it. */
  async settle(): Promise<void> {
    await this.#memory?.settle();
  }

  stop(): void {
    this.#events.stop();
    this.#deps.conditions.stop();
    this.status.stop();
  }

  #info(startedAt: string): Uint8Array | undefined {
    const { settings, stationKeys, clock, machine, provenRecipients } = this.#deps;
    const [publicKey] = stationKeys;
    if (publicKey === undefined) return undefined;
    const facts = { ...this.#deps, startedAt, publicKey, nodeVersion: machine.nodeVersion };
    const proven = { ...facts, configSha256: this.#configSha256, provenRecipients: provenRecipients() };
    return encodeMonitoring(
      infoSchema,
      infoDocument(settings, proven, new Date(clock.wallMs()).toISOString()),
    );
  }
}

/** As the bay document calls it: the configured alias, the id where a bay names it, and a name of its own where nobody does. */
function aliasOf({ cameras, bays }: Pick<InfoSettings, 'cameras' | 'bays'>, camera: string): string {
  const configured = cameras.find(({ id }) => id === camera)?.alias;
  if (configured !== undefined) return configured;
  return bays.some((bay) => bay.camera === camera) ? camera : unregisteredAlias(camera);
}

/** Cameras that the file names. */
function belonging({ cameras, bays }: Pick<InfoSettings, 'cameras' | 'bays'>): Set<CameraId | null> {
  return new Set([...cameras.map(({ id }) => id), ...bays.map(({ camera }) => camera)]);
}

/** When each camera that belongs here was last docked, of those that ever were. */
function lastDockings(
  { cameras, bays }: Pick<InfoSettings, 'cameras' | 'bays'>,
  records: Pick<DockingRecords, 'newest'>,
): (readonly [CameraId, number])[] {
  return [...belonging({ cameras, bays })].flatMap((camera) => {
    const facts = camera === null ? undefined : records.newest(camera)?.parts.at(-1);
    const at = Date.parse(facts?.endedAt ?? facts?.dockedAt ?? '');
    return camera === null || Number.isNaN(at) ? [] : [[camera, at] as const];
  });
}

// Bays that the custody log names and the configuration does not any more. What the broker retains of one, nobody else takes back: monitoring
// would show its last state, and its light, for ever.

/** Four times as many as a station has; each is one more empty message at a connect. */
const BAYS_MAX = 64;

/** Bays that an entry names and the configuration does not. */
class FormerBays {
  readonly #topics: Pick<StationTopics, 'bay'>;
  readonly #retained: Pick<RetainedTopics, 'add' | 'changed'>;
  readonly #bays: ReadonlySet<string>;
  readonly #former = new Set<string>();

  /** `bays` are those that there are. */
  constructor(deps: {
    readonly topics: Pick<StationTopics, 'bay'>;
    readonly retained: Pick<RetainedTopics, 'add' | 'changed'>;
    readonly bays: Iterable<string>;
  }) {
    this.#topics = deps.topics;
    this.#retained = deps.retained;
    this.#bays = new Set(deps.bays);
  }

  /** Bays that the log names. */
  takeOver(named: Iterable<BayId>): void {
    for (const bay of named) {
      if (this.#bays.has(bay) || this.#former.size >= BAYS_MAX) continue;
      this.#former.add(bay);
      const topic = this.#topics.bay(bay);
      this.#retained.add({ topic, document: () => undefined });
      this.#retained.changed(topic);
    }
  }
}
