// What a camera may hold and a careful program may stumble over: odd names, odd kinds, no bytes, very many files, a very large one.
// Every byte is compared by decrypting; `bodydock open` gives back names and times.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { pathBelow } from '../fakes/put-ledger.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const isCi = process.env['CI'] !== undefined;
const isRoot = process.getuid?.() === 0;
/** "nobody" on Debian: not root, for whom no file is unreadable. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const TIME = new Date('2026-03-29T00:59:58.000Z');
/** Signatures bound this: some 20 to 30 ms for each recording, over both ends. */
const MANY = isCi ? 500 : 300;
const MIB = 1024 * 1024;

const NAMES: readonly (readonly [string, Uint8Array | string, restored: boolean])[] = [
  ['spaces', ' a  b .MP4', true],
  ['umlauts', 'Überwachung Größe.MP4', true],
  ['letters with combining marks', 'U\u0308ber.MP4', true],
  ['a newline', 'a\nb.MP4', false],
  ['bytes that are no UTF-8', Buffer.from('6669fffe6c65c32e4d5034', 'hex'), true],
  ['255 bytes', `${'x'.repeat(251)}.MP4`, true],
  ['quotes and a dollar', `"'$(id)\`.MP4`, true],
  ['a dash in front', '-rf', true],
  ['a dot in front', '.hidden', true],
  ['an arrow that turns text around', 'a\u202egnp.MP4', false],
  ['a backslash', '..\\..\\etc.MP4', true],
  ['a name of Windows', 'C:\\x.MP4', true],
];

