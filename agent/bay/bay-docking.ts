// Opens the camera of a bay and stays with it until it leaves: one docking, or none where nobody can speak to what is there.
import { isDockError } from '../../protocol/errors.ts';
import type { BayPlace } from './bay-place.ts';
import { DockingLife, type DockingWork } from './docking-life.ts';
import { IndicatorLight } from './indicator-light.ts';

/** What a bay works with; the same for all its dockings. */
export interface BayWork extends DockingWork {
  readonly place: BayPlace;
}

/** Hears of a camera that said who it is, and of the light that it may have. */
export type OnDocked = (docking: DockingLife, light: IndicatorLight) => void;

/**
 * Waits for a camera and stays with it until it leaves.
 * Errors: "driver.detached" when it left, "driver.silent" where only an empty port is there, "driver.refused" where no driver speaks to
 * it, others of the session; the signal's reason.
 */
export async function performDocking(
  work: BayWork,
  signal: AbortSignal,
  onDocked: OnDocked,
  onChange: () => void,
): Promise<void> {
  const { watch } = work.place;
  const identity = await watch.arrival(signal);
  const stay = new AbortController();
  const leaving = AbortSignal.any([signal, stay.signal]);
  const departure = watch.departure(identity, leaving).catch((error: unknown) => stay.abort(error));
  try {
    const onLeft = (error: Error): void => stay.abort(error);
    await stayWith(work, leaving, { onLeft, onDocked, onChange });
  } catch (error) {
    throw isDockError(stay.signal.reason) ? stay.signal.reason : error;
  } finally {
    stay.abort();
    await departure;
  }
}

interface StayListener {
  readonly onLeft: (error: Error) => void;
  readonly onDocked: OnDocked;
  readonly onChange: () => void;
}

async function stayWith(
  work: BayWork,
  signal: AbortSignal,
  { onLeft, onDocked, onChange }: StayListener,
): Promise<void> {
  const session = await work.place.open(signal);
  session.onLeft?.(onLeft);
  const light = new IndicatorLight(session, work.take.clock, work.take.log);
  try {
    const identity = await session.identity(signal);
    const life = new DockingLife(work, session, identity, onChange);
    onDocked(life, light);
    const stopWatching = work.place.watch.changes(() => life.wake());
    try {
      await life.run(signal);
    } finally {
      await stopWatching();
    }
  } catch (error) {
    if (!signal.aborted && !isDockError(error, 'driver.detached')) await light.last('call-someone');
    throw error;
  } finally {
    await session.close();
  }
}
