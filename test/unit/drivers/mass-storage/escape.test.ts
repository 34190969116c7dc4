import { lstatSync, mkdirSync, renameSync, symlinkSync, utimesSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CameraSession, Inventory, InventoryEntry } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import type { FolderFiles } from '../../../../drivers/mass-storage/folder-files.ts';
import { nodeFolderFiles } from '../../../../drivers/mass-storage/folder-files-node.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { ANY_SHA256, latin1, live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { CardFolder } from '../../../fakes/card-folder.ts';
import { FaultyFolderFiles } from '../../../fakes/faulty-folder-files.ts';

let card: CardFolder;
const sessions: CameraSession[] = [];
beforeEach(async () => {
  card = await CardFolder.make();
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  card.dispose();
});

async function open(files: FolderFiles = nodeFolderFiles()): Promise<CameraSession> {
  const driver = massStorageDriver({ clock: nodeClock(), files, times: { noticeMs: 0 } });
  const session = await driver.open({ kind: 'folder', path: card.root }, live());
  sessions.push(session);
  return session;
}

async function inventory(files?: FolderFiles): Promise<Inventory> {
  return (await open(files)).inventory(live());
}

function lastSession(): CameraSession {
  return sessions.at(-1) ?? expect.fail('no session is open');
}

const pathsOf = ({ entries }: Inventory): string[] => entries.map((entry) => latin1(entry.path));

describe('what is no file', () => {
  test('links, FIFOs and sockets are entries without bytes, and no link is followed', async () => {
    mkdirSync(join(card.root, 'D'));
    symlinkSync('/etc', join(card.root, 'folder-link'));
    symlinkSync('/etc/passwd', join(card.root, 'D/link.MP4'));
    symlinkSync('nowhere', join(card.root, 'D/broken'));
    card.makeFifo('D/fifo.MP4');
    const server: Server = createServer().listen(join(card.root, 'D/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const listed = await inventory();
    server.close();
    expect(pathsOf(listed)).toEqual(['D/broken', 'D/fifo.MP4', 'D/link.MP4', 'D/socket', 'folder-link']);
    for (const entry of listed.entries) expect(entry).toMatchObject({ kind: 'not-a-file', sizeBytes: 0 });
    expect(listed.problems).toEqual([]);
  });

  async function listedFile(path: string, files?: FolderFiles): Promise<InventoryEntry> {
    await card.put(path, patternBytes(100));
    const entry = (await inventory(files)).entries.find((entry) => latin1(entry.path) === path);
    if (entry === undefined) throw new Error('not listed');
    return entry;
  }

  test('a FIFO or a link in the place of a listed file is neither waited for nor followed', async () => {
    const entry = await listedFile('a');
    await card.put('outside', patternBytes(100));
    for (const swap of [() => card.makeFifo('a'), () => symlinkSync('outside', join(card.root, 'a'))]) {
      await card.remove('a');
      swap();
      await expect(readBytes(await open(), entry)).rejects.toMatchObject({ code: 'driver.changed' });
      await expect((await open()).erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({
        code: 'driver.changed',
      });
    }
    expect((await card.contents()).has('outside')).toBe(true);
  });

  test('a FIFO in the place of a listed file is not even opened', async () => {
    const files = new FaultyFolderFiles();
    const entry = await listedFile('a', files);
    await card.remove('a');
    card.makeFifo('a');
    files.onCall = ({ name }) => expect(name).not.toBe('openFile');
    await expect(readBytes(lastSession(), entry)).rejects.toMatchObject({ code: 'driver.changed' });
  });

  test.each(['a FIFO', 'a link to a file of the same size and time'])(
    '%s that takes the place at the last moment is neither waited for nor followed',
    async (what) => {
      const files = new FaultyFolderFiles();
      files.isForgetful = true; // so that the stamp alone would not tell
      await card.put('outside', patternBytes(100, 2));
      await card.put('a', patternBytes(100));
      for (const name of ['a', 'outside']) utimesSync(card.at(name), 1000, 1000);
      const [entry] = (await inventory(files)).entries;
      files.onCall = async ({ name }) => {
        if (name !== 'openFile') return;
        await card.remove('a');
        if (what === 'a FIFO') card.makeFifo('a');
        else await symlink('outside', card.at('a'));
      };
      if (entry === undefined) throw new Error('not listed');
      await expect(readBytes(lastSession(), entry)).rejects.toMatchObject({ code: 'driver.changed' });
    },
  );

  test('a device that is mounted over a parent folder later is not read and not erased from', async () => {
    const files = new FaultyFolderFiles();
    const entry = await listedFile('D/a', files);
    files.changeStat = (stat, name) => (name === 'folder' ? { ...stat, device: 1n } : stat);
    await expect(readBytes(lastSession(), entry)).rejects.toMatchObject({ code: 'driver.changed' });
    await expect(lastSession().erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({
      code: 'driver.changed',
    });
    expect((await card.contents()).size).toBe(1);
  });

  test('a folder that is bound in from elsewhere on the same device is a problem, and nothing in it is taken or erased', async () => {
    const files = new FaultyFolderFiles();
    const entry = await listedFile('D/a', files);
    let opened = 0;
    files.changeMount = (mount, name) => (name === 'folder' && opened++ > 0 ? `${mount}0` : mount);
    const { entries, problems } = await inventory(files);
    expect([entries, problems.map(({ reason }) => reason)]).toEqual([[], ['other-device']]);
    files.changeMount = (mount, name) => (name === 'folder' ? `${mount}0` : mount);
    await expect(lastSession().erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({
      code: 'driver.changed',
    });
    expect((await card.contents()).size).toBe(1);
  });

  test('a file of another device than its folder, as each of an overlay is, is read', async () => {
    const files = new FaultyFolderFiles();
    files.changeStat = (stat, name) => (name === 'a' ? { ...stat, device: 1n } : stat);
    const entry = await listedFile('a', files);
    expect(await readBytes(lastSession(), entry)).toHaveLength(entry.sizeBytes);
  });

  test('a file that is bound in from elsewhere is not read', async () => {
    const files = new FaultyFolderFiles();
    const entry = await listedFile('a', files);
    files.changeMount = (mount, name) => (name === 'a' ? `${mount}0` : mount);
    await expect(readBytes(lastSession(), entry)).rejects.toMatchObject({ code: 'driver.changed' });
  });

  test('a parent folder that became a link leads nowhere, for reading as for erasing', async () => {
    const entry = await listedFile('D/E/a');
    const open = lastSession();
    renameSync(join(card.root, 'D/E'), join(card.root, '..', 'stolen'));
    await symlink('../../stolen', join(card.root, 'D/E'));
    await expect(readBytes(open, entry)).rejects.toMatchObject({ code: 'driver.changed' });
    await expect(open.erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({ code: 'driver.changed' });
    expect(lstatSync(join(card.root, '..', 'stolen', 'a')).size).toBe(100);
  });

  test.each(['../x', '/etc/passwd', 'D/../../x', 'D//x', './x', '', 'a\0b'])(
    'a path that no listing gives, %j, reaches nothing',
    async (path) => {
      const entry = { ...(await listedFile('a')), path: Buffer.from(path) };
      const open = lastSession();
      await expect(readBytes(open, entry)).rejects.toMatchObject({ code: 'driver.gone' });
      expect(await open.erase(entry, live(), ANY_SHA256)).toBe('already-gone');
    },
  );
});
