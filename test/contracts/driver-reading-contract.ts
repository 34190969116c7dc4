// How every driver reads a file, and what it says of one that changed, vanished, or left with its camera.
import assert from 'node:assert/strict';
import type { CameraSession, InventoryEntry, Piece } from '../../drivers/driver.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import type { ContractRunner } from './runner.ts';
import {
  ANY_SHA256,
  hasCode,
  live,
  openedWith,
  path,
  patternBytes,
  readBytes,
  type DriverSubject,
} from './driver-subject.ts';

/** Runs the suite over files that stay as they are. */
export function readingContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  const sizes = [
    1,
    4095,
    PULL_PIECE_BYTES - 1,
    PULL_PIECE_BYTES,
    PULL_PIECE_BYTES + 1,
    2 * PULL_PIECE_BYTES + 12_345,
  ];

  test('a file comes byte by byte as it is, in pieces of its own memory', async () => {
    for (const size of sizes) {
      const bytes = patternBytes(size);
      const { session, entry } = await openedWith(make, { a: bytes });
      const parts: Uint8Array[] = [];
      for await (const piece of session.read(await entry('a'), 0, live())) {
        assert.ok(piece.kind === 'bytes');
        assert.ok(piece.bytes.length >= 1 && piece.bytes.length <= PULL_PIECE_BYTES);
        assert.equal(piece.bytes.byteLength, piece.bytes.buffer.byteLength);
        parts.push(structuredClone(piece.bytes, { transfer: [piece.bytes.buffer] }));
      }
      assert.ok(Buffer.concat(parts).equals(bytes), `${size} bytes`);
    }
  });

  test('a read resumes at any offset, the end included', async () => {
    const bytes = patternBytes(2 * PULL_PIECE_BYTES + 12_345);
    const { session, entry } = await openedWith(make, { a: bytes });
    const listed = await entry('a');
    for (const offset of [0, ...sizes, bytes.length - 1, bytes.length]) {
      assert.ok((await readBytes(session, listed, offset)).equals(bytes.subarray(offset)), `from ${offset}`);
    }
  });

  test('an empty file has no pieces and an end', async () => {
    const { session, entry } = await openedWith(make, { a: Buffer.alloc(0) });
    assert.equal((await readBytes(session, await entry('a'))).length, 0);
  });

  test('a reader that stops early leaves the session as it was', async () => {
    const bytes = patternBytes(3 * PULL_PIECE_BYTES);
    const { session, entry } = await openedWith(make, { a: bytes });
    const listed = await entry('a');
    for await (const piece of session.read(listed, 0, live())) {
      assert.equal(piece.kind, 'bytes');
      break;
    }
    assert.ok((await readBytes(session, listed)).equals(bytes));
  });

  test('an abort between two pieces ends the read with its reason before the file does', async () => {
    const { session, entry } = await openedWith(make, { a: patternBytes(8 * PULL_PIECE_BYTES) });
    const stop = new AbortController();
    const reason = new Error('stop now');
    let pieces = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of session.read(await entry('a'), 0, stop.signal)) {
        assert.equal(piece.kind, 'bytes');
        pieces++;
        stop.abort(reason);
      }
    };
    await assert.rejects(reading(), (error) => error === reason);
    assert.ok(pieces <= 2, `${pieces} pieces`);
  });
}

/** Reads a file, does something when the first piece is there, and tells how it ended. */
async function readDuring(
  session: CameraSession,
  entry: InventoryEntry,
  change: () => Promise<void>,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const take = (piece: Piece): number =>
    parts.push(piece.kind === 'bytes' ? piece.bytes : new Uint8Array(piece.sizeBytes));
  for await (const piece of session.read(entry, 0, live())) if (take(piece) === 1) await change();
  return Buffer.concat(parts);
}

/** Runs the suite over files that do not. */
export function changeContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  const big = patternBytes(6 * PULL_PIECE_BYTES);

  test('a file that changed since the inventory is not read as the listed one', async () => {
    const { session, entry, put } = await openedWith(make, { a: patternBytes(100), b: patternBytes(100) });
    const listed = [await entry('a'), await entry('b')] as const;
    await put(path('a'), patternBytes(50));
    await put(path('b'), patternBytes(100, 2));
    for (const entry of listed) await assert.rejects(readBytes(session, entry), hasCode('driver.changed'));
  });

  const changes: readonly [string, Buffer][] = [
    ['grows', Buffer.concat([big, patternBytes(1)])],
    ['shrinks', big.subarray(0, PULL_PIECE_BYTES + 1)],
    ['is written anew', patternBytes(big.length, 2)],
  ];
  for (const [what, bytes] of changes) {
    test(`a file that ${what} while it is read never comes to a good end`, async () => {
      const { session, entry, put } = await openedWith(make, { a: big });
      const reading = readDuring(session, await entry('a'), () => put(path('a'), bytes));
      await assert.rejects(reading, hasCode('driver.changed'));
    });
  }

  test('a file that is removed while it is read ends whole or not at all', async () => {
    const { session, entry, remove } = await openedWith(make, { a: big });
    const reading = readDuring(session, await entry('a'), () => remove(path('a')));
    await assert.rejects(reading, hasCode('driver.gone', 'driver.changed'));
  });

  test('a file that is gone says so, and the others can still be read', async () => {
    const { session, entry, remove } = await openedWith(make, {
      'D/a': patternBytes(100),
      b: patternBytes(100),
    });
    const listed = [await entry('D/a'), await entry('b')] as const;
    await remove(path('D/a'));
    await assert.rejects(readBytes(session, listed[0]), hasCode('driver.gone'));
    assert.ok((await readBytes(session, listed[1])).equals(patternBytes(100)));
  });

  test('a camera that left is never an empty or a shorter one', async () => {
    const { session, entry, detach } = await openedWith(make, { a: patternBytes(100) });
    const listed = await entry('a');
    await detach();
    await assert.rejects(session.inventory(live()), hasCode('driver.detached'));
    await assert.rejects(readBytes(session, listed), hasCode('driver.detached'));
    await assert.rejects(session.erase(listed, live(), ANY_SHA256), hasCode('driver.detached'));
    await session.close();
  });

  test('a camera that leaves while a file is read ends the read', async () => {
    const { session, entry, detach } = await openedWith(make, { a: big });
    await assert.rejects(readDuring(session, await entry('a'), detach), hasCode('driver.detached'));
  });
}
