import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { BAY_STUCK_MS, type BayPlace, type PlaceWatch, WatchedPlace } from '../../../agent/dock/bay-place.ts';
import type { CameraSession, Driver, Place } from '../../../drivers/driver.ts';
import { Progress } from '../../../protocol/format/progress.ts';
import { driverContract } from '../../contracts/driver-contract.ts';
import { live, path, patternBytes, readBytes } from '../../contracts/driver-subject.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { misbehavingDriver, type Misdeeds } from '../../fakes/misbehaving-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

const WATCH = {} as PlaceWatch; // nobody arrives or leaves here
const PLACE: Place = { kind: 'folder', path: 'bay-1' };

/** A bay with a camera, watched. */
function bay(misdeeds: Misdeeds = {}): {
  clock: ManualClock;
  progress: Progress;
  place: BayPlace;
  camera: MemoryCamera;
} {
  const clock = new ManualClock();
  const progress = new Progress(clock);
  const camera = new MemoryCamera();
  const driver = misbehavingDriver(simulatedDriver(new Map([['bay-1', camera]])), misdeeds, clock);
  const open: BayPlace['open'] = (signal) => driver.open(PLACE, signal);
  const place = new WatchedPlace({ watch: WATCH, open }, progress.source('bay-1', BAY_STUCK_MS));
  return { clock, progress, place, camera };
}

describe('a watched session', () => {
  const { camera, place, progress } = bay();
  const driver: Driver = {
    ...simulatedDriver(new Map([['bay-1', camera]])),
    open: (_, signal) => place.open(signal),
  };
  driverContract({ test }, async () => {
    for (const file of camera.files()) camera.remove(file.path);
    camera.attach();
    return {
      driver,
      place: PLACE,
      put: async (name, bytes) => camera.put(name, bytes),
      remove: async (name) => camera.remove(name),
      detach: async () => camera.detach(),
      contents: async () =>
        new Map(
          camera.files().map(({ path: name, content }) => {
            assert.ok(content instanceof Uint8Array);
            return [Buffer.from(name).toString('latin1'), Buffer.from(content)];
          }),
        ),
    };
  });

  test('leaves nothing under way behind it, whatever ended it', () => {
    assert.deepEqual(progress.stuck(), []);
  });
});

describe('a bay', () => {
  test('is not stuck while pieces come, however slowly', async () => {
    const { clock, progress, place, camera } = bay({ pieceMs: BAY_STUCK_MS - 1 });
    camera.put(path('a.mp4'), patternBytes(5_000_000));
    const session = await place.open(live());
    const { entries } = await session.inventory(live());
    const [entry] = entries;
    assert.ok(entry);
    const reading = readBytes(session, entry);
    for (let at = 0; at < 4; at++) {
      await clock.advance(BAY_STUCK_MS - 1);
      assert.deepEqual(progress.stuck(), []);
    }
    await clock.advance(BAY_STUCK_MS - 1);
    assert.equal((await reading).length, 5_000_000);
  });

  test('is stuck by a call that nothing ends, and no longer once the camera is given up', async () => {
    const { clock, progress, place } = bay({ hangAt: 'inventory' });
    const session = await place.open(live());
    const ending = new AbortController();
    const listing = session.inventory(ending.signal);
    await clock.advance(BAY_STUCK_MS + 1);
    assert.deepEqual(progress.stuck(), [{ source: 'bay-1', stuckMs: BAY_STUCK_MS + 1 }]);
    ending.abort(new Error('given up'));
    await assert.rejects(listing, /given up/);
    assert.deepEqual(progress.stuck(), []);
  });

  test('is not stuck by a listing that takes hours, as long as each wait within it ends', async () => {
    const { clock, progress, place } = bay();
    let step = (): void => undefined;
    const steady: BayPlace['open'] = async (signal) => {
      const session = await place.open(signal);
      const onStep: CameraSession['onStep'] = (handler) => (step = handler);
      return Object.assign(session, { onStep, inventory: () => new Promise<never>(() => undefined) });
    };
    const session = await new WatchedPlace(
      { watch: WATCH, open: steady },
      progress.source('bay-2', BAY_STUCK_MS),
    ).open(live());
    void session.inventory(live());
    for (let at = 0; at < 6; at++) {
      await clock.advance(BAY_STUCK_MS - 1);
      step();
      assert.ok(progress.stuck().every(({ source }) => source !== 'bay-2'));
    }
    await clock.advance(BAY_STUCK_MS + 1);
    assert.ok(progress.stuck().some(({ source }) => source === 'bay-2'));
  });

  test('is not stuck while it waits for others and says so', async () => {
    const { clock, progress, place } = bay();
    const session = await place.open(live());
    await session.identity(live());
    for (let at = 0; at < 4; at++) {
      await clock.advance(BAY_STUCK_MS - 1);
      session.waits?.();
      assert.deepEqual(progress.stuck(), []);
    }
  });

  test('is stuck by a stay in which nothing is asked any more', async () => {
    const { clock, progress, place } = bay();
    const session = await place.open(live());
    await session.identity(live());
    await clock.advance(BAY_STUCK_MS + 1);
    assert.equal(progress.stuck().length, 1);
    await session.close();
    assert.deepEqual(progress.stuck(), []);
  });

  test('without a camera is never stuck, nor after one that could not be opened', async () => {
    const { clock, progress, place, camera } = bay();
    camera.detach();
    await assert.rejects(place.open(live()), { code: 'driver.detached' });
    await clock.advance(100 * BAY_STUCK_MS);
    assert.deepEqual(progress.stuck(), []);
  });
});
