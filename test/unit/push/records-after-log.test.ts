// A docking's record is offered after the log, whatever the store says of the log.
import { expect, test } from 'vitest';
import { settle } from '../../fakes/clock-manual.ts';
import { PushRig } from './push-rig.ts';

test('records wait for the log each, a second at most, and are known to be on their way until then', async () => {
  const rig = new PushRig();
  const levels: { msMax: number; over: (isLevel: boolean) => void }[] = [];
  rig.onLevel = (msMax) => new Promise((over) => levels.push({ msMax, over }));
  await settle();
  const pushed = async (): Promise<boolean> => {
    let isPushed = false;
    void rig.pusher.dockingsPushed(60_000).then(() => (isPushed = true));
    await rig.clock.advance(10);
    await settle();
    return isPushed;
  };
  const offered = (): unknown[] => rig.custody.of('offered').map(({ facts }) => facts['recording']);
  expect(await pushed()).toBe(true); // nothing is there
  const records = [1, 2].map(() => rig.spool(true, { kind: 'docking' }));
  expect(await pushed()).toBe(false);
  expect({ offered: offered(), waits: levels.map(({ msMax }) => msMax) }).toEqual({
    offered: [],
    waits: [1000, 1000],
  });
  levels[1]?.over(false);
  await settle();
  expect(offered()).toEqual([records[1]]);
  expect(await pushed()).toBe(false);
  levels[0]?.over(true);
  await settle();
  expect(offered()).toEqual([records[1], records[0]]);
  expect(await pushed()).toBe(true); // none of them is in the lane of documents here
  await rig.pusher.stop();
});
