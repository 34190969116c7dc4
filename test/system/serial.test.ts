// Cameras at serial ports: agent, mosquitto and receiver, and cameras on pseudo terminals that are pulled and put back, alone in their bays
// or beside a folder. The independent checker says in the end whether everything was stored once, as it was, and erased only then.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import type { RigWish } from '../fakes/dock-rig-config.ts';
import { dockingsIn } from '../fakes/dockings-seen.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { SerialCameras } from '../fakes/serial-cameras.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const FILE_BYTES = 800_000;
/** A port on which nobody answers was given up by then, once at least. */
const SILENT_MS = 18_000;
const random = seededRandom(1115);

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly condition?: string;
  readonly subject?: string;
  readonly reason?: string;
  readonly port?: string;
}

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign', 'socat'))('cameras at serial ports', () => {
  let rig: DockRig | undefined;
  let broker: Mosquitto | undefined;
  let cameras: SerialCameras | undefined;
  afterEach(async () => {
    await rig?.close();
    await cameras?.close();
    await broker?.stop();
    [rig, broker, cameras] = [undefined, undefined, undefined];
  });

  async function open(wish: (ports: SerialCameras) => RigWish): Promise<[DockRig, SerialCameras]> {
    broker = await Mosquitto.open();
    cameras = await SerialCameras.open();
    rig = await DockRig.open({ broker, ...wish(cameras) });
    return [rig, cameras];
  }

  test('two cameras, one of them pulled in the middle and back under another name, beside a link that leads nowhere and a port on which nobody answers', async () => {
    const [dock, ports] = await open((at) => ({
      cameras: 4,
      place: (number) => ({ serial_path: at.port(number), serial: { baud: 115_200, framing: 'console' } }),
    }));
    await symlink('/dev/pts/no-such-terminal', ports.port(3));
    await ports.plugIn(4, { folder: dock.camera(4), more: ['--fault', 'silent-after=1'] });
    for (const number of [1, 2])
      for (let file = 1; file <= 5; file++)
        await dock.put(number, `DCIM/100MEDIA/${number}_${file}.MP4`, random.bytes(FILE_BYTES));
    const one = { folder: dock.camera(1) };
    await ports.plugIn(1, one);
    await ports.plugIn(2, { folder: dock.camera(2) });
    await dock.start();
    const startedAtMs = performance.now();
    await dock.untilBay(1, '40 % are here', 60_000, (bay) => bay.bytes_spooled > 0.4 * 5 * FILE_BYTES);
    const name = await readlink(ports.port(1));
    await ports.pull(1);
    const pulledAtMs = performance.now();
    await dock.untilBay(1, 'empty', 8000, (bay) => bay.state === 'empty' && bay.light === 'off');
    const noticedMs = performance.now() - pulledAtMs;
    expect(await dock.filesOn(1)).toBeGreaterThan(0);
    await takeName(ports, name);
    await ports.plugIn(1, one);
    expect(await readlink(ports.port(1))).not.toBe(name);
    await dock.untilBay(1, 'safe', 60_000, (bay) => bay.light === 'safe-to-take' && bay.entries === 5);
    await dock.untilEmptied(1, 90_000);
    await dock.untilEmptied(2, 90_000);
    await untilDone(dock, 1);
    await pause(Math.max(0, startedAtMs + SILENT_MS - performance.now()));
    const { bays } = await dock.view();
    for (const bay of ['bay-3', 'bay-4'])
      expect(bays.get(bay)).toMatchObject({ state: 'empty', light: 'off', camera: null });
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 10, onCameras: 0 });
    expect(noticedMs).toBeLessThan(5000);

    const dockings = dockingsIn(dock.vault);
    expect(dockings.map(({ bay, camera, ended }) => [bay, camera.id, camera.serial, ended])).toEqual([
      ['bay-1', 'cam-1', 'SIM-1', 'stopped'],
      ['bay-1', 'cam-1', 'SIM-1', 'unplugged'],
      ['bay-2', 'cam-2', 'SIM-2', 'stopped'],
    ]);
    for (const { camera_clock: clock, condition } of dockings) {
      expect(Math.abs(clock?.offset_ms ?? 1e9)).toBeLessThan(5000);
      expect(condition?.battery_percent).toBe(80);
    }
    const log = logOf(dock);
    expect(log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([]);
    expect(conditionsRaised(log, 'camera.')).toEqual([]);
  });

  test('a file that needs ten contacts arrives whole, and goes by the word of the camera’s own digest', async () => {
    const [dock, ports] = await open((at) => ({
      place: (number) => ({ serial_path: at.port(number), serial: { baud: 460_800, framing: 'console' } }),
    }));
    const sizeBytes = 1_200_000;
    await dock.put(1, 'DCIM/100MEDIA/LONG.MP4', random.bytes(sizeBytes));
    const camera = { folder: dock.camera(1), more: ['--baud', '460800'] };
    await ports.plugIn(1, camera);
    await dock.start();
    let reachedBytes = 0;
    for (let contact = 1; contact <= 10; contact++) {
      await dock.untilBay(
        1,
        `contact ${contact}`,
        60_000,
        (bay) => bay.bytes_spooled > reachedBytes + 60_000,
      );
      await ports.pull(1);
      await dock.untilBay(1, 'empty', 10_000, (bay) => bay.state === 'empty');
      reachedBytes += 60_000;
      await ports.plugIn(1, camera);
    }
    await dock.untilEmptied(1, 120_000);
    await untilDone(dock, 1);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    const dockings = dockingsIn(dock.vault);
    const fates = dockings.flatMap(({ entries }) => entries.map(({ fate, erased }) => [fate, erased]));
    expect(fates.filter(([fate]) => fate === 'waiting')).toHaveLength(10);
    expect(fates.filter(([fate]) => fate === 'stored')).toEqual([['stored', true]]);
    const [manifest] = manifestsIn(dock.vault);
    expect(manifest).toMatchObject({ version: 2 });
    expect(manifest?.joints?.length).toBeGreaterThanOrEqual(5);
  });

  test('a camera with nothing but the download of the file group, in SMP v1, is stored and emptied', async () => {
    const [dock, ports] = await open((at) => ({ place: (number) => ({ serial_path: at.port(number) }) }));
    await dock.put(1, 'DCIM/1.MP4', random.bytes(200_000));
    await dock.put(1, 'DCIM/1.LOG', random.bytes(1));
    const without = ['8/1', '8/2', '8/3', '0/6', '66/3'].flatMap((command) => ['--without', command]);
    await ports.plugIn(1, { folder: dock.camera(1), more: [...without, '--smp-version', '1'] });
    await dock.start();
    await dock.untilEmptied(1, 60_000);
    await untilDone(dock, 1);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });
    expect(dockingsIn(dock.vault)).toMatchObject([{ camera: { serial: 'SIM-1' }, condition: null }]);
    const log = logOf(dock);
    expect(log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    expect(conditionsRaised(log, 'camera.')).toEqual([]);
  });

  test('a port that belongs to another program is a condition with its remedy, and heals by itself', async () => {
    const [dock, ports] = await open((at) => ({ place: (number) => ({ serial_path: at.port(number) }) }));
    await dock.put(1, 'DCIM/1.MP4', random.bytes(10_000));
    await ports.plugIn(1, { folder: dock.camera(1) });
    const other = new SerialPort({ path: ports.port(1), baudRate: 115_200, lock: true });
    await until('the other program to hold the port', 5000, () => other.isOpen);
    await dock.start();
    await dock.untilBay(1, 'failed', 20_000, (bay) => bay.light === 'call-someone');
    expect(conditionsRaised(logOf(dock), 'camera.')).toMatchObject([
      { condition: 'camera.failed', subject: 'bay-1', reason: 'driver.refused', port: 'in-use' },
    ]);
    await pause(6000); // it is tried again, and told only once
    expect(logOf(dock).filter(({ message }) => message.startsWith('docking failed'))).toHaveLength(1);
    await new Promise<void>((resolve) => other.close(() => resolve()));
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    const cleared = logOf(dock).filter(({ message }) => message === 'condition cleared');
    expect(cleared.map(({ condition }) => condition)).toContain('camera.failed');
  });

  test('a serial port beside a folder is one docking: the port tells, the folder gives, and goes on when the port is pulled', async () => {
    const [dock, ports] = await open((at) => ({
      place: (number, folder) => ({ folder, serial_path: at.port(number) }),
    }));
    await dock.takeOut();
    await dock.put(1, 'DCIM/1.MP4', random.bytes(3_000_000), dock.drawer());
    const elsewhere = join(dock.folder, 'bays');
    await ports.plugIn(1, { folder: elsewhere, serial: 'KOD-7' });
    await dock.start();
    await pause(3000); // the port is there, the files are not: no docking without them
    expect((await dock.view()).bays.get('bay-1')).toMatchObject({ state: 'empty', camera: null });
    await dock.putBack();
    await dock.untilEmptied(1, 60_000);
    await untilDone(dock, 1);

    await ports.pull(1);
    await dock.put(1, 'DCIM/2.MP4', random.bytes(3_000_000));
    await dock.untilEmptied(1, 60_000);
    await until('the condition', 15_000, () => conditionsRaised(logOf(dock), 'camera.').length > 0);
    await untilDone(dock, 1);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });
    expect(dockingsIn(dock.vault)).toMatchObject([
      { bay: 'bay-1', camera: { serial: 'KOD-7' }, condition: { battery_percent: 80 } },
    ]);
    expect(dockingsIn(dock.vault)[0]?.camera_clock).not.toBeNull();
    expect(conditionsRaised(logOf(dock), 'camera.')).toMatchObject([
      { condition: 'camera.port', subject: 'bay-1', reason: 'driver.detached' },
    ]);
    const shown = readdirSync(elsewhere); // what lies behind the port was never read as recordings
    expect(shown).toEqual(['1']);
    expect((await stat(dock.camera(1))).isDirectory()).toBe(true);
  });
});

