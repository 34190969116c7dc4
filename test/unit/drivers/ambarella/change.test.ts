// From the command to the disk: what a recorder can do while it is away, and what may come to the port in its place.
import { describe, expect, test } from 'vitest';
import type { CameraSession } from '../../../../drivers/driver.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { live, latin1, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import type { ComesBackAs } from '../../../fakes/ambarella/misdeeds.ts';
import { DISK } from '../../../fakes/ambarella/recorder.ts';
import { bench, DIALECTS, PLACE, type Bench, type BenchWish } from './bench.ts';

/** More than the longest wait for a disk. */
const AWAY_MS = 80_000;

interface Opened {
  readonly clock: ManualClock;
  readonly it: Bench;
  readonly session: CameraSession;
}

async function opened(wish: BenchWish = {}): Promise<Opened> {
  const clock = new ManualClock();
  const it = bench({ clock, ...wish });
  it.recorder.camera.put('DCIM/A.MP4', patternBytes(1000));
  return { clock, it, session: await it.driver.open(PLACE, live()) };
}

/** What came of it, and after how many ms of the clock; never before that time is over. */
async function outcome<T>(
  work: Promise<T>,
  clock: ManualClock,
  ms = AWAY_MS,
): Promise<{ value?: T; code?: string; afterMs: number }> {
  let found: { value?: T; code?: string; afterMs: number } | undefined;
  const startedMs = clock.monotonicMs();
  const afterMs = (): number => clock.monotonicMs() - startedMs;
  work.then(
    (value) => (found = { value, afterMs: afterMs() }),
    (error: unknown) =>
      (found = { code: isDockError(error) ? error.code : String(error), afterMs: afterMs() }),
  );
  await clock.advance(ms);
  return found ?? { code: 'it still waits', afterMs: ms };
}

const listed = async ({ session, clock }: Opened) => outcome(session.inventory(live()), clock);

describe.each(DIALECTS)('a recorder of dialect %s', (dialect) => {
  test('is away for three seconds, and then its files are those of the same session', async () => {
    const all = await opened({ dialect });
    const before = await all.session.identity(live());
    expect(await all.session.readClock(live())).toBeNull();
    expect(await all.session.setClock({ utcMs: 0, localMs: 0 }, live())).toBe('not-supported');
    const { value, afterMs } = await listed(all);
    expect(value?.entries.map(({ path }) => latin1(path))).toEqual(['DCIM/A.MP4']);
    expect(afterMs).toBeGreaterThanOrEqual(3000);
    expect(afterMs).toBeLessThan(5000);
    const [entry] = value?.entries ?? [];
    if (entry === undefined) throw new Error('nothing is listed');
    expect((await readBytes(all.session, entry)).equals(patternBytes(1000))).toBe(true);
    expect(await all.session.identity(live())).toEqual(before);
    expect(await all.session.readClock(live())).toBeNull();
    expect(await all.session.setClock({ utcMs: 0, localMs: 0 }, live())).toBe('not-supported');
    expect(all.it.recorder.steps().filter((step) => step === 'show-disk')).toHaveLength(1);
    expect(all.it.recorder.steps()).not.toContain('other');
    expect(all.it.changes).toEqual(['away', 'back']);
    await all.session.close();
    expect(all.it.changes).toEqual(['away', 'back', 'end']);
    expect(all.it.dock.wires.every((wire) => wire.isClosed)).toBe(true);
  });

  test('is not told twice, however often its files are asked for', async () => {
    const all = await opened({ dialect });
    const asked = Promise.all([
      all.session.condition(live()),
      all.session.inventory(live()),
      all.session.inventory(live()),
    ]);
    expect((await outcome(asked, all.clock)).value).toHaveLength(3);
    expect(all.it.recorder.steps().filter((step) => step === 'show-disk')).toHaveLength(1);
  });

  test('that is silent and changes all the same is taken, and one that answers a single byte', async () => {
    const silent = await opened({ dialect });
    silent.it.recorder.misdeeds.at['show-disk'] = { kind: 'silent' };
    silent.clock.after(2500, () => silent.it.recorder.change());
    expect((await listed(silent)).value?.entries).toHaveLength(1);
    const short = await opened({ dialect });
    short.it.recorder.misdeeds.at['show-disk'] = { kind: 'sends', bytes: (answer) => answer.subarray(0, 1) };
    expect((await listed(short)).value?.entries).toHaveLength(1);
  });

  test('that says no is told of, and nothing of it is claimed', async () => {
    const all = await opened({ dialect });
    all.it.recorder.misdeeds.at['show-disk'] = { kind: 'refuses' };
    expect((await listed(all)).code).toBe(dialect === 'b' ? 'driver.no-files' : 'driver.refused');
    expect(all.it.dock.wires.every((wire) => wire.isClosed)).toBe(true);
    await all.session.close();
    expect(all.it.changes).toEqual(['away', 'end']);
  });

  test('that stalls is told of after a bounded time', async () => {
    const all = await opened({ dialect });
    all.it.recorder.misdeeds.at['show-disk'] = { kind: 'stalls' };
    const { code, afterMs } = await listed(all);
    expect(code).toBe('driver.no-files');
    expect(afterMs).toBeLessThan(70_000);
  });
});

