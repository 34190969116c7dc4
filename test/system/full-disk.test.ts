// Full disks at the station and at the store, on small disks of their own: nothing is lost, nothing is claimed, and it goes on by itself
// once there is space. The tests run side by side, since most of their time is waiting.
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import type { RigWish } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { SmallDisk } from '../fakes/small-disk.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const MIB = 1024 * 1024;
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

/** Of several tests that run, only the context knows the one that asks. */
async function mount({ onTestFinished }: TestContext, sizeMib: number): Promise<SmallDisk> {
  const disk = await SmallDisk.mount(sizeMib);
  onTestFinished(() => disk.close());
  return disk;
}

async function openRig(
  { onTestFinished }: TestContext,
  wish: RigWish,
  files: number,
  mibEach: number,
): Promise<DockRig> {
  const rig = await DockRig.open(wish);
  onTestFinished(() => rig.close());
  const block = seededRandom(files).bytes(MIB);
  for (let number = 1; number <= files; number++)
    await rig.ledger.putLarge('cam-1', rig.camera(), `${number}.MP4`, { block, count: mibEach });
  return rig;
}

function untilLogged(rig: DockRig, part: 'agent' | 'receiver', code: string): Promise<unknown> {
  return until(
    `${code} in the log of the ${part}`,
    40_000,
    () => rig[part].log().includes(code),
    () => rig.tails(),
  );
}

describe
  .skipIf(lacksTools('age', 'minisign') || lacksRoot)
  .concurrent('a full disk (needs root to mount one)', () => {
    test('at the station stops pulling; what is receipted gives way, and all is delivered', async (context) => {
      const disk = await mount(context, 44);
      const rig = await openRig(context, { spoolFolder: join(disk.path, 'spool') }, 5, 12);
      await rig.view();
      await rig.agent.start();
      const bay = await rig.untilBay(1, 'an entry that waits', 40_000, (seen) => seen.entries_waiting > 0);
      expect(bay.entries_spooled).toBeLessThan(5);
      await rig.untilBay(1, 'somebody is called', 20_000, (seen) => seen.light === 'call-someone');
      await untilLogged(rig, 'agent', 'spool.full');
      expect(await rig.filesOn(1)).toBe(5);
      await rig.receiver.start();
      await rig.untilEmptied(1, 90_000);
      await rig.untilCustodyBegun(70_000);
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: 5, onCameras: 0 });
    });

    test("at the station by somebody else's files is waited for", async (context) => {
      const disk = await mount(context, 44);
      const rig = await openRig(context, { spoolFolder: join(disk.path, 'spool') }, 2, 12);
      await disk.fill(Math.floor((await disk.freeBytes()) / MIB) - 4);
      await rig.start();
      await rig.untilBay(1, 'both wait', 40_000, (seen) => seen.entries_waiting === 2);
      expect(await rig.filesOn(1)).toBe(2);
      await disk.clear();
      await rig.untilEmptied(1, 60_000);
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });
    });

    test('at the store keeps the recordings at the station until there is space', async (context) => {
      const disk = await mount(context, 200);
      const rig = await openRig(context, { vaultFolder: join(disk.path, 'vault') }, 3, 20);
      await disk.fill(120);
      await rig.start();
      await untilLogged(rig, 'receiver', 'vault.full');
      await until(
        'all spooled',
        30_000,
        async () => (await rig.spooled()).length === 3,
        () => rig.tails(),
      );
      expect(await rig.receipted()).toEqual([]);
      expect(await rig.filesOn(1)).toBe(3);
      await disk.clear();
      // A store that is full asks for a pause of a minute.
      await rig.untilEmptied(1, 120_000);
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: 3, onCameras: 0 });
    });
  });
