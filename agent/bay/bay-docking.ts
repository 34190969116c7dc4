// Opens the camera of a bay and stays with it until it leaves: one docking, or none where nobody can speak to what is there.
import type { Driver } from '../../drivers/driver.ts';
import { pickDriver } from '../../drivers/registry.ts';
import { DockError, isDockError } from '../../protocol/errors.ts';
import { DockingLife, type DockingWork } from './docking-life.ts';
import type { FolderWatch } from './folder-watch.ts';

/** What a bay works with; the same for all its dockings. */
export interface BayWork extends DockingWork {
  readonly watch: FolderWatch;
  readonly drivers: readonly Driver[];
}

/**
 * Waits for a camera and stays with it until it leaves.
 * Errors: "driver.detached" when it left, "driver.refused" where no driver speaks to it, others of the session; the signal's reason.
 */
export async function performDocking(
  work: BayWork,
  signal: AbortSignal,
  onDocked: (docking: DockingLife) => void,
  onChange: () => void,
): Promise<void> {
  const identity = await work.watch.arrival(signal);
  const stay = new AbortController();
  const leaving = AbortSignal.any([signal, stay.signal]);
  const departure = work.watch.departure(identity, leaving).catch((error: unknown) => stay.abort(error));
  try {
    await stayWith(work, leaving, onDocked, onChange);
  } catch (error) {
    throw isDockError(stay.signal.reason) ? stay.signal.reason : error;
  } finally {
    stay.abort();
    await departure;
  }
}

async function stayWith(
  work: BayWork,
  signal: AbortSignal,
  onDocked: (docking: DockingLife) => void,
  onChange: () => void,
): Promise<void> {
  const place = { kind: 'folder', path: work.watch.path } as const;
  const driver = await pickDriver(work.drivers, place, signal);
  if (driver === undefined)
    throw new DockError('driver.refused', 'no driver speaks to what is in this bay', { retry: 'later' });
  const session = await driver.open(place, signal);
  try {
    const identity = await session.identity(signal);
    const life = new DockingLife(work, session, identity, onChange);
    onDocked(life);
    const stopWatching = work.watch.changes(() => life.wake());
    try {
      await life.run(signal);
    } finally {
      await stopWatching();
    }
  } finally {
    await session.close();
  }
}