describe('what comes to the port of a recorder that went away', () => {
  test.each<[ComesBackAs, string, number]>([
    ['nothing', 'driver.detached', 62_000],
    ['stays', 'driver.no-files', 62_000],
    ['recorder', 'driver.other-camera', 5000],
    ['other-kind', 'driver.other-camera', 5000],
    ['disk-with-keyboard', 'driver.refused', 5000],
  ])('%s: %s, and no file of it is touched', async (comesBackAs, code, withinMs) => {
    const all = await opened();
    all.it.recorder.misdeeds.comesBackAs = comesBackAs;
    const found = await listed(all);
    expect(found.code).toBe(code);
    expect(found.afterMs).toBeLessThan(withinMs);
    expect((await outcome(all.session.inventory(live()), all.clock, 0)).code).toBe(code);
    await all.session.close();
    expect(all.it.changes).toEqual(['away', 'end']);
  });

  test('a disk with another serial number in its descriptors is another camera', async () => {
    const all = await opened({ usbSerials: ['USB-1', 'USB-1'] });
    all.it.recorder.misdeeds.comesBackAs = 'other-disk';
    expect((await listed(all)).code).toBe('driver.two-cameras');
  });

  test('a disk whose descriptors name no serial number, or the same, is taken', async () => {
    for (const usbSerials of [
      [null, 'USB-1'],
      ['USB-1', null],
      ['USB-1', 'USB-1 '],
    ] as const) {
      const all = await opened({ usbSerials });
      expect((await listed(all)).value?.entries).toHaveLength(1);
    }
  });

  test('another recorder that a person puts in meanwhile is not taken for the first one', async () => {
    const all = await opened({ awayMs: 1_000_000 });
    const other = all.it.another({ serial: 'OTHER' });
    other.camera.put('B.MP4', patternBytes(10));
    all.clock.after(2000, () => other.plug());
    expect((await listed(all)).code).toBe('driver.other-camera');
    expect(other.heard).toEqual([]);
  });

  test('a disk that is exchanged while it is opened is not the one that was judged', async () => {
    const all = await opened({ usbSerials: ['USB-1', 'USB-1'] });
    const other = all.it.another({ usbSerials: ['USB-2', 'USB-2'] });
    other.camera.put('B.MP4', patternBytes(10));
    const { recorder, dock } = all.it;
    const attach = recorder.camera.attach.bind(recorder.camera);
    let looks = 0;
    const at = dock.devices.at.bind(dock.devices);
    dock.devices.at = async (path, signal) => {
      const device = await at(path, signal);
      // The second look of the driver at a disk is the one by which it judges; the disk's driver looks next.
      if (device?.interfaces[0]?.classCode === 8 && device.serial === 'USB-1' && ++looks === 2) {
        recorder.pull();
        other.camera.attach();
        dock.plug('1-1.4', other, { interfaces: [DISK], serial: 'USB-2' });
      }
      return device;
    };
    attach();
    recorder.camera.detach();
    const { code } = await listed(all);
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(code).toBe('driver.two-cameras');
  });
});

