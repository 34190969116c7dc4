import { describe, expect, test } from 'vitest';
import { pickDriver } from '../../../agent/dock/bay-place.ts';
import type { Driver, Place } from '../../../drivers/driver.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { live } from '../../contracts/driver-subject.ts';

const place: Place = { kind: 'folder', path: '/nowhere' };

function driver(name: string, probe: Driver['probe']): Driver {
  return { name, probe, open: () => Promise.reject(new Error('never opened')) };
}

describe('picking a driver', () => {
  test('the first that accepts the place wins, and later ones are not asked', async () => {
    let asked = 0;
    const last = driver('last', async () => ++asked > 0);
    const drivers = [driver('no', async () => false), driver('yes', async () => true), last];
    expect((await pickDriver(drivers, place, live()))?.name).toBe('yes');
    expect(asked).toBe(0);
  });

  test('none is undefined', async () => {
    expect(await pickDriver([driver('no', async () => false)], place, live())).toBeUndefined();
    expect(await pickDriver([], place, live())).toBeUndefined();
  });

  test('a driver that fails on the camera does not hide it from the next', async () => {
    const fails = driver('fails', async () => {
      throw new DockError('driver.timeout', 'no answer', { retry: 'later' });
    });
    expect((await pickDriver([fails, driver('yes', async () => true)], place, live()))?.name).toBe('yes');
  });

  test('broken code and an abort are not a camera that is not mine', async () => {
    const broken = driver('broken', async () => {
      throw new TypeError('bug');
    });
    await expect(pickDriver([broken], place, live())).rejects.toThrow('bug');
    const stopped = AbortSignal.abort(new Error('stop now'));
    await expect(pickDriver([driver('yes', async () => true)], place, stopped)).rejects.toThrow('stop now');
  });
});
