// What only a real disk has in place of a file: links, pipes, ten gigabytes of nothing, files of somebody else. The agent runs as a user for
// whom a file may be unreadable. Every recording is quarantined, taken again and delivered; nothing is followed, waited for or read into memory.
// What bits and lengths do is test/system/hostile-files.
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { pointTried } from '../fakes/points.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };
/** Read once as a whole where a command digests what is there; in CI less of it, and still four times what may be in memory. */
const SPARSE_BYTES = (takesShare ? 1 : 10) * 1024 ** 3;
/** An agent with all its libraries has some 100 MiB; a file of 10 GiB in memory would show. */
const MEMORY_KIB_MAX = 256 * 1024;

type Damage = (path: string) => Promise<unknown>;

const inItsPlace = async (path: string, make: () => Promise<unknown>): Promise<void> => {
  await rm(path, { recursive: true, force: true });
  await make();
};
const linkTo =
  (target: string): Damage =>
  (path) =>
    inItsPlace(path, () => symlink(target, path));
/** What it leads to is whole: following it would hide that the file is gone. */
const linkToItself: Damage = async (path) => {
  await rename(path, `${path}.elsewhere`);
  await rename(
    `${path}.elsewhere`,
    join(path, '../../..', `elsewhere-${path.slice(-40).replaceAll('/', '-')}`),
  );
  await symlink(join(path, '../../..', `elsewhere-${path.slice(-40).replaceAll('/', '-')}`), path);
};
const fifo: Damage = (path) => inItsPlace(path, async () => execFileSync('mkfifo', ['-m', '666', path]));
const folder: Damage = (path) => inItsPlace(path, () => mkdir(path));
const sparse: Damage = (path) => truncate(path, SPARSE_BYTES);
const secret: Damage = (path) => chmod(path, 0);

/** Of a recording each. */
const OF_RECORDINGS: readonly (readonly [string, string, Damage])[] = [
  ['manifest.json', 'a link to itself elsewhere', linkToItself],
  ['manifest.json', 'a FIFO', fifo],
  ['manifest.json', 'ten gigabytes', sparse],
  ['manifest.json', 'mode 0', secret],
  ['manifest.json.minisig', 'a folder', folder],
  ['manifest.json.minisig', 'a link to /dev/zero', linkTo('/dev/zero')],
  ['payload.age', 'a link to itself elsewhere', linkToItself],
  ['payload.age', 'a FIFO', fifo],
  ['payload.age', 'ten gigabytes', sparse],
  ['payload.age', 'mode 0', secret],
  ['chunks.bin', 'a link to /dev/zero', linkTo('/dev/zero')],
  ['chunks.bin', 'ten gigabytes', sparse],
  ['chunks.bin', 'mode 0', secret],
  ['', 'mode 0', secret],
  ['', 'a link to /tmp', linkTo('/tmp')],
  ['', 'a FIFO', fifo],
];
/** Of what a start makes again, or does without. */
const OF_THE_SPOOL: readonly (readonly [string, string, Damage])[] = [
  ['ledger.jsonl', 'ten gigabytes', sparse],
  ['released.jsonl', 'a FIFO', fifo],
  ['ledger.jsonl', 'a link to /dev/zero', linkTo('/dev/zero')],
  ['acknowledgement.json', 'a FIFO', fifo],
  ['asked', 'a FIFO', fifo],
];

describe.skipIf(lacksTools('age', 'minisign') || process.getuid?.() !== 0)(
  'a spool with odd things in the place of its files (needs root to run the agent as another user)',
  () => {
    let rig: DockRig;
    let damaged: readonly string[];

    beforeAll(async () => {
      rig = await DockRig.open({ agentUser: NOBODY });
      const random = seededRandom(5);
      for (let number = 0; number <= OF_RECORDINGS.length; number++)
        await rig.put(1, `DCIM/V${number}.MP4`, random.bytes(3000 + random.below(600_000)));
      await rig.giveTo(NOBODY);
      await rig.view();
      await rig.agent.start();
      const all = OF_RECORDINGS.length + 1;
      await rig.untilBay(1, 'all spooled', 60_000, (bay) => bay.entries_spooled === all);
      await rig.agent.stop();
      const names = (await readdir(join(rig.spool, 'ready'))).toSorted();
      damaged = names.slice(0, OF_RECORDINGS.length);
      for (const [at, [name, , damage]] of OF_RECORDINGS.entries()) {
        await damage(join(rig.spool, 'ready', damaged[at] ?? '', name));
        pointTried();
      }
      for (const [name, , damage] of OF_THE_SPOOL) {
        await damage(join(rig.spool, name));
        pointTried();
      }
      execFileSync('chown', ['-hR', `${NOBODY.uid}:${NOBODY.gid}`, rig.spool]);
    });
    afterAll(() => rig.close());

    test('is told of by the commands that only look, without a word of a fault in them', async () => {
      // As it is copied, a payload may be any length: ten gigabytes of it are only a matter of time.
      const exported = damaged.filter((_, at) => OF_RECORDINGS[at]?.[0] !== 'payload.age');
      const out = join(rig.folder, 'out');
      await mkdir(out);
      await chown(out, NOBODY.uid, NOBODY.gid);
      for (const args of [
        ['spool', 'ls'],
        ['spool', 'verify'],
        ['spool', 'quarantine'],
        ['spool', 'export', ...exported, '--out', out],
      ]) {
        const run = await runProgram(BODYDOCK, [...args, '--config', rig.stationFile], { user: NOBODY });
        expect([args, run.exitCode <= 1, run.stdout + run.stderr]).toEqual([
          args,
          true,
          expect.not.stringMatching(/^ {4}at |TypeError|is not a function/m),
        ]);
        if (args.includes('export'))
          for (const name of exported) expect(run.stdout + run.stderr).toContain(name);
      }
    });

    test('delivers everything, having set the odd things aside', async () => {
      await rig.receiver.start();
      await rig.agent.start();
      const { pid = 0 } = rig.agent;
      await rig.untilEmptied(1, 90_000);
      const [, memoryKib = '0'] =
        /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
      expect(Number(memoryKib)).toBeLessThan(MEMORY_KIB_MAX);
      expect(rig.agent.pid).toBe(pid);
      await rig.stop();
      const { problems, recordings } = rig.check();
      expect(problems).toEqual([]);
      expect(recordings).toBe(OF_RECORDINGS.length + 1);
      const aside = await readdir(join(rig.spool, 'quarantine'));
      // A folder that its user may not change can be told of, and not be moved.
      const moved = damaged.filter(
        (_, at) => OF_RECORDINGS[at]?.[2] !== secret || OF_RECORDINGS[at][0] !== '',
      );
      expect(aside.toSorted()).toEqual(moved.toSorted());
      const log = rig.agent.log();
      for (const name of damaged) expect(log).toContain(name);
    });
  },
);
