// Tells the service manager "alive" as long as everything that is under way moves. The main loop proves itself by doing the telling.
import type { Progress } from '../../protocol/format/progress.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { ServiceManager } from './service-manager.ts';

/** Tries within the manager's time: one may be late, and one lost. */
const TRIES = 3;

export interface WatchdogOptions {
  readonly manager: Pick<ServiceManager, 'watchdogMs' | 'alive'>;
  readonly progress: Pick<Progress, 'stuck'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'error' | 'info'>;
}

/** Starts telling, where somebody waits for it; the returned function ends it. */
export function startWatchdog({ manager, progress, clock, log }: WatchdogOptions): () => void {
  const { watchdogMs } = manager;
  if (watchdogMs === null) return () => undefined;
  let cancel: () => void = () => undefined;
  let told = '';
  const look = (): void => {
    const stuck = progress.stuck();
    if (stuck.length === 0) manager.alive();
    const names = stuck.map(({ source }) => source).join(' ');
    if (names !== told && stuck.length > 0)
      log.error('no progress: watchdog notifications stopped', { stuck });
    if (names !== told && stuck.length === 0) log.info('progress again', {});
    told = names;
    cancel = clock.after(watchdogMs / TRIES, look);
  };
  look();
  return () => cancel();
}
