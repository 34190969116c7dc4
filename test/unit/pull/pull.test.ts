// One pass from a camera that hesitates, says other things the second time, or ends too early, into a real sealing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pullInto, type PullContext } from '../../../agent/pull/pull.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import type { Sealing } from '../../../agent/seal/bulk.ts';
import type { CameraSession, InventoryEntry, Piece } from '../../../drivers/driver.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { live, patternBytes } from '../../contracts/driver-subject.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { scaledClock } from '../../fakes/clock-scaled.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { smpBench } from '../../fakes/smp-subject.ts';

const content = patternBytes(3 * PULL_PIECE_BYTES + 100);
const entry: InventoryEntry = {
  path: encodeUtf8('a.mp4'),
  kind: 'file',
  sizeBytes: content.length,
  modifiedAt: null,
  modifiedStepMs: 1,
  stamp: 'a',
  locked: false,
  vendor: {},
};

let folder = '';
let sealing: Sealing;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-'));
  const random = nodeRandom();
  sealing = await bulkInline({ files: nodeFiles(), random }).startSeal({
    payloadPath: join(folder, 'payload.age'),
    chunksPath: join(folder, 'chunks.bin'),
    recipients: [makeIdentity(random).recipient],
  });
});
afterEach(async () => {
  await sealing.abort();
  await rm(folder, { recursive: true });
});

/** A camera that stops answering once behind `stopsAt` bytes; from then on it reads `again`. */
function camera(stopsAt: number, again: Uint8Array): { context: PullContext; offsets: number[] } {
  const offsets: number[] = [];
  async function* read(_: InventoryEntry, offset: number): AsyncGenerator<Piece> {
    offsets.push(offset);
    const isFirst = offsets.length === 1;
    const bytes = isFirst ? content : again;
    for (let at = offset; at < bytes.length; at += PULL_PIECE_BYTES) {
      if (isFirst && at >= stopsAt) throw new DockError('driver.timeout', 'no answer', { retry: 'later' });
      yield { kind: 'bytes', bytes: Uint8Array.from(bytes.subarray(at, at + PULL_PIECE_BYTES)) };
    }
  }
  const session = { read } as Partial<CameraSession> as CameraSession;
  const { signal } = new AbortController();
  const context: PullContext = {
    session,
    clock: scaledClock(50),
    log: new MemoryLog(),
    signal,
    onProgress: () => undefined,
  };
  return { context, offsets };
}

test('a camera that hesitates goes on where it was, after the bytes before were read again and were the same', async () => {
  const { context, offsets } = camera(2 * PULL_PIECE_BYTES, content);
  await pullInto(sealing, entry, context);
  expect(offsets).toEqual([0, PULL_PIECE_BYTES, 2 * PULL_PIECE_BYTES]);
  const { originalSha256, originalSizeBytes } = await sealing.finish();
  expect(originalSizeBytes).toBe(content.length);
  expect(originalSha256).toBe(sha256Hex(content));
});

test.each([0, 1, PULL_PIECE_BYTES - 1])(
  'a byte before the gap that reads differently the second time ends the pull (%i from the gap)',
  async (before) => {
    const other = Buffer.from(content);
    const at = 2 * PULL_PIECE_BYTES - 1 - before;
    other[at] = (other[at] ?? 0) ^ 1;
    const { context } = camera(2 * PULL_PIECE_BYTES, other);
    await expect(pullInto(sealing, entry, context)).rejects.toMatchObject({
      code: 'pull.resumed-differently',
      facts: { offset_bytes: 2 * PULL_PIECE_BYTES },
    });
  },
);

test.each([
  ['ends before', content.subarray(0, -1)],
  ['goes on behind', Buffer.concat([content, Buffer.from('x')])],
])('a file that %s its listed size is not whole', async (_, bytes) => {
  const { context } = camera(PULL_PIECE_BYTES, bytes);
  await expect(pullInto(sealing, entry, context)).rejects.toMatchObject({ code: 'driver.changed' });
});

test('a bit that raw framing let through is not sealed because the camera hesitated behind it', async () => {
  const manual = new ManualClock();
  const running = setInterval(() => void manual.advance(500), 1);
  const bench = smpBench({ framing: 'raw', bufSize: 8000, bufCount: 4, baud: 3_000_000, time: manual });
  bench.files.put('a.mp4', content);
  const session = await bench.subject.driver.open(bench.place, live());
  try {
    const [listed] = (await session.inventory(live())).entries;
    if (listed === undefined) throw new Error('nothing is listed');
    const read = bench.files.read.bind(bench.files);
    let downloads = 0;
    bench.files.read = async (name, offset, count) => {
      const bytes = Uint8Array.from(await read(name, offset, count));
      const isDownload = count < 8000; // digests are made of larger pieces
      if (isDownload && ++downloads === 2) bytes[100] = (bytes[100] ?? 0) ^ 1;
      return bytes;
    };
    const answer = bench.camera.answer.bind(bench.camera);
    let unanswered = 0;
    bench.camera.answer = async (request) => {
      const isDownload = request[5] === 8 && request[7] === 0;
      if (isDownload && downloads > 200 && unanswered++ < 20) return undefined;
      return answer(request);
    };
    const context: PullContext = {
      session,
      clock: manual,
      log: new MemoryLog(),
      signal: live(),
      onProgress: () => undefined,
    };
    const code = await pullInto(sealing, listed, context).then(
      () => 'good',
      (error: unknown) => (error instanceof DockError ? error.code : String(error)),
    );
    expect(unanswered).toBeGreaterThan(20);
    expect(code).not.toBe('good');
  } finally {
    await session.close();
    clearInterval(running);
  }
});
