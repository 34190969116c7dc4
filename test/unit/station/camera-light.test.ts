// A camera with an indicator in a whole dock: it shows what the bay shows, and whatever it does with that holds nothing up.
import { afterEach, expect, test } from 'vitest';
import type { CameraSession, Driver, IndicatorState } from '../../../drivers/driver.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { BelievingClock } from '../../fakes/clock-believing.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

type Setting = (state: IndicatorState) => Promise<void>;

/** The same cameras with an indicator. */
function withIndicator(driver: Driver, set: Setting, change: (session: CameraSession) => void): Driver {
  const open: Driver['open'] = async (place, signal) => {
    const session = Object.assign(await driver.open(place, signal), { setIndicator: set });
    change(session);
    return session;
  };
  return { name: driver.name, probe: (place, signal) => driver.probe(place, signal), open };
}

async function docked(
  set: Setting,
  change: (session: CameraSession) => void = () => undefined,
): Promise<DockAndStore> {
  const opened = await DockAndStore.open({ wrapDriver: (driver) => withIndicator(driver, set, change) });
  dock = opened;
  opened.camera.put('1.MP4', new Uint8Array(50_000));
  await opened.startReceiver();
  await opened.startStation();
  return opened;
}

test('a camera shows "wait" at first and "safe" when all is here', async () => {
  const shown: string[] = [];
  const opened = await docked(async (state) => void shown.push(state));
  await opened.until('emptied', () => opened.camera.files().length === 0);
  await opened.until('safe', () => shown.at(-1) === 'safe');
  expect(shown.every((state) => state === 'wait' || state === 'safe')).toBe(true);
});

test('a camera that speaks nonsense is told to call for help before it is let go', async () => {
  const shown: string[] = [];
  const nonsense = new DockError('driver.protocol', 'nonsense', { retry: 'later' });
  const opened = await docked(
    async (state) => void shown.push(state),
    (session) => Object.assign(session, { inventory: () => Promise.reject(nonsense) }),
  );
  await opened.until('help', () => shown.at(-1) === 'help');
  expect(opened.conditions.facts('camera.failed', 'bay-1')).toEqual({ reason: 'driver.protocol' });
});

test('a camera that never ends showing its light is emptied all the same', async () => {
  const shown: string[] = [];
  const opened = await docked((state) => {
    shown.push(state);
    return new Promise(() => undefined);
  });
  await opened.until('emptied', () => opened.camera.files().length === 0);
  expect(shown).toHaveLength(1);
});

/** A station that told of a contact that fails; `fails` is the error at each inventory, until there is none. */
async function loose(): Promise<{
  opened: DockAndStore;
  lights: string[];
  contact: { fails: string | undefined };
}> {
  const contact: { fails: string | undefined } = { fails: 'driver.detached' };
  const lights: string[] = [];
  const breaksOff = (session: CameraSession): void => {
    if (contact.fails === undefined) return;
    const error = new DockError(contact.fails, 'away', { retry: 'later' });
    Object.assign(session, { inventory: () => Promise.reject(error) });
  };
  const opened = await DockAndStore.open({
    clock: new BelievingClock({ pace: 20 }),
    leds: [['bay-1:green']],
    wrapDriver: (driver) => withIndicator(driver, async () => undefined, breaksOff),
  });
  dock = opened;
  opened.lamp = { show: async (light) => void lights.push(light) };
  opened.camera.put('1.MP4', new Uint8Array(50_000));
  await opened.startReceiver();
  await opened.startStation();
  await opened.until('it is told', () => opened.conditions.isRaised('camera.loose', 'bay-1'));
  return { opened, lights, contact };
}

test('a camera whose contact fails again and again is told: the bay shows it and says what to do until the contact holds', async () => {
  const { opened, lights, contact } = await loose();
  expect(opened.conditions.facts('camera.loose', 'bay-1')).toEqual({ times: 3 });
  await opened.until('somebody is called', () => lights.at(-1) === 'call-someone');
  expect(lights).toContain('do-not-take');
  contact.fails = undefined;
  await opened.until('emptied', () => opened.camera.files().length === 0);
  await opened.until('the contact holds', () => !opened.conditions.isRaised('camera.loose', 'bay-1'));
  opened.camera.detach();
  await opened.until('nothing is there', () => lights.at(-1) === 'off');
});

test('... or until the camera is taken out, and be it behind another failure', async () => {
  const { opened, lights, contact } = await loose();
  contact.fails = 'driver.protocol';
  await opened.until('it fails otherwise', () => opened.conditions.isRaised('camera.failed', 'bay-1'));
  opened.camera.detach();
  await opened.until('nothing is there', () => lights.at(-1) === 'off');
  expect(opened.conditions.isRaised('camera.loose', 'bay-1')).toBe(false);
});
