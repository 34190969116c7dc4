// On a FAT by way of FUSE neither an inode number nor a time of change shows a write: a file is written again at its size, its time set as it was, after
// the station read it. The receipt is of the old bytes: the new ones must not be erased for it.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { mountTable } from '../../../drivers/mass-storage/mount-table.ts';
import { DockRig } from '../../fakes/dock-rig.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';

const run = promisify(execFile);
const TAKEN_MS = 60_000;
const MADE = new Date('2026-11-20T08:00:00.000Z');
const [OLD, NEW] = ['old', 'new'].map((word) => Buffer.from(word.repeat(20_000))) as [Buffer, Buffer];
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

describe.skipIf(lacksRoot || lacksTools('mosquitto', 'mkfs.vfat', 'fusefat', 'fusermount3'))(
  'a file that is written again where nothing shows it',
  () => {
    test('stays until the store has its new bytes as well', async ({ onTestFinished }) => {
      const broker = await Mosquitto.open();
      onTestFinished(() => broker.stop());
      const rig = await DockRig.open({ broker });
      onTestFinished(() => rig.close());
      const folder = await mkdtemp(join(tmpdir(), 'bodydock-fat-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const image = join(folder, 'card.img');
      await writeFile(image, Buffer.alloc(16 * 2 ** 20));
      await run(requireTool('mkfs.vfat'), [image]);
      await run(requireTool('fusefat'), ['-o', 'rw+', image, rig.camera(1)]);
      onTestFinished(async () => {
        await rig.agent.kill(false);
        await run(requireTool('fusermount3'), ['-u', rig.camera(1)]);
      });
      expect((await mountTable()).findLast((each) => each.folder === rig.camera(1))?.fileSystem).toMatch(
        /^fuse/,
      );
      const file = join(rig.camera(1), 'DCIM', 'A.MP4');
      const shown = async (): Promise<unknown[]> => {
        const { ino, size, mtimeMs, ctimeMs } = await stat(file);
        return [ino, size, mtimeMs, ctimeMs];
      };
      await mkdir(join(rig.camera(1), 'DCIM'));
      await writeFile(file, OLD);
      await utimes(file, MADE, MADE);
      const before = await shown();

      await rig.view();
      await rig.agent.start();
      await until(
        'the old bytes spooled',
        TAKEN_MS,
        async () => (await rig.spooled()).length === 1,
        () => rig.tails(),
      );
      const written = await open(file, 'r+');
      await written.write(NEW, 0, NEW.length, 0);
      await written.close();
      await utimes(file, MADE, MADE);
      expect(await shown()).toEqual(before);
      await rig.receiver.start();
      const refused = (): boolean => rig.agent.log().includes('"reason":"read-differently"');
      await until('the refusal', TAKEN_MS, refused, () => rig.tails());
      expect((await readFile(file)).equals(NEW)).toBe(true);
      await rig.agent.stop();
      expect((await readFile(file)).equals(NEW)).toBe(true);

      await rig.agent.start();
      await rig.untilReceipted(2, TAKEN_MS);
      await rig.untilEmptied(1, TAKEN_MS);
      await rig.stop();
      for (const bytes of [OLD, NEW]) rig.ledger.note('cam-1', 'DCIM/A.MP4', bytes);
      expect(rig.check()).toMatchObject({ problems: [], recordings: 2 });
    }, 240_000);
  },
);