/** Manifests of the vault, as they are. */
function manifestsIn(vault: string): { readonly version: number; readonly joints?: readonly number[] }[] {
  const names = readdirSync(join(vault, STATION), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('manifest.json'))
    .map((name) => JSON.parse(readFileSync(join(vault, STATION, name), 'utf8')) as { version: number });
}

async function untilDone(dock: DockRig, number: number): Promise<void> {
  await dock.untilBay(number, 'done', 30_000, (bay) => bay.state === 'done' && bay.light === 'safe-to-take');
}

function logOf(dock: DockRig): LogLine[] {
  const lines = dock.agent.log().split('\n');
  const log = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  expect(log.some(({ message }) => message === 'station ready')).toBe(true); // it is the log that is meant
  return log;
}

function conditionsRaised(log: readonly LogLine[], prefix: string): LogLine[] {
  return log.filter(
    ({ message, condition }) => message === 'condition raised' && condition?.startsWith(prefix),
  );
}

/** Plugs in others until one of them has the name that is free now; where somebody else has it already, none of them gets it. */
async function takeName(ports: SerialCameras, name: string): Promise<void> {
  for (const number of [9, 10, 11, 12]) {
    await ports.plugIn(number, { folder: await mkdtemp(join(ports.folder, 'other-')) });
    if ((await readlink(ports.port(number))) === name) return;
  }
}
