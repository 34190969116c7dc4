// Which camera it is: by its bay, by what it says of itself, or not at all.
import { describe, expect, test } from 'vitest';
import { CameraRegister } from '../../../agent/dock/camera-register.ts';
import type { CameraConfig } from '../../../config/station-config.ts';
import type { CameraIdentity } from '../../../drivers/driver.ts';
import { cameraIdKey, cameraIdOf, isUnnamedId } from '../../../protocol/format/camera-names.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isCameraId, parseBayId, parseCameraId, parseStationId } from '../../../protocol/format/ids.ts';
import { inlineSigner, makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

const STATION = parseStationId('kod-1');
const BAY = parseBayId('bay-1');
const signerOf = (seed: number) => inlineSigner(makeSecretKey(new SeededRandom(seed)));
const camera = (id: string, serial: string | null = null, model: string | null = null): CameraConfig => ({
  id: parseCameraId(id),
  alias: `Alias of ${id}`,
  model,
  serial,
  passwordFile: null,
});
const says = (serial: string | null, model: string | null = 'B1'): CameraIdentity => ({
  vendor: 'Maker',
  model,
  serial,
  firmware: '1',
});

/** What becomes of a camera in a bay: its id, or the code and reason of the refusal. */
async function asked(
  cameras: readonly CameraConfig[],
  named: string | null,
  identity: CameraIdentity,
  unknownCameras: 'refuse' | 'accept' = 'refuse',
) {
  const conditions = new MemoryConditions();
  const settings = { station: STATION, cameras, unknownCameras };
  const register = await CameraRegister.open(settings, { signer: signerOf(1), conditions });
  const whoIs = register.whoIs({ id: BAY, camera: named === null ? null : parseCameraId(named) });
  try {
    return { ...whoIs(identity), conditions };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    return { code: error.code, reason: error.facts['reason'], error, conditions };
  }
}

const TWO = [camera('cam-1', '0001'), camera('cam-2', 'XY-7', 'B2')];

describe('a bay that names no camera', () => {
  test.each([
    ['the same number', says('0001'), 'cam-1'],
    ['without the zeros in front', says('1'), 'cam-1'],
    ['in another case, with spaces', says(' xy-7 ', 'b2 '), 'cam-2'],
  ])('knows a camera by its serial number: %s', async (_name, identity, id) => {
    expect(await asked(TWO, null, identity)).toMatchObject({ id, alias: `Alias of ${id}` });
  });

  test.each([
    ['another number', says('0002'), 'unknown'],
    ['the number, and another model than the file gives', says('XY-7', 'B1'), 'unknown'],
    ['the number, and no model where the file gives one', says('XY-7', null), 'unknown'],
    ['no number', says(null), 'no-serial'],
    ['an empty number', says('  '), 'no-serial'],
  ])('refuses what it cannot know: %s', async (_name, identity, reason) => {
    expect(await asked(TWO, null, identity)).toMatchObject({ code: 'camera.unknown', reason });
  });

  test('refuses a camera without a number even where unknown ones are taken, for two of them would be one', async () => {
    expect(await asked(TWO, null, says(null), 'accept')).toMatchObject({ reason: 'no-serial' });
  });

  test('takes a camera that is not in the file under an id of its own, where the file says so', async () => {
    const first = await asked(TWO, null, says('S-99'), 'accept');
    const again = await asked(TWO, null, says(' s-99'), 'accept');
    const other = await asked(TWO, null, says('S-98'), 'accept');
    const { id = '', alias = '' } = first as { id?: string; alias?: string };
    expect([isCameraId(id), isUnnamedId(id), alias]).toEqual([true, true, `unregistered ${id.slice(2, 8)}`]);
    expect(again).toMatchObject({ id, alias });
    expect((other as { id?: string }).id).not.toBe(id);
    expect(await asked(TWO, null, says('1'), 'accept')).toMatchObject({ id: 'cam-1' });
  });

  test('never says a serial number in a refusal', async () => {
    for (const identity of [says('SECRET-4711'), says('XY-7', 'SECRET')]) {
      const { error } = (await asked(TWO, null, identity)) as { error: DockError };
      expect(`${error.message} ${JSON.stringify(error.facts)}`).not.toMatch(/SECRET|4711|XY-7/);
    }
  });
});

describe('a bay that names its camera', () => {
  test.each([
    ['says nothing', says(null), 0],
    ['says the number of the file', says('1'), 0],
    ['says a number that nobody knows', says('S-99'), 1],
  ])('takes a camera that %s for that one', async (_name, identity, differing) => {
    const known = await asked(TWO, 'cam-1', identity);
    expect(known).toMatchObject({ id: 'cam-1', alias: 'Alias of cam-1' });
    expect(known.conditions.codes()).toHaveLength(differing);
    if (differing > 0)
      expect(known.conditions.facts('camera.serial-differs', BAY)).toEqual({ camera: 'cam-1' });
  });

  test('refuses another camera of the file', async () => {
    const found = await asked(TWO, 'cam-1', says('XY-7', 'B2'));
    expect(found).toMatchObject({ code: 'camera.other', reason: 'other-camera' });
    expect((found as { error: DockError }).error.facts).toEqual({
      reason: 'other-camera',
      camera: 'cam-2',
      expected: 'cam-1',
    });
    // The file says nothing of the serial number of the camera that the bay is for: the other one is known all the same.
    expect(await asked([camera('cam-1'), camera('cam-2', '7')], 'cam-1', says('7'))).toMatchObject({
      code: 'camera.other',
    });
  });

  test('does not take one for another camera that has only the number in common', async () => {
    expect(await asked(TWO, 'cam-1', says('XY-7', 'B3'))).toMatchObject({ id: 'cam-1' });
  });
});

describe('ids of unregistered cameras', () => {
  test('are another one for each key, station and part of the name, and never change', async () => {
    const key = await cameraIdKey(signerOf(1), STATION);
    const named = { vendor: 'Maker', model: 'B1', serial: '42' };
    const ids = [
      cameraIdOf(named, key),
      cameraIdOf(named, await cameraIdKey(signerOf(2), STATION)),
      cameraIdOf(named, await cameraIdKey(signerOf(1), parseStationId('kod-2'))),
      cameraIdOf({ ...named, vendor: null }, key),
      cameraIdOf({ ...named, model: 'B2' }, key),
      cameraIdOf({ ...named, serial: '43' }, key),
    ];
    expect(new Set(ids).size).toBe(6);
    expect(cameraIdOf({ vendor: ' MAKER', model: 'b1', serial: '0042' }, key)).toBe(ids[0]);
    expect(ids[0]).toBe('u-nvewsbtk7qo4sdlyesxmmtrwp4');
  });
});
