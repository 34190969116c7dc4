// `bodydock-receiver run`: the receiver in the foreground. Every adapter is made here and nowhere else in the receiver.
import { readFile } from 'node:fs/promises';
import type { BrokerConfig } from '../../../config/broker-config.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { readSigningKey } from '../../../config/keys.ts';
import { renderProblems } from '../../../config/problems.ts';
import { readVersion } from '../../../config/program-version.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { readBootId } from '../../io/boot-id.ts';
import { openMqttBroker, type StartableBroker } from '../../io/broker-mqtt.ts';
import type { TlsCredentials } from '../../io/broker-types.ts';
import { nodeClock } from '../../io/clock-node.ts';
import { linuxClockSource } from '../../io/clock-source-linux.ts';
import { nodeFiles } from '../../io/files-node.ts';
import { pinoLog } from '../../io/log-pino.ts';
import { nodeRandom } from '../../io/random-node.ts';
import { publicKeyOf } from '../../minisign.ts';
import type { Log } from '../../ports.ts';
import { LoggedConditions } from '../../io/conditions-log.ts';
import { SLABS } from '../limits.ts';
import { rememberedAnswer } from '../retention/asked-clock.ts';
import { openReceiver } from '../open-receiver.ts';
import { openReceiverWorker } from '../receiver-worker.ts';
import { Slabs } from '../slabs.ts';
import { loadChecked } from './check.ts';
import type { CommandLine, Io } from './command-line.ts';
import { keepYoungSmall, messageGarbage } from './small-heap.ts';

/** Exit code when it ended. Errors: "vault.*", "key.*", the system's, from opening. */
export async function run({ config: file }: CommandLine, io: Io): Promise<number> {
  const { config, problems, warnings } = await loadChecked(file);
  if (config === undefined) {
    io.err(renderProblems(problems));
    return EXIT_CONFIGURATION;
  }
  const log = pinoLog({ level: 'info' });
  for (const warning of warnings) log.warn('configuration', { ...warning });
  io.onFault((error) => endOnFault(log, error));
  const opened = await open(config, log);
  await opened.receiver.start();
  opened.receiver.startRetention();
  tellReady(opened.broker, io);
  opened.broker.start();
  log.info('receiver started', { receiver: config.receiver, stations: config.stations.length });
  await aborted(io.signal);
  log.info('receiver stops');
  await opened.receiver.stop();
  await opened.close();
  return EXIT_GOOD;
}

/** Once, when offers are answered from then on. */
function tellReady(broker: StartableBroker, io: Io): void {
  let told = false;
  broker.onState((connected) => {
    if (connected && !told) io.ready();
    told ||= connected;
  });
}

interface Opened {
  readonly receiver: Awaited<ReturnType<typeof openReceiver>>;
  readonly broker: StartableBroker;
  close(): Promise<void>;
}

async function open(config: ReceiverConfig, log: Log): Promise<Opened> {
  const [clock, random, files] = [nodeClock(), nodeRandom(), nodeFiles()];
  const conditions = new LoggedConditions(log);
  const key = await readSigningKey(config.keys.signingFile);
  const slabs = new Slabs(SLABS);
  const worker = await openReceiverWorker(slabs, key);
  keepYoungSmall();
  const broker = openMqttBroker({
    url: config.broker.url,
    protocol: config.broker.protocol,
    clientId: `bodydock-${config.receiver}`,
    credentials: () => readCredentials(config.broker),
    maxPacketBytes: config.broker.maxPacketBytes,
    clock,
    random,
    log,
    conditions,
  });
  const onBytes = messageGarbage();
  const isSynchronised = rememberedAnswer(clock, () => linuxClockSource().isSynchronised());
  const program = { version: await readVersion(), bootId: await readBootId(), isSynchronised };
  const ports = { ...worker, ...program, files, clock, random, log, conditions, broker, slabs, onBytes };
  const receiver = await openReceiver(config, { ...ports, publicKey: publicKeyOf(key) });
  return {
    receiver,
    broker,
    close: async () => {
      await broker.close(true);
      await worker.close();
    },
  };
}

async function readCredentials({ tls }: BrokerConfig): Promise<TlsCredentials> {
  if (tls === null) return {};
  const [ca, cert, key] = await Promise.all(
    [tls.caFile, tls.certFile, tls.keyFile].map((path) => readFile(path)),
  );
  if (ca === undefined || cert === undefined || key === undefined) return {};
  return { ca, cert, key };
}

/** Broken code of ours: what was claimed is durable at every moment, so ending and starting again is the safe way on. */
function endOnFault(log: Log, error: unknown): void {
  log.error('fault in the program, it ends', { error });
  process.exit(EXIT_FAILURE);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
