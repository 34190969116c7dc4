import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry, Piece } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { PULL_PIECE_BYTES } from '../../../../protocol/format/limits.ts';
import {
  ANY_SHA256,
  collect,
  live,
  path,
  patternBytes,
  readBytes,
} from '../../../contracts/driver-subject.ts';
import { CardFolder } from '../../../fakes/card-folder.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { FaultyFolderFiles, systemError } from '../../../fakes/faulty-folder-files.ts';

const SECTOR = 4096;
const bytes = patternBytes(2 * PULL_PIECE_BYTES + 10_000);
let card: CardFolder;
let files: FaultyFolderFiles;

beforeEach(async () => {
  card = await CardFolder.make();
  files = new FaultyFolderFiles();
});
afterEach(() => card.dispose());

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

/** Every read that touches one of these sectors fails, as of a bad spot on the card. */
function breakSectors(...sectors: number[]): void {
  files.onCall = ({ name, position, sizeBytes }) => {
    if (name !== 'read') return;
    if (sectors.some((sector) => position < (sector + 1) * SECTOR && position + sizeBytes > sector * SECTOR))
      throw systemError('EIO');
  };
}

function unreadableRanges(pieces: readonly Piece[], offset = 0): [number, number][] {
  const ranges: [number, number][] = [];
  let at = offset;
  for (const piece of pieces) {
    const size = piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
    if (piece.kind === 'unreadable') ranges.push([at, size]);
    at += size;
  }
  return ranges;
}

function withZeros(ranges: readonly [number, number][]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [from, size] of ranges) copy.fill(0, from, from + size);
  return copy;
}

test('by an entry of another size than the file has nothing is read and nothing erased, whatever its stamp says', async () => {
  await card.put(path('a.mp4'), bytes);
  const session = await open();
  const { stamp, ...listed } = await firstEntry(session);
  const other = { ...listed, path: path('a.mp4'), modifiedAt: null, stamp, sizeBytes: 0 };
  await expect(piecesOf(session, other)).rejects.toMatchObject({ code: 'driver.changed' });
  await expect(session.erase(other, live(), ANY_SHA256)).rejects.toMatchObject({ code: 'driver.changed' });
  expect(await session.erase({ ...other, sizeBytes: bytes.length }, live(), ANY_SHA256)).toBe('done');
  await session.close();
});

