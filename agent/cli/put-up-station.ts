// Puts a station up in this process and down again, and tells the service manager and a parent what becomes of it.
import type { StationConfig } from '../../config/station-config.ts';
import type { LoginCounts } from '../../drivers/ambarella/login-guard.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { controlSocketPath } from '../monitoring/control-protocol.ts';
import { type ControlServerDeps, openControlServer } from '../monitoring/control-server.ts';
import { stopWithin } from '../platform/exit-soon.ts';
import type { LineSocket } from '../platform/line-socket.ts';
import { type ServiceManager, startWatchdog } from '../platform/service-manager.ts';
import type { GoodConfig } from '../station/judged-config.ts';
import { openStation } from '../station/open-station.ts';
import type { RunningStation } from '../station/station-runs.ts';

/** For workers and the spool's lock to be given back. */
const CLOSE_MS = 5000;

export interface PutUpDeps {
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
        await opened.close();
      });
      stopWatchdog();
    },
  };
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
