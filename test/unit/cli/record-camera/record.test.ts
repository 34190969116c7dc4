// A camera is recorded, the file is played, and drivers make the same of both; what could name somebody is nowhere in the file.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Disguise } from '../../../../agent/cli/record-camera/disguise.ts';
import { recordCamera, type RecordPorts } from '../../../../agent/cli/record-camera/record.ts';
import {
  parseRecorded,
  recordedText,
  type RecordedCamera,
  type RecordedResult,
} from '../../../../agent/cli/record-camera/recorded-file.ts';
import type { Place } from '../../../../drivers/driver.ts';
import { SimulatedClock } from '../../../../drivers/simulated/clock.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import { plantIn } from '../../../fakes/disk-trees.ts';
import type { PtpMisdeeds } from '../../../fakes/ptp/misdeeds.ts';
import type { ResponderWish } from '../../../fakes/ptp/operations.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { playedCamera } from '../../../fakes/recorded-camera.ts';
import { smpBench, type SmpSubjectWish } from '../../../fakes/smp-subject.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';

const SERIAL = 'KJ7724519';
const PERSON = 'Hollerbusch';
const FILES = {
  [`DCIM/100MEDIA/${PERSON}_0001.MP4`]: 3000,
  [`DCIM/100MEDIA/${PERSON}_0001.GPS`]: 300,
  [`DCIM/${PERSON} privat/0002.MP4`]: 0,
  'DCIM/ż.MP4': 17,
  '.hidden': 1,
};
/** What each of the cameras here shows and no file of a recording may hold, in whatever coding. */
const SECRETS = [SERIAL, '77JK', PERSON, 'privat', 'ż', '2026-11', '202611', '2026-11-20'];
const DAYS = 1000;
const clock = nodeClock();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock record '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function recorded(place: Place, ports: RecordPorts): Promise<[RecordedCamera, string]> {
  const { head, lines, result } = await recordCamera(place, ports, '0.1.0', live(), new Disguise(DAYS));
  const text = recordedText(head, lines, result);
  return [parseRecorded(text), text];
}

async function playedResult(camera: RecordedCamera): Promise<RecordedResult> {
  const { place, ports } = await playedCamera(camera, await mkdtemp(join(folder, 'played-')));
  return (await recordCamera(place, ports, '0.1.0', live(), new Disguise(0))).result;
}

function expectNoSecret(text: string): void {
  const hex = text.toLowerCase();
  for (const secret of SECRETS) {
    expect(text).not.toContain(secret);
    for (const coding of ['utf8', 'utf16le'] as const)
      expect(hex, `${secret} in ${coding}`).not.toContain(Buffer.from(secret, coding).toString('hex'));
  }
  expect(text.split('\n').every((line) => line === '' || line.startsWith('{'))).toBe(true);
}

function ptpPorts(
  wish: ResponderWish,
  misdeeds: PtpMisdeeds = {},
  vendorId = 0x1234,
): [RecordPorts, PtpResponder] {
  const camera = new MemoryCamera();
  camera.clock = new SimulatedClock(() => performance.now(), { shownMs: Date.UTC(2026, 10, 25) });
  for (const [path, size] of Object.entries(FILES)) camera.put(path, patternBytes(size));
  const identity = { model: 'Bodycam X2', serial: SERIAL, deviceVersion: `1.0 ${SERIAL}` };
  const responder = new PtpResponder(camera, { batteryPercent: 80, identity, owner: PERSON, ...wish });
  Object.assign(responder.misdeeds, misdeeds);
  const dock = new UsbDock(clock);
  dock.plug('1-1.4', responder, { vendorId, serial: SERIAL, product: `${PERSON}s Kamera für Einsätze` });
  const none = (): never => {
    throw new Error('no line here');
  };
  return [{ clock, devices: dock.devices, openUsb: dock.openUsb, openLine: none }, responder];
}

