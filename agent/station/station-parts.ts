// What a station consists of: every adapter of the agent is made here, but for the files and threads that open-station.ts begins with. Loaded while those start.
import type { BrokerConfig } from '../../config/broker-config.ts';
import { readBrokerCredentials } from '../../config/broker-credentials.ts';
import { certificateEnds } from '../../config/certificate-files.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { loadProofs, proofsFolder } from '../../config/enrolment/proofs.ts';
import type { PushLimits } from '../../config/push-limits.ts';
import type { StationConfig } from '../../config/station-config.ts';
import type { LoginCounts } from '../../drivers/ambarella/login-guard.ts';
import { sysfsBlockDevices } from '../../drivers/mass-storage/block-devices.ts';
import { idleDisks } from '../../drivers/mass-storage/mount-table.ts';
import { deviceAt } from '../../drivers/serial/line.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { publicKeyOf, type SecretKey } from '../../protocol/documents/minisign.ts';
import { makeSessionId } from '../../protocol/format/ids.ts';
import { DOWN_MESSAGE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Conditions, Files, Log } from '../../protocol/format/ports.ts';
import type { Progress } from '../../protocol/format/progress.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { clockedLamp } from '../dock/lamp-leds.ts';
import { PortSwitches } from '../dock/port-switches.ts';
import { CertificateWatch, type CertificateWatchDeps } from '../monitoring/certificate-watch.ts';
import { ConditionBoard } from '../monitoring/condition-board.ts';
import { encodeAnswer } from '../monitoring/control-protocol.ts';
import { nodeMachine } from '../monitoring/machine-node.ts';
import { lostStatus } from '../monitoring/status.ts';
import { openMqttBroker } from '../platform/broker-mqtt.ts';
import { brokerAddress } from '../platform/broker-socket.ts';
import { localMs, nodeClock, readBootId } from '../platform/clock-node.ts';
import { linuxClockSource } from '../platform/clock-source-linux.ts';
import { LoggedConditions } from '../platform/conditions-log.ts';
import type { AsyncDisposableStack } from '../platform/disposable-stack.ts';
import { watchFolder } from '../platform/folder-changes-chokidar.ts';
import { folderIdentity, VacantFolders } from '../platform/folder-identity.ts';
import { watchTree } from '../platform/folder-tree.ts';
import { bufferFreer } from '../platform/memory.ts';
import { nodeRandom } from '../platform/random-node.ts';
import type { WorkerSigner } from '../platform/signer-worker.ts';
import type { Bulk } from '../seal/bulk.ts';
import type { ReadyLooks } from '../spool/ready-looks.ts';
import { type ComposedStation, composeStation } from './compose-station.ts';
import { stationDrivers } from './station-drivers.ts';
import type { StationPorts } from './station-ports.ts';

/** What the program itself knows. */
export interface OpenOptions {
  readonly configSha256: string;
  readonly version: string;
  readonly log: Log;
  /** Where disk and bays say that they move on. */
  readonly progress: Progress;
  /** Of camera passwords that were refused: what a station counted before this one in the same process. */
  readonly loginCounts: LoginCounts;
  /** Told how many conditions stand, after each change. */
  readonly onStanding?: (standing: number) => void;
}

/** A station with its adapters, and what it says of itself. */
export interface OpenedStation extends Pick<
  ComposedStation,
  'station' | 'screen' | 'staffReports' | 'stays' | 'documents' | 'close'
> {
  /** What it may take of the uplink from now on. */
  readonly setLimits: (limits: PushLimits) => void;
  readonly conditions: Conditions;
  /** What it says of itself at this moment, for the control socket. */
  readonly says: () => Promise<string>;
}

/** Threads that were started, and may not answer yet. Errors: "worker.died". */
export interface StationThreads {
  readonly signer: Promise<WorkerSigner>;
  readonly bulk: Promise<Bulk>;
}

/** What was opened before; `closing` closes it, and what is opened here. */
export interface OpenedBefore {
  readonly key: SecretKey;
  /** Whatever waits for the disk shows in the progress of the spool; that of `threads` does, too. */
  readonly files: Files;
  readonly threads: StationThreads;
  /** See SpoolOptions. */
  readonly looks: Promise<ReadyLooks | undefined>;
  readonly closing: AsyncDisposableStack;
}

