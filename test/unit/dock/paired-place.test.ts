import { describe, expect, test } from 'vitest';
import { SinglePlace } from '../../../agent/dock/bay-place.ts';
import type { WhoIs } from '../../../agent/dock/camera-register.ts';
import { FolderWatch } from '../../../agent/dock/folder-watch.ts';
import { PortWatch } from '../../../agent/dock/make-place.ts';
import { PairedPlace } from '../../../agent/dock/paired-place.ts';
import type { CameraIdentity, CameraSession, Driver } from '../../../drivers/driver.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

const live = (): AbortSignal => new AbortController().signal;
const who = (serial: string | null): CameraIdentity => ({
  vendor: 'Maker',
  model: 'C1',
  serial,
  firmware: null,
});

/** A paired bay; `now` says which halves are there, `openPort` what opening the port does. */
function bay(
  card = new MemoryCamera(who(null)),
  openPort?: () => Promise<CameraSession>,
  areRefused: () => boolean = () => false,
  whoIs: WhoIs = () => ({ id: parseCameraId('cam-1'), alias: 'Camera 1' }),
  portSays = who('KOD-7'),
) {
  const clock = new ManualClock();
  const conditions = new MemoryConditions();
  const log = new MemoryLog();
  const port = new MemoryCamera(portSays);
  card.put('DCIM/1.MP4', new Uint8Array(10));
  const now = { port: true, files: true };
  const asked: string[] = [];
  const onAsked: { showFiles: () => void } = { showFiles: () => undefined };
  const simulated = simulatedDriver(
    new Map([
      ['/dev/port', port],
      ['/folder', card],
    ]),
  );
  const portDriver: Driver = {
    name: 'port',
    probe: async (place) => place.kind === 'serial',
    open: async (place, signal) => {
      if (openPort !== undefined) return openPort();
      const session = await simulated.open(place, signal);
      return Object.assign(session, {
        showFiles: async (as: string) => {
          asked.push(as);
          onAsked.showFiles();
          return true;
        },
      });
    },
  };
  const place = new PairedPlace({
    bay: parseBayId('bay-1'),
    port: new SinglePlace(
      { kind: 'serial', path: '/dev/port', baud: 115_200, framing: 'console' },
      new PortWatch('/dev/port', { identity: async () => (now.port ? 'p' : undefined), clock }),
      [portDriver],
    ),
    files: new SinglePlace(
      { kind: 'folder', path: '/folder' },
      new FolderWatch('/folder', {
        identity: async () => (now.files ? 'f' : undefined),
        vacancy: async () => 'none',
        onStray: () => undefined,
        watchFolder: () => async () => undefined,
        watchTree: () => async () => undefined,
        clock,
        log,
      }),
      [
        {
          ...simulated,
          open: (from, signal) => {
            if (!areRefused()) return simulated.open(from, signal);
            return failing('driver.refused')();
          },
        },
      ],
    ),
    filesAs: 'storage',
    whoIs,
    clock,
    log,
    conditions,
  });
  const open = async (forMs: number): Promise<{ session?: CameraSession; code?: unknown }> => {
    const seen: { session?: CameraSession; code?: unknown } = {};
    place.open(live()).then(
      (session) => (seen.session = session),
      (error: unknown) => (seen.code = error instanceof DockError ? error.code : error),
    );
    await clock.advance(forMs);
    return seen;
  };
  return { open, now, asked, onAsked, conditions, port, card, clock };
}

const failing = (code: string) => (): Promise<never> =>
  Promise.reject(new DockError(code, 'made up', { retry: 'later' }));

