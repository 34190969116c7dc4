// Folders of a spool that commands write into while no agent may ever have run.
import { ownedFiles } from '../../config/owned-files.ts';
import { ensureFolder } from '../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { openIdentity } from '../spool/identity.ts';
import { spoolLayout } from '../spool/layout.ts';

/**
 * One folder of a spool that is there, or that is made here as the first start would make it: an id file first, because a folder that
 * holds something else is refused as foreign. Gives the folder.
 * Errors: "spool.unusable", those of openIdentity.
 */
export async function openSpoolFolder(spoolPath: string, folder: string): Promise<string> {
  try {
    const layout = spoolLayout(spoolPath);
    const files = await ownedFiles(spoolPath);
    if ((await files.stat(layout.identity)) === undefined)
      await openIdentity(layout, { files, clock: nodeClock(), random: nodeRandom() });
    await ensureFolder(files, folder);
    return folder;
  } catch (error) {
    if (error instanceof DockError) throw error;
    const message = `the spool ${spoolPath} cannot be used (${systemCode(error) ?? 'unknown error'}): make the folder above it, and run this as root or as the user of the service`;
    throw new DockError('spool.unusable', message, { retry: 'person', cause: error });
  }
}
