import { chmodSync, utimesSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CameraSession, Inventory } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import { nodeFolderFiles } from '../../../../drivers/mass-storage/folder-files-node.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { describeError } from '../../../../protocol/format/errors.ts';
import { INVENTORY_DEPTH_MAX, INVENTORY_ENTRIES_MAX } from '../../../../protocol/format/limits.ts';
import { latin1, live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
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

async function open(files = nodeFolderFiles()): Promise<CameraSession> {
  const driver = massStorageDriver({ clock: nodeClock(), files, times: { noticeMs: 0 } });
  const session = await driver.open({ kind: 'folder', path: card.root }, live());
  sessions.push(session);
  return session;
}

async function inventory(files = nodeFolderFiles()): Promise<Inventory> {
  return (await open(files)).inventory(live());
}

function lastSession(): CameraSession {
  return sessions.at(-1) ?? expect.fail('no session is open');
}

const pathsOf = ({ entries }: Inventory): string[] => entries.map((entry) => latin1(entry.path));

describe('times and attributes', () => {
  test('the time of a file is the one of its content, and one that no calendar has is null', async () => {
    await card.put('a', patternBytes(1));
    await card.put('b', patternBytes(1));
    utimesSync(card.at('a'), 0, Date.UTC(2026, 10, 24, 22, 15, 3, 250) / 1000);
    const files = new FaultyFolderFiles();
    files.changeStat = (stat, name) => (name === 'b' ? { ...stat, modifiedNs: 10n ** 30n } : stat);
    const { entries } = await inventory(files);
    expect(entries.map((entry) => entry.modifiedAt)).toEqual(['2026-11-24T22:15:03.250Z', null]);
  });

  test('a date before the camera was made, or long after, is told as it is', async () => {
    const dates = ['1970-01-01T00:00:00.000Z', '1980-01-01T00:00:00.000Z', '2099-12-31T23:59:58.000Z'];
    for (const [at, date] of dates.entries()) {
      await card.put(`${at}`, patternBytes(1));
      utimesSync(card.at(`${at}`), 0, Date.parse(date) / 1000);
    }
    const { entries } = await inventory();
    expect(entries.map((entry) => entry.modifiedAt)).toEqual(dates);
  });

  test('a read-only file is locked', async () => {
    await card.put('a', patternBytes(1));
    await card.put('b', patternBytes(1));
    chmodSync(card.at('a'), 0o444);
    expect((await inventory()).entries.map((entry) => entry.locked)).toEqual([true, false]);
  });

  test('a file whose old time was put back is another one all the same', async () => {
    await card.put('a', patternBytes(100));
    utimesSync(card.at('a'), 1000, 1000);
    const before = (await inventory()).entries[0];
    await card.put('a', patternBytes(100, 2));
    utimesSync(card.at('a'), 1000, 1000);
    if (before === undefined) throw new Error('not listed');
    await expect(readBytes(lastSession(), before)).rejects.toMatchObject({
      code: 'driver.changed',
    });
  });

  test('where inode numbers come and go, the same file has the same stamp under another number', async () => {
    await card.put('a', patternBytes(100));
    const files = new FaultyFolderFiles();
    files.isForgetful = true;
    const listed = await inventory(files);
    expect(lastSession()).toMatchObject({ mayHideRewrites: true }); // its stamp is size and time alone
    files.changeStat = (stat, name) =>
      name === 'a' ? { ...stat, number: stat.number + 7n, changedNs: 1n } : stat;
    expect(await lastSession().inventory(live())).toEqual(listed);
    const [entry] = listed.entries;
    if (entry === undefined) throw new Error('not listed');
    expect((await readBytes(lastSession(), entry)).equals(patternBytes(100))).toBe(true);
  });
});

describe('limits', () => {
  test('folders are entered to the last allowed level, and the next one is a problem', async () => {
    const deep = Array.from({ length: INVENTORY_DEPTH_MAX + 1 }, () => 'd');
    await card.put([...deep.slice(1), 'a'].join('/'), patternBytes(1));
    await card.put([...deep, 'b'].join('/'), patternBytes(1));
    const listed = await inventory();
    expect(pathsOf(listed)).toEqual([[...deep.slice(1), 'a'].join('/')]);
    expect(listed.problems.map(({ reason, path }) => [reason, latin1(path ?? new Uint8Array())])).toEqual([
      ['too-deep', deep.join('/')],
    ]);
  });

  test('a path that is too long is a problem of its folder', async () => {
    const name = 'x'.repeat(250);
    let folder = card.root;
    for (let level = 0; level < 17; level++) {
      // Paths beyond what the system takes at once are made by moving a deep folder into another one.
      const outer = join(card.root, `outer-${level}`);
      await mkdir(outer);
      if (level === 0) await card.put(`outer-0/${name}`, patternBytes(1));
      else await rename(folder, join(outer, name));
      folder = outer;
    }
    const { problems } = await inventory();
    expect(problems.map((problem) => problem.reason)).toEqual(['path-too-long']);
    await rename(join(folder, name), join(card.root, 'x')); // so that the folder can be removed
  });

  test('another device below the root is not entered', async () => {
    await card.put('D/a', patternBytes(1));
    const files = new FaultyFolderFiles();
    const listed = await inventory({
      ...bound(files),
      openRoot: async (path) => {
        const root = await files.openRoot(path);
        const openFolder = async (name: Uint8Array): ReturnType<typeof root.openFolder> => {
          const folder = await root.openFolder(name);
          return { ...folder, stat: async () => ({ ...(await folder.stat()), device: 1n }) };
        };
        return { ...root, openFolder };
      },
    });
    expect(pathsOf(listed)).toEqual([]);
    expect(listed.problems.map((problem) => problem.reason)).toEqual(['other-device']);
  });

  test('a name that a damaged directory holds twice is listed once and is a problem', async () => {
    await card.put('a', patternBytes(1));
    const listed = await inventory(withNames(new FaultyFolderFiles(), (names) => [...names, ...names]));
    expect(pathsOf(listed)).toEqual(['a']);
    expect(listed.problems.map((problem) => problem.reason)).toEqual(['duplicate-path']);
  });

  test('a directory that runs in a circle comes to an end', async () => {
    await card.put('a', patternBytes(1));
    const circle = Array.from({ length: 4096 }, () => Buffer.from('a'));
    const listed = await inventory(withNames(new FaultyFolderFiles(), () => circle, true));
    expect(pathsOf(listed)).toEqual(['a']);
    expect(listed.problems.map((problem) => problem.reason)).toContain('too-many-entries');
    expect(listed.problems.length).toBeLessThan(2000);
  });

  test('names that lead elsewhere are problems', async () => {
    const names = ['..', '.', '../../etc/passwd', 'a/b', ''].map((name) => Buffer.from(name));
    const listed = await inventory(
      withNames(new FaultyFolderFiles(), (real) => (real.length === 0 ? [] : names)),
    );
    expect(pathsOf(listed)).toEqual([]);
    await card.put('a', patternBytes(1));
    const again = await inventory(
      withNames(new FaultyFolderFiles(), (real) => (real.length === 0 ? [] : names)),
    );
    expect(pathsOf(again)).toEqual([]);
    expect(new Set(again.problems.map((problem) => problem.reason))).toEqual(new Set(['unreadable-entry']));
  });

  test('more files than an inventory takes are a problem, and other work gets a turn after each few hundred', async () => {
    const { files, mostInOneTurn } = manyFiles(INVENTORY_ENTRIES_MAX + 1);
    const { entries, problems } = await inventory(files);
    expect(problems).toEqual([{ reason: 'too-many-entries', path: null }]);
    expect(entries).toHaveLength(INVENTORY_ENTRIES_MAX);
    const isAscending = entries.every(
      ({ path }, at) => at === 0 || Buffer.compare(entries[at - 1]?.path ?? path, path) < 0,
    );
    expect(isAscending).toBe(true);
    expect(mostInOneTurn()).toBeLessThanOrEqual(512);
  });
});

test('no error holds the name of a file', async () => {
  await card.put('Erika Mustermann.MP4', patternBytes(10));
  const open_ = await open();
  const [entry] = (await open_.inventory(live())).entries;
  if (entry === undefined) throw new Error('not listed');
  await card.remove('Erika Mustermann.MP4');
  const error = await readBytes(open_, entry).catch((error: unknown) => error);
  let words = '';
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    words += describeError(at) + JSON.stringify(at) + String(at.stack);
  expect(words).toContain('ENOENT');
  expect(words).not.toContain('Mustermann');
});

/** A root with so many files in no order, all of them alike, as fast as memory; and how many of them were looked at without a pause. */
function manyFiles(count: number): {
  files: ReturnType<typeof nodeFolderFiles>;
  mostInOneTurn: () => number;
} {
  const files = new FaultyFolderFiles();
  let given = 0;
  let inThisTurn = 0;
  let most = 0;
  const next = async (): Promise<Uint8Array[]> => {
    await files.yieldTurn();
    const names = Array.from({ length: Math.min(256, count - given) }, (_, at) => (given + at) * 7919);
    given += names.length;
    return names.map((number) => Buffer.from(`${number % 1_000_003}.MP4`));
  };
  const openRoot = async (path: string): ReturnType<typeof files.openRoot> => {
    const root = await files.openRoot(path);
    const stat = { ...(await root.stat()), kind: 'file' as const };
    const lstat = async (): Promise<typeof stat> => {
      if (inThisTurn++ === 0) setImmediate(() => (inThisTurn = 0));
      most = Math.max(most, inThisTurn);
      return stat;
    };
    return { ...root, lstat, openNames: async () => ({ next, close: async () => undefined }) };
  };
  return { files: { ...bound(files), openRoot }, mostInOneTurn: () => most };
}

function bound(files: FaultyFolderFiles): ReturnType<typeof nodeFolderFiles> {
  return {
    openRoot: (path) => files.openRoot(path),
    stat: (path) => files.stat(path),
    device: () => files.device(),
    yieldTurn: () => files.yieldTurn(),
  };
}

/** The root's names as `change` makes them; the real end is where the real names end, unless it never ends. */
function withNames(
  files: FaultyFolderFiles,
  change: (names: readonly Uint8Array[]) => readonly Uint8Array[],
  endless = false,
): ReturnType<typeof nodeFolderFiles> {
  return {
    ...bound(files),
    openRoot: async (path) => {
      const root = await files.openRoot(path);
      const openNames = async (): ReturnType<typeof root.openNames> => {
        const reader = await root.openNames();
        const next = async (): Promise<readonly Uint8Array[]> => {
          const names = await reader.next();
          return names.length === 0 && !endless ? [] : change(names);
        };
        return { next, close: () => reader.close() };
      };
      return { ...root, openNames };
    },
  };
}
