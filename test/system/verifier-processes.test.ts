// The independent verifier in Python on vaults that whole programs left behind: a first run as a stranger starts it, and a station and a
// store of several dockings, a kill, restarts and odd files. What it counts must be what the store holds (EVD-04).
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { judgeWithBoth } from '../fakes/manipulations/judged.ts';
import { judgeWithPython, type PythonSaid } from '../fakes/manipulations/judges.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const WAIT_MS = 60_000;
/** A first run takes some ten seconds; cores that others use as well need not fail it. */
const FIRST_RUN_MS = 150_000;
/** Everything that the scenario below puts on cameras. */
const RECORDINGS = 7;

describe.skipIf(lacksTools('python3', 'age', 'minisign'))(
  'a station and a store of their own processes',
  () => {
    let rig: DockRig;
    let root: string;
    const random = seededRandom(404);

    const put = (camera: number, name: string, bytes = 300_000): Promise<void> =>
      rig.put(camera, `DCIM/${name}`, random.bytes(bytes));

    /** Names of the folders in the station's part of a vault that hold a file of that name. */
    async function foldersWith(file: string, vault = rig.vault): Promise<string[]> {
      const parent = join(vault, STATION);
      const names = (await readdir(parent)).filter((name) => name.length === 26);
      const held = await Promise.all(names.map((name) => readdir(join(parent, name))));
      return names.filter((_, at) => held[at]?.includes(file) === true);
    }

    const untilRecords = (count: number): Promise<unknown> =>
      until(
        `${count} docking records with receipts`,
        WAIT_MS,
        async () => (await foldersWith('docking.json')).length >= count,
        () => rig.tails(),
      );

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'bodydock-processes-'));
      rig = await DockRig.open({ cameras: 2 });
      await put(1, 'A.MP4', 1_100_000);
      await put(1, 'A.GPS', 300);
      await put(1, 'EMPTY.MP4', 0);
      await symlink('nowhere', join(rig.camera(1), 'link'));
      await rig.start();
      await until(
        'all but the link erased',
        WAIT_MS,
        async () => (await rig.filesOn(1)) === 1,
        () => rig.tails(),
      );
      await rig.takeOut(1);
      await untilRecords(1);
      await put(2, 'B.MP4');
      await rig.untilEmptied(2, WAIT_MS);
      await rig.agent.kill();
      await put(2, 'C.MP4');
      await rig.putBack(1);
      await rig.agent.start();
      await rig.untilEmptied(2, WAIT_MS);
      await rig.receiver.stop();
      await put(2, 'D.MP4');
      await until(
        'a backlog',
        WAIT_MS,
        async () => (await rig.spooled()).length > 0,
        () => rig.tails(),
      );
      await rig.receiver.start();
      await rig.untilEmptied(2, WAIT_MS);
      await rig.agent.stop();
      await rig.agent.start();
      await put(1, 'E.MP4', 700_000);
      await until(
        'all but the link erased',
        WAIT_MS,
        async () => (await rig.filesOn(1)) === 1,
        () => rig.tails(),
      );
      await rig.stop();
      const opened = (await foldersWith('manifest.json'))[0] ?? '';
      const open = [
        'open',
        join(rig.vault, STATION, opened),
        '--identity',
        rig.identityFile,
        '--keys',
        rig.keys,
      ];
      const told = await runProgram(BODYDOCK, [
        ...open,
        '--reason',
        'case-4711',
        '--out',
        join(root, 'opened'),
      ]);
      if (told.exitCode !== 0) throw new Error(told.stderr);
    }, 240_000);
    afterAll(async () => {
      await rig.close();
      await rm(root, { recursive: true, force: true });
    });

    async function copied(name: string): Promise<string> {
      await cp(rig.vault, join(root, name), { recursive: true });
      return join(root, name);
    }

    async function judged(vault: string): Promise<PythonSaid> {
      const [said] = await judgeWithPython([vault], { keys: rig.keys });
      if (said === undefined) throw new Error('nothing was said');
      return said;
    }

    test('leave a vault that both verifiers take, with every payload and name opened', async () => {
      const trust = { keys: rig.keys, identity: rig.identityFile };
      const [said] = await judgeWithBoth([rig.vault], trust);
      expect(said?.python.findings).toEqual([]);
      expect(said?.product.findings).toEqual([]);
    });

    test('hold what the log calls receipted: no difference between log, receipts and folders', async () => {
      const held = await foldersWith('manifest.json');
      const receipts = (await foldersWith('receipt.json')).filter((name) => held.includes(name));
      expect([held.length, receipts.length]).toEqual([RECORDINGS, RECORDINGS]);
      expect((await judged(rig.vault)).stations[STATION]).toEqual({
        recordings: RECORDINGS,
        receipts: RECORDINGS,
        receipted_in_log: RECORDINGS,
        received_by_store_log: RECORDINGS,
        deleted: 0,
        documents_dropped: 0,
        before_log: 0,
        behind_log: 0,
        differences: [],
      });
    });

    test('are found out where one recording is taken away, and it is named', async () => {
      const vault = await copied('taken');
      const [gone = ''] = (await foldersWith('manifest.json', vault)).slice(3);
      await rm(join(vault, STATION, gone), { recursive: true });
      const { good, findings, stations } = await judged(vault);
      expect(good).toBe(false);
      expect(findings.find(({ code }) => code === 'recording.missing')?.detail).toContain(gone);
      expect(stations[STATION]).toMatchObject({ receipts: RECORDINGS - 1, differences: [gone] });
    });

    test('are found out where a receipt is taken away, and its recording is named', async () => {
      const vault = await copied('unreceipted');
      const [one = ''] = await foldersWith('manifest.json', vault);
      for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(vault, STATION, one, name));
      const { good, findings, stations } = await judged(vault);
      expect(good).toBe(false);
      expect(findings).toContainEqual(
        expect.objectContaining({ code: 'receipt.missing', place: `${STATION}/${one}` }),
      );
      expect(stations[STATION]?.differences).toEqual([one]);
    });

    test.each(['source', 'capture', 'camera', 'sealed_at'])(
      'are found out where `%s` of two recordings is exchanged',
      async (field) => {
        const vault = await copied(`exchanged-${field}`);
        const paths = await pairThatDiffersIn(field, vault);
        const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
        const values = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
        const parts = values.map((value) => `"${field}":${JSON.stringify(value[field])}`);
        for (const [at, path] of paths.entries()) {
          const exchanged = texts[at]?.replace(parts[at] ?? '', () => parts[1 - at] ?? '') ?? '';
          expect(exchanged).not.toBe(texts[at]);
          await writeFile(path, exchanged);
        }
        const { findings } = await judged(vault);
        const refused = findings
          .filter(({ code }) => code === 'manifest.signature-wrong')
          .map(({ place }) => place);
        expect(refused.sort()).toEqual(paths.map((path) => `${path.slice(vault.length + 1)}.minisig`).sort());
      },
    );

    test('are found out where the folders of two recordings exchange their names', async () => {
      const vault = await copied('renamed');
      const [one = '', two = ''] = await foldersWith('manifest.json', vault);
      const at = (name: string): string => join(vault, STATION, name);
      await rename(at(one), join(root, 'aside'));
      await rename(at(two), at(one));
      await rename(join(root, 'aside'), at(two));
      const { findings } = await judged(vault);
      const refused = findings
        .filter(({ code }) => code === 'manifest.other-recording')
        .map(({ place }) => place);
      expect(refused.sort()).toEqual([one, two].map((name) => `${STATION}/${name}/manifest.json`).sort());
    });

    /** Manifests of two recordings in the vault that say different things there. */
    async function pairThatDiffersIn(field: string, vault: string): Promise<readonly [string, string]> {
      const paths = (await foldersWith('manifest.json', vault)).map((name) =>
        join(vault, STATION, name, 'manifest.json'),
      );
      const said = await Promise.all(
        paths.map(async (path) =>
          JSON.stringify((JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)[field]),
        ),
      );
      const other = said.findIndex((text) => text !== said[0]);
      const [first, second] = [paths[0], paths[other]];
      if (first === undefined || second === undefined) throw new Error(`all say the same ${field}`);
      return [first, second];
    }
  },
);

describe.skipIf(lacksTools('python3', 'age'))('a first run', () => {
  test('leaves a vault that the independent verifier takes, with every payload opened', async () => {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-verified-'));
    const out = join(root, 'out');
    const ran = await runProgram(BODYDOCK, ['first-run', '--out', out], { timeoutMs: FIRST_RUN_MS });
    const trust = { keys: join(out, 'keys'), identity: join(out, 'keys', 'store.identity') };
    const [said] = await judgeWithPython([join(out, 'vault')], trust);
    expect(said).toMatchObject({ good: true, findings: [] });
    expect(said?.stations).toMatchObject({
      'first-run': { recordings: 12, receipts: 12, receipted_in_log: 12, differences: [] },
    });
    expect(ran.exitCode).toBe(0);
    await rm(root, { recursive: true, force: true });
  });
});
