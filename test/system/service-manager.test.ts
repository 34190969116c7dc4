// What a service manager meets: starts that are refused, a second agent on one spool, faults of the program, an output that takes nothing.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { BODYDOCK, compiled, RECEIVER, runProgram, type Program } from '../fakes/program.ts';
import { SeededRandom, seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const SEED = Number(process.env['BODYDOCK_SEED'] ?? Date.now() % 1_000_000);
const MIB = 1024 * 1024;
const FAULTS = takesShare ? 3 : 6;
const PLANTED = fileURLToPath(new URL('../fakes/planted-faults.mjs', import.meta.url));
/** A start takes 1 s here; what ends in 10 has read nothing to its end. */
const REFUSED_MS = 10_000;
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

async function openRig(wish: Parameters<typeof DockRig.open>[0] = {}): Promise<DockRig> {
  const rig = await DockRig.open(wish);
  onTestFinished(() => rig.close());
  return rig;
}

/** Delivers all of one camera, and lets the checker judge. */
async function expectDelivered(rig: DockRig, recordings: number): Promise<void> {
  await rig.untilEmptied(1, 60_000);
  await rig.stop();
  expect(rig.check()).toMatchObject({ problems: [], recordings, onCameras: 0 });
}

describe('a start', () => {
  test.each([
    ['agent', BODYDOCK],
    ['receiver', RECEIVER],
  ])(
    'of the %s with a file of 10 MB or of endless depth ends at once, in little memory',
    async (_what, program) => {
      const folder = await mkdtemp(join(tmpdir(), 'bodydock-start-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const file = join(folder, 'file.yaml');
      // Whatever grew with the file would end with SIGABRT.
      const options = { timeoutMs: REFUSED_MS, environment: { NODE_OPTIONS: '--max-old-space-size=32' } };
      for (const [text, words] of [
        ['version: 1\n'.padEnd(10 * MIB, '- x\n'), 'is longer than 262144 bytes'],
        [`version: 1\nx: ${'[{a: '.repeat(50_000)}`, ':2:'],
      ] as const) {
        await writeFile(file, text);
        const { exitCode, stdout, stderr } = await runProgram(program, ['run', '--config', file], options);
        expect([exitCode, stdout]).toEqual([78, '']);
        expect(stderr).toContain(words);
        expect(await readdir(folder)).toEqual(['file.yaml']);
      }
    },
  );

  test.skipIf(lacksRoot)('with the spool on the boot partition is warned of', async () => {
    const rig = await openRig();
    const text = await readFile(rig.stationFile, 'utf8');
    await writeFile(rig.stationFile, text.replace(`path: ${rig.spool}`, 'path: /boot/spool'));
    // In a mount namespace of its own: the machine of the test does not see it.
    const check = `"${process.execPath}" "${compiled(BODYDOCK)}" check --config "${rig.stationFile}"`;
    const script = `mount -t tmpfs bodydock-test /boot && ${check}`;
    const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-c', script]);
    expect(stdout).toContain('warning: /boot/spool: lies on the boot partition (/boot): full, it keeps');
    expect(stdout).toContain('warning: /boot/spool: lies on tmpfs, in memory');
  });
});

test('a receiver whose vault is something else ends with 78 and says so, instead of being about to start for ever', async () => {
  const rig = await openRig();
  await mkdir(rig.vault);
  await writeFile(join(rig.vault, 'HOLIDAY.JPG'), '');
  const words = ['run', '--config', rig.receiverFile()];
  const { exitCode, stderr } = await runProgram(RECEIVER, words, { timeoutMs: REFUSED_MS });
  expect(exitCode).toBe(78);
  expect(stderr).toContain('holds "HOLIDAY.JPG" and no vault.json: give an empty folder');
  expect(await readdir(rig.vault)).toEqual(['HOLIDAY.JPG']);
});

describe.skipIf(lacksTools('age', 'minisign'))('a station', () => {
  test('is left alone by a second agent on its spool, which ends with 75 and says so', async () => {
    const rig = await openRig();
    await rig.start();
    const second = await runProgram(BODYDOCK, ['run', '--config', rig.stationFile], {
      timeoutMs: REFUSED_MS,
    });
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toContain(`another agent works on the spool ${rig.spool}: stop it first`);
    expect(rig.agent.running).toBe(true);
    await rig.put(1, 'A.MP4', seededRandom(1).bytes(MIB));
    await expectDelivered(rig, 1);
  });

  test(`ends with 1 and a reason at a fault of the program, and loses nothing (BODYDOCK_SEED=${SEED})`, async () => {
    const random = new SeededRandom(SEED);
    const environment = { NODE_OPTIONS: `--import ${PLANTED}` };
    const rig = await openRig({ agentEnvironment: environment, receiverEnvironment: environment });
    const block = random.bytes(MIB);
    await rig.ledger.putLarge('cam-1', rig.camera(), 'LONG.MP4', { block, count: 24 });
    for (let number = 1; number <= 20; number++) await rig.put(1, `${number}.MP4`, random.bytes(100_000));
    await rig.start();
    for (let faults = 0; faults < FAULTS; faults++) {
      await pause(random.below(400));
      const program = faults % 3 === 2 ? rig.receiver : rig.agent;
      process.kill(program.pid ?? 0, 'SIGUSR2');
      await until('an end', 10_000, () => !program.running);
      expect(await program.ended()).toBe(1);
      await program.start();
    }
    for (const program of [rig.agent, rig.receiver]) expect(faultsTold(program)).toBeGreaterThan(0);
    expect(faultsTold(rig.agent) + faultsTold(rig.receiver)).toBe(FAULTS);
    await expectDelivered(rig, 21);
  });
});

test.skipIf(lacksTools('age', 'minisign'))(
  'a station whose workers die of promises that nobody catches goes on with new ones, and loses nothing',
  async () => {
    const environment = { NODE_OPTIONS: `--import ${PLANTED}` };
    const rig = await openRig({ agentEnvironment: environment });
    await rig.ledger.putLarge('cam-1', rig.camera(), 'LONG.MP4', {
      block: seededRandom(3).bytes(MIB),
      count: 24,
    });
    await rig.start();
    const { pid = 0 } = rig.agent;
    for (let deaths = 0; deaths < FAULTS; deaths++) {
      process.kill(pid, 'SIGWINCH');
      await pause(100);
    }
    await until(
      'a death',
      20_000,
      () => rig.agent.log().includes('planted in a worker'),
      () => rig.tails(),
    );
    await expectDelivered(rig, 1);
    expect(rig.agent.log()).not.toContain('internal error, exiting');
  },
);

/** Lines of a log that name a planted fault. */
function faultsTold(program: Program): number {
  return program
    .log()
    .split('\n')
    .filter(
      (line) => /planted (?:error|rejection) \d+"/.test(line) && line.includes('internal error, exiting'),
    ).length;
}
