// Which password file belongs to which port, and what a bay that names no camera may use.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockConditions, passwordOf } from '../../../agent/station/station-drivers.ts';
import type { BayConfig, CameraConfig } from '../../../config/station-config.ts';
import { type LoginCounts, LoginGuard } from '../../../drivers/ambarella/login-guard.ts';
import { parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-passwords-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bay = (number: number, camera: string | null): BayConfig => ({
  id: parseBayId(`bay-${number}`),
  folder: null,
  usbPort: `1-1.${number}`,
  leds: [],
  serial: null,
  camera: camera === null ? null : parseCameraId(camera),
});
const camera = (id: string, file: string | null): CameraConfig => ({
  id: parseCameraId(id),
  alias: id,
  model: null,
  serial: null,
  passwordFile: file === null ? null : join(folder, file),
});
const put = (file: string, text: string, mode = 0o600): Promise<void> =>
  writeFile(join(folder, file), text, { mode });

test('the port of a bay has the password of its camera, as the file holds it now', async () => {
  await put('one', 'first\n');
  const bays = [bay(1, 'cam-1'), bay(2, 'cam-2')];
  const of = passwordOf({ bays, cameras: [camera('cam-1', 'one'), camera('cam-2', null)] });
  expect(await of('1-1.1')).toBe('first');
  expect(await of('1-1.2')).toBeUndefined();
  expect(await of('1-1.9')).toBeUndefined();
  await put('one', 'second\r\n');
  expect(await of('1-1.1')).toBe('second');
});

test('a bay that names no camera uses the one file of the configuration, and none of several', async () => {
  await put('one', 'first');
  await put('two', 'other');
  const bays = [bay(1, null)];
  const of = (...files: (string | null)[]): Promise<string | undefined> =>
    passwordOf({ bays, cameras: files.map((file, at) => camera(`cam-${at}`, file)) })('1-1.1');
  expect(await of('one', null, 'one')).toBe('first');
  expect(await of('one', 'two')).toBeUndefined();
  expect(await of(null)).toBeUndefined();
});

test('a file that others can read is refused when it is needed, by an error without its content', async () => {
  await put('one', 'Marker', 0o644);
  const of = passwordOf({ bays: [bay(1, 'cam-1')], cameras: [camera('cam-1', 'one')] });
  const error = await of('1-1.1').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'key.mode' });
  expect(String(error)).not.toContain('Marker');
});

test('three refusals raise the condition of the bay, which outlives a new station, and another password clears it', () => {
  const conditions = new MemoryConditions();
  const counts: LoginCounts = new Map();
  const guard = new LoginGuard(lockConditions([bay(1, null), bay(2, null)], conditions), counts);
  const device = (address: number) => ({
    portPath: '1-1.2',
    bus: 1,
    address,
    vendorId: 0x4255,
    productId: 1,
    vendor: null,
    product: null,
    serial: null,
    interfaces: [],
  });
  for (let address = 1; address <= 3; address++) {
    const attempt = guard.begin(device(address), 'Marker');
    attempt.sending();
    expect(attempt.isLocked()).toBe(address === 3);
  }
  expect(conditions.facts('camera.locked-out', 'bay-2')).toEqual({ refusals: 3 });
  expect(conditions.isRaised('camera.locked-out', 'bay-1')).toBe(false);
  expect(() => guard.begin(device(9), 'Marker')).toThrow('did not accept the password');
  expect(JSON.stringify(conditions.history)).not.toContain('Marker');
  const afterEdit = new LoginGuard(lockConditions([bay(2, null)], conditions), counts);
  expect(() => afterEdit.begin(device(9), 'Marker')).toThrow('did not accept the password');
  afterEdit.begin(device(9), 'Other');
  expect(conditions.isRaised('camera.locked-out', 'bay-2')).toBe(false);
});
