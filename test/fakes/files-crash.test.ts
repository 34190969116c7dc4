// The disk that forgets: it passes the contract of a real one, and what it forgets is what a power cut may take.
import { describe, expect, test } from 'vitest';
import { filesContract } from '../contracts/files-contract.ts';
import { CrashDisk, type Survival } from './files-crash.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textAt = (disk: CrashDisk, path: string): string | undefined => {
  const found = disk.peek(path);
  return found && Buffer.from(found).toString('latin1');
};

async function writeFile(disk: CrashDisk, path: string, content: string, sync = true): Promise<void> {
  const file = await disk.create(path);
  await file.write(bytes(content), 0);
  if (sync) await file.sync();
  await file.close();
}

function after(disk: CrashDisk, survival: Survival): CrashDisk {
  return disk.crash(disk.steps, survival);
}

describe('CrashDisk', () => {
  filesContract({ test }, async () => {
    const disk = new CrashDisk();
    await disk.makeFolder('/root');
    return { files: disk, root: '/root', plantOther: (path) => disk.plantOther(path) };
  });
});

describe('a cut', () => {
  test('takes a name whose folder was not synced, although its bytes were', async () => {
    const disk = new CrashDisk();
    await writeFile(disk, '/a', 'abc');
    expect(textAt(after(disk, 'nothing'), '/a')).toBeUndefined();
    expect(textAt(after(disk, 'everything'), '/a')).toBe('abc');
    await disk.syncFolder('/');
    expect(textAt(after(disk, 'nothing'), '/a')).toBe('abc');
  });

  test('takes bytes that were not synced, although their name was', async () => {
    const disk = new CrashDisk();
    await writeFile(disk, '/a', 'abcd', false);
    await disk.syncFolder('/');
    expect(textAt(after(disk, 'nothing'), '/a')).toBe('');
    expect(textAt(after(disk, 'torn'), '/a')).toBe('ab');
    expect(textAt(after(disk, 'zeros'), '/a')).toBe('\0\0\0\0');
    expect(textAt(after(disk, 'everything'), '/a')).toBe('abcd');
  });

  test('takes a whole new folder whose parent was not synced', async () => {
    const disk = new CrashDisk();
    await disk.makeFolder('/f');
    await writeFile(disk, '/f/a', 'abc');
    await disk.syncFolder('/f');
    expect([...after(disk, 'nothing').tree().keys()]).toEqual([]);
  });

  test('leaves a rename on one side or on the other, whichever folder is synced', async () => {
    for (const synced of ['/from', '/to', undefined]) {
      const disk = new CrashDisk();
      for (const folder of ['/from', '/to']) disk.plantFolder(folder);
      disk.plant('/from/a', 'abc');
      await disk.rename('/from/a', '/to/b');
      if (synced !== undefined) await disk.syncFolder(synced);
      for (const survival of ['nothing', 'everything', 1, 2, 3] as const) {
        const names = [...after(disk, survival).tree().keys()];
        expect(names, String(survival)).toHaveLength(1);
        if (synced !== undefined) expect(names).toEqual(['/to/b']);
      }
    }
  });

  test('brings back a removed file until the folder is synced', async () => {
    const disk = new CrashDisk();
    disk.plant('/a', 'abc');
    await disk.unlink('/a');
    expect(textAt(after(disk, 'nothing'), '/a')).toBe('abc');
    await disk.syncFolder('/');
    expect(textAt(after(disk, 'nothing'), '/a')).toBeUndefined();
  });

  test('removes a tree in steps: a cut in the middle leaves part of it', async () => {
    const disk = new CrashDisk();
    for (const name of ['a', 'b', 'c']) disk.plant(`/f/${name}`, name);
    await disk.removeTree('/f');
    expect(disk.steps).toBe(4);
    expect([...disk.crash(2, 'everything').tree().keys()]).toEqual(['/f/c']);
  });

  test('never saves by a second sync what a failed sync has lost', async () => {
    const disk = new CrashDisk();
    disk.fail({ operation: 'sync', nth: 1, code: 'EIO' });
    const file = await disk.create('/a');
    await file.write(bytes('abc'), 0);
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    await file.sync();
    await disk.syncFolder('/');
    expect(textAt(disk, '/a')).toBe('abc');
    for (const survival of ['nothing', 'everything', 1] as const)
      expect(textAt(after(disk, survival), '/a')).toBe('');
  });

  test('is the same for the same seed', async () => {
    const disk = new CrashDisk();
    for (let at = 0; at < 12; at++) await writeFile(disk, `/${at}`, 'abcd', at % 2 === 0);
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const once = JSON.stringify([...after(disk, seed).tree()]);
      expect(JSON.stringify([...after(disk, seed).tree()])).toBe(once);
      seen.add(once);
    }
    expect(seen.size).toBeGreaterThan(10);
  });

  test('leaves a disk that can be cut again', async () => {
    const disk = new CrashDisk();
    await writeFile(disk, '/a', 'abc');
    const second = after(disk, 'everything');
    await second.rename('/a', '/b');
    expect([...after(second, 'nothing').tree().keys()]).toEqual(['/a']);
    expect([...after(second, 'everything').tree().keys()]).toEqual(['/b']);
    expect(textAt(disk, '/a')).toBe('abc');
  });

  test('counts a claim as made from its moment on', async () => {
    const disk = new CrashDisk();
    await writeFile(disk, '/a', 'abc');
    disk.claim('a is written');
    await disk.syncFolder('/');
    expect(disk.claimsAt(disk.steps - 2)).toEqual([]);
    expect(disk.claimsAt(disk.steps - 1)).toEqual(['a is written']);
  });
});

