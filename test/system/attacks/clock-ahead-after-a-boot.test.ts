// Somebody spoofs the time server of the store and causes a restart: by a clock that is two weeks ahead everything would be due.
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { compiled, RECEIVER } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;

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
      const words = `"${process.execPath}" "${compiled(RECEIVER)}" expire --config "${join(world.root, 'receiver.yaml')}"`;
      const script = `mount --bind "${file}" /proc/sys/kernel/random/boot_id && exec ${words}`;
      const options = { env: { ...process.env, ...clock.environment, LC_ALL: 'C.UTF-8' }, cwd: world.root };
      const ran = await run('unshare', ['-m', 'sh', '-c', script], options).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: unknown; stdout: string }) => ({ code, stdout }),
      );
      clock.close();
      return ran;
    }

    async function payloads(world: AttackedWorld): Promise<number> {
      const names = await readdir(world.vault, { recursive: true });
      return names.filter((name) => name.endsWith('payload.age')).length;
    }

    test('deletes nothing, however often the machine is started, until somebody outside says the time', async () => {
      const world = await AttackedWorld.open();
      expect(await payloads(world)).toBe(3);
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
      expect(await payloads(world)).toBe(3);
      // What keeps them is that nobody agrees: by the same days of somebody outside they go.
      for (const days of [16, 17.1]) {
        const clock = new FakeWallClock();
        clock.move(days * DAY_MS);
        expect(await world.storeHearing(clock, 'expire')).toMatchObject({ exitCode: 0 });
        clock.close();
      }
      expect(await payloads(world)).toBe(0);
      await world.close();
    }, 180_000);
  },
);
