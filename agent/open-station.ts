// Builds a station from its configuration: every adapter is made here and nowhere else in the agent.
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readSigningKey } from '../config/keys.ts';
import { loadProofs } from '../config/proofs.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { BayConfig, StationConfig } from '../config/station-config.ts';
import { massStorageDriver } from '../drivers/mass-storage/driver.ts';
import { makeSessionId, type RecordingId } from '../protocol/ids.ts';
import { readBootId } from '../protocol/io/boot-id.ts';
import { openMqttBroker } from '../protocol/io/broker-mqtt.ts';
import type { TlsCredentials } from '../protocol/io/broker-types.ts';
import { nodeClock } from '../protocol/io/clock-node.ts';
import { nodeFiles } from '../protocol/io/files-node.ts';
import { nodeRandom } from '../protocol/io/random-node.ts';
import { openWorkerSigner } from '../protocol/io/signer-worker.ts';
import { publicKeyOf } from '../protocol/minisign.ts';
import type { Log } from '../protocol/ports.ts';
import { stationTopics } from '../protocol/topics.ts';
import type { BayWork } from './bay-docking.ts';
import { Bay } from './bay.ts';
import { openBulkWorkers } from './bulk-workers.ts';
import { LoggedConditions } from './conditions-log.ts';
import { CustodyLog } from './custody-log.ts';
import { CustodyPush } from './custody-push.ts';
import { FolderWatch } from './folder-watch.ts';
import { Keep } from './keep.ts';
import { Pusher } from './push.ts';
import { lockSpool } from './spool/lock.ts';
import { Spool } from './spool/spool.ts';
import { Station } from './station.ts';
import { lostStatus, StatusPublisher } from './status.ts';

const HOUR_MS = 3_600_000;

export interface OpenStation {
  readonly station: Station;
  /** Closes what the station itself does not own. */
  close(): Promise<void>;
}

/**
 * Opens keys, spool, log and workers of a configuration; nothing is connected or read from a camera before `station.start()`.
 * Errors: "key.*", "spool.locked", "spool.*", "custody.*" as the parts throw them.
 */
export async function openStation(
  config: StationConfig,
  configSha256: string,
  version: string,
  log: Log,
): Promise<OpenStation> {
  const clock = nodeClock();
  const random = nodeRandom();
  const files = nodeFiles();
  const session = makeSessionId(random);
  const topics = stationTopics(config.broker.base, config.station);
  const signingKey = await readSigningKey(config.keys.signingFile);
  const stationKeys = [publicKeyOf(signingKey)];
  const lock = await lockSpool(config.spool.path);
  const conditions = new LoggedConditions(log, () => station?.conditionsChanged(conditions.standing));
  let station: Station | undefined;

  const { spool } = await Spool.open({ ...config.spool, files, clock, random, log, conditions, stationKeys });
  const signer = await openWorkerSigner(signingKey);
  const custody = await CustodyLog.open({
    folder: join(config.spool.path, 'custody'),
    station: config.station,
    version,
    files,
    clock,
    random,
    signer,
    bootId: await readBootId(),
    log,
    conditions,
  });
  const provenRecipients = new Set(
    (await loadProofs(join(config.spool.path, 'proofs'), config.station, stationKeys)).keys(),
  );
  const bulk = await openBulkWorkers({
    count: Math.max(1, Math.min(config.bays.length, availableParallelism())),
  });
  const store = {
    station: config.station,
    storeKeys: config.store.publicKeys,
    receivers: config.store.receivers,
  };
  const broker = openMqttBroker({
    url: config.broker.url,
    protocol: config.broker.protocol,
    clientId: `bodydock-${config.station}`,
    credentials: () => readCredentials(config.broker),
    will: {
      topic: topics.status,
      payload: lostStatus(session, new Date(clock.wallMs()).toISOString()),
      qos: 1,
      retain: true,
    },
    maxPacketBytes: config.broker.maxPacketBytes,
    clock,
    random,
    log,
    conditions,
  });

  const custodyPush = new CustodyPush({ broker, topics, store, source: custody, clock, log, conditions });
  custody.onCheckpoint(() => custodyPush.advance());
  const status = new StatusPublisher({ broker, topics, session, clock, log });
  const keep = new Keep({ spool, custody, clock, log, keepMs: config.spool.keepHours * HOUR_MS });
  const pusher = new Pusher({
    broker,
    topics,
    session,
    store,
    spool,
    files,
    units: bulk,
    custody,
    clock,
    log,
    conditions,
    onReceipted: (recording) => station?.receipted(recording),
    onQuarantined: (recording) => station?.quarantined(recording),
  });

  const progress = {
    isReceipted: (recording: RecordingId) => spool.get(recording)?.state !== 'spooled',
    heldBytes: (recording: RecordingId) => pusher.receivedBytes(recording),
  };
  const drivers = [massStorageDriver({ clock })];
  const bays = config.bays.map((bay) => {
    const work: BayWork = {
      station: config.station,
      bay: bay.id,
      camera: bay.camera,
      recipients: config.recipients,
      watch: new FolderWatch(bay.folder, { identity: folderIdentity, clock, log }),
      drivers,
      take: { spool, bulk, custody, clock, random, log, makeRoom: () => keep.makeRoom() },
      commit: {
        spool,
        bulk,
        signer,
        custody,
        clock,
        clockSynchronised: () => null,
        onSpooled: (recording) => pusher.add(recording),
      },
      erase: {
        policy: config.release,
        stationKeys,
        storeKeys: store.storeKeys,
        provenRecipients: () => provenRecipients,
        spool,
        files,
        custody,
        conditions,
        log,
      },
    };
    const alias = aliasOf(config, bay);
    return new Bay({
      id: bay.id,
      alias,
      work,
      progress,
      clock,
      log,
      conditions,
      onChange: (changed) => status.bayChanged(changed),
    });
  });

  station = new Station({
    session,
    version,
    configSha256,
    topics,
    broker,
    custody,
    custodyPush,
    pusher,
    status,
    keep,
    bays,
    clock,
    log,
  });
  return {
    station,
    close: async () => {
      await bulk.close();
      await signer.close();
      await spool.close();
      await lock.release();
    },
  };
}

function aliasOf(config: StationConfig, bay: BayConfig): string {
  return config.cameras.find((camera) => camera.id === bay.camera)?.alias ?? bay.camera;
}

async function readCredentials({ tls }: BrokerConfig): Promise<TlsCredentials> {
  if (tls === null) return {};
  const [ca, cert, key] = await Promise.all([
    readFile(tls.caFile),
    readFile(tls.certFile),
    readFile(tls.keyFile),
  ]);
  return { ca, cert, key };
}

/** Device and file number; undefined where there is no folder of that name. */
async function folderIdentity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : undefined;
}
