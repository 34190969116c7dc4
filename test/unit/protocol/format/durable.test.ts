// Small files on a disk whose every call may fail: what was tried is gone then, what was there before is whole, and the next attempt succeeds.
import { expect, test } from 'vitest';
import {
  ensureFolder,
  listIfThere,
  readIfThere,
  replaceDurable,
  unlinkIfThere,
  writeAnew,
  writeDurable,
} from '../../../../protocol/format/durable.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';

const [OLD, NEW] = [Buffer.from('old'), Buffer.from('new bytes')];
const WRITERS = { writeDurable, writeAnew, replaceDurable };

function text(disk: CrashDisk, path: string): string | undefined {
  const bytes = disk.peek(path);
  return bytes && Buffer.from(bytes).toString();
}

test.each(Object.entries(WRITERS))(
  '%s leaves nothing half behind, whichever of its calls fails',
  async (_, write) => {
    for (const operation of ['create', 'write', 'sync', 'close', 'rename'] as const) {
      const disk = new CrashDisk();
      disk.fail({ operation, nth: 1, code: 'EIO' });
      const failed = await write(disk, '/file', NEW).then(
        () => false,
        () => true,
      );
      const last = disk.stepLabel(disk.steps);
      if (failed && operation !== 'rename') expect(disk.peekNames('/'), operation).toEqual([]);
      if (failed && operation === 'sync') expect(last).toMatch(/^unlink/); // and no sync after the failed one
      if (failed) await write(disk, '/file', NEW);
      expect(text(disk, '/file'), operation).toBe('new bytes');
    }
  },
);

test('what is replaced is the old file or the new one, at each step', async () => {
  const disk = new CrashDisk();
  disk.plant('/file', OLD);
  await replaceDurable(disk, '/file', NEW);
  for (let step = 0; step <= disk.steps; step++)
    for (const survival of ['nothing', 'everything'] as const)
      expect(['old', 'new bytes'], disk.stepLabel(step)).toContain(text(disk.crash(step, survival), '/file'));
});

test('only what may take the place of a leftover does so', async () => {
  const disk = new CrashDisk();
  disk.plant('/file', OLD);
  await expect(writeDurable(disk, '/file', NEW)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(text(disk, '/file')).toBe('old');
  await writeAnew(disk, '/file', NEW);
  expect(text(disk, '/file')).toBe('new bytes');
});

test('what is not there is no error, and any other fault is one', async () => {
  const disk = new CrashDisk();
  expect(await readIfThere(disk, '/none', 10)).toBeUndefined();
  expect(await listIfThere(disk, '/none')).toEqual([]);
  await unlinkIfThere(disk, '/none');
  await ensureFolder(disk, '/folder');
  await ensureFolder(disk, '/folder');
  const asks: readonly [Parameters<CrashDisk['fail']>[0]['operation'], (files: Files) => Promise<unknown>][] =
    [
      ['readAll', (files) => readIfThere(files, '/none', 10)],
      ['list', (files) => listIfThere(files, '/none')],
      ['unlink', (files) => unlinkIfThere(files, '/none')],
      ['makeFolder', (files) => ensureFolder(files, '/folder')],
    ];
  for (const [operation, ask] of asks) {
    disk.fail({ operation, nth: 1, code: 'EIO' });
    await expect(ask(disk), operation).rejects.toMatchObject({ code: 'EIO' });
  }
});
