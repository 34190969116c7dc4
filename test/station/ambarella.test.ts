// Recorders that show their disk only when they are told to, on the USB ports of a whole station with its store: each dialect from plug to
// receipt in one docking, and what must not become of it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PortSwitches } from '../../agent/dock/port-switches.ts';
import { lockConditions } from '../../agent/station/station-drivers.ts';
import { ambarellaDriver } from '../../drivers/ambarella/driver.ts';
import { LoginGuard } from '../../drivers/ambarella/login-guard.ts';
import { NOTHING_TOLD } from '../../drivers/driver.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import { parseBayId } from '../../protocol/format/ids.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { diskDriver } from '../fakes/ambarella/disk-driver.ts';
import { AmbarellaRecorder, type DialectName, type RecorderWish } from '../fakes/ambarella/recorder.ts';
import { PERSON } from '../fakes/ambarella/speech.ts';
import { scaledClock, type ScaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { UsbDock } from '../fakes/usb/dock.ts';

const PORT = '1-1.1';
const PASSWORDS: Readonly<Record<DialectName, string>> = { a: 'Qx7-mA', b: 'Qx7-mBzz', c: 'Qx7-mC-long-one' };
/** A second of the cameras in 50 ms. */
const FACTOR = 20;

let station: Station | undefined;
afterEach(async () => {
  await station?.dock.close();
  station = undefined;
});

interface Station {
  readonly dock: DockAndStore;
  readonly clock: ScaledClock;
  readonly recorder: (
    wish: Omit<RecorderWish, 'dock' | 'clock' | 'portPath' | 'password'>,
  ) => AmbarellaRecorder;
  /** What the configuration has as the password of the bay's camera. */
  password: string;
  /** Everything that was sent to the broker, and everything that was logged. */
  readonly said: () => string;
}

async function started(password: string): Promise<Station> {
  const clock = scaledClock(FACTOR);
  const usb = new UsbDock(clock);
  const switches = new PortSwitches();
  const recorders: AmbarellaRecorder[] = [];
  // What raises the condition exists before the station that keeps it.
  const conditions = {
    raise: (...raised: Parameters<DockAndStore['conditions']['raise']>) => dock.conditions.raise(...raised),
    clear: (...cleared: Parameters<DockAndStore['conditions']['clear']>) => dock.conditions.clear(...cleared),
  };
  const driver = ambarellaDriver({
    devices: usb.devices,
    openControl: usb.openControl,
    clock,
    disk: diskDriver(usb.devices, () => recorders),
    passwordOf: async () => made.password,
    guard: new LoginGuard(lockConditions([{ id: parseBayId('bay-1'), usbPort: PORT }], conditions)),
    beginSwitch: switches.begin,
  });
  const dock: DockAndStore = await DockAndStore.open({
    clock,
    usb: { devices: usb.devices, driver, switches },
  });
  const sent: string[] = [];
  const judge = dock.hub.sent;
  dock.hub.sent = (from, message) => {
    sent.push(message.topic, Buffer.from(message.payload).toString('latin1'));
    judge(from, message);
  };
  const made: Station = {
    dock,
    clock,
    password,
    recorder: (wish) => {
      const one = new AmbarellaRecorder({
        ...wish,
        dock: usb,
        clock,
        portPath: PORT,
        password: PASSWORDS[wish.dialect],
      });
      recorders.push(one);
      return one;
    },
    said: () =>
      [
        ...sent,
        ...[...dock.log.lines, ...dock.storeLog.lines].map((line) => JSON.stringify(line, errorsToo)),
        ...[...dock.conditions.history, ...dock.storeConditions.history].map((change) =>
          JSON.stringify(change),
        ),
      ].join('\n'),
  };
  station = made;
  await dock.startReceiver();
  await dock.startStation();
  return made;
}

/** Errors have no fields that JSON sees. */
function errorsToo(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? { ...Object.fromEntries(Object.entries(value)), text: value.stack, cause: value.cause }
    : value;
}

/** Every file below the folder that is not sealed, as text. Both ends run: what goes while it is read is not there any more. */
async function filesOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(goneAs([]));
  const texts = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    return entry.isFile() ? readFile(path, 'latin1').catch(goneAs('')) : '';
  });
  return (await Promise.all(texts)).join('\n');
}

function goneAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (systemCode(error) === 'ENOENT') return value;
    throw error;
  };
}

const TOLD: Readonly<Record<DialectName, { serial: string | null; battery: number | null }>> = {
  a: { serial: 'KOD000123', battery: 77 },
  b: { serial: 'KOD000123', battery: null },
  c: { serial: null, battery: null },
};

