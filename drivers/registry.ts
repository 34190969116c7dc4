// Picks the driver for a place: the first in the given order whose probe accepts it. Builds none; who starts the agent lists them.
import { isDockError } from '../protocol/format/errors.ts';
import type { Driver, Place } from './driver.ts';

/**
 * The first driver that accepts the place, or undefined where none does.
 * A probe that fails on the camera counts as "not mine", so that one driver's trouble never hides a camera from the next.
 * Errors: the signal's reason; errors that are not a camera's (broken code of ours).
 */
export async function pickDriver(
  drivers: readonly Driver[],
  place: Place,
  signal: AbortSignal,
): Promise<Driver | undefined> {
  for (const driver of drivers) {
    signal.throwIfAborted();
    if (await accepts(driver, place, signal)) return driver;
  }
  return undefined;
}

async function accepts(driver: Driver, place: Place, signal: AbortSignal): Promise<boolean> {
  try {
    return await driver.probe(place, signal);
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    return false;
  }
}
