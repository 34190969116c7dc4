import { describe, test } from 'vitest';
import { FACTORY_MS, SimulatedClock, type SimulatedClockWish } from '../../drivers/simulated/clock.ts';
import { simulatedDriver } from './simulated-driver.ts';
import { MemoryCamera } from './memory-camera.ts';
import { NOTHING_TOLD } from '../../drivers/driver.ts';
import { clockContract } from '../contracts/driver-clock-contract.ts';
import { driverContract } from '../contracts/driver-contract.ts';
import type { DriverSubject } from '../contracts/driver-subject.ts';

async function subject(camera = new MemoryCamera()): Promise<DriverSubject> {
  return {
    driver: simulatedDriver(new Map([['bay-1', camera]])),
    place: { kind: 'folder', path: 'bay-1' },
    put: async (path, bytes) => camera.put(path, bytes),
    remove: async (path) => camera.remove(path),
    putOddity: async (path) => camera.put(path, new Uint8Array(), { kind: 'not-a-file' }),
    protect: async () => {
      camera.isProtected = true;
    },
    detach: async () => camera.detach(),
    contents: async () =>
      new Map(
        camera.files().map((file) => {
          if (!(file.content instanceof Uint8Array)) throw new Error('the contract puts bytes only');
          return [Buffer.from(file.path).toString('latin1'), Buffer.from(file.content)];
        }),
      ),
  };
}

describe('a simulated camera', () => driverContract({ test }, () => subject()));

const CLOCKS: Readonly<Record<string, Partial<SimulatedClockWish>>> = {
  'a clock without a zone': {},
  'a clock with a zone': { zoneMinutes: 120 },
  'a clock that drifts': { driftPpm: 200, resolutionMs: 100 },
  'a clock with a dead battery': { shownMs: FACTORY_MS, forgets: true },
  'a clock that refuses to be set': { setting: 'refused' },
  'a clock that cannot be set': { setting: 'not-supported' },
};

for (const [name, wish] of Object.entries(CLOCKS)) {
  describe(`a simulated camera with ${name}`, () =>
    clockContract({ test }, () => {
      const camera = new MemoryCamera();
      const clock = new SimulatedClock(() => performance.now(), { shownMs: Date.UTC(2026, 10, 25), ...wish });
      camera.clock = clock;
      camera.condition = { ...NOTHING_TOLD, batteryPercent: 80, charging: true };
      return subject(camera);
    }));
}