test.each<DialectName>(['a', 'b', 'c'])(
  'a recorder of dialect %s is emptied in one docking, and neither its password nor its persons are anywhere',
  async (dialect) => {
    const made = await started(PASSWORDS[dialect]);
    const { dock } = made;
    const recorder = made.recorder({ dialect, serial: 'KOD000123' });
    const big = patternBytes(3_000_000);
    recorder.camera.put('DCIM/A.MP4', big);
    recorder.camera.put('DCIM/B.MP4', patternBytes(1000, 2));
    recorder.camera.condition = {
      ...NOTHING_TOLD,
      storageTotalBytes: 64_000_000_000,
      storageFreeBytes: 32_000_000_000,
    };
    recorder.plug();
    await dock.until('all erased', () => recorder.camera.files().length === 0);
    await dock.until('the light', () => dock.bay()['light'] === 'safe-to-take');
    const kept = await dock.vault();
    expect(kept.map(({ path }) => path)).toEqual(['DCIM/A.MP4', 'DCIM/B.MP4']);
    expect(kept[0]?.original.equals(big)).toBe(true);
    expect(kept.map(({ manifest }) => manifest.camera.serial)).toEqual([
      TOLD[dialect].serial,
      TOLD[dialect].serial,
    ]);
    expect(await dock.dockings()).toEqual([]);
    recorder.pull();
    await dock.until('the record', async () => (await dock.dockings()).length > 0);
    await dock.until('the bay is empty', () => dock.bay()['state'] === 'empty');
    const records = await dock.dockings();
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      ended: 'unplugged',
      camera: { serial: TOLD[dialect].serial, vendor: 'Ambarella' },
      condition: { battery_percent: TOLD[dialect].battery, storage_free_bytes: 32_000_000_000 },
      camera_clock: null,
      inventory: { entries: 2, complete: true },
    });
    expect(recorder.passwords()).toEqual([PASSWORDS[dialect]]);
    expect(recorder.steps()).not.toContain('other');
    const everything = made.said() + (await filesOf(dock.folder));
    expect(everything).toContain('Ambarella');
    for (const secret of [PASSWORDS[dialect], ...Object.values(PERSON)])
      expect(everything).not.toContain(secret);
  },
);

test('a wrong password stops after three dockings and calls someone, and the right one lets the camera be emptied', async () => {
  const made = await started('Qx7-no');
  const { dock } = made;
  const recorder = made.recorder({ dialect: 'a' });
  recorder.camera.put('A.MP4', patternBytes(100));
  for (let docking = 1; docking <= 5; docking++) {
    recorder.plug();
    await dock.until('the light', () => dock.bay()['light'] === 'call-someone');
    const reason = docking < 3 ? 'driver.password-refused' : 'driver.locked-out';
    await dock.until(
      'the reason',
      () => dock.conditions.facts('camera.failed', 'bay-1')?.['reason'] === reason,
    );
    recorder.pull();
    await dock.until('the bay is empty', () => dock.bay()['state'] === 'empty');
  }
  expect(recorder.passwords()).toEqual(['Qx7-no', 'Qx7-no', 'Qx7-no']);
  expect(dock.conditions.facts('camera.locked-out', 'bay-1')).toEqual({ refusals: 3 });
  made.password = PASSWORDS.a;
  recorder.plug();
  await dock.until('all erased', () => recorder.camera.files().length === 0);
  expect(dock.conditions.isRaised('camera.locked-out', 'bay-1')).toBe(false);
  const everything = made.said() + (await filesOf(dock.folder));
  expect(everything).toContain('did not accept the password');
  for (const secret of ['Qx7-no', PASSWORDS.a]) expect(everything).not.toContain(secret);
});

test('a camera that does not come back has its docking record, with who it was and without an inventory', async () => {
  const made = await started(PASSWORDS.a);
  const { dock } = made;
  const recorder = made.recorder({ dialect: 'a', serial: 'KOD-GONE' });
  recorder.misdeeds.comesBackAs = 'nothing';
  recorder.plug();
  await dock.until('the record', async () => (await dock.dockings()).length === 1);
  const [record] = await dock.dockings();
  expect(record).toMatchObject({
    ended: 'unplugged',
    camera: { serial: 'KOD-GONE' },
    condition: { battery_percent: 77 },
    inventory: null,
    entries: [],
  });
});

test('a camera that is exchanged while it is away gives its name to no file of the other one', async () => {
  const made = await started(PASSWORDS.a);
  const { dock, clock } = made;
  const first = made.recorder({ dialect: 'a', serial: 'KOD-FIRST', awayMs: 10_000_000 });
  first.camera.put('A.MP4', patternBytes(100, 1));
  const second = made.recorder({ dialect: 'a', serial: 'KOD-SECND' });
  second.camera.put('A.MP4', patternBytes(100, 2));
  first.plug();
  await dock.until('it was told', () => first.steps().includes('show-disk'));
  clock.after(1500, () => second.plug());
  await dock.until('the second is emptied', () => second.camera.files().length === 0);
  const kept = await dock.vault();
  expect(
    kept.map(({ manifest, original }) => [manifest.camera.serial, original.equals(patternBytes(100, 2))]),
  ).toEqual([['KOD-SECND', true]]);
  second.pull();
  await dock.until('both records', async () => (await dock.dockings()).length === 2);
  const records = await dock.dockings();
  const of = (serial: string): unknown[] => {
    const record = records.find(({ camera }) => camera.serial === serial);
    return [record?.ended, record?.inventory?.entries];
  };
  expect(of('KOD-FIRST')).toEqual(['failed', undefined]);
  expect(of('KOD-SECND')).toEqual(['unplugged', 1]);
  expect(first.camera.files()).toHaveLength(1);
});
