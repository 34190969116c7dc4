// Opens the folder of a card for one session and looks at what it lies on.
import { DockError, isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { OpenedFolder } from './folder-files.ts';
import { detached, Medium } from './medium.ts';

type World = Pick<Medium, 'files' | 'clock' | 'times' | 'calls'>;

/** Errors: "driver.detached" where nothing is there, "driver.refused" where it may not be opened, "driver.timeout"; the signal's reason. */
export async function openMedium(path: string, world: World, signal: AbortSignal): Promise<Medium> {
  const { files, calls } = world;
  const open = (): Promise<OpenedFolder> => files.openRoot(path);
  const close = (root: OpenedFolder): Promise<void> => calls.release(root.close());
  const root = await calls.run('opening the folder', signal, open, close).catch(refuse);
  try {
    const rootStat = await calls.run('looking at the folder', signal, () => root.stat());
    const keepsNumbers = await calls.run('looking at the folder', signal, () => root.keepsNumbers());
    const device = await calls.run('looking at the device', signal, () => files.device(rootStat.device));
    return new Medium({ ...world, path, root, rootStat, keepsNumbers, device });
  } catch (error) {
    await close(root);
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  const code = systemCode(error);
  if (isDockError(error) || code === undefined) throw error;
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENOMEDIUM')
    throw detached('nothing is at its place', error);
  const words = `the folder of the camera cannot be opened (${code}): the agent needs to read and enter it; check its owner and mount options`;
  throw new DockError('driver.refused', words, {
    cause: error,
    retry: 'person',
    facts: { system_code: code },
  });
}
