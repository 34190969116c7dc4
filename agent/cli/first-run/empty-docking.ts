// The second docking of a first run: each simulated camera is taken out of its bay and put back with nothing on it, as on most days of a
// real service. What it leaves is a docking record: the proof that nothing was on the camera any more.
//
// A camera is its folder; out of its bay means that the folder lies in `drawer`. Folders of the user's own cameras are never moved.
import { readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '../../../protocol/format/errors.ts';
import { makeFolders } from '../../../agent/platform/make-folders.ts';
import type { BayDocument } from '../../../protocol/transfer/messages.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import type { FirstRunCamera } from './config-files.ts';
import type { OutFolder } from './out-folder.ts';

/** The station looks more than once a second whether a camera is there; far more than that, on a slow machine too, means that it does not look. */
const MOVE_MS_MAX = 120_000;
const LOOK_MS = 100;

export interface EmptyDockingTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Newest documents, in the order of the cameras. */
  readonly bays: () => readonly (BayDocument | undefined)[];
}

/** Docks each camera once more. True where each bay showed it to be empty in time. Errors: the system's; the signal's reason. */
export async function dockEmpty(
  out: OutFolder,
  cameras: readonly FirstRunCamera[],
  tools: EmptyDockingTools,
): Promise<boolean> {
  try {
    for (const { folder } of cameras) await rename(folder, join(await drawerOf(out), basename(folder)));
    if (!(await allShow(tools, ({ camera }) => camera === null))) return false;
  } finally {
    await emptyDrawer(out);
  }
  return allShow(tools, ({ camera, state, entries }) => camera !== null && state === 'done' && entries === 0);
}

/** Puts back what an earlier run that was killed left in the drawer. */
export async function emptyDrawer(out: OutFolder): Promise<void> {
  const drawer = join(out.path, 'drawer');
  const names = await readdir(drawer).catch((error: unknown): string[] => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) await rename(join(drawer, name), join(out.cameras, name));
}

async function drawerOf(out: OutFolder): Promise<string> {
  const drawer = join(out.path, 'drawer');
  await makeFolders(drawer, 0o750);
  return drawer;
}

async function allShow(
  { clock, signal, bays }: EmptyDockingTools,
  shows: (bay: BayDocument) => boolean,
): Promise<boolean> {
  for (const end = clock.monotonicMs() + MOVE_MS_MAX; clock.monotonicMs() < end;) {
    if (bays().every((bay) => bay !== undefined && shows(bay))) return true;
    await clock.sleep(LOOK_MS, signal);
  }
  return false;
}
