// Caches of any shape of lines, read as a disk likes to give them: what is written comes back, and what is odd counts for nothing.
import { beforeEach, describe, expect, test } from 'vitest';
import { readCache, writeCache } from '../../../agent/platform/cache-file.ts';
import type { Files, OpenFile } from '../../../protocol/format/ports.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const PATH = '/folder/cache.jsonl';
const LINE_BYTES_MAX = 16 * 1024;
const cache = { path: PATH, header: '{"type":"cache-of-a-test"}', entriesMax: 1000 };
let disk: CrashDisk;

beforeEach(async () => {
  disk = new CrashDisk(undefined, () => undefined);
  await disk.makeFolder('/folder');
});

/** Gives at most so many bytes in one read. */
function sparing(bytesMax: number): Files {
  const spare = (file: OpenFile): OpenFile => ({
    read: (target, position) => file.read(target.subarray(0, bytesMax), position),
    sizeBytes: () => file.sizeBytes(),
    sync: () => file.sync(),
    close: () => file.close(),
    write: (bytes, position) => file.write(bytes, position),
  });
  return filesWith(disk, { open: async (path, mode) => spare(await disk.open(path, mode)) });
}

const read = (files: Files = disk): Promise<readonly string[] | undefined> =>
  readCache(files, cache, (line) => line);

describe('a cache', () => {
  for (const seed of [1, 2])
    test(`comes back as it was written, in whatever pieces it is read (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const length = (): number => random.pick([0, 1, 80, 5000, LINE_BYTES_MAX - 1]);
      const lines = Array.from({ length: 200 }, (_, at) => `${at}`.padEnd(length(), 'x'));
      await writeCache(disk, cache, lines);
      for (const bytesMax of [1_000_000, 4096, 1000, 37])
        expect(await read(sparing(bytesMax))).toEqual(lines);
    });

  test('with a line that is longer than any of ours is ignored', async () => {
    await writeCache(disk, cache, ['a', 'x'.repeat(400 * 1024), 'b']);
    for (const bytesMax of [1_000_000, 4096]) expect(await read(sparing(bytesMax))).toBeUndefined();
  });

  test('of which a part is missing, is another, or came on top is ignored', async () => {
    const lines = ['first', 'second', 'third'];
    await writeCache(disk, cache, lines);
    const whole = Buffer.from(disk.peek(PATH) ?? '');
    const alter = async (bytes: Uint8Array): Promise<void> => disk.corrupt(PATH, () => bytes);
    expect(await read()).toEqual(lines);
    for (let end = 0; end < whole.length; end++) {
      await alter(whole.subarray(0, end));
      expect(await read()).toBeUndefined();
    }
    await alter(Buffer.from(whole.toString('latin1').replace('second', 'sEcond'), 'latin1'));
    expect(await read()).toBeUndefined();
    await alter(Buffer.concat([whole, Buffer.from('fourth\n')]));
    expect(await read()).toBeUndefined();
  });

  test('with more entries than are taken is ignored', async () => {
    await writeCache(
      disk,
      cache,
      Array.from({ length: 1500 }, (_, at) => `${at}`),
    );
    expect(await read()).toBeUndefined();
  });
});
