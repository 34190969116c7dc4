// Clears away what an earlier run of the helper left mounted, or attached to a loop device. What is writable is waited for, as in bay-mount.ts: taken away lazily while its device
// is there, what was written might not be on the medium yet when the bay shows that the camera may be taken.
import { mountTable, type MountFacts, type MountTable } from '../../../drivers/mass-storage/mount-table.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import type { SystemCalls } from './system-calls.ts';

/** The agent lets go of a mount within two seconds when its session ends. */
const WRITABLE_TRIES = 20;
const PAUSE_MS = 250;

/** Errors: the system's; a mount that stays is told and stays in the way of its bay only. */
export async function clearStaleMounts(
  folder: string,
  system: SystemCalls,
  log: Log,
  clock: Pick<Clock, 'sleep'>,
  table: MountTable = mountTable,
): Promise<void> {
  const left = (await table()).filter((mount) => mount.folder.startsWith(`${folder}/`));
  for (const mount of left.toReversed()) {
    const { folder: at } = mount;
    const mustWait = await isWritableThere(mount, system);
    const tried = await unmounted(at, mustWait ? WRITABLE_TRIES : 1, system, clock);
    const isLazy = tried.code !== 0 && !mustWait;
    const { code, said } = isLazy ? await system.unmount(at, true) : tried;
    if (code === 0) log.warn('stale mount removed', { folder: at, lazily: isLazy });
    else log.error('stale mount blocks its bay', { folder: at, said });
    if (code === 0) await system.removeFolder(at);
  }
  await detachLeft(system, log, await table());
}

/** A run that was killed between a loop device and its detaching left it attached: it would hold a disk that left for good. */
async function detachLeft(system: SystemCalls, log: Log, mounts: readonly MountFacts[]): Promise<void> {
  for (const loop of await system.leftLoops()) {
    if (mounts.some(({ device }) => device === loop.device)) continue;
    const { code, said } = await system.detach(loop);
    log.warn('stale loop device detached', { node: loop.node, code, said });
  }
}

async function unmounted(
  folder: string,
  tries: number,
  system: SystemCalls,
  clock: Pick<Clock, 'sleep'>,
): ReturnType<SystemCalls['unmount']> {
  const { signal } = new AbortController();
  const result = await system.unmount(folder, false);
  if (result.code === 0 || tries <= 1) return result;
  await clock.sleep(PAUSE_MS, signal);
  return unmounted(folder, tries - 1, system, clock);
}

/** Writable, and the device that udev names by its number is the one that was mounted. */
async function isWritableThere(
  { device, options, superOptions }: MountFacts,
  system: SystemCalls,
): Promise<boolean> {
  if (!options.has('rw') || !superOptions.has('rw')) return false;
  return system.isThere({ node: `/dev/block/${device}`, device });
}
