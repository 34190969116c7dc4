// Reading one file: how much is asked for at a time, what lengths a camera may answer with, and what the end of a file is worth.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { InventoryEntry, CameraSession } from '../../../../../drivers/driver.ts';
import { live, patternBytes, readBytes } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';
import { passing } from '../../../../fakes/passing.ts';
import { smpBench, type SmpBench, type SmpSubjectWish } from '../../../../fakes/smp-subject.ts';
import { scriptedCamera, type ScriptedRequest } from '../../../../fakes/smp-scripted.ts';
import { smpDriver } from '../../../../../drivers/serial/smp/driver.ts';

const HOUR_MS = 3_600_000;
const BYTES = patternBytes(40_000);

interface Opened extends SmpBench {
  readonly clock: ManualClock;
  readonly session: CameraSession;
  readonly entry: InventoryEntry;
}

async function opened(wish: SmpSubjectWish = {}, bytes: Uint8Array = BYTES): Promise<Opened> {
  const clock = new ManualClock();
  const bench = smpBench({ ...wish, time: clock });
  bench.files.put('a', bytes);
  const session = await bench.subject.driver.open(bench.place, live());
  const [entry] = (await session.inventory(live())).entries;
  if (entry === undefined) throw new Error('nothing is listed');
  return { ...bench, clock, session, entry };
}

describe('requests under way', () => {
  test.each([
    [512, 1],
    [512, 4],
    [2048, 8],
    [8192, 200],
  ])('with buffers of %i bytes, %i of them, never overrun the camera', async (bufSize, bufCount) => {
    const { session, entry, camera, line } = await opened({ bufSize, bufCount });
    const lengths: number[] = [];
    const answer = camera.answer.bind(camera);
    camera.answer = async (packet) => {
      const answered = await answer(packet);
      lengths.push(packet.length, answered?.length ?? 0);
      return answered;
    };
    expect((await readBytes(session, entry)).equals(BYTES)).toBe(true);
    expect(line.dropped).toBe(0);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(bufSize);
  });

  test('are as many as the camera takes, and are asked once each where answers have one length', async () => {
    const underWay = { now: 0, most: 0, downloads: 0 };
    const held: (() => void)[] = [];
    const { session, entry } = await scripted((request) => {
      underWay.now++;
      underWay.downloads++;
      underWay.most = Math.max(underWay.most, underWay.now);
      held.push(() => {
        underWay.now--;
        answerDownload(request, 100);
      });
      // answers go out only when nothing more is asked: the window must fill by itself
      queueMicrotask(() => setImmediate(() => held.shift()?.()));
    });
    expect((await readBytes(session, entry)).equals(SCRIPTED)).toBe(true);
    expect(underWay.most).toBe(4);
    expect(underWay.downloads).toBe(Math.ceil(SCRIPTED.length / 100));
  });
});

const SCRIPTED = patternBytes(5000);

function answerDownload(
  request: ScriptedRequest,
  most: number,
  change: Readonly<Record<string, unknown>> = {},
): void {
  const off = Number(request.map['off']);
  request.answer({ off, data: SCRIPTED.subarray(off, off + most), len: SCRIPTED.length, ...change });
}

/** A camera with one file whose downloads a test answers itself. */
async function scripted(
  download: (request: ScriptedRequest) => void,
  sha256: Uint8Array = createHash('sha256').update(SCRIPTED).digest(),
  without: readonly string[] = [],
): Promise<{ readonly session: CameraSession; readonly entry: InventoryEntry; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const answers: Readonly<Record<string, (request: ScriptedRequest) => void>> = {
    '0/0': (request) => request.answer({ r: request.map['d'] }),
    '0/6': (request) => request.answer({ buf_size: 512, buf_count: 4 }),
    '66/0': (request) => request.answer({ serial: '1' }),
    '66/1': (request) => request.answer({ total: 1, items: [{ name: 'a', len: SCRIPTED.length }] }),
    '8/0': download,
    '8/1': (request) => request.answer({ len: SCRIPTED.length }),
    '8/2': (request) => request.answer({ type: 'sha256', output: Uint8Array.from(sha256) }),
  };
  const socket = scriptedCamera((request) => {
    const command = `${request.header.group}/${request.header.command}`;
    if (without.includes(command)) request.answer({ rc: 8 });
    else answers[command]?.(request);
  });
  const driver = smpDriver({ openLine: socket.openLine, clock });
  const session = await driver.open(
    { kind: 'serial', path: 'bay-1', baud: 115_200, framing: 'console' },
    live(),
  );
  const [entry] = (await session.inventory(live())).entries;
  if (entry === undefined) throw new Error('nothing is listed');
  return { session, entry, clock };
}

