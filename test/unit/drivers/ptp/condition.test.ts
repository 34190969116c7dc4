// What a PTP camera says of its own state: a battery on its own scale, values of which one is refused, and a clock that is a vendor's.
import { afterEach, describe, expect, test } from 'vitest';
import type { CameraSession } from '../../../../drivers/driver.ts';
import { latin1, live, patternBytes } from '../../../contracts/driver-subject.ts';
import { objectInfo } from '../../../fakes/ptp/encode.ts';
import type { BatteryWish } from '../../../fakes/ptp/operations.ts';
import { ptpBench, PTP_PLACE, type PtpBench } from './subject.ts';

const STORAGE_INFO = 0x1005;
const STORAGE_IDS = 0x1004;
const OBJECT_INFO = 0x1008;
const DESCRIPTION = 0x1014;
const VALUE = 0x1015;
const GIB = 1024 ** 3;
const CARD = { storageTotalBytes: 32 * GIB, storageFreeBytes: 16 * GIB };

const sessions: CameraSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function opened(bench: PtpBench): Promise<CameraSession> {
  const session = await bench.driver.open(PTP_PLACE, live());
  sessions.push(session);
  return session;
}

describe('a battery', () => {
  const told: readonly [string, BatteryWish, number | null][] = [
    ['of 80 in a range to 100', { value: 80, range: [0, 100] }, 80],
    ['of 1 in a range from 1 to 100', { value: 1, range: [1, 100] }, 1],
    ['of 4 in a range from 0 to 4', { value: 4, range: [0, 4] }, 100],
    ['of 1 in a range from 0 to 4', { value: 1, range: [0, 4] }, 25],
    ['of 2 in a range from 1 to 5', { value: 2, range: [1, 5] }, 25],
    ['of 0 in a range from 0 to 4', { value: 0, range: [0, 4] }, 0],
    ['of 0 in a range from 0 to 100', { value: 0, range: [0, 100] }, 0],
    ['of 0 in a range from 1 to 100: it runs on other power', { value: 0, range: [1, 100] }, null],
    ['of 7 in a range from 0 to 4', { value: 7, range: [0, 4] }, null],
    ['in a range of one value', { value: 3, range: [3, 3] }, null],
    ['of 0 in a range of nothing', { value: 0, range: [0, 0] }, null],
    ['of 2 among 0, 1, 2 and 3', { value: 2, values: [0, 1, 2, 3] }, 67],
    ['of 50 among 25, 50, 75 and 100', { value: 50, values: [25, 50, 75, 100] }, 50],
    ['of 0 among 25, 50, 75 and 100', { value: 0, values: [25, 50, 75, 100] }, null],
    ['of 65 without a form', { value: 65 }, 65],
    ['of 0 without a form: not told', { value: 0 }, null],
    ['of 200 without a form', { value: 200 }, null],
    ['in 16 bits', { value: 512, bits: 16, range: [0, 1024] }, 50],
    ['of 0 in 16 bits without a form', { value: 0, bits: 16 }, null],
  ];
  for (const [what, battery, batteryPercent] of told)
    test(`${what} is ${batteryPercent ?? 'not told'}`, async () => {
      const session = await opened(ptpBench({ battery }));
      expect(await session.condition(live())).toMatchObject({ batteryPercent, ...CARD });
    });

  for (const [what, without] of [
    ['of a camera that describes no property', true],
    ['whose description is refused', false],
  ] as const)
    test(`${what} is per cent, and 0 is not told`, async () => {
      for (const [value, batteryPercent] of [
        [65, 65],
        [0, null],
      ] as const) {
        const bench = ptpBench({
          battery: { value, range: [0, 100] },
          ...(without && { without: [DESCRIPTION] }),
        });
        bench.responder.misdeeds.change = (operation, answer) => {
          if (operation === DESCRIPTION) Object.assign(answer, { code: 0x2002, data: undefined });
        };
        const session = await opened(bench);
        expect(await session.condition(live())).toMatchObject({ batteryPercent, ...CARD });
      }
    });

  test('whose description and value are cut at any byte costs no other value', async () => {
    for (let length = 0; length < 8; length++) {
      const bench = ptpBench({ battery: { value: 65, range: [0, 100] } });
      bench.responder.misdeeds.change = (operation, answer) => {
        if (operation !== DESCRIPTION && operation !== VALUE) return;
        if (!(answer.data instanceof Uint8Array)) return;
        answer.data = answer.data.subarray(0, operation === VALUE ? 0 : length);
        answer.sizeBytes = answer.data.length;
      };
      const session = await opened(bench);
      expect(await session.condition(live()), `${length} bytes`).toMatchObject({
        batteryPercent: null,
        ...CARD,
      });
    }
  });
});

