// What happens to cameras and broker on a normal bad day: a camera leaves in the middle of its pull, the broker is away, a file still grows
// or is written again while it is read. Behind each the independent checker finds everything once, and nothing else.
import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type RigWish } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const MIB = 1024 * 1024;
const random = seededRandom(31);

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign'))('interruptions at the dock', () => {
  let rig: DockRig | undefined;
  let broker: Mosquitto | undefined;
  afterEach(async () => {
    await rig?.close();
    await broker?.stop();
    [rig, broker] = [undefined, undefined];
  });

  async function openRig(wish: RigWish = {}): Promise<DockRig> {
    broker = await Mosquitto.open();
    return (rig = await DockRig.open({ broker, ...wish }));
  }

  test('a camera that is taken out in the middle of its pull, again and again, is emptied in the end', async () => {
    const dock = await openRig();
    await dock.takeOut();
    await dock.start();
    for (let number = 1; number <= 4; number++) {
      const content = { block: random.bytes(MIB), count: 60 };
      await dock.ledger.putLarge('cam-1', dock.drawer(), `DCIM/${number}.MP4`, content);
      await dock.putBack();
      await dock.untilSealing(20_000);
      await pause(random.below(100));
      await dock.takeOut();
      await dock.untilBay(1, 'empty', 10_000, (bay) => bay.state === 'empty' && bay.light === 'off');
    }
    expect(await dock.filesOn(1, dock.drawer())).toBeGreaterThan(0);
    await dock.putBack();
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 4, onCameras: 0 });
  });

  test('a broker that is away for the whole pull delays, and nothing is erased meanwhile', async () => {
    const dock = await openRig();
    await dock.receiver.start();
    await broker?.kill();
    for (let number = 1; number <= 5; number++) await dock.put(1, `${number}.MP4`, random.bytes(900_000));
    await dock.agent.start();
    await until(
      '5 recordings spooled',
      30_000,
      async () => (await dock.spooled()).length === 5,
      () => dock.tails(),
    );
    expect(await dock.filesOn(1)).toBe(5);
    await broker?.start();
    await dock.untilEmptied(1, 90_000);
    await dock.untilCustodyBegun(70_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 5, onCameras: 0 });
  });

  test('a file that grows while it is read is stored as it is in the end', async () => {
    const dock = await openRig();
    const path = join(dock.camera(), 'GROWING.MP4');
    const file = await open(path, 'wx');
    let whole = Buffer.alloc(0);
    const grow = async (): Promise<void> => {
      const piece = Buffer.from(random.bytes(100_000));
      whole = Buffer.concat([whole, piece]);
      dock.ledger.note('cam-1', 'GROWING.MP4', whole, false);
      await file.write(piece);
    };
    await grow();
    await dock.start();
    for (let times = 0; times < 60; times++) {
      await grow();
      await pause(50);
    }
    await file.close();
    dock.ledger.note('cam-1', 'GROWING.MP4', whole);
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], onCameras: 0 });
  });

  test('a file that is written anew while it is read is never stored as a mixture', async () => {
    const dock = await openRig();
    const path = join(dock.camera(), 'REUSED.MP4');
    const version = (number: number): Buffer => Buffer.alloc(60 * MIB, `version ${number} of the same file`);
    dock.ledger.note('cam-1', 'REUSED.MP4', version(1), false);
    await writeFile(path, version(1));
    await dock.start();
    for (let number = 2; number <= 3; number++) {
      await dock.untilSealing(30_000);
      dock.ledger.note('cam-1', 'REUSED.MP4', version(number), number === 3);
      await writeBackwards(path, version(number));
    }
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    // Each version is whole before the next one is written, so that a pull which saw one at rest was right to store it.
    expect(dock.check()).toMatchObject({ problems: [], onCameras: 0 });
  });
});

/** In place and from the end, as a recorder does that goes round on its card: the size stays, old and new lie side by side. */
async function writeBackwards(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  try {
    for (let at = bytes.length - MIB; at >= 0; at -= MIB) await file.write(bytes, at, MIB, at);
  } finally {
    await file.close();
  }
}