describe('a bad spot on the card', () => {
  test.each([
    ['the first sector', [0]],
    ['one in the middle', [100]],
    ['two neighbours', [100, 101]],
    ['neighbours on both sides of two pieces', [255, 256]],
    ['several apart', [3, 90, 91, 92, 300, 511]],
    ['the last, cut one', [Math.floor(bytes.length / SECTOR)]],
  ])('%s is named, and the rest of the file is read', async (_, sectors) => {
    await card.put('a.MP4', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    breakSectors(...sectors);
    const pieces = await piecesOf(session, entry);
    const ranges = unreadableRanges(pieces);
    expect(ranges.reduce((sum, [, size]) => sum + size, 0)).toBeLessThanOrEqual(sectors.length * SECTOR);
    for (const sector of sectors)
      expect(ranges.some(([from, size]) => from <= sector * SECTOR && from + size > sector * SECTOR)).toBe(
        true,
      );
    expect((await readBytes(session, entry)).equals(withZeros(ranges))).toBe(true);
    for (const piece of pieces)
      if (piece.kind === 'bytes') expect(piece.bytes.buffer.byteLength).toBe(piece.bytes.length);
    await session.close();
    expect(files.opened).toBe(0);
  });

  test('a resume in the middle of a bad sector names the part behind it', async () => {
    await card.put('a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    breakSectors(10);
    const offset = 10 * SECTOR + 100;
    expect(unreadableRanges(await piecesOf(session, entry, offset), offset)).toEqual([
      [offset, SECTOR - 100],
    ]);
    await session.close();
  });

  test('is asked for in long pieces, since each costs time, and whole parts in short ones', async () => {
    await card.put('a.MP4', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    const asked: number[] = [];
    breakSectors(0);
    const broken = files.onCall;
    files.onCall = (call) => {
      if (call.name === 'read' && call.sizeBytes > SECTOR) asked.push(call.position);
      return broken?.(call);
    };
    await piecesOf(session, entry);
    const half = PULL_PIECE_BYTES / 2;
    // Behind the damaged half MiB one of a whole MiB follows, and behind that halves.
    for (const from of [half, 3 * half, 4 * half]) expect(asked).toContain(from);
    expect(asked).not.toContain(2 * half);
  });

  test('an error that does not come again leaves no mark', async () => {
    await card.put('a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    for (const failing of [1, 2]) {
      let reads = 0;
      files.onCall = ({ name }) => {
        if (name === 'read' && ++reads <= failing) throw systemError('EIO');
      };
      expect((await readBytes(session, entry)).equals(bytes)).toBe(true);
    }
    await session.close();
  });

  test('a single sector that gives in at the third try leaves no mark', async () => {
    await card.put('a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    let tries = 0;
    files.onCall = ({ name, position, sizeBytes }) => {
      const isTouched = position <= 100 * SECTOR && position + sizeBytes > 100 * SECTOR;
      if (name === 'read' && isTouched && (sizeBytes > SECTOR || ++tries < 3)) throw systemError('EIO');
    };
    expect((await readBytes(session, entry)).equals(bytes)).toBe(true);
    expect(tries).toBe(3);
    await session.close();
  });

  test('a file of which nothing can be read for too long is given up and kept', async () => {
    await card.put('a', bytes);
    const clock = new ManualClock();
    const session = await open(clock, { damageMs: 60_000 });
    const entry = await firstEntry(session);
    files.onCall = async ({ name }) => {
      if (name !== 'read') return;
      await clock.advance(20_000);
      throw systemError('EIO');
    };
    await expect(piecesOf(session, entry)).rejects.toMatchObject({
      code: 'driver.unreadable',
      retry: 'person',
    });
    await session.close();
  });
});

describe('short counts', () => {
  test.each([1000, 4096, 65_537])('a medium that gives %i bytes at a time is read whole', async (most) => {
    await card.put('a', bytes);
    files.readBytesMax = most;
    const session = await open();
    const entry = await firstEntry(session);
    expect((await readBytes(session, entry)).equals(bytes)).toBe(true);
    await session.close();
  });
});

describe('erasing', () => {
  test.each([
    ['EROFS', 'write-protected'],
    ['EPERM', 'write-protected'],
    ['EACCES', 'write-protected'],
    ['EIO', 'refused'],
    ['EBUSY', 'refused'],
    ['ENOENT', 'already-gone'],
  ])('%s of the unlink is told as %s', async (code, outcome) => {
    await card.put('D/a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    files.onCall = ({ name }) => {
      if (name === 'unlink') throw systemError(code);
    };
    expect(await session.erase(entry, live(), ANY_SHA256)).toBe(outcome);
    expect((await card.contents()).size).toBe(1);
    await session.close();
  });

  test('an erasure that may not be on the medium is not done', async () => {
    await card.put('D/a', bytes);
    const session = await open();
    const entry = await firstEntry(session);
    files.onCall = ({ name }) => {
      if (name === 'sync') throw systemError('EIO');
    };
    expect(await session.erase(entry, live(), ANY_SHA256)).toBe('refused');
    await session.close();
  });
});

describe('a fault at every call', () => {
  const codes = ['EIO', 'ENOENT', 'EACCES', 'EMFILE', 'ENODEV', 'ELOOP'];

  async function wholeLife(session: CameraSession): Promise<string> {
    const { entries, problems } = await session.inventory(live());
    if (problems.length > 0) return 'problems';
    expect(entries.map((entry) => Buffer.from(entry.path).toString())).toEqual(['D/E/a', 'b']);
    for (const entry of entries) {
      const pieces = await piecesOf(session, entry);
      if (pieces.some((piece) => piece.kind === 'unreadable')) return 'damaged';
      const whole = Buffer.concat(pieces.map((piece) => (piece.kind === 'bytes' ? piece.bytes : path(''))));
      expect(whole.equals(patternBytes(5000))).toBe(true);
      const outcome = await session.erase(entry, live(), ANY_SHA256);
      if (outcome !== 'done') return outcome;
    }
    return 'done';
  }

  test.each(codes)(
    '%s, once or from then on, ends in a told outcome, with all handles closed',
    async (code) => {
      const outcomes = new Set<string>();
      for (const forEver of [false, true]) {
        for (let number = 1; ; number++) {
          await card.put('D/E/a', patternBytes(5000));
          await card.put('b', patternBytes(5000));
          files = new FaultyFolderFiles();
          files.failCall(number, code, forEver);
          const session = await open().catch((error: unknown) => error);
          let outcome = isDockError(session) ? session.code : 'thrown';
          if (!(session instanceof Error)) {
            const opened = session as CameraSession;
            outcome = await wholeLife(opened).catch((error: unknown) =>
              isDockError(error) ? error.code : String(error),
            );
            await opened.close();
          }
          outcomes.add(outcome);
          expect(files.opened).toBe(0);
          if (files.calls < number) break;
        }
      }
      const told =
        /^(?:done|problems|damaged|already-gone|write-protected|refused|driver\.(?:detached|gone|changed|unreadable|refused))$/;
      for (const outcome of outcomes) expect(outcome).toMatch(told);
      // A station that is short of handles says nothing about the camera.
      if (code === 'EMFILE') expect([...outcomes]).not.toContain('problems');
    },
  );
});