describe.skipIf(lacksTools('age', 'minisign') || (!isCi && !isRoot))(
  'odd files (needs root to run the agent as another user)',
  () => {
    const random = seededRandom(11);
    let rig: DockRig;
    const card = (): string => rig.camera();
    /** What a link on the card leads to. */
    const outside = (): string => join(rig.folder, 'outside.txt');

    beforeAll(async () => {
      rig = await DockRig.open({ agentUser: NOBODY });
      for (const [, name] of NAMES) await put(name, random.bytes(30_000 + random.below(50_000)));
      await put('DCIM/100MEDIA/KOD_0001.MP4', random.bytes(700_000));
      await put('DCIM/100MEDIA/KOD_0001.GPS', random.bytes(100));
      await put('DCIM/101MEDIA/KOD_0001.MP4', random.bytes(200_000));
      await put(`${'deep/'.repeat(20)}end.MP4`, random.bytes(1000));
      await put('EMPTY.MP4', new Uint8Array());
      await put('LOCKED.MP4', random.bytes(5000));
      await writeFile(outside(), 'not of this camera');
      await symlink(outside(), join(card(), 'LINK.MP4'));
      await symlink('DCIM', join(card(), 'LINKED'));
      execFileSync('mkfifo', [join(card(), 'PIPE.MP4')]);
      await rig.giveTo(NOBODY);
      await chown(join(card(), 'LOCKED.MP4'), 0, 0);
      await chmod(join(card(), 'LOCKED.MP4'), 0o600);
      await rig.start();
    });
    afterAll(() => rig.close());

    async function put(path: Uint8Array | string, bytes: Uint8Array): Promise<void> {
      await rig.put(1, path, bytes);
      await utimes(pathBelow(card(), path), TIME, TIME);
    }

    let delivery: Promise<void> | undefined;
    /** All of it is in the vault and the station has stopped; run once, by whichever test comes first. */
    const delivered = (): Promise<void> => (delivery ??= deliver());

    async function deliver(): Promise<void> {
      const expected = rig.ledger.puts.length - 1;
      const bay = await rig.untilBay(
        1,
        'all but one erased',
        60_000,
        // While another try of the locked one runs, the light says "do not take".
        (seen) => seen.entries_erased === expected && seen.light === 'call-someone',
      );
      expect(bay).toMatchObject({ entries: expected + 1, entries_waiting: 1, light: 'call-someone' });
      expect((await readdir(card())).filter((name) => name.includes('.MP4')).sort()).toEqual([
        'LINK.MP4',
        'LOCKED.MP4',
        'PIPE.MP4',
      ]);
      await chown(join(card(), 'LOCKED.MP4'), NOBODY.uid, NOBODY.gid);
      await rig.untilBay(
        1,
        'all erased',
        30_000,
        ({ state, light }) => state === 'done' && light === 'safe-to-take',
      );
      await rig.stop();
    }

    test('are all delivered; one that cannot be read calls somebody, and comes once it can be read', async () => {
      await delivered();
      expect(rig.check()).toMatchObject({ problems: [], recordings: rig.ledger.puts.length, onCameras: 0 });
    });

    test('leave links, pipes and what they lead to untouched', async () => {
      await delivered();
      const left = await readdir(card(), { withFileTypes: true });
      expect(left.filter((entry) => !entry.isDirectory())).toHaveLength(3);
      expect(await readFile(outside(), 'utf8')).toBe('not of this camera');
    });

    test('are restored by "bodydock open" with their bytes, times and, where no name could mislead, their names', async () => {
      await delivered();
      for (const id of await rig.receipted()) {
        const out = join(rig.folder, 'opened', id);
        const args = [
          'open',
          join(rig.vault, STATION, id),
          '--identity',
          rig.identityFile,
          '--keys',
          rig.keys,
          '--reason',
          'odd-files',
          '--out',
          out,
        ];
        expect(await runProgram(BODYDOCK, args)).toMatchObject({ exitCode: 0, stderr: '' });
        const [name = Buffer.alloc(0), ...more] = (await readdir(out, {
          encoding: 'buffer',
        })) as unknown as Buffer[];
        expect(more).toEqual([]);
        const at = pathBelow(out, name);
        const known = rig.ledger.puts.filter(({ path }) =>
          Buffer.from(path, 'latin1').subarray(-name.length).equals(name),
        );
        const bytes = await readFile(at);
        const original = rig.ledger.puts.find(({ sha256 }) => sha256 === sha256Of(bytes));
        expect(original, `bytes of ${JSON.stringify(name.toString())}`).toBeDefined();
        expect((await stat(at)).mtimeMs).toBe(TIME.getTime());
        if (known.length === 0) expect(name.toString()).toBe(id);
        else expect(known.map(({ sha256 }) => sha256)).toContain(original?.sha256);
      }
      const replaced = NAMES.filter(([, , restored]) => !restored).length;
      const named = await Promise.all(
        (await rig.receipted()).map((id) => readdir(join(rig.folder, 'opened', id))),
      );
      expect(named.flat().filter((name) => /^[a-z2-7]{26}$/.test(name))).toHaveLength(replaced);
    });
  },
);

describe.skipIf(lacksTools('age', 'minisign'))('many and large files', () => {
  let rig: DockRig;
  afterEach(() => rig.close());

  test(`${MANY} small files are all delivered and erased`, async () => {
    rig = await DockRig.open();
    const random = seededRandom(12);
    for (let number = 0; number < MANY; number++)
      await rig.put(
        1,
        `DCIM/${100 + (number % 10)}MEDIA/K${number}.LOG`,
        random.bytes(200 + random.below(2000)),
      );
    const startedMs = performance.now();
    await rig.start();
    await rig.untilEmptied(1, 170_000);
    report(`${MANY} small files`, startedMs);
    await rig.stop();
    expect(rig.check()).toMatchObject({ problems: [], recordings: MANY, onCameras: 0 });
  });

  test('a file of 1 GiB arrives byte for byte', async () => {
    rig = await DockRig.open();
    await rig.ledger.putLarge('cam-1', rig.camera(), 'DCIM/LONG.MP4', {
      block: seededRandom(13).bytes(MIB),
      count: 1024,
    });
    const startedMs = performance.now();
    await rig.start();
    await rig.untilEmptied(1, 120_000);
    report('1 GiB', startedMs);
    await rig.stop();
    expect(rig.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
  });
});

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A duration for anybody who reads the output; nothing is judged by it. */
function report(what: string, startedMs: number): void {
  process.stdout.write(`${what}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}
