import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry, Piece } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { PULL_PIECE_BYTES } from '../../../../protocol/format/limits.ts';
import { ANY_SHA256, collect, live, patternBytes } from '../../../contracts/driver-subject.ts';
import { CardFolder } from '../../../fakes/card-folder.ts';
import { ManualClock, settle } from '../../../fakes/clock-manual.ts';
import { FaultyFolderFiles, systemError } from '../../../fakes/faulty-folder-files.ts';

const bytes = patternBytes(2 * PULL_PIECE_BYTES + 10_000);
let card: CardFolder;
let files: FaultyFolderFiles;

beforeEach(async () => {
  card = await CardFolder.make();
  files = new FaultyFolderFiles();
});
afterEach(async () => {
  files.letGo();
  await settle();
  card.dispose();
});

function open(clock = nodeClock(), times = {}): Promise<CameraSession> {
  const driver = massStorageDriver({ clock, files, times: { noticeMs: 0, ...times } });
  return driver.open({ kind: 'folder', path: card.root }, live());
}

async function firstEntry(session: CameraSession): Promise<InventoryEntry> {
  const [entry] = (await session.inventory(live())).entries;
  if (entry === undefined) throw new Error('the inventory is empty');
  return entry;
}

async function piecesOf(session: CameraSession, entry: InventoryEntry, offset = 0): Promise<Piece[]> {
  return collect(session.read(entry, offset, live()));
}

/** Sleeps last no time; `onSleep` is told which one it is, from 1. */
class SleepCountingClock extends ManualClock {
  sleeps = 0;
  onSleep: (number: number) => void = () => undefined;

  override async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.onSleep(++this.sleeps);
    const sleeping = super.sleep(ms, signal);
    await this.advance(ms);
    return sleeping;
  }
}

describe('a pulled plug', () => {
  test('a listing that came without an error is refused when the device is gone', async () => {
    files.deviceState = 'unpluggable';
    const session = await open();
    files.deviceState = 'unknown';
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    await session.close();
  });

  test('the empty list of a card that leaves is not believed before the kernel would have noticed', async () => {
    files.deviceState = 'unpluggable';
    const clock = new SleepCountingClock();
    const session = await open(clock, { noticeMs: 600 });
    clock.onSleep = () => (files.deviceState = 'unknown');
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect(clock.monotonicMs()).toBe(600);
    await session.close();
  });

  test.each([
    ['before the first look', 2, 8],
    ['while the bad range is halved', 3, 5000],
  ])('read errors of a card that leaves %s are not a damaged file', async (_, leavesAtSleep, readsMax) => {
    await card.put('a', bytes);
    files.deviceState = 'unpluggable';
    const clock = new SleepCountingClock();
    const session = await open(clock, { noticeMs: 600 });
    const entry = await firstEntry(session);
    expect(clock.sleeps).toBe(1);
    clock.onSleep = (number) => {
      if (number === leavesAtSleep) files.deviceState = 'unknown';
    };
    let reads = 0;
    files.onCall = ({ name, position }) => {
      if (name !== 'read' || position >= PULL_PIECE_BYTES) return;
      reads++;
      throw systemError('EIO');
    };
    await expect(piecesOf(session, entry)).rejects.toMatchObject({ code: 'driver.detached' });
    expect(reads).toBeLessThan(readsMax);
    await session.close();
  });

  test.each(['ENOENT', 'EIO', 'ENODEV', 'ENXIO', 'EACCES'])(
    '%s on a device that is gone means detached',
    async (code) => {
      await card.put('D/a', bytes);
      files.deviceState = 'fixed';
      const session = await open();
      const entry = await firstEntry(session);
      files.deviceState = 'unknown';
      files.onCall = ({ name }) => {
        if (name !== 'stat') throw systemError(code);
      };
      await expect(piecesOf(session, entry)).rejects.toMatchObject({ code: 'driver.detached' });
      await expect(session.erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({
        code: 'driver.detached',
      });
      await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
      await session.close();
    },
  );

  test('another card at the same place is not this camera', async () => {
    await card.put('a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    files.changeStat = (stat, name) => (name === 'root' ? { ...stat, device: stat.device + 1n } : stat);
    await expect(piecesOf(session, entry)).rejects.toMatchObject({ code: 'driver.detached' });
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect((await card.contents()).size).toBe(1);
    await session.close();
  });
});

describe('a medium that hangs', () => {
  function callThatUses(name: string, session: CameraSession, entry: InventoryEntry): Promise<unknown> {
    if (name === 'names') return session.inventory(live());
    return name === 'unlink' ? session.erase(entry, live(), ANY_SHA256) : piecesOf(session, entry);
  }

  test.each(['lstat', 'openFile', 'file.stat', 'read', 'names', 'unlink'])(
    'a %s without an end is a timeout',
    async (hanging) => {
      await card.put('a', bytes);
      const clock = new ManualClock();
      const session = await open(clock, { callMs: 60_000 });
      const entry = await firstEntry(session);
      files.hangsAt = hanging;
      const call = callThatUses(hanging, session, entry);
      const ended = expect(call).rejects.toMatchObject({ code: 'driver.timeout' });
      while (files.hanging === 0) await settle();
      await clock.advance(59_000);
      await clock.advance(2000);
      await ended;
      await session.close();
    },
  );

  test.each(['read', 'openFile', 'names'])(
    'an abort ends a %s that hangs, and so does a close',
    async (hanging) => {
      await card.put('a', bytes);
      for (const end of ['abort', 'close']) {
        files.letGo();
        files = new FaultyFolderFiles();
        const session = await open();
        const entry = await firstEntry(session);
        files.hangsAt = hanging;
        const stop = new AbortController();
        const reason = new Error('stop now');
        const call =
          hanging === 'names' ? session.inventory(stop.signal) : collect(session.read(entry, 0, stop.signal));
        call.catch(() => undefined);
        while (files.hanging === 0) await settle();
        if (end === 'abort') stop.abort(reason);
        else await session.close();
        await expect(call).rejects.toMatchObject(
          end === 'abort' ? { message: 'stop now' } : { code: 'driver.detached' },
        );
        await session.close();
      }
    },
  );

  test.each(['openFolder', 'openFile', 'openNames'])(
    'what a %s brings after its time is closed at once',
    async (hanging) => {
      await card.put('D/a', bytes);
      const session = await open();
      const entry = await firstEntry(session);
      files.hangsAt = hanging;
      const stop = new AbortController();
      const call =
        hanging === 'openNames'
          ? session.inventory(stop.signal)
          : collect(session.read(entry, 0, stop.signal));
      call.catch(() => undefined);
      while (files.hanging === 0) await settle();
      stop.abort(new Error('stop now'));
      await expect(call).rejects.toThrow('stop now');
      await session.close();
      expect(files.opened).toBe(1);
      files.letGo();
      await settle();
      expect(files.opened).toBe(0);
    },
  );
});
