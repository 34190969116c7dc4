// `bodydock run`: the agent in the foreground until SIGTERM or SIGINT. A service manager starts it; a parent with an IPC channel is told when it is ready.
import { command, type Io } from '../../config/command-line.ts';
import { checkStationStart } from '../../config/enrolment/installed-files.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { languageOfLocale } from '../../config/language.ts';
import { STATION_FILE } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import { readQuestions } from '../../config/questions.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { isUnfoundPort } from '../../config/usb-buses.ts';
import type { LoginCounts } from '../../drivers/ambarella/login-guard.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { News } from '../dock/docking.ts';
import { clockedLamp, darkenLamps } from '../dock/lamp-leds.ts';
import { controlSocketPath } from '../monitoring/control-protocol.ts';
import { type ControlServerDeps, openControlServer } from '../monitoring/control-server.ts';
import { serveMetrics } from '../monitoring/metrics.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { endingInTime, stopWithin } from '../platform/exit-soon.ts';
import { watchFolder } from '../platform/folder-changes-chokidar.ts';
import type { LineSocket } from '../platform/line-socket.ts';
import { pinoLog } from '../platform/log-pino.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { openServiceManager, type ServiceManager, startWatchdog } from '../platform/service-manager.ts';
import { ReportDesk } from '../screen/report-desk.ts';
import { serveScreen } from '../screen/screen-server.ts';
import { ConfigFileWatch } from '../station/file-watch.ts';
import { type GoodConfig, judgeConfig, readConfig } from '../station/judged-config.ts';
import { openStation } from '../station/open-station.ts';
import type { OpenedStation } from '../station/station-parts.ts';
import { type RunningStation, StationRuns } from '../station/station-runs.ts';

/** Exit code when it ended. Errors: those of openStation. */
export const run = command(
  {
    name: 'bodydock run',
    usage: ['[--config FILE]'],
    about: `
Runs the agent of this station in the foreground: pulls, seals, signs and spools what the cameras hold, pushes it to the store, and
erases what the store has receipted where the configuration says so. Ends on SIGTERM or SIGINT. The log goes to standard output,
one JSON document a line. A change of the file is taken over as soon as no camera is being read; one that is not good changes
nothing, and the log and the condition "configuration.refused" say why.
`,
    options: { config: STATION_FILE },
    json: null,
    exits:
      '0 ended when asked to, 1 failure, 75 another agent works on this spool, 78 configuration or keys, or root in the spool of the service. Where a mount or a disk that does not answer holds it, it ends by SIGTERM (143 to a shell) within 40 s; a second signal ends it at once. Neither loses anything.',
  },
  async (line, io) => {
    const file = line.values.config;
    return endingInTime(EXIT_GOOD, io.signal, () => runFile(file, io));
  },
);

async function runFile(file: string, io: Io): Promise<number> {
  const place = { file, credentialsFolder: process.env['CREDENTIALS_DIRECTORY'] };
  const first = await readConfig(place);
  if (first.kind === 'refused') {
    io.err(renderProblems(first.problems));
    return EXIT_CONFIGURATION;
  }
  const clock = nodeClock();
  const log = pinoLog({ level: first.good.config.log.level });
  await darkenLamps(first.good.config, { lampOf: clockedLamp(clock), clock, log });
  const { problems, warnings } = await checkStationStart(first.good.config);
  if (problems.length > 0) {
    io.err(renderProblems(problems));
    return EXIT_CONFIGURATION;
  }
  for (const warning of warnings) log.warn('configuration', { ...warning });
  for (const { id, usbPort } of first.good.config.bays)
    if (usbPort !== null && isUnfoundPort(usbPort))
      log.warn('USB controller of a bay not found, bay treated as empty', {
        bay: id,
        usb_port: usbPort,
      });
  process.on('uncaughtException', (error) => endOnFault(log, error));
  process.on('unhandledRejection', (error) => endOnFault(log, error));
  const manager = openServiceManager({ environment: process.env, log });
  const version = await readVersion();
  const edits = new News();
  const loginCounts: LoginCounts = new Map();
  const watch = new ConfigFileWatch(file, () => edits.ring(), { clock, watchFolder, log });
  const runs = new StationRuns(first.good, {
    clock,
    log,
    judge: (inForce) => judgeConfig(place, inForce, clock.wallMs()),
    maybeChanged: (signal) => edits.wait(signal),
    setLogLevel: (level) => log.setLevel(level),
    putUp: (good) => putUpStation(good, { version, manager, loginCounts, clock, log }),
  });
  watch.start();
  io.signal.addEventListener('abort', () => manager.stopping(), { once: true });
  try {
    await runs.run(io.signal);
  } finally {
    // Also where no station could be put up: what is left here must not keep the process.
    await watch.stop();
    if (process.connected) process.disconnect();
  }
  return EXIT_GOOD;
}

