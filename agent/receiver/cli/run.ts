// `bodydock-receiver run`: the receiver in the foreground. Every adapter is made here and nowhere else in the receiver.
import { chmod, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { readBrokerCredentials, readMailServer } from '../../../config/broker-credentials.ts';
import { certificateEnds } from '../../../config/certificate-files.ts';
import { command, type Io } from '../../../config/command-line.ts';
import { checkStarter } from '../../../config/disk-place.ts';
import { readSigningKey } from '../../../config/enrolment/keys.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { FileFinds } from '../../../config/file-finds.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { renderProblems } from '../../../config/problems.ts';
import { readVersion } from '../../../config/program-version.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { inlineSigner, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import type { Log } from '../../../protocol/format/ports.ts';
import { Progress } from '../../../protocol/format/progress.ts';
import { storeTopics } from '../../../protocol/transfer/topics.ts';
import { openMqttBroker, type StartableBroker } from '../../platform/broker-mqtt.ts';
import { brokerAddress } from '../../platform/broker-socket.ts';
import { localMs, nodeClock, readBootId } from '../../platform/clock-node.ts';
import { LoggedConditions } from '../../platform/conditions-log.ts';
import { endingInTime, stopWithin } from '../../platform/exit-soon.ts';
import { nodeFiles } from '../../platform/files-node.ts';
import type { LineSocket } from '../../platform/line-socket.ts';
import { nodePost } from '../../platform/http-post.ts';
import { pinoLog } from '../../platform/log-pino.ts';
import { nodeRandom } from '../../platform/random-node.ts';
import { openServiceManager, startWatchdog } from '../../platform/service-manager.ts';
import { DISK_STUCK_MS, watchedFiles } from '../../platform/watched-calls.ts';
import { CertificateWatch } from '../../monitoring/certificate-watch.ts';
import { ConditionBoard } from '../../monitoring/condition-board.ts';
import { type AgentWord, controlSocketPath, encodeAnswer } from '../../monitoring/control-protocol.ts';
import { openControlServer } from '../../monitoring/control-server.ts';
import { nodeMachine } from '../../monitoring/machine-node.ts';
import { serveMetrics } from '../../monitoring/metrics.ts';
import { lostStatus } from '../../monitoring/status.ts';
import { STORE_CONDITION_TABLE } from '../../monitoring/store-condition-table.ts';
import { SLABS } from '../limits.ts';
import { Notify } from '../notify.ts';
import { openReceiver } from '../open-receiver.ts';
import type { StoreNumbers } from '../store-numbers.ts';
import { conditionsOfDesk, DeskWatch, StoreWatch } from '../store-watch.ts';
import { openReceiverWorker } from '../transfer/receiver-worker.ts';
import { Slabs } from '../transfer/slabs.ts';
import { UnitsAround } from '../vault/unit-store.ts';
import { VaultLayout } from '../vault/vault-layout.ts';
import { lockVault, VaultLocks } from '../vault/vault-lock.ts';
import { loadChecked } from './check.ts';

/** Twice what the receiver gives itself: after that the vault is closed on a disk that may hang. */
const RECEIVER_STOP_MS = 10_000;
const CLOSE_MS = 5_000;

/** Exit code when it ended. Errors: "vault.*", "key.*", the system's, from opening. */
export const run = command(
  {
    name: 'bodydock-receiver run',
    usage: ['[--config FILE]'],
    about: `
Runs in the foreground until SIGTERM or SIGINT; the log goes to standard output, one JSON document a line.
`,
    options: { config: RECEIVER_FILE },
    json: null,
    exits:
      '0 ended when asked to, 1 failure, 2 usage, 75 another receiver works on the vault, 78 configuration, keys or vault. Where a disk that does not answer holds it, it ends by SIGTERM (143 to a shell) within 40 s; a second signal ends it at once. Neither loses anything.',
  },
  (line, io) => endingInTime(EXIT_GOOD, io.signal, () => runFile(line.values.config, io)),
);

async function runFile(file: string, io: Io): Promise<number> {
  const credentials = process.env['CREDENTIALS_DIRECTORY'];
  const { config, problems, warnings } = await loadChecked(file, credentials);
  if (config === undefined) {
    io.err(renderProblems(problems));
    return EXIT_CONFIGURATION;
  }
  const finds = new FileFinds();
  await checkStarter(config.vault.path, { code: 'vault.owner', unit: 'bodydock-receiver' }, finds);
  if (finds.problems.length > 0) {
    io.err(renderProblems(finds.problems));
    return EXIT_CONFIGURATION;
  }
  const log = pinoLog({ level: 'info' });
  for (const warning of warnings) log.warn('configuration', { ...warning });
  io.onFault?.((error) => endOnFault(log, error));
  const manager = openServiceManager({ environment: process.env, log });
  const progress = new Progress(nodeClock());
  const opened = await open(config, log, progress);
  try {
    await opened.receiver.start();
  } catch (error) {
    await opened.receiver.stop();
    await opened.close();
    throw error;
  }
  opened.receiver.startRetention();
  opened.watch.start();
  const control = await openControl(opened, config, log);
  const documents = (): ReturnType<StoreWatch['documents']> => opened.watch.documents();
  const metrics =
    config.metrics && (await serveMetrics({ ...config.metrics, documents, clock: nodeClock(), log }));
  // Ready for systemd is an open vault. Whoever has a channel to us is told when offers are answered.
  manager.ready(`receiver ${config.receiver}: ready; stations: ${config.stations.length}`);
  const stopWatchdog = startWatchdog({ manager, progress, clock: nodeClock(), log });
  tellReady(opened.broker, io);
  opened.broker.start();
  log.info('receiver started', { receiver: config.receiver, stations: config.stations.length });
  await aborted(io.signal);
  stopWatchdog();
  await control?.close();
  await metrics?.close();
  manager.stopping();
  log.info('receiver stops');
  const parts = { clock: nodeClock(), log };
  await stopWithin(parts, 'receiver', RECEIVER_STOP_MS, () => opened.receiver.stop());
  await stopWithin(parts, 'offline', CLOSE_MS, () => opened.watch.stop());
  await stopWithin(parts, 'broker and worker', CLOSE_MS, () => opened.close());
  return EXIT_GOOD;
}

/** For `bodydock-receiver status`, in the folder that the service gives. Without it the receiver still works. */
async function openControl(
  { broker, watch }: Opened,
  { receiver, broker: { url } }: ReceiverConfig,
  log: Log,
): Promise<LineSocket | undefined> {
  const folder = process.env['RUNTIME_DIRECTORY']?.split(':')[0];
  if (folder === undefined) return undefined;
  const agent = (): Omit<AgentWord, 'kind'> => ({
    pid: process.pid,
    broker: brokerAddress(new URL(url)),
    broker_connected: broker.connected,
    rate_bytes_per_s: null,
  });
  try {
    const path = controlSocketPath(folder, `${receiver}.sock`);
    const answer = async (): Promise<string> => encodeAnswer(agent(), await watch.documents());
    return await openControlServer({ path, answer, clock: nodeClock(), log });
  } catch (error) {
    log.warn('no control socket: `bodydock-receiver status` gets no answer', { error });
    return undefined;
  }
}

/** Once, when offers are answered from then on. */
function tellReady(broker: StartableBroker, io: Io): void {
  let told = false;
  broker.onState((connected) => {
    if (connected && !told) io.ready?.();
    told ||= connected;
  });
}

interface Opened {
  readonly receiver: Awaited<ReturnType<typeof openReceiver>>;
  readonly broker: StartableBroker;
  readonly watch: StoreWatch;
  close(): Promise<void>;
}

async function open(config: ReceiverConfig, log: Log, progress: Progress): Promise<Opened> {
  const [clock, random] = [nodeClock(), nodeRandom()];
  const disk = progress.source('vault', DISK_STUCK_MS);
  const files = watchedFiles(nodeFiles(), disk);
  const conditions = new ConditionBoard(new LoggedConditions(log), clock, STORE_CONDITION_TABLE);
  const session = makeSessionId(random);
  const topics = storeTopics(config.broker.base, config.receiver);
  const key = await readSigningKey(config.keys.signingFile);
  const lock = await lockVault(config.vault.path, files);
  const slabs = new Slabs(SLABS);
  const worker = await openReceiverWorker(slabs);
  const broker = openMqttBroker({
    url: config.broker.url,
    protocol: config.broker.protocol,
    clientId: `bodydock-${config.receiver}`,
    credentials: () => readBrokerCredentials(config.broker),
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
  const bootId = await readBootId();
  const host = { host: hostname(), pid: process.pid, bootId };
  const program = {
    version: await readVersion(),
    bootId,
    process: host,
    post: nodePost,
    locks: new VaultLocks(config.vault.path, clock),
  };
  const units = new UnitsAround(worker.units, disk.during);
  const ports = {
    signer: inlineSigner(key),
    units,
    ...program,
    stateFolder: process.env['STATE_DIRECTORY']?.split(':')[0],
    files,
    clock,
    random,
    log,
    conditions,
    broker,
    slabs,
  };
  const close = async (): Promise<void> => {
    await broker.close(true);
    await worker.close();
    await lock.release();
  };
  try {
    const receiver = await openReceiver(config, { ...ports, publicKey: publicKeyOf(key) });
    const { tls } = config.broker;
    const { desk, notify } = config;
    if (desk !== null)
      await shareDisclosures(new VaultLayout(config.vault.path).disclosures).catch((error: unknown) =>
        log.warn('folder for disclosures not open to the desk', { error }),
      );
    const watched = { clock, log, conditions };
    const looks: { look(): void }[] = [];
    if (tls !== null) looks.push(new CertificateWatch({ ...watched, ends: () => certificateEnds(tls) }));
    if (desk !== null) {
      const ofDesk = { ...watched, conditions: conditionsOfDesk(conditions) };
      looks.push(new CertificateWatch({ ...ofDesk, ends: () => certificateEnds(desk) }));
      looks.push(new DeskWatch(desk, conditions));
    }
    const measure = (): Promise<StoreNumbers> => receiver.measure();
    const mails =
      notify &&
      new Notify({
        ...watched,
        language: notify.language,
        dailyMinute: notify.dailyMinute,
        receiver: config.receiver,
        board: conditions,
        stations: () => receiver.stations(),
        // Loaded for a mail: it takes 12 MB.
        send: async (note, signal) => {
          const { sendMail } = await import('../../platform/mail.ts');
          return sendMail(await readMailServer(notify), { ...notify, ...note }, signal);
        },
        toLocalMs: localMs,
      });
    const parts = { ...watched, broker, topics, session, looks, measure, notify: mails };
    const watch = new StoreWatch({ ...parts, machine: nodeMachine(clock) });
    return { receiver, broker, watch, close };
  } catch (error) {
    // The worker would keep the process, which a service manager takes for one that is about to be ready.
    await close();
    throw error;
  }
}

/** Where the desk says why somebody looks at a recording: a user of its own in the group of this one, who may change nothing else. */
async function shareDisclosures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o770);
}

/** Broken code of ours: what was claimed is durable at every moment, so ending and starting again is the safe way on. */
function endOnFault(log: Log, error: unknown): void {
  log.error('internal error, exiting', { error });
  process.exit(EXIT_FAILURE);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
