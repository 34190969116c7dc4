// Whole stations with PTP cameras whose battery is told on another scale, or not at all: what the record says, and whether staff is called.
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import type { BatteryWish } from '../fakes/ptp/operations.ts';
import { ptpStation } from '../fakes/ptp/station.ts';

const PORT = '1-1.1';
const STORAGE_INFO = 0x1005;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

const cameras: Readonly<Record<string, [BatteryWish, number | null, boolean]>> = {
  'that runs on other power and says 0': [{ value: 0 }, null, false],
  'that says 4 of 4': [{ value: 4, range: [0, 4] }, 100, false],
  'that says 3 of 100': [{ value: 3, range: [0, 100] }, 3, true],
};
for (const [name, [battery, percent, isWeak]] of Object.entries(cameras))
  test(`a camera ${name} has ${percent ?? 'no'} per cent in its record and is ${isWeak ? '' : 'not '}called weak, also where its store says nothing`, async () => {
    const { usb, dock: whole, camera } = await ptpStation();
    dock = whole;
    const responder = camera('PTP-7', { 'DCIM/A.MP4': patternBytes(3000) }, { battery });
    responder.misdeeds.change = (operation, answer) => {
      if (operation === STORAGE_INFO) Object.assign(answer, { code: 0x2002, data: undefined });
    };
    usb.plug(PORT, responder);
    await whole.until('done', () => whole.bay()['state'] === 'done');
    usb.unplug(PORT);
    await whole.until('the record', async () => (await whole.dockings()).length === 1);
    const [record] = await whole.dockings();
    if (percent === null) expect(record?.condition).toBeNull();
    else expect(record?.condition).toMatchObject({ battery_percent: percent, storage_total_bytes: null });
    expect(whole.conditions.codes().includes('camera.battery-weak')).toBe(isWeak);
  });