/** Errors: those of openStation. */
export async function openParts(
  config: StationConfig,
  { log, onStanding = () => undefined, ...options }: OpenOptions,
  { key, files, threads, looks, closing }: OpenedBefore,
): Promise<OpenedStation> {
  const own = publicKeyOf(key);
  const folder = keyChangesFolder(config.spool.path);
  const { earlier, later, change } = await loadKeyHistory(folder, config.station, own, (file, error) =>
    log.warn('key change does not verify', { file, error }),
  );
  const stationKeys = [own, ...earlier];
  const clock = nodeClock();
  const random = nodeRandom();
  const session = makeSessionId(random);
  const topics = stationTopics(config.broker.base, config.station);
  const conditions = new ConditionBoard(new LoggedConditions(log, onStanding), clock);
  const proofs = await loadProofs(
    proofsFolder(config.spool.path),
    config.station,
    stationKeys,
    (file, error) => log.warn('recipient proof does not verify', { file, error }),
  );
  const proven = new Set(proofs.keys());
  const signer = await threads.signer;
  const bulk = await threads.bulk;
  const broker = openMqttBroker({
    ...config.broker,
    clientId: `bodydock-${config.station}`,
    credentials: () => readBrokerCredentials(config.broker),
    will: {
      topic: topics.status,
      payload: lostStatus(session, new Date(clock.wallMs()).toISOString()),
      qos: 1,
      retain: true,
    },
    inboundBytesMax: DOWN_MESSAGE_BYTES_MAX,
    clock,
    random,
    log,
    conditions,
  });
  const namedPorts = (): string[] => config.bays.flatMap(({ usbPort }) => usbPort ?? []);
  const usbDevices = sysfsDevices(undefined, namedPorts);
  const blockDevices = sysfsBlockDevices(undefined, namedPorts);
  const vacantFolders = new VacantFolders();
  const portSwitches = new PortSwitches();
  const settings = { ...config, limits: config.broker };
  const ports: StationPorts = {
    ...options,
    files,
    clock,
    random,
    log,
    conditions,
    broker,
    topics,
    session,
    signer,
    stationKeys,
    laterKeys: later,
    keyChange: change?.facts,
    provenRecipients: () => proven,
    bulk,
    freeBuffer: bufferFreer(),
    drivers: await stationDrivers(config, {
      ...options,
      usbDevices,
      blockDevices,
      portSwitches,
      clock,
      log,
      conditions,
    }),
    folderIdentity,
    folderVacancy: (path) => vacantFolders.vacancy(path),
    watchFolder,
    watchTree,
    portIdentity: deviceAt,
    usbDevices,
    isIdleDisk: idleDisks(blockDevices),
    portSwitches,
    clockSource: linuxClockSource(),
    machine: nodeMachine(clock),
    leds: clockedLamp(clock),
    certificates: certificates(config.broker, { clock, log, conditions }),
    localMs,
    bootId: await readBootId(),
  };
  const opened = await composeStation(settings, ports, looks);
  closing.defer(() => opened.close());
  const agent = () => ({
    pid: process.pid,
    broker: brokerAddress(new URL(config.broker.url)),
    broker_connected: broker.connected,
    rate_bytes_per_s: opened.limits.pace.rateBytesPerS,
  });
  return {
    station: opened.station,
    screen: opened.screen,
    documents: opened.documents,
    staffReports: opened.staffReports,
    stays: opened.stays,
    setLimits: (limits) => opened.limits.set(limits),
    conditions,
    says: async () => encodeAnswer(agent(), await opened.documents()),
    close: () => closing.disposeAsync(),
  };
}

function certificates(
  { tls }: BrokerConfig,
  deps: Omit<CertificateWatchDeps, 'ends'>,
): CertificateWatch | undefined {
  return tls === null ? undefined : new CertificateWatch({ ...deps, ends: () => certificateEnds(tls) });
}
