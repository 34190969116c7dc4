import { describe, expect, test } from 'vitest';
import { IndicatorLight } from '../../../agent/dock/bay-lamp.ts';
import type { CameraSession, IndicatorState } from '../../../drivers/driver.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

type Setting = (state: IndicatorState, signal: AbortSignal) => Promise<void>;

/** A light over a camera that shows as `set` does. */
async function lit(set: Setting | undefined): Promise<{ light: IndicatorLight; clock: ManualClock }> {
  const driver = simulatedDriver(new Map([['bay-1', new MemoryCamera()]]));
  const { signal } = new AbortController();
  const plain = await driver.open({ kind: 'folder', path: 'bay-1' }, signal);
  const session: CameraSession = set === undefined ? plain : Object.assign(plain, { setIndicator: set });
  const clock = new ManualClock();
  return { light: new IndicatorLight(session, clock, new MemoryLog()), clock };
}

describe('the light on the camera', () => {
  test('says in the words of the camera what the bay shows, and each once', async () => {
    const shown: string[] = [];
    const { light } = await lit(async (state) => void shown.push(state));
    for (const each of ['do-not-take', 'do-not-take', 'safe-to-take', 'off', 'call-someone'] as const) {
      light.show(each);
      await settle();
    }
    expect(shown).toEqual(['wait', 'safe', 'help']);
  });

  test('is asked for once at a time, and only the newest of those that came meanwhile', async () => {
    const shown: string[] = [];
    let finish: () => void = () => undefined;
    const { light } = await lit((state) => {
      shown.push(state);
      return new Promise((resolve) => (finish = resolve));
    });
    light.show('do-not-take');
    light.show('safe-to-take');
    light.show('call-someone');
    expect(shown).toEqual(['wait']);
    finish();
    await settle();
    expect(shown).toEqual(['wait', 'help']);
    finish();
  });

  test('holds nobody up: a camera that does not answer is given up after 2 s and left alone', async () => {
    const shown: string[] = [];
    const { light, clock } = await lit((state, signal) => {
      shown.push(state);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    });
    light.show('do-not-take'); // returns: it is no promise
    let ended = false;
    void light.last('call-someone').then(() => (ended = true));
    await clock.advance(1999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect([ended, shown, clock.pending]).toEqual([true, ['wait'], 0]);
    light.show('safe-to-take');
    await settle();
    expect(shown).toEqual(['wait']);
  });

  test('is bounded also where a camera does not even mind that it was given up', async () => {
    const { light, clock } = await lit(() => new Promise(() => undefined));
    let ended = false;
    void light.last('call-someone').then(() => (ended = true));
    await clock.advance(2000);
    expect(ended).toBe(true);
  });

  test('that fails is nobody else’s trouble', async () => {
    const { light } = await lit(() =>
      Promise.reject(new DockError('driver.detached', 'left', { retry: 'later' })),
    );
    await light.last('safe-to-take');
  });

  test('of a camera without one is never asked for', async () => {
    const { light, clock } = await lit(undefined);
    await light.last('safe-to-take');
    expect(clock.pending).toBe(0);
  });
});