/** Broken code of ours: the state on disk is good at every moment, so ending and starting again is the safe way on. */
function endOnFault(log: ReturnType<typeof pinoLog>, error: unknown): void {
  log.error('internal error, exiting', { error });
  process.exit(EXIT_FAILURE);
}

// Puts a station up in this process and down again, and tells the service manager and a parent what becomes of it.

/** For workers and the spool's lock to be given back. */
const CLOSE_MS = 5000;

interface PutUpDeps {
  readonly version: string;
  readonly manager: ServiceManager;
  readonly loginCounts: LoginCounts;
  readonly clock: Clock;
  readonly log: Log;
}

/** The station, ready. Errors: those of openStation. */
export async function putUpStation(good: GoodConfig, deps: PutUpDeps): Promise<RunningStation> {
  const progress = new Progress(deps.clock);
  // From now on: after a change of the file the manager has been told "ready" long ago and waits for this word, however long the spool is read.
  const stopWatchdog = startWatchdog({ ...deps, progress });
  try {
    return await putUp(good, { ...deps, progress, stopWatchdog });
  } catch (error) {
    stopWatchdog();
    throw error;
  }
}

interface WatchedDeps extends PutUpDeps {
  readonly progress: Progress;
  readonly stopWatchdog: () => void;
}

async function putUp(
  { config, sha256 }: GoodConfig,
  { version, manager, loginCounts, clock, log, progress, stopWatchdog }: WatchedDeps,
): Promise<RunningStation> {
  let standing = 0;
  let isReady = false;
  const opened = await openStation(config, {
    configSha256: sha256,
    version,
    log,
    progress,
    loginCounts,
    onStanding: (count) => {
      standing = count;
      if (isReady) manager.status(statusLine(config, standing));
    },
  });
  const { station } = opened;
  await station.start();
  isReady = true;
  manager.ready(statusLine(config, standing));
  const control = await listenForStatus(config.spool.path, { answer: opened.says, clock, log });
  const screen = config.screen && (await putUpScreen(config.screen, opened, { version, clock, log }));
  const metrics =
    config.metrics && (await serveMetrics({ ...config.metrics, documents: opened.documents, clock, log }));
  log.info('station ready', { station: config.station, bays: config.bays.length });
  process.send?.({ ready: true });
  return {
    conditions: opened.conditions,
    isBusy: () => station.isBusy,
    takeOver: (good) => {
      station.configurationInForce(good.sha256);
      opened.setLimits(good.config.broker);
    },
    stop: async () => {
      isReady = false;
      log.info('station stops', {});
      await station.stop();
      await stopWithin({ clock, log }, 'close', CLOSE_MS, async () => {
        await control?.close();
        await screen?.close();
        await metrics?.close();
        await opened.close();
      });
      stopWatchdog();
    },
  };
}

/** The page beside the dock; without good questions it takes no reports, and a condition says so. */
async function putUpScreen(
  { port, phone, questions }: NonNullable<StationConfig['screen']>,
  { conditions, screen: view, staffReports: reports, stays }: OpenedStation,
  { version, clock, log }: Pick<PutUpDeps, 'version' | 'clock' | 'log'>,
): Promise<Awaited<ReturnType<typeof serveScreen>>> {
  let desk: ReportDesk | undefined;
  let questionsRefused = false;
  try {
    if (questions !== null)
      desk = new ReportDesk({ questions: readQuestions(questions), reports, stays, log });
  } catch (error) {
    log.error('questions of the screen not read, no reports are taken', { error });
    questionsRefused = true;
  }
  const language = languageOfLocale(process.env);
  const random = nodeRandom();
  return serveScreen({
    port,
    phone,
    version,
    language,
    view,
    desk,
    random,
    conditions,
    clock,
    log,
    questionsRefused,
  });
}

/** The socket of this spool's lock holder; a station works without one, too. Never rejects. */
async function listenForStatus(
  spoolPath: string,
  deps: Omit<ControlServerDeps, 'path'> & Pick<PutUpDeps, 'log'>,
): Promise<LineSocket | undefined> {
  try {
    return await openControlServer({ ...deps, path: controlSocketPath(spoolPath) });
  } catch (error) {
    deps.log.warn('no socket for `bodydock status`, the station works without it', { error });
    return undefined;
  }
}

/** What `systemctl status` shows. */
function statusLine({ station, bays }: StationConfig, standing: number): string {
  const health = standing === 0 ? 'ready' : `degraded, ${standing} conditions stand (see the log)`;
  return `station ${station}: ${health}; bays: ${bays.length}`;
}
