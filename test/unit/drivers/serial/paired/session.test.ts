import { describe, expect, test } from 'vitest';
import {
  NOTHING_TOLD,
  type CameraIdentity,
  type CameraSession,
  type Driver,
} from '../../../../../drivers/driver.ts';
import { contradiction, PairedSession } from '../../../../../drivers/serial/paired/session.ts';
import { SimulatedClock } from '../../../../../drivers/simulated/clock.ts';
import { simulatedDriver } from '../../../../fakes/simulated-driver.ts';
import { MemoryCamera } from '../../../../fakes/memory-camera.ts';
import { DockError } from '../../../../../protocol/format/errors.ts';
import { driverContract } from '../../../../contracts/driver-contract.ts';
import { live, patternBytes, readBytes, type DriverSubject } from '../../../../contracts/driver-subject.ts';

const WHO: CameraIdentity = { vendor: 'Maker', model: 'C1', serial: 'KOD-7', firmware: '2.1' };
const PORT = { kind: 'serial', path: 'port', baud: 115_200, framing: 'console' } as const;
const FOLDER = { kind: 'folder', path: 'folder' } as const;

/** Both halves of one camera, and what was told. */
async function pair(
  change: (control: CameraSession) => Partial<CameraSession> = () => ({}),
): Promise<{ session: PairedSession; port: MemoryCamera; card: MemoryCamera; told: string[] }> {
  const port = new MemoryCamera(WHO);
  port.clock = new SimulatedClock(() => 0, { shownMs: Date.UTC(2026, 10, 25) });
  port.condition = { ...NOTHING_TOLD, batteryPercent: 55 };
  const card = new MemoryCamera({ vendor: null, model: null, serial: null, firmware: null });
  card.condition = { ...NOTHING_TOLD, storageTotalBytes: 1000, batteryPercent: 1 };
  port.put('DCIM/1.MP4', patternBytes(10, 9));
  card.put('DCIM/1.MP4', patternBytes(2000));
  const driver = simulatedDriver(
    new Map([
      ['port', port],
      ['folder', card],
    ]),
  );
  const told: string[] = [];
  const control = await driver.open(PORT, live());
  const bytes = await driver.open(FOLDER, live());
  const session = new PairedSession({
    control: overridden(control, change(control)),
    bytes,
    onTrouble: ({ code }) => told.push(code),
  });
  return { session, port, card, told };
}

