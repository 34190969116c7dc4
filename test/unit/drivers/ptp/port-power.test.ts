// What stands behind the ladder that brings a camera back into step: the power of its port.
import { afterEach, expect, test } from 'vitest';
import type { CameraSession } from '../../../../drivers/driver.ts';
import type { PowerCycle } from '../../../../drivers/usb/port-power.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { passing } from '../../../fakes/passing.ts';
import { ptpBench, PTP_PLACE, type PtpBench } from './subject.ts';

const LONG_MS = 300_000;
const LADDER = ['cancel', 'device-reset', 'usb-reset', 'power-cycle'];

const sessions: CameraSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

interface Powered extends PtpBench {
  readonly clock: ManualClock;
  /** Ports that were to be switched. */
  readonly switched: string[];
}

function powered(answer: PowerCycle): Powered {
  const clock = new ManualClock();
  const switched: string[] = [];
  const cyclePower = async (portPath: string): Promise<PowerCycle> => {
    switched.push(portPath);
    return answer;
  };
  const made = ptpBench({ clock, cyclePower });
  made.camera.put('a', patternBytes(10));
  return { ...made, clock, switched };
}

async function hung(made: Powered): Promise<CameraSession> {
  const session = await made.driver.open(PTP_PLACE, live());
  sessions.push(session);
  made.responder.misdeeds.silentAt = () => true;
  return session;
}

test('a camera that nothing else brings back has its port switched, and counts as one that left', async () => {
  const made = powered('cycled');
  const session = await hung(made);
  const { error } = await passing(made.clock, session.inventory(live()), LONG_MS);
  expect(error).toMatchObject({ code: 'driver.detached', cause: { code: 'driver.timeout' } });
  expect([made.switched, made.recoveries]).toEqual([[PTP_PLACE.path], LADDER]);
  made.responder.misdeeds.silentAt = () => false;
  await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  await session.close();
  expect(made.wires.every(({ isClosed }) => isClosed)).toBe(true);
});

test('one that hangs while it is opened, too', async () => {
  const made = powered('cycled');
  made.responder.misdeeds.silentAt = () => true;
  const { error } = await passing(made.clock, made.driver.open(PTP_PLACE, live()), LONG_MS);
  expect([error, made.recoveries]).toMatchObject([{ code: 'driver.detached' }, LADDER]);
});

test('where the port cannot be switched the ladder ends as it does without, and the camera may come back by itself', async () => {
  const made = powered('refused');
  const session = await hung(made);
  for (const recoveries of [LADDER, [...LADDER, ...LADDER]]) {
    const { error } = await passing(made.clock, session.inventory(live()), LONG_MS);
    expect([error, made.recoveries]).toMatchObject([{ code: 'driver.timeout' }, recoveries]);
  }
  const { error } = await passing(made.clock, session.inventory(live()), LONG_MS);
  expect([error, made.switched.length]).toMatchObject([{ code: 'driver.timeout', retry: 'person' }, 2]);
});

test('a camera that is brought back by a gentler step, and one that left, keep their power', async () => {
  const made = powered('cycled');
  const session = await made.driver.open(PTP_PLACE, live());
  sessions.push(session);
  let left = 2;
  made.responder.misdeeds.silentAt = () => left-- > 0;
  expect((await passing(made.clock, session.inventory(live()), LONG_MS)).value?.entries).toHaveLength(1);
  made.responder.misdeeds.silentAt = () => {
    made.pull();
    return true;
  };
  const { error } = await passing(made.clock, session.inventory(live()), LONG_MS);
  expect([error, made.switched]).toMatchObject([{ code: 'driver.detached' }, []]);
});
