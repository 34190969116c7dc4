// Says when something is at the place of a bay, something else, or nothing any more. Presence is asked for: neither a mount over a folder
// nor a serial device that is pulled while it sends gives an event that never fails to come.
import { DockError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports.ts';

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

/** Resolves with the first identity that a look gives. Errors: the signal's reason. */
export async function untilThere<T>(
  look: () => Promise<T | undefined>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await clock.sleep(ARRIVAL_MS, signal);
  }
}

/** The error of a departure; `words` say what is gone, `cause` is what it made fail. */
export function departed(words: string, cause?: unknown): DockError {
  return new DockError('driver.detached', words, { retry: 'later', cause });
}