function overridden(session: CameraSession, change: Partial<CameraSession>): CameraSession {
  return new Proxy(session, {
    get: (target, key) => {
      const value: unknown = Reflect.get(key in change ? change : target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const nonsense = (): Promise<never> =>
  Promise.reject(new DockError('driver.protocol', 'the answer makes no sense', { retry: 'later' }));

describe('a camera that is paired of a port and a folder', () => {
  test('is told about by the port, and by the folder where the port says nothing', async () => {
    const { session, told } = await pair();
    expect(await session.identity(live())).toEqual(WHO);
    expect(await session.readClock(live())).toMatchObject({ claimedMs: Date.UTC(2026, 10, 25) });
    expect(await session.condition(live())).toMatchObject({ batteryPercent: 55, storageTotalBytes: 1000 });
    expect(told).toEqual([]);
  });

  test('is read and erased in the folder only', async () => {
    const { session, port, card } = await pair();
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) expect.fail('nothing is listed');
    expect((await readBytes(session, entry)).equals(patternBytes(2000))).toBe(true);
    expect(await session.erase(entry, live(), new Uint8Array(32))).toBe('done');
    expect([card.files().length, port.files().length]).toEqual([0, 1]);
  });

  test('goes on without its port when that is pulled, and tells it once', async () => {
    const { session, port, told } = await pair();
    port.detach();
    expect(await session.condition(live())).toMatchObject({ batteryPercent: 1, storageTotalBytes: 1000 });
    expect(await session.readClock(live())).toBeNull();
    expect(await session.setClock({ utcMs: 0, localMs: 0 }, live())).toBe('not-supported');
    expect(await session.identity(live())).toMatchObject({ vendor: null, serial: null });
    await session.setIndicator('wait', live());
    expect((await session.inventory(live())).entries).toHaveLength(1);
    expect(told).toEqual(['driver.detached']);
  });

  test('goes on where its port speaks nonsense, and tells it each time', async () => {
    const { session, told } = await pair(() => ({ condition: nonsense, identity: nonsense }));
    expect(await session.condition(live())).toMatchObject({ batteryPercent: 1 });
    expect(await session.identity(live())).toMatchObject({ serial: null });
    expect(await session.readClock(live())).not.toBeNull(); // what it says well still counts
    expect(told).toEqual(['driver.protocol', 'driver.protocol']);
  });

  test('tells of a port that did not answer in time, but not of a question that the station gave up', async () => {
    const ended = (signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    const { session, told } = await pair(() => ({ condition: ended, identity: ended }));
    const late = new AbortController();
    const asked = session.condition(late.signal);
    late.abort(new DockError('driver.timeout', 'too late', { retry: 'later' }));
    await expect(asked).rejects.toThrow('too late');
    const stopped = new AbortController();
    const given = session.identity(stopped.signal);
    setImmediate(() => stopped.abort(new DockError('driver.detached', 'left', { retry: 'later' })));
    await expect(given).rejects.toThrow('left');
    expect(told).toEqual(['driver.timeout']);
  });

  test('is closed with both halves', async () => {
    const closed: string[] = [];
    const { session } = await pair((control) => ({
      close: async () => {
        closed.push('port');
        await control.close();
      },
    }));
    await session.close();
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect([closed, session.isClosed]).toEqual([['port'], true]);
  });
});

describe('the driver contract of a pair', () =>
  driverContract({ test }, async (): Promise<DriverSubject> => {
    const port = new MemoryCamera(WHO);
    const card = new MemoryCamera();
    const halves = simulatedDriver(
      new Map([
        ['port', port],
        ['folder', card],
      ]),
    );
    const driver: Driver = {
      name: 'paired',
      probe: (place, signal) => halves.probe(place, signal),
      open: async (place, signal) => {
        const bytes = await halves.open(place, signal);
        const control = await halves.open(PORT, signal);
        return new PairedSession({ control, bytes, onTrouble: () => undefined });
      },
    };
    return {
      driver,
      place: FOLDER,
      put: async (path, bytes) => card.put(path, bytes),
      remove: async (path) => card.remove(path),
      putOddity: async (path) => card.put(path, new Uint8Array(), { kind: 'not-a-file' }),
      protect: async () => {
        card.isProtected = true;
      },
      detach: async () => {
        card.detach();
        port.detach();
      },
      contents: async () =>
        new Map(
          card
            .files()
            .map((file) => [
              Buffer.from(file.path).toString('latin1'),
              Buffer.from(file.content as Uint8Array),
            ]),
        ),
    };
  }));

describe('two halves', () => {
  const said = (serial: string | null, vendor = 'V'): CameraIdentity => ({ ...WHO, vendor, serial });

  test.each([
    [said('KOD-7'), said('KOD-7')],
    [said('KOD-7', 'Maker Inc.'), said('kod-7 ', 'MAKER')],
    [said('42'), said('00000000000000000042')],
    [said('0'), said('0000')],
    [said(null), said('KOD-7')],
    [said('KOD-7'), said(null)],
  ])('may be one camera: %j and %j', (control, bytes) => {
    expect(contradiction(control, bytes)).toBeUndefined();
  });

  test.each([
    [said('KOD-7'), said('KOD-8')],
    [said('7'), said('70')],
    [said('0'), said('1')],
  ])('are two cameras: %j and %j', (control, bytes) => {
    expect(contradiction(control, bytes)).toMatchObject({ code: 'driver.two-cameras', retry: 'person' });
  });
});