describe('a bay with a port beside a folder', () => {
  test('opens both as one camera', async () => {
    const { open, conditions, asked } = bay();
    const { session } = await open(0);
    expect(await session?.identity(live())).toMatchObject({ serial: 'KOD-7' });
    expect((await session?.inventory(live()))?.entries).toHaveLength(1);
    expect([conditions.codes(), asked]).toEqual([[], []]);
  });

  test('tells the camera to show its files where they are not there, and waits for them', async () => {
    const { open, now, asked, onAsked } = bay();
    now.files = false;
    onAsked.showFiles = () => (now.files = true);
    const { session } = await open(5000);
    expect((await session?.inventory(live()))?.entries).toHaveLength(1);
    expect(asked).toEqual(['storage']);
  });

  test('tells it so, too, where only something else than files is at its USB port', async () => {
    let isCharging = true;
    const { open, asked, onAsked } = bay(undefined, undefined, () => isCharging);
    onAsked.showFiles = () => (isCharging = false);
    const { session } = await open(5000);
    expect((await session?.inventory(live()))?.entries).toHaveLength(1);
    expect(asked).toEqual(['storage']);
  });

  test('finds the camera again that leaves its port while it changes over', async () => {
    const { open, now, port, onAsked, conditions } = bay();
    now.files = false;
    onAsked.showFiles = () => {
      port.detach();
      port.attach();
      now.files = true;
    };
    const { session } = await open(10_000);
    expect(await session?.identity(live())).toMatchObject({ serial: 'KOD-7' });
    expect(conditions.codes()).toEqual([]);
  });

  test('does not go on without the files: the camera is asked for again, and a person told', async () => {
    const { open, now } = bay();
    now.files = false;
    expect((await open(59_000)).code).toBeUndefined();
    expect((await open(62_000)).code).toBe('driver.no-files');
  });

  test.each(['driver.timeout', 'driver.protocol', 'driver.refused', 'driver.silent', 'driver.detached'])(
    'takes the files where the port fails with %s, and says so',
    async (code) => {
      const { open, conditions } = bay(undefined, failing(code));
      const { session } = await open(0);
      expect((await session?.inventory(live()))?.entries).toHaveLength(1);
      expect(conditions.facts('camera.port', 'bay-1')).toEqual({ reason: code });
    },
  );

  test('takes the files where the port does not appear within 5 s, and says so', async () => {
    const { open, now, conditions } = bay();
    now.port = false;
    const { session } = await open(6000);
    expect((await session?.inventory(live()))?.entries).toHaveLength(1);
    expect(conditions.facts('camera.port', 'bay-1')).toEqual({ reason: 'driver.detached' });
  });

  test('a port that belongs to the dock and is silent is an empty bay as long as there are no files', async () => {
    const { open, now, conditions } = bay(undefined, failing('driver.silent'));
    now.files = false;
    expect((await open(0)).code).toBe('driver.silent');
    expect(conditions.codes()).toEqual([]);
  });

  test('refuses a port and files that belong to two cameras', async () => {
    const { open } = bay(new MemoryCamera(who('KOD-8')));
    expect((await open(0)).code).toBe('driver.two-cameras');
  });

  test('tells a camera nothing that is refused because of who it is', async () => {
    const { open, now, asked } = bay(undefined, undefined, undefined, () => {
      throw new DockError('camera.unknown', 'made up', { retry: 'person' });
    });
    now.files = false;
    expect((await open(0)).code).toBe('camera.unknown');
    expect(asked).toEqual([]);
  });

  test('leaves it to the files who a camera is whose port says no serial number', async () => {
    const { open, now, asked, onAsked, port } = bay(
      undefined,
      undefined,
      undefined,
      ({ serial }) => {
        if (serial === null) throw new DockError('camera.unknown', 'made up', { retry: 'person' });
        return { id: parseCameraId('cam-1'), alias: 'Camera 1' };
      },
      who(null),
    );
    expect(port.identity.serial).toBeNull();
    now.files = false;
    onAsked.showFiles = () => (now.files = true);
    expect((await open(5000)).session).toBeDefined();
    expect(asked).toEqual(['storage']);
  });

  test('the condition goes when a camera is whole again; a port that is lost for good brings it back', async () => {
    const { open, now, conditions, port, clock } = bay();
    now.port = false;
    await open(6000);
    now.port = true;
    const { session } = await open(0);
    expect(conditions.codes()).toEqual([]);
    port.detach();
    await session?.condition(live());
    await clock.advance(4000);
    expect(conditions.codes()).toEqual([]); // it may be on its way out
    await clock.advance(2000);
    expect(conditions.codes()).toEqual(['camera.port']);
  });

  test('... unless the whole camera was on its way out', async () => {
    const { open, conditions, port, clock } = bay();
    const { session } = await open(0);
    port.detach();
    await session?.condition(live());
    await session?.close();
    await clock.advance(60_000);
    expect(conditions.codes()).toEqual([]);
  });
});