describe('a fault', () => {
  test('hits the n-th matching call, once or for good', async () => {
    const disk = new CrashDisk();
    disk.fail({ operation: 'create', nth: 2, code: 'EIO', path: 'x' });
    await disk.create('/x1');
    await disk.create('/y');
    await expect(disk.create('/x2')).rejects.toMatchObject({ code: 'EIO' });
    await disk.create('/x2');
    disk.fail({ operation: 'change', nth: 1, code: 'EROFS', times: Number.POSITIVE_INFINITY });
    for (let count = 0; count < 3; count++)
      await expect(disk.unlink('/y')).rejects.toMatchObject({ code: 'EROFS' });
    disk.heal();
    await disk.unlink('/y');
  });

  test('may strike after the call took effect', async () => {
    const disk = new CrashDisk();
    disk.plant('/a', 'abc');
    disk.fail({ operation: 'rename', nth: 1, code: 'EIO', applied: true });
    await expect(disk.rename('/a', '/b')).rejects.toMatchObject({ code: 'EIO' });
    expect(textAt(disk, '/b')).toBe('abc');
  });

  test('a full disk takes the first part of a write and says so', async () => {
    const disk = new CrashDisk();
    disk.capacityBytes = 5;
    const file = await disk.create('/a');
    await file.write(bytes('abc'), 0);
    expect(await disk.freeBytes('/')).toBe(2);
    await expect(file.write(bytes('def'), 3)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(textAt(disk, '/a')).toBe('abcde');
    await file.write(bytes('XY'), 0);
    await file.close();
    expect(disk.openFiles).toBe(0);
  });

  test('a close that fails loses what its handle wrote, and nothing of another one', async () => {
    const disk = new CrashDisk();
    disk.plant('/a', 'abc');
    const writer = await disk.open('/a', 'write');
    const reader = await disk.open('/a', 'read');
    await writer.write(bytes('XYZ'), 0);
    disk.fail({ operation: 'close', nth: 1, code: 'EIO', times: 2 });
    await expect(reader.close()).rejects.toMatchObject({ code: 'EIO' });
    await writer.sync();
    expect(textAt(disk.crash(disk.steps, 'nothing'), '/a')).toBe('XYZ');
    await writer.write(bytes('123'), 0);
    await expect(writer.close()).rejects.toMatchObject({ code: 'EIO' });
    const again = await disk.open('/a', 'write');
    await again.sync();
    expect(textAt(disk.crash(disk.steps, 'nothing'), '/a')).toBe('XYZ');
  });

  test('a disk without room for names refuses new ones', async () => {
    const disk = new CrashDisk();
    disk.nodesMax = 1;
    await disk.makeFolder('/f');
    await expect(disk.create('/a')).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
