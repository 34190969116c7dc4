// Clears away what an earlier run of the helper left mounted.
import { mountTable, type MountTable } from '../../drivers/mass-storage/mount-table.ts';
import type { Log } from '../../protocol/ports.ts';
import type { SystemCalls } from './system-calls.ts';

/** Errors: the system's; a mount that stays is told and stays in the way of its bay only. */
export async function clearLeftovers(
  folder: string,
  system: SystemCalls,
  log: Log,
  table: MountTable = mountTable,
): Promise<void> {
  const left = (await table()).filter((mount) => mount.folder.startsWith(`${folder}/`));
  for (const { folder: at } of left.toReversed()) {
    const isGone = (await system.unmount(at, false)).code === 0;
    const { code, said } = isGone ? { code: 0, said: '' } : await system.unmount(at, true);
    if (code === 0) log.warn('mount of an earlier run is taken away', { folder: at, lazily: !isGone });
    else log.error('mount of an earlier run stays, and is in the way of its bay', { folder: at, said });
    if (code === 0) await system.removeFolder(at);
  }
}