describe('lengths of answers', () => {
  const SHAPES: Readonly<Record<string, (off: number, most: number) => number>> = {
    'one byte each time': () => 1,
    'other ones each time': (off, most) => 1 + ((Math.imul(off + 1, 0x9e3779b1) >>> 0) % most),
    'longer with every answer': (off, most) => Math.min(most, 50 + Math.floor(off / 100)),
    'short at the start': (off, most) => (off === 0 ? 10 : most),
  };
  for (const [name, lengthAt] of Object.entries(SHAPES)) {
    test(`${name}: every byte comes in order and once, from any offset`, async () => {
      const bytes = patternBytes(name.startsWith('one') ? 400 : 9000);
      const { session, entry } = await opened({ lengthAt, bufSize: 512 }, bytes);
      for (const offset of [0, 1, 333, bytes.length - 1, bytes.length])
        expect(
          (await readBytes(session, entry, offset)).equals(bytes.subarray(offset)),
          `from ${offset}`,
        ).toBe(true);
    });
  }

  test.each<[string, (request: ScriptedRequest) => void, string]>([
    ['none at all', (request) => answerDownload(request, 0), 'driver.changed'],
    [
      'more than the file has',
      (request) => answerDownload(request, 200, { data: patternBytes(6000) }),
      'driver.changed',
    ],
    [
      'another length of the file',
      (request) => answerDownload(request, 100, { len: 4999 }),
      'driver.changed',
    ],
    ['text in place of bytes', (request) => answerDownload(request, 100, { data: 'abc' }), 'driver.protocol'],
    ['a negative length', (request) => answerDownload(request, 100, { len: -1 }), 'driver.protocol'],
    ['always another offset', (request) => answerDownload(request, 100, { off: 7 }), 'driver.timeout'],
    [
      'an error of the file system',
      (request) => request.answer({ err: { group: 8, rc: 7 } }),
      'driver.unreadable',
    ],
    ['that there is no such file', (request) => request.answer({ err: { group: 8, rc: 3 } }), 'driver.gone'],
    ['no entry, in SMP v1', (request) => request.answer({ rc: 5 }), 'driver.gone'],
  ])('%s is an error with a name', async (_, answer, code) => {
    const { session, entry, clock } = await scripted(answer);
    const { error } = await passing(clock, readBytes(session, entry), HOUR_MS);
    expect(error).toMatchObject({ code });
  });

  test("a digest that is not the camera's is no good end", async () => {
    const { session, entry } = await scripted((request) => answerDownload(request, 100), new Uint8Array(32));
    await expect(readBytes(session, entry)).rejects.toMatchObject({ code: 'driver.changed' });
  });

  test('a camera that is busy is asked again', async () => {
    let asked = 0;
    const { session, entry, clock } = await scripted((request) => {
      if (++asked % 3 === 0) request.answer({ rc: 10 });
      else answerDownload(request, 400);
    });
    const { value } = await passing(clock, readBytes(session, entry), HOUR_MS);
    expect(value?.equals(SCRIPTED)).toBe(true);
  });
});

