// The machine's file system against the contract, and what only a real one can show: modes, links, FIFOs, a full disk.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { filesAtOnce } from '../../../agent/platform/files-at-once.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { filesContract } from '../../contracts/files-contract.ts';

let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-files-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function freshRoot(): Promise<string> {
  const root = join(folder, String(count++));
  await mkdir(root);
  return root;
}

describe.each([
  ['nodeFiles', nodeFiles],
  ['filesAtOnce', filesAtOnce],
])('%s', (_, make) => {
  filesContract({ test }, async () => ({
    files: make(),
    root: await freshRoot(),
    plantOther: (path) => symlink('/etc/passwd', path),
  }));

  test('files are not for others and folders are not for others', async () => {
    const root = await freshRoot();
    const files = make();
    await (await files.create(join(root, 'a'))).close();
    await files.makeFolder(join(root, 'f'));
    expect((await stat(join(root, 'a'))).mode & 0o137).toBe(0);
    expect((await stat(join(root, 'f'))).mode & 0o027).toBe(0);
  });

  test('a link is not followed when a tree is removed', async () => {
    const root = await freshRoot();
    const files = make();
    await files.makeFolder(join(root, 'kept'));
    await (await files.create(join(root, 'kept', 'a'))).close();
    await files.makeFolder(join(root, 'gone'));
    await symlink(join(root, 'kept'), join(root, 'gone', 'link'));
    await files.removeTree(join(root, 'gone'));
    expect(await files.list(join(root, 'kept'))).toEqual(['a']);
  });

  test('a FIFO does not block whoever opens it', async () => {
    const root = await freshRoot();
    execFileSync('mkfifo', [join(root, 'p')]);
    const files = make();
    expect((await files.stat(join(root, 'p')))?.kind).toBe('other');
    const file = await files.open(join(root, 'p'), 'read');
    await file.close();
  });

  test('a short write is tried once more and then counts as a full disk', async () => {
    const root = await freshRoot();
    const probe = await open(join(root, 'probe'), 'w');
    const prototype = Object.getPrototypeOf(probe) as { write: (...given: unknown[]) => Promise<unknown> };
    await probe.close();
    const file = await nodeFiles().create(join(root, 'a'));
    const counts = [3, 4, 3, 0];
    const write = vi
      .spyOn(prototype, 'write')
      .mockImplementation(() => Promise.resolve({ bytesWritten: counts.shift() }));
    try {
      await file.write(new Uint8Array(7), 0);
      await expect(file.write(new Uint8Array(7), 0)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(write).toHaveBeenCalledTimes(4);
    } finally {
      write.mockRestore();
      await file.close();
    }
  });
});

test('the event loop has its turn between looks on the calling thread', async () => {
  const files = filesAtOnce();
  const turn = new AbortController();
  setImmediate(() => turn.abort());
  while (!turn.signal.aborted) await files.stat(folder);
});