describe('a session of a recorder', () => {
  test('that goes on with the disk of a recorder is not one over a disk that came while it was opened', async () => {
    let onOpen = (): void => undefined;
    const all = await opened({
      wrapDisk: (disk) => ({
        ...disk,
        open: async (...given) => {
          onOpen();
          return disk.open(...given);
        },
      }),
    });
    expect((await listed(all)).value?.entries).toHaveLength(1);
    await all.session.close();
    const { recorder, dock, driver } = all.it;
    const other = all.it.another({ serial: 'OTHER' });
    other.camera.put('B.MP4', patternBytes(10));
    onOpen = () => {
      recorder.pull();
      other.camera.attach();
      dock.plug(PLACE.path, other, { interfaces: [DISK], serial: null });
    };
    await expect(driver.open(PLACE, live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('notices that the camera left before it was told anything', async () => {
    const all = await opened();
    let left: Error | undefined;
    all.session.onLeft?.((error) => (left = error));
    all.it.recorder.pull();
    expect(isDockError(left, 'driver.detached')).toBe(true);
    await expect(all.session.identity(live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect((await listed(all)).afterMs).toBe(0);
    expect(all.it.changes).toEqual([]);
  });

  test('that is closed while the camera is away ends at once, and leaves the port to whoever watches it', async () => {
    const all = await opened();
    const work = outcome(all.session.inventory(live()), all.clock, 1000);
    await work;
    await all.session.close();
    expect(all.it.changes).toEqual(['away', 'end']);
    expect(all.clock.pending).toBe(1); // the recorder's own return
    await expect(all.session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('that is closed while the disk is being opened leaves that closed as well', async () => {
    const clock = new ManualClock();
    const open: CameraSession[] = [];
    const it = bench({
      clock,
      wrapDisk: (disk) => ({
        ...disk,
        open: async (place, signal) => {
          const session = await disk.open(place, signal);
          open.push(session);
          await clock.sleep(1000, live());
          return session;
        },
      }),
    });
    const session = await it.driver.open(PLACE, live());
    await outcome(session.inventory(live()), clock, 4000);
    expect(open).toHaveLength(1);
    let isOver = false;
    const closing = session.close().then(() => (isOver = true));
    await clock.advance(100);
    expect(isOver).toBe(false);
    await clock.advance(2000);
    await closing;
    for (const disk of open)
      await expect(disk.identity(live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect(it.changes).toEqual(['away', 'end']);
  });

  test('does not tell a camera that is not on the port any more, though its transport has not noticed', async () => {
    const all = await opened();
    all.it.dock.devices.at = async () => undefined;
    expect(await listed(all)).toMatchObject({ code: 'driver.detached', afterMs: 0 });
    expect(all.it.recorder.steps()).not.toContain('show-disk');
    expect(all.it.changes).toEqual([]);
  });

  test('that nobody waits for any more changes over all the same, and the next call has the files', async () => {
    const all = await opened();
    const impatient = new AbortController();
    const first = outcome(all.session.inventory(impatient.signal), all.clock, 1000);
    all.clock.after(500, () => impatient.abort(new Error('not now')));
    expect(await first).toMatchObject({ code: 'Error: not now', afterMs: 500 });
    expect((await listed(all)).value?.entries).toHaveLength(1);
  });

  test('tells the battery though the disk is late, and battery and disk together where it is not', async () => {
    const late = await opened({ awayMs: 20_000 });
    const told = await outcome(late.session.condition(live()), late.clock, 15_000);
    expect(told.value?.batteryPercent).toBe(77);
    expect(told.afterMs).toBeLessThan(10_000);
    expect((await listed(late)).value?.entries).toHaveLength(1);
    const soon = await opened();
    soon.it.recorder.camera.condition = {
      ...(told.value ?? neverTold()),
      batteryPercent: null,
      storageFreeBytes: 5,
    };
    const both = await outcome(soon.session.condition(live()), soon.clock);
    expect(both.value).toMatchObject({ batteryPercent: 77, storageFreeBytes: 5 });
  });

  test('that failed over its disk goes on with it, and who the camera is stays known', async () => {
    const all = await opened({ serial: 'KOD-9' });
    await listed(all);
    await all.session.close();
    expect(await all.it.driver.probe(PLACE, live())).toBe(true);
    const again = await all.it.driver.open(PLACE, live());
    expect(await again.identity(live())).toMatchObject({ serial: 'KOD-9', vendor: 'Ambarella' });
    expect((await again.inventory(live())).entries).toHaveLength(1);
    await again.close();
    all.it.recorder.pull();
    all.it.dock.plug('1-1.4', all.it.recorder, { interfaces: [DISK] });
    expect(await all.it.driver.probe(PLACE, live())).toBe(false);
  });
});

function neverTold(): never {
  throw new Error('nothing was told');
}
