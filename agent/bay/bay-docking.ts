// Opens the camera of a bay and runs one docking with everything that belongs to it, from "docked" to "undocked" in the custody log.
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import { pickDriver } from '../../drivers/registry.ts';
import { DockError, isDockError } from '../../protocol/errors.ts';
import { makeDockingId, type BayId, type CameraId, type StationId } from '../../protocol/ids.ts';
import { Committer, type CommitDeps } from './commit.ts';
import { Docking } from './docking.ts';
import { Eraser, type EraseDeps } from './erase.ts';
import type { FolderWatch } from './folder-watch.ts';
import type { DockingFacts } from './manifest-build.ts';
import { Taker, type TakeDeps } from './take.ts';

/** What a bay works with; the same for all its dockings. */
export interface BayWork {
  readonly station: StationId;
  readonly bay: BayId;
  readonly camera: CameraId;
  readonly recipients: readonly string[];
  readonly watch: FolderWatch;
  readonly drivers: readonly Driver[];
  readonly take: TakeDeps;
  readonly commit: CommitDeps;
  readonly erase: EraseDeps;
}

/**
 * Waits for a camera and stays with it until it leaves.
 * Errors: "driver.detached" when it left, "driver.refused" where no driver speaks to it, others of the session; the signal's reason.
 */
export async function performDocking(
  work: BayWork,
  signal: AbortSignal,
  onDocked: (docking: Docking) => void,
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
  onDocked: (docking: Docking) => void,
  onChange: () => void,
): Promise<void> {
  const place = { kind: 'folder', path: work.watch.path } as const;
  const driver = await pickDriver(work.drivers, place, signal);
  if (driver === undefined)
    throw new DockError('driver.refused', 'no driver speaks to what is in this bay', { retry: 'later' });
  const session = await driver.open(place, signal);
  try {
    await dockedWith(work, session, signal, onDocked, onChange);
  } finally {
    await session.close();
  }
}

/** From "docked" to "undocked" in the custody log. */
async function dockedWith(
  work: BayWork,
  session: CameraSession,
  signal: AbortSignal,
  onDocked: (docking: Docking) => void,
  onChange: () => void,
): Promise<void> {
  const { station, bay, camera, recipients } = work;
  const { custody, random, log } = work.take;
  const identity = await session.identity(signal);
  const docking = makeDockingId(random);
  const facts: DockingFacts = { station, bay, docking, camera, identity, recipients };
  custody.append({ event: 'docked', facts: { bay, camera, docking } });
  try {
    await runDocking(work, session, facts, signal, onDocked, onChange);
  } finally {
    try {
      custody.append({ event: 'undocked', facts: { bay, docking } });
      await custody.checkpoint();
    } catch (error) {
      log.error('custody log not written', { error });
    }
  }
}

async function runDocking(
  work: BayWork,
  session: CameraSession,
  facts: DockingFacts,
  signal: AbortSignal,
  onDocked: (docking: Docking) => void,
  onChange: () => void,
): Promise<void> {
  const committer = new Committer(work.commit, facts);
  const taker = new Taker(work.take, facts, session, committer, onChange);
  const eraser = new Eraser(work.erase, facts, session);
  const docking = new Docking({
    session,
    facts,
    taker,
    eraser,
    custody: work.take.custody,
    clock: work.take.clock,
    onChange,
  });
  eraser.start();
  const stopWatching = work.watch.changes(() => docking.wake());
  onDocked(docking);
  try {
    await docking.run(signal);
  } finally {
    await stopWatching();
  }
}
