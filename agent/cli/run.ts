// `bodydock run`: the agent in the foreground until SIGTERM or SIGINT. A service manager starts it; a parent with an IPC channel is told when it is ready.
import { dirname, resolve } from 'node:path';
import { withCredentials } from '../../config/credentials.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { nodeClock } from '../../protocol/io/clock-node.ts';
import { exitSoon } from '../../protocol/io/exit-soon.ts';
import { pinoLog } from '../../protocol/io/log-pino.ts';
import { openServiceManager } from '../../protocol/io/service-manager.ts';
import { startWatchdog } from '../../protocol/io/watchdog.ts';
import { Progress } from '../../protocol/progress.ts';
import { openStation } from '../open-station.ts';
import { stopWithin } from '../stop-within.ts';
import { parseCommandLine, type Io } from './output.ts';
import { readVersion } from '../../config/program-version.ts';

/** For workers and the spool's lock to be given back. */
const CLOSE_MS = 5000;

const HELP = `bodydock run [--config FILE]

Runs the agent of this station in the foreground: pulls, seals, signs and spools what the cameras hold, pushes it to the store, and
erases what the store has receipted where the configuration says so. Ends on SIGTERM or SIGINT. The log goes to standard output,
one JSON document a line.

  --config FILE  the station's file (default ${STATION_FILE_DEFAULT})

Exit codes: 0 ended when asked to, 1 failure, 75 another agent works on this spool, 78 configuration or keys.
`;

/** Exit code when it ended. Errors: those of openStation. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(args, io, { help: HELP, options: { config: { type: 'string' } } });
  if (line === undefined) return EXIT_GOOD;
  const file = line.values.config ?? STATION_FILE_DEFAULT;
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') {
    io.err(renderProblems(loaded.problems));
    return EXIT_CONFIGURATION;
  }
  const log = pinoLog({ level: loaded.config.log.level });
  process.on('uncaughtException', (error) => endOnFault(log, error));
  process.on('unhandledRejection', (error) => endOnFault(log, error));
  const manager = openServiceManager({ environment: process.env, log });
  const clock = nodeClock();
  const progress = new Progress(clock);
  let standing = 0;
  let isReady = false;
  const config = await withCredentials(
    loaded.config,
    dirname(resolve(file)),
    process.env['CREDENTIALS_DIRECTORY'],
  );
  const opened = await openStation(config, {
    configSha256: loaded.sha256,
    version: await readVersion(),
    log,
    progress,
    onStanding: (count) => {
      standing = count;
      if (isReady) manager.status(statusLine(config, standing));
    },
  });
  await opened.station.start();
  isReady = true;
  manager.ready(statusLine(config, standing));
  const stopWatchdog = startWatchdog({ manager, progress, clock, log });
  log.info('station ready', { station: config.station, bays: config.bays.length });
  process.send?.({ ready: true });
  await aborted(io.signal);
  stopWatchdog();
  manager.stopping();
  log.info('station stops', {});
  await opened.station.stop();
  await stopWithin({ clock, log }, 'close', CLOSE_MS, () => opened.close());
  if (process.connected) process.disconnect();
  exitSoon(EXIT_GOOD);
  return EXIT_GOOD;
}

/** What `systemctl status` shows. */
function statusLine({ station, bays }: StationConfig, standing: number): string {
  const health = standing === 0 ? 'ready' : `degraded, ${standing} conditions stand (see the log)`;
  return `station ${station}: ${health}; bays: ${bays.length}`;
}

/** Broken code of ours: the state on disk is good at every moment, so ending and starting again is the safe way on. */
function endOnFault(log: ReturnType<typeof pinoLog>, error: unknown): void {
  log.error('fault in the program, it ends', { error });
  process.exit(EXIT_FAILURE);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