describe('a PTP camera', () => {
  const place = { kind: 'usb', path: '1-1.4' } as const;
  const families: Readonly<Record<string, [ResponderWish, PtpMisdeeds?, number?]>> = {
    'with everything': [{}],
    'without properties': [{ without: [0x1014, 0x1015, 0x1016] }],
    'that wants a session for everything': [{ needsSession: true }],
    'that wants 0 for the root': [{ rootIsZero: true }],
    'with 4 of 4': [{ battery: { value: 4, range: [0, 4] } }],
    'that sends header and payload apart': [{}, { splitsHeader: true }],
    'that sends the response with the data': [{}, { joinsResponse: true }],
    'that leaves an empty packet in front': [{}, { leavesZlp: true }],
    "with Canon's clock": [{ hasUnixClock: true }, {}, 0x04a9],
  };
  for (const [name, [wish, misdeeds, vendorId]] of Object.entries(families))
    test(`${name} is played as it was, and names nobody`, async () => {
      const [ports, responder] = ptpPorts(wish, misdeeds, vendorId);
      const [camera, text] = await recorded(place, ports);
      expectNoSecret(text);
      expect(camera.result).toMatchObject({
        identity: { vendor: 'Example', model: 'Bodycam X2', serial: 'AA0000000', firmware: '0.0 AA0000000' },
        listing: { files: 5, bytes: 3318, problems: [] },
        failed: {},
      });
      expect(await playedResult(camera)).toEqual(camera.result);
      const described = camera.ptp.filter(
        ({ operation, data }) => operation === '0x1014' && data !== undefined,
      );
      expect(described.length > 2).toBe(wish.without === undefined);
      const changing = [0x100b, 0x100c, 0x100d, 0x1009, 0x1012, 0x1016, 0x101b, 0x95c1];
      expect(responder.asked.filter((operation) => changing.includes(operation))).toEqual([]);
    });

  test('that refuses, cuts and repeats is recorded with what it does', async () => {
    const [ports] = ptpPorts({});
    const [odd, responder] = ptpPorts({});
    responder.misdeeds.change = (operation, answer, [handle]) => {
      if (operation === 0x1005) Object.assign(answer, { code: 0x2013, data: undefined });
      if (operation === 0x1008 && handle === 3 && answer.data instanceof Uint8Array)
        Object.assign(answer, { data: answer.data.subarray(0, 60), sizeBytes: 60 });
    };
    const [camera, text] = await recorded(place, odd);
    expectNoSecret(text);
    expect(camera.result.listing?.problems).toEqual(['unreadable-entry']);
    expect(await playedResult(camera)).toEqual(camera.result);
    expect(await playedResult((await recorded(place, ports))[0])).not.toEqual(camera.result);
  });

  test('that is pulled in the middle of its listing is a file all the same, and says where', async () => {
    const [ports, responder] = ptpPorts({});
    responder.misdeeds.pullAtStep = 20;
    const [camera, text] = await recorded(place, ports);
    expectNoSecret(text);
    expect(camera.result).toMatchObject({ listing: null, failed: { listing: 'driver.detached' } });
    expect(camera.ptp.length).toBeGreaterThan(5);
  });

  test.each([
    { usb: null, product: `Bodycam ${SERIAL}`, model: 'X2' },
    { usb: 'USB-77123', product: 'Bodycam', model: 'X2 USB-77123' },
  ])('whose maker, model or product holds its serial number, whoever tells that: $usb', async (told) => {
    const [ports] = ptpPorts({ identity: { model: told.model, serial: SERIAL, deviceVersion: '1.0' } });
    const device = await ports.devices.at(place.path, new AbortController().signal);
    if (device === undefined) throw new Error('no device');
    const devices = {
      ...ports.devices,
      at: async () => ({ ...device, serial: told.usb, product: told.product }),
    };
    const [, text] = await recorded(place, { ...ports, devices });
    expectNoSecret(text);
    expect(text).not.toContain('77123');
  });

  test('that another program has is no recording', async () => {
    const [ports] = ptpPorts({});
    await expect(recorded({ ...place, path: '1-9' }, ports)).rejects.toMatchObject({
      code: 'driver.detached',
    });
  });
});

describe('a serial camera', () => {
  const families: Readonly<Record<string, SmpSubjectWish>> = {
    'of SMP v2': {},
    'of SMP v1 with few commands': { version: 0, without: ['8/1', '8/2', '66/3', '0/6'] },
    'with raw framing': { framing: 'raw' },
    'with small packets': { bufSize: 256 },
    'without a clock': { hasClock: false },
    'with noise on the line': { faults: { noise: 3 } },
  };
  for (const [name, wish] of Object.entries(families))
    test(`${name} is played as it was, and names nobody`, async () => {
      const identity = { vendor: 'Example', model: 'Serial', serial: SERIAL, firmware: `2 ${SERIAL}` };
      const bench = smpBench({ ...wish, identity });
      for (const [path, size] of Object.entries(FILES))
        bench.files.put(path, patternBytes(size), { at: '2026-11-20T08:00:00', kind: PERSON });
      const openUsb = (): never => {
        throw new Error('no USB here');
      };
      const { devices } = new UsbDock(clock);
      const [camera, text] = await recorded(bench.place, {
        clock,
        devices,
        openUsb,
        openLine: bench.socket.openLine,
      });
      expectNoSecret(text);
      expect(camera.result).toMatchObject({
        identity: { vendor: 'Example', model: 'Serial', serial: 'AA0000000', firmware: '0 AA0000000' },
        listing: { files: 5, bytes: 3318, without_time: 0 },
        failed: {},
      });
      expect(await playedResult(camera)).toEqual(camera.result);
      const changing = camera.smp.filter(({ op, group }) => op === 'write' && group !== 0);
      expect(changing).toEqual([]);
      expect(camera.smp.filter(({ group }) => group === 8)).toEqual([]);
    });
});

test('a folder is played with files of the same lengths, and names nobody', async () => {
  const root = join(folder, `card of ${PERSON}`);
  await plantIn(root, new Map(Object.entries(FILES).map(([path, size]) => [path, patternBytes(size)])));
  const { devices, openUsb } = new UsbDock(clock);
  const none = (): never => {
    throw new Error('no line here');
  };
  const [camera, text] = await recorded(
    { kind: 'folder', path: root },
    { clock, devices, openUsb, openLine: none },
  );
  expectNoSecret(text);
  expect(camera.result.listing).toMatchObject({ files: 5, bytes: 3318, problems: [] });
  expect(camera.entries.map(({ path }) => path.split('/').length).sort((a, b) => a - b)).toEqual([
    1, 2, 3, 3, 3,
  ]);
  expect((await playedResult(camera)).listing).toEqual(camera.result.listing);
});
