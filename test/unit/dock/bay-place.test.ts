// A bay with one place: what is opened is what arrived there, or nothing is.
import { expect, test } from 'vitest';
import { type PlaceWatch, SinglePlace } from '../../../agent/dock/bay-place.ts';
import type { CameraSession, Driver } from '../../../drivers/driver.ts';
import { live } from '../../contracts/driver-subject.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

const PATH = '/bay';

function place(present: PlaceWatch['present']): { bay: SinglePlace; open: () => number } {
  let open = 0;
  const simulated = simulatedDriver(new Map([[PATH, new MemoryCamera()]]));
  const counting: Driver = {
    ...simulated,
    open: async (at, signal): Promise<CameraSession> => {
      const session = await simulated.open(at, signal);
      const close = session.close.bind(session);
      open++;
      return Object.assign(session, {
        close: async () => {
          open--;
          await close();
        },
      });
    },
  };
  const never = (): never => {
    throw new Error('not asked for');
  };
  const watch: PlaceWatch = { present, arrival: never, departure: never, changes: never };
  return { bay: new SinglePlace({ kind: 'folder', path: PATH }, watch, [counting]), open: () => open };
}

test('what left before it was opened is no camera, whatever lies in its place, and its session is closed', async () => {
  const { bay, open } = place(async () => undefined);
  await expect(bay.open(live())).rejects.toMatchObject({ code: 'driver.detached' });
  expect(open()).toBe(0);
});

test('a look that the machine refuses says nothing of a camera that was opened', async () => {
  const { bay, open } = place(() => Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE' })));
  await bay.open(live());
  expect(open()).toBe(1);
});
