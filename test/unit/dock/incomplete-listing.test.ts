// A listing that is not complete says nothing of what it does not show.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DockError } from '../../../protocol/format/errors.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { scaledClock } from '../../fakes/clock-scaled.ts';

let dock: DockAndStore;
/** Folder B cannot be listed. */
let isHidden: boolean;
/** Listings without it. */
let hidden: number;
afterEach(() => dock.close());

/** Two folders with a file each; that of B cannot be read. */
beforeEach(async () => {
  isHidden = false;
  hidden = 0;
  dock = await DockAndStore.open({
    release: 'never',
    clock: scaledClock(20),
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        const [read, inventory] = [session.read.bind(session), session.inventory.bind(session)];
        session.read = (entry, ...given) => {
          if (Buffer.from(entry.path).toString() !== 'B/b.mp4') return read(entry, ...given);
          throw new DockError('driver.unreadable', 'it may not be opened', { retry: 'later' });
        };
        session.inventory = async (ending) => {
          const whole = await inventory(ending);
          if (!isHidden) return whole;
          hidden++;
          const entries = whole.entries.filter(({ path }) => !Buffer.from(path).toString().startsWith('B/'));
          return { entries, problems: [{ reason: 'unreadable-folder', path: Buffer.from('B') }] };
        };
        return session;
      },
    }),
  });
  dock.camera.put('A/a.mp4', Buffer.from('a film'));
  dock.camera.put('B/b.mp4', Buffer.from('another film'));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until(
    'one waits',
    () => dock.bay()['entries_waiting'] === 1 && dock.bay()['state'] === 'failed',
  );
});

test('a file of a folder that could not be listed again has not vanished', async () => {
  isHidden = true;
  await dock.until('listed anew', () => hidden >= 2);
  dock.camera.detach();
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  const [record] = await dock.dockings();
  const entry = record?.entries.find(({ path_sha256 }) => path_sha256 === sha256Hex(Buffer.from('B/b.mp4')));
  expect(entry).toMatchObject({ fate: 'waiting', reason: 'unreadable' });
});

test('a folder that cannot be listed any more is told, and no longer once it can', async () => {
  const isTold = (): boolean => dock.conditions.isRaised('camera.listing', 'bay-1');
  dock.camera.remove('B/b.mp4');
  await dock.until(
    'nothing waits',
    () => dock.bay()['light'] === 'safe-to-take' && dock.bay()['state'] === 'done',
  );
  isHidden = true;
  await dock.until('somebody is called', () => dock.bay()['light'] === 'call-someone');
  await dock.until('told why', isTold, 4000); // 80 s of the station
  isHidden = false;
  await dock.until('safe', () => dock.bay()['light'] === 'safe-to-take');
  await dock.until('no longer told', () => !isTold(), 4000);
});

test('what waits for a whole listing before it is erased is told as long as its camera is in the bay', async () => {
  await dock.close();
  dock = await DockAndStore.open({
    release: 'after-receipt',
    clock: scaledClock(20),
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        const inventory = session.inventory.bind(session);
        session.inventory = async (ending) => {
          const { entries } = await inventory(ending);
          return { entries, problems: [{ reason: 'unreadable-folder', path: Buffer.from('B') }] };
        };
        return session;
      },
    }),
  });
  dock.camera.put('A/a.mp4', Buffer.from('a film'));
  await dock.startReceiver();
  await dock.startStation();
  const isTold = (): boolean => dock.conditions.isRaised('release.listing', 'bay-1');
  await dock.until('told', isTold);
  expect(dock.camera.files()).toHaveLength(1);
  dock.camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  expect(isTold()).toBe(false);
});
