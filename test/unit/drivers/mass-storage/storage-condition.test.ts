import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOTHING_TOLD, type CameraSession } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { CardFolder } from '../../../fakes/card-folder.ts';
import { FaultyFolderFiles, systemError } from '../../../fakes/faulty-folder-files.ts';

/** A mount point that every Linux has; only asked for its space. */
const MOUNT = '/dev/shm';
const hasMount = existsSync(MOUNT) && statSync(MOUNT).dev !== statSync('/dev').dev;
let card: CardFolder;
let files: FaultyFolderFiles;

beforeEach(async () => {
  card = await CardFolder.make();
  files = new FaultyFolderFiles();
});
afterEach(() => card.dispose());

function open(path = card.root): Promise<CameraSession> {
  const driver = massStorageDriver({ clock: nodeClock(), files, times: { noticeMs: 0 } });
  return driver.open({ kind: 'folder', path }, live());
}

test('a folder inside of a file system tells no space: it would be the station’s', async () => {
  const session = await open();
  expect(await session.condition(live())).toBeNull();
  await session.close();
});

test.skipIf(!hasMount)('a mounted card tells the space of its file system', async () => {
  const session = await open(MOUNT);
  const { blocks, bsize } = await statfs(MOUNT);
  const condition = await session.condition(live());
  expect(condition).toEqual({
    ...NOTHING_TOLD,
    storageTotalBytes: blocks * bsize,
    storageFreeBytes: expect.any(Number) as number,
  });
  await session.close();
});

test('a card whose space is nonsense tells none, and one that fails at the question is still there', async () => {
  const session = await open();
  for (const space of [
    { totalBytes: 0n, freeBytes: 0n },
    { totalBytes: 10n, freeBytes: 11n },
    { totalBytes: 10n, freeBytes: -1n },
    { totalBytes: 2n ** 70n, freeBytes: 0n },
  ]) {
    files.space = space;
    expect(await session.condition(live())).toBeNull();
  }
  files.space = { totalBytes: 64_000_000_000n, freeBytes: 63_000_000_000n };
  expect(await session.condition(live())).toMatchObject({ storageTotalBytes: 64_000_000_000 });
  files.onCall = ({ name }) => {
    if (name === 'space') throw systemError('EIO');
  };
  expect(await session.condition(live())).toBeNull();
  await session.close();
});

test('a card that leaves during the question has left', async () => {
  const session = await open();
  files.onCall = async ({ name }) => {
    if (name === 'space') await card.detach();
  };
  await expect(session.condition(live())).rejects.toMatchObject({ code: 'driver.detached' });
  await session.close();
});
