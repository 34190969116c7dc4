// Recordings that wait in the spool of a real disk and are damaged there, in every file that they consist of: found before anything of them is
// sent, set aside, told, pulled again from the camera and delivered, whether that camera stayed in its bay or comes back another day.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { pointTried } from '../fakes/points.ts';

const DAMAGES: readonly (readonly [string, (bytes: Buffer) => Uint8Array])[] = [
  ['a bit turned', (bytes) => bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 4)],
  ['cut to nothing', () => new Uint8Array(0)],
  ['cut to half', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['a byte less', (bytes) => bytes.subarray(0, -1)],
  ['a byte more', (bytes) => Buffer.concat([bytes, Uint8Array.of(0)])],
  ['zeros in it', (bytes) => Buffer.from(bytes).fill(0, bytes.length >> 2)],
];
const FILES = ['manifest.json', 'manifest.json.minisig', 'payload.age', 'chunks.bin'];
/** The last line end of a signature may be missing, and more of them may follow (SPEC 2): that is no damage. */
const CASES = FILES.flatMap((name) =>
  DAMAGES.filter(([what]) => !(name.endsWith('.minisig') && what === 'a byte less')).map(
    ([what, damage]) => ({ name, what, damage }),
  ),
);

let dock: DockAndStore;
afterEach(() => dock.close());

test.each(['stayed in its bay', 'comes back later'] as const)(
  'every damaged recording is taken again and delivered when its camera %s',
  async (where) => {
    dock = await DockAndStore.open({ hasFastSigner: true });
    const { camera, conditions } = dock;
    const originals = CASES.map((_, at) => randomBytes(600 + at));
    for (const [at, bytes] of originals.entries()) camera.put(`DCIM/V${at}.MP4`, bytes);
    await dock.startStation();
    await dock.until('spooled', () => dock.bay()['entries_spooled'] === CASES.length);
    if (where === 'comes back later') {
      camera.detach();
      await dock.until('taken out', () => dock.bay()['state'] === 'empty');
    }
    await dock.stopStation();
    const ready = join(dock.folder, 'spool', 'ready');
    const names = (await readdir(ready)).toSorted();
    for (const [at, { name, damage }] of CASES.entries()) {
      const path = join(ready, names[at] ?? '', name);
      await writeFile(path, damage(await readFile(path)));
      pointTried();
    }
    const sent: string[] = [];
    dock.hub.fate = ({ from, topic }) => {
      if (from === 'station') sent.push(topic);
      return [{}];
    };
    await dock.startReceiver();
    await dock.startStation();
    if (where === 'comes back later') {
      await dock.until('all set aside', async () => (await aside()).length === CASES.length);
      expect(await dock.vault()).toHaveLength(0);
      expect(camera.files()).toHaveLength(CASES.length);
      camera.attach();
    }
    await dock.until('all erased', () => camera.files().length === 0, 60_000);
    expect(await aside()).toEqual(names);
    expect(conditions.isRaised('spool.quarantine')).toBe(true);
    const kept = (await dock.vault()).map(({ original }) => original.toString('hex'));
    expect(kept.toSorted()).toEqual(originals.map((bytes) => bytes.toString('hex')).toSorted());
    // A damaged payload may be noticed only when that unit is read: an offer is no byte of it.
    const damagedDocuments = names.filter((_, at) => CASES[at]?.name.startsWith('manifest'));
    expect(sent.filter((topic) => damagedDocuments.some((name) => topic.includes(name)))).toEqual([]);
    expect(
      sent.filter((topic) => /\/\d+$/.test(topic) && names.some((name) => topic.includes(name))),
    ).toEqual([]);
  },
);

async function aside(): Promise<string[]> {
  return (await readdir(join(dock.folder, 'spool', 'quarantine'))).toSorted();
}
