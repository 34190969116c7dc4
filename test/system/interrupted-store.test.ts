// The far end in trouble: a receiver that hangs, and one that dies while another process takes over its vault. The tests run side by side,
// since most of their time is waiting.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { type RigWish, STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const MIB = 1024 * 1024;

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign')).concurrent('a store in trouble', () => {
  /** Of several tests that run, only the context knows the one that asks. */
  async function openRig({ onTestFinished }: TestContext, wish: RigWish = {}): Promise<DockRig> {
    const broker = await Mosquitto.open();
    onTestFinished(() => broker.stop());
    const dock = await DockRig.open({ broker, ...wish });
    onTestFinished(() => dock.close());
    const content = { block: seededRandom(41).bytes(MIB), count: 200 };
    await dock.ledger.putLarge('cam-1', dock.camera(), 'LONG.MP4', content);
    return dock;
  }

  /** A transfer has begun: unfinished work lies in the vault. */
  function untilBegun(dock: DockRig): Promise<unknown> {
    const place = join(dock.vault, '.incoming', STATION);
    const begun = async (): Promise<boolean> =>
      (await readdir(place).catch((): string[] => [])).some((name) => /^[a-z2-7]{26}$/.test(name));
    return until('a transfer', 20_000, begun, () => dock.tails());
  }

  async function receiversOfReceipts(dock: DockRig): Promise<string[]> {
    const texts = (await dock.receipted()).map((id) =>
      readFile(join(dock.vault, STATION, id, 'receipt.json'), 'utf8'),
    );
    return (await Promise.all(texts)).map((text) => (JSON.parse(text) as { receiver: string }).receiver);
  }

  test('that hangs again and again stores the recording once', async (context) => {
    const dock = await openRig(context);
    await dock.start();
    await untilBegun(dock);
    for (let round = 0; round < 4; round++) {
      dock.receiver.pause();
      await pause(2500);
      dock.receiver.resume();
      await pause(300);
    }
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
  });

  test.for([
    ['ends in order', 'stop'],
    ['is killed', 'kill'],
  ] as const)(
    'whose receiver %s in the middle is served by another one on the same vault',
    { timeout: 300_000 },
    async ([, end], context) => {
      const dock = await openRig(context, { receivers: ['r-archive', 'r-second'] });
      await dock.start();
      await untilBegun(dock);
      await dock.receiver[end]();
      expect(await dock.receipted()).toEqual([]);
      await dock.receiverPrograms[1]?.start();
      await dock.untilEmptied(1, 60_000);
      await dock.stop();
      expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
      expect(await receiversOfReceipts(dock)).toEqual(['r-second']);
    },
  );
});
