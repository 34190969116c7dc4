import { describe, test } from 'vitest';
import { simulatedDriver } from '../../../drivers/simulated/driver.ts';
import { MemoryCamera } from '../../../drivers/simulated/memory-camera.ts';
import { driverContract } from '../../contracts/driver-contract.ts';
import type { DriverSubject } from '../../contracts/driver-subject.ts';

async function subject(): Promise<DriverSubject> {
  const camera = new MemoryCamera();
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

describe('a simulated camera', () => driverContract({ test }, subject));
