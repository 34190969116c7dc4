// Says when something is at the place of a bay, something else, or nothing any more. Presence is asked for: neither a mount over a folder
// nor a serial device that is pulled while it sends gives an event that never fails to come. What does come only makes the next look sooner.
import { DockError, isDockError, isMachineShort } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { News } from './docking.ts';

/** How often a place is looked at where something lies. */
export const PRESENCE_MS = 1000;
/** ... and where nothing does: whoever puts a camera in is to see it named within a second, the naming included. */
const ARRIVAL_MS = 500;

/** Another text once something else lies at the path; undefined where nothing does. */
export type PlaceIdentity = (path: string) => Promise<string | undefined>;

/** Watches the place of one bay. */
export interface PlaceWatch {
  /** What is there now, or undefined. */
  present(): Promise<string | undefined>;
  /** Resolves with what is there as soon as there is something. Errors: the signal's reason. */
  arrival(signal: AbortSignal): Promise<string>;
  /** Rejects with "driver.detached" once that is gone or something else is there, or with the signal's reason. */
  departure(identity: string, signal: AbortSignal): Promise<never>;
  /** Calls `onChange` when there may be something new on the camera, until the returned function is called. */
  changes(onChange: () => void): () => Promise<void>;
}

/** Calls its argument whenever a look may show something new, until what it returns is called. Nobody relies on it. */
export type Hints = (onHint: () => void) => () => Promise<void>;

/** Resolves with the first identity that a look gives; hints are asked for where the first one gives none. Errors: the signal's reason. */
export async function untilThere<T>(
  look: () => Promise<T | undefined>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  hints?: Hints,
): Promise<T> {
  let found = await look();
  if (found !== undefined) return found;
  const news = new News();
  const stop = hints?.(() => news.ring());
  try {
    while (found === undefined) {
      const cancel = clock.after(ARRIVAL_MS, () => news.ring());
      await news.wait(signal).finally(cancel);
      found = await look();
    }
    return found;
  } finally {
    await stop?.();
  }
}

/** As PlaceWatch.arrival; a look for which the machine is short of something says nothing of the place, and is made again. */
export async function untilArrived(
  watch: Pick<PlaceWatch, 'arrival'>,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
  signal: AbortSignal,
): Promise<string> {
  for (let looks = 1; ; looks++) {
    try {
      return await watch.arrival(signal);
    } catch (error) {
      if (signal.aborted || !isMachineShort(error)) throw error;
      if (looks === 1) log.warn('camera presence unknown', { error });
      await clock.sleep(PRESENCE_MS, signal);
    }
  }
}

/** As PlaceWatch.departure; a look that the machine refuses says nothing of the camera, and is made again. */
export async function untilGone(
  watch: Pick<PlaceWatch, 'departure'>,
  identity: string,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
  signal: AbortSignal,
): Promise<never> {
  for (let looks = 1; ; looks++) {
    try {
      return await watch.departure(identity, signal);
    } catch (error) {
      if (signal.aborted || isDockError(error)) throw error;
      if (looks === 1) log.warn('camera presence unknown', { error });
      await clock.sleep(PRESENCE_MS, signal);
    }
  }
}

/** The error of a departure; `words` say what is gone, `cause` is what it made fail. */
export function departed(words: string, cause?: unknown): DockError {
  return new DockError('driver.detached', words, { retry: 'later', cause });
}