describe('the condition of a camera', () => {
  test('keeps its battery and its other stores where one store is refused', async () => {
    const bench = ptpBench({ batteryPercent: 80 });
    bench.responder.putIn(0x00020001);
    bench.responder.misdeeds.change = (operation, answer, [storage]) => {
      if (operation === STORAGE_INFO && storage === 0x00020001)
        Object.assign(answer, { code: 0x2013, data: undefined });
    };
    const session = await opened(bench);
    expect(await session.condition(live())).toMatchObject({ batteryPercent: 80, ...CARD });
  });

  test('keeps its battery where its stores are not told', async () => {
    const bench = ptpBench({ batteryPercent: 80 });
    const session = await opened(bench);
    bench.responder.misdeeds.change = (operation, answer) => {
      if (operation === STORAGE_IDS) Object.assign(answer, { code: 0x2002, data: undefined });
    };
    expect(await session.condition(live())).toMatchObject({
      batteryPercent: 80,
      storageTotalBytes: null,
      storageFreeBytes: null,
    });
  });

  test('is null where nothing at all is told', async () => {
    const bench = ptpBench({ without: [DESCRIPTION, VALUE] });
    const session = await opened(bench);
    bench.responder.misdeeds.change = (operation, answer) => {
      if (operation === STORAGE_INFO) Object.assign(answer, { code: 0x2002, data: undefined });
    };
    expect(await session.condition(live())).toBeNull();
  });

  test('is an error where the camera gets out of step: nobody takes that for "not told"', async () => {
    const bench = ptpBench();
    const session = await opened(bench);
    bench.responder.misdeeds.silentAt = () => true;
    bench.pull();
    await expect(session.condition(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });
});

describe('texts of a camera that end in two zeros', () => {
  function padded(tail: string): PtpBench {
    const bench = ptpBench({ identity: { model: `Bodycam${tail}`, serial: `PTP0001${tail}` } });
    bench.camera.put('a', patternBytes(10));
    bench.responder.misdeeds.change = (operation, answer) => {
      if (operation !== OBJECT_INFO) return;
      answer.data = objectInfo({
        storage: 0x00010001,
        format: 0x300b,
        isProtected: false,
        sizeBytes32: 10,
        parent: 0,
        name: `MOVI0001.MP4${tail}`,
        capturedAt: '',
        modifiedAt: `20261120T080000${tail}`,
      });
      answer.sizeBytes = answer.data.length;
    };
    return bench;
  }

  test('name the file without them, and its time is understood', async () => {
    const bench = padded('\0');
    const session = await opened(bench);
    expect(await session.identity(live())).toMatchObject({ model: 'Bodycam', serial: 'PTP0001' });
    const [entry] = (await session.inventory(live())).entries;
    expect(entry).toMatchObject({ modifiedAt: '2026-11-20T08:00:00.000Z' });
    expect(latin1(entry?.path ?? new Uint8Array())).toBe('MOVI0001.MP4');
    expect(bench.notices).toEqual([]);
  });

  test('and go on after them are cut there, and that is told once', async () => {
    const bench = padded('\0\0rest');
    const session = await opened(bench);
    const [entry] = (await session.inventory(live())).entries;
    expect(latin1(entry?.path ?? new Uint8Array())).toBe('MOVI0001.MP4');
    await session.inventory(live());
    expect(bench.notices).toEqual(['text-after-end']);
  });
});

describe('the clock of a Canon camera', () => {
  const canon = { vendorId: 0x04a9, productId: 0x314f, hasUnixClock: true };

  test('is read from its own property, as local time without a zone', async () => {
    const session = await opened(ptpBench(canon));
    const time = await session.readClock(live());
    expect(time).toMatchObject({ zoneMinutes: null, resolutionMs: 1000 });
    expect(Math.abs((time?.claimedMs ?? 0) - Date.UTC(2026, 10, 25))).toBeLessThan(5000);
  });

  test('is set to local time', async () => {
    const session = await opened(ptpBench(canon));
    const [utcMs, localMs] = [Date.UTC(2026, 6, 1, 10), Date.UTC(2026, 6, 1, 12)];
    expect(await session.setClock({ utcMs, localMs }, live())).toBe('set');
    const claimedMs = (await session.readClock(live()))?.claimedMs ?? 0;
    expect(claimedMs - localMs).toBeGreaterThanOrEqual(0);
    expect(claimedMs - localMs).toBeLessThan(5000);
  });

  test('is none where the number does not come whole', async () => {
    const bench = ptpBench(canon);
    bench.responder.misdeeds.change = (operation, answer) => {
      if (operation === VALUE) Object.assign(answer, { data: Uint8Array.of(1, 2), sizeBytes: 2 });
    };
    const session = await opened(bench);
    await expect(session.readClock(live())).rejects.toMatchObject({ code: 'driver.protocol' });
  });

  test('is the usual one where the camera has that', async () => {
    const session = await opened(ptpBench({ ...canon, hasUnixClock: false }));
    expect(await session.readClock(live())).not.toBeNull();
  });

  test('is not looked for in the same number of another maker', async () => {
    const session = await opened(ptpBench({ ...canon, vendorId: 0x04b0 }));
    expect(await session.readClock(live())).toBeNull();
    expect(await session.setClock({ utcMs: 0, localMs: 0 }, live())).toBe('not-supported');
  });
});