describe('a file', () => {
  test('of which a part came is read on from there by another session, at any fault', async () => {
    for (const n of [5, 17, 40]) {
      const clock = new ManualClock();
      const bench = smpBench({ bufSize: 512, time: clock, faults: { 'silent-after': n } });
      bench.files.put('a', BYTES);
      const taken: Uint8Array[] = [];
      const first = await passing(clock, readAll(bench, taken, 0), HOUR_MS);
      expect(first.error).toMatchObject({
        code: expect.stringMatching(/driver\.(?:detached|timeout)/) as string,
      });
      const again = smpBench({ bufSize: 512, time: clock });
      again.files.put('a', BYTES);
      const second = await passing(clock, readAll(again, taken, Buffer.concat(taken).length), HOUR_MS);
      expect(second.error).toBeUndefined();
      expect(Buffer.concat(taken).equals(BYTES)).toBe(true);
    }
  });

  test('that is written anew with the same length is not the listed one, before and behind the read', async () => {
    const before = await opened();
    before.files.put('a', patternBytes(40_000, 2));
    await expect(readBytes(before.session, before.entry)).rejects.toMatchObject({ code: 'driver.changed' });
    const { session, entry, files } = await opened();
    const reading = (async () => {
      for await (const piece of session.read(entry, 0, live()))
        if (piece.kind === 'bytes') files.put('a', BYTES);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'driver.changed' });
  });
});

describe('a camera that knows no command but the download of group 8', () => {
  const plain = { without: ['8/1', '8/2', '8/3'], hashTypes: [] } as const;

  test.each([0, 1] as const)('gives its files, from any offset, in SMP v%i', async (version) => {
    const { session, entry } = await opened({ ...plain, version });
    for (const offset of [0, 1, 20_000, BYTES.length])
      expect((await readBytes(session, entry, offset)).equals(BYTES.subarray(offset)), `${offset}`).toBe(
        true,
      );
  });

  test('gives an empty file', async () => {
    const { session, entry } = await opened(plain, new Uint8Array());
    expect(await readBytes(session, entry)).toHaveLength(0);
  });

  test('is asked for the status once, and for the length with the first bytes of each file again', async () => {
    const { session, entry, camera } = await opened({ ...plain, bufSize: 8200 });
    const asked: string[] = [];
    const answer = camera.answer.bind(camera);
    camera.answer = (packet) => {
      asked.push(`${packet[5]}/${packet[7]}`);
      return answer(packet);
    };
    await readBytes(session, entry);
    await readBytes(session, entry);
    expect(asked.filter((each) => each === '8/1')).toHaveLength(1);
  });

  test('has another file under that name where the length is another one in the end', async () => {
    const { session, entry, files } = await opened(plain);
    const reading = (async () => {
      for await (const piece of session.read(entry, 30_000, live()))
        if (piece.kind === 'bytes') files.put('a', patternBytes(41_000));
    })();
    await expect(reading).rejects.toMatchObject({ code: 'driver.changed', facts: { read_bytes: 41_000 } });
  });

  test('tells no length with its first bytes: that is an error with a name', async () => {
    const { session, entry } = await scripted(
      (request) => request.answer({ off: Number(request.map['off']), data: SCRIPTED }),
      undefined,
      ['8/1'],
    );
    await expect(readBytes(session, entry)).rejects.toMatchObject({ code: 'driver.protocol' });
  });

  test('over raw framing gives no byte: nothing vouches for them, and that is known before', async () => {
    const { session, entry, camera } = await opened({ ...plain, framing: 'raw' });
    const downloads: number[] = [];
    const answer = camera.answer.bind(camera);
    camera.answer = (packet) => {
      if (packet[5] === 8 && packet[7] === 0) downloads.push(packet.length);
      return answer(packet);
    };
    await expect(readBytes(session, entry)).rejects.toMatchObject({
      code: 'driver.unreadable',
      retry: 'person',
    });
    expect(downloads).toEqual([]);
  });
});

async function readAll(bench: SmpBench, taken: Uint8Array[], offset: number): Promise<void> {
  const session = await bench.subject.driver.open(bench.place, live());
  try {
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) throw new Error('nothing is listed');
    for await (const piece of session.read(entry, offset, live()))
      if (piece.kind === 'bytes') taken.push(piece.bytes);
  } finally {
    await session.close();
  }
}
