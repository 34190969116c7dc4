// Files that the station erased are to be called so, by log and record, whatever lies beside them on the camera: a listing that could not show
// all of it must not make a reader believe that the files are still there, and that somebody else emptied the camera.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

/** Folders below each other, past what a listing enters. */
const TOO_DEEP = Array.from({ length: 60 }, () => 'd').join('/');
const NAMES = ['A.MP4', 'B.MP4', 'C.MP4'];

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-attack-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Text of all files below a folder whose name ends so. */
async function textsBelow(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names.filter((name) => name.endsWith(ending)).map((name) => readFile(join(folder, name), 'utf8')),
  );
}

describe.skipIf(lacksTools('mosquitto'))('a folder that is too deep for a listing', () => {
  test('takes from no reader that the station erased the files beside it', async () => {
    const camera = join(root, 'camera');
    await mkdir(join(camera, 'DCIM'), { recursive: true });
    const random = seededRandom(1);
    for (const name of NAMES) await writeFile(join(camera, 'DCIM', name), random.bytes(100_000));
    await mkdir(join(camera, TOO_DEEP), { recursive: true });
    const out = join(root, 'out');
    await runProgram(BODYDOCK, ['first-run', '--camera', camera, '--out', out, '--erase']);

    expect(await readdir(join(camera, 'DCIM'))).toEqual([]);
    const vault = join(out, 'vault', 'first-run');
    const lines = (await textsBelow(join(vault, 'custody'), '.jsonl')).flatMap((text) => text.split('\n'));
    const events = lines
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { readonly event: string }).event)
      .filter((event) => /eras/.test(event));
    expect(events).toEqual([...NAMES.map(() => 'erasing'), ...NAMES.map(() => 'erased')]);
    const [record = ''] = await textsBelow(vault, 'docking.json');
    const { entries, inventory } = JSON.parse(record) as {
      readonly entries: readonly { readonly erased: boolean | null }[];
      readonly inventory: { readonly complete: boolean };
    };
    expect(inventory.complete).toBe(false);
    expect(entries.filter(({ erased }) => erased === true)).toHaveLength(NAMES.length);
    expect(entries.filter(({ erased }) => erased === false)).toEqual([]);
  });
});
