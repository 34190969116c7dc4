// Somebody spoofs the time server of the store and causes a restart: by a clock that is two weeks ahead everything would be due.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DockRig } from '../../fakes/dock-rig.ts';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { OUTSIDE_TIME } from '../../fakes/outside-time.ts';
import { compiled, RECEIVER } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';
import { AttackedWorld, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;
/** The first round of a running receiver comes a minute after its start. */
const ROUND_MS = 120_000;

/** Words before a command, which then runs as on a machine whose boot id is in that file. */
function afterBoot(file: string): readonly [string, ...string[]] {
  const script = `mount --bind "${file}" /proc/sys/kernel/random/boot_id && exec "$@"`;
  return ['unshare', '-m', 'sh', '-c', script, 'sh'];
}

async function payloads(vault: string): Promise<number> {
  const names = await readdir(vault, { recursive: true });
  return names.filter((name) => name.endsWith('payload.age')).length;
}

describe.skipIf(lacksTools(...TOOLS, 'faketime', 'unshare') || process.getuid?.() !== 0)(
  'a clock that is weeks ahead after a boot',
  () => {
    /** `expire` on a machine that was started again, by another clock. */
    async function expireAfterBoot(
      world: AttackedWorld,
      boot: string,
      aheadMs: number,
    ): Promise<{ readonly code: unknown; readonly stdout: string }> {
      const file = join(world.root, 'boot-id');
      await writeFile(file, `${boot}-2222-4333-8444-555555555555\n`);
      const clock = new FakeWallClock();
      clock.move(aheadMs);
      const expire = [compiled(RECEIVER), 'expire', '--config', join(world.root, 'receiver.yaml')];
      const [command, ...words] = [...afterBoot(file), process.execPath, ...expire];
      const options = { env: { ...process.env, ...clock.environment, LC_ALL: 'C.UTF-8' }, cwd: world.root };
      const ran = await run(command, words, options).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: unknown; stdout: string }) => ({ code, stdout }),
      );
      clock.close();
      return ran;
    }

    test('deletes nothing, however often the machine is started, until somebody outside says the time', async () => {
      const world = await AttackedWorld.open();
      expect(await payloads(world.vault)).toBe(3);
      for (const [boot, days] of [
        ['11111111', 14.1],
        ['22222222', 15.2],
        ['33333333', 2],
        ['44444444', 0.95],
        // Two weeks that nobody outside has seen go by are none, however right this clock may be.
        ['44444444', 16],
      ] as const) {
        const { code, stdout } = await expireAfterBoot(world, boot, days * DAY_MS);
        expect([code, stdout]).toEqual([
          1,
          expect.stringMatching(/NOTHING IS DELETED BY ITS TIME: nobody outside/),
        ]);
      }
      expect(await payloads(world.vault)).toBe(3);
      // What keeps them is that nobody agrees: by the same days of somebody outside they go.
      for (const days of [16, 17.1]) {
        const clock = new FakeWallClock();
        clock.move(days * DAY_MS);
        expect(await world.storeHearing(clock, 'expire')).toMatchObject({ exitCode: 0 });
        clock.close();
      }
      expect(await payloads(world.vault)).toBe(0);
      await world.close();
    }, 180_000);

    test('has a receiver that runs delete nothing, and say why, until somebody outside says the time', async ({
      onTestFinished,
    }) => {
      const folder = await mkdtemp(join(tmpdir(), 'bodydock-boot-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const file = join(folder, 'boot-id');
      const boot = (digits: string): Promise<void> =>
        writeFile(file, `${digits}-2222-4333-8444-555555555555\n`);
      const clock = new FakeWallClock();
      onTestFinished(() => clock.close());
      await boot('11111111');
      const rig = await DockRig.open({
        receiverWrapper: afterBoot(file),
        receiverEnvironment: clock.environment,
        retention: { days: 14 },
      });
      onTestFinished(() => rig.close());
      for (const name of ['A', 'B', 'C']) await rig.put(1, `DCIM/${name}.MP4`, Buffer.from(name));
      await rig.start();
      await rig.untilEmptied(1, 60_000);
      await rig.stop();
      expect(await payloads(rig.vault)).toBe(3);

      await boot('22222222');
      clock.move(16 * DAY_MS);
      await rig.receiver.start();
      const raised = (): boolean => rig.receiver.log().includes('"condition":"retention.clock"');
      await until('the condition', ROUND_MS, raised, () => rig.tails());
      await rig.receiver.stop();
      expect(rig.receiver.log()).not.toContain('"event":"deleted"');
      expect(await payloads(rig.vault)).toBe(3);

      // What keeps them is that nobody agrees: by the same days of somebody outside they go.
      for (const days of [16, 17.1]) {
        clock.move(days * DAY_MS);
        const [command, ...words] = [...afterBoot(file), process.execPath, compiled(OUTSIDE_TIME)];
        await run(command, [...words, rig.receiverFile()], {
          env: { ...process.env, ...clock.environment },
        });
      }
      await rig.receiver.start();
      const gone = async (): Promise<boolean> => (await payloads(rig.vault)) === 0;
      await until('what is due to go', ROUND_MS, gone, () => rig.tails());
    }, 360_000);
  },
);
