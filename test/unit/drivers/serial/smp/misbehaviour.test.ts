// A whole docking's conversation with a camera that misbehaves in each way that is known (SER-01, SER-02, SER-03, SER-05, CAM-13, CAM-14,
// CAM-16, CAM-17): it comes to a good end with the right bytes, or to an error with a name, never to wrong bytes, and always soon.
import { describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry } from '../../../../../drivers/driver.ts';
import {
  SMP_FAULTS,
  type SmpFault,
  type SmpFaults,
} from '../../../../../drivers/simulated/smp-camera-line.ts';
import { sha256 } from '../../../../../protocol/format/bytes.ts';
import { isDockError } from '../../../../../protocol/format/errors.ts';
import { latin1, live, patternBytes, readBytes } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';
import { passing } from '../../../../fakes/passing.ts';
import { smpBench, type SmpBench, type SmpSubjectWish } from '../../../../fakes/smp-subject.ts';

const FILES = {
  'DCIM/A.MP4': patternBytes(20_000),
  'DCIM/B.MP4': patternBytes(7000, 2),
  'DCIM/B.GPS': patternBytes(0),
};
const SMALL = { bufSize: 512, bufCount: 4 };
const HOUR_MS = 3_600_000;

interface Visit {
  readonly read: Map<string, Buffer>;
  readonly erased: Map<string, string>;
  readonly leftListed: string[];
}

/** What a bay does: asks, lists, reads, and tries a read again that failed; then erases and lists again. */
async function visit(bench: SmpBench, doesErase: boolean): Promise<Visit> {
  const session = await bench.subject.driver.open(bench.place, live());
  try {
    await session.identity(live());
    await session.readClock(live());
    await session.condition(live());
    const { entries, problems } = await session.inventory(live());
    expect(problems).toEqual([]);
    const read = new Map<string, Buffer>();
    for (const entry of entries) read.set(latin1(entry.path), await readStubbornly(session, entry));
    const erased = new Map<string, string>();
    if (doesErase)
      for (const entry of entries) erased.set(latin1(entry.path), await eraseOnce(session, entry, read));
    const left = await session.inventory(live());
    return { read, erased, leftListed: left.entries.map((entry) => latin1(entry.path)) };
  } finally {
    await session.close();
  }
}

/** Three tries, as a bay does; the bytes of a try that failed count for nothing. */
async function readStubbornly(session: CameraSession, entry: InventoryEntry): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    try {
      return await readBytes(session, entry);
    } catch (error) {
      if (tries === 3 || isDockError(error, 'driver.detached')) throw error;
    }
  }
}

async function eraseOnce(
  session: CameraSession,
  entry: InventoryEntry,
  read: ReadonlyMap<string, Buffer>,
): Promise<string> {
  try {
    return await session.erase(entry, live(), sha256(read.get(latin1(entry.path)) ?? Buffer.alloc(0)));
  } catch (error) {
    if (!isDockError(error) || error.code === 'driver.detached') throw error;
    return error.code;
  }
}

async function withFaults(
  faults: SmpFaults,
  more: SmpSubjectWish = {},
  doesErase = true,
): Promise<{
  readonly bench: SmpBench;
  readonly clock: ManualClock;
  readonly visit?: Visit;
  readonly error?: unknown;
  readonly ms: number;
}> {
  const clock = new ManualClock();
  const bench = smpBench({ ...SMALL, ...more, faults, time: clock });
  for (const [name, bytes] of Object.entries(FILES)) bench.files.put(name, bytes);
  const { value, error, ms } = await passing(clock, visit(bench, doesErase), HOUR_MS);
  return value === undefined ? { bench, clock, error, ms } : { bench, clock, visit: value, ms };
}

function expectRightBytes(visit: Visit | undefined): void {
  expect(visit?.read.size).toBe(Object.keys(FILES).length);
  for (const [name, bytes] of Object.entries(FILES))
    expect(visit?.read.get(name)?.equals(bytes), name).toBe(true);
}

/** Faults that a docking gets over, with the numbers that they are tried with. */
const SURVIVED: readonly (readonly [SmpFault, number])[] = [
  ['noise', 1],
  ['noise', 3],
  ['boot-text', 1],
  ['reset', 1],
  ['reset', 12],
  ['bad-crc', 5],
  ['late', 4],
  ['twice', 1],
  ['says-deleted', 1],
  ['other-transaction', 3],
  ['wrong-length', 4],
  ['no-line-end', 1],
  ['no-line-end', 20],
  ['wrong-speed', 3],
];

describe.each(['console', 'raw'] as const)(
  'over %s framing a docking comes to a good end in spite of',
  (framing) => {
    const survived = SURVIVED.filter(([fault]) => framing === 'console' || fault !== 'bad-crc');
    test.each(survived.map(([fault, n]) => ({ fault, n, words: SMP_FAULTS[fault] })))(
      '$fault=$n ($words)',
      async ({ fault, n }) => {
        const { visit, error, bench } = await withFaults({ [fault]: n }, { framing });
        if (visit === undefined) throw error;
        expectRightBytes(visit);
        for (const name of Object.keys(FILES)) {
          const isThere = bench.files.bytes(name) !== undefined;
          expect(visit.leftListed.includes(name), `${name} is listed`).toBe(isThere);
          // an erasure whose answer was lost is told as no answer, and the list tells the truth
          expect(isThere ? [] : ['done', 'driver.timeout']).toContain(
            isThere ? undefined : visit.erased.get(name),
          );
        }
      },
    );
  },
);

test('a flipped bit that raw framing lets through is found by the digest, three times, and nothing is erased', async () => {
  const { error, bench } = await withFaults({ 'bad-crc': 5 }, { framing: 'raw' });
  expect(error).toMatchObject({ code: 'driver.changed' });
  expect((await bench.files.list()).length).toBe(3);
});

test('a camera that can compute no digest is read over the console, and not over raw framing', async () => {
  const good = await withFaults({}, { hashTypes: [] });
  expectRightBytes(good.visit);
  const { error } = await withFaults({}, { hashTypes: [], framing: 'raw' });
  expect(error).toMatchObject({
    code: 'driver.unreadable',
    message: expect.stringMatching(/console framing/) as string,
  });
});

describe('a camera that falls silent', () => {
  test.each([1, 2, 5, 10, 30])('behind answer %i has left, within two minutes', async (n) => {
    const { error, ms, bench, clock } = await withFaults({ 'silent-after': n });
    expect(error).toMatchObject({ code: n < 4 ? 'driver.timeout' : 'driver.detached' });
    expect(ms).toBeLessThan(120_000);
    expect((await bench.files.list()).length).toBe(3);
    expect(clock.pending).toBe(0);
  });
});

describe('what a camera says of erasing', () => {
  test('by itself is not believed: files, list and bytes are what they were (SER-05)', async () => {
    const { visit, bench } = await withFaults({ 'says-deleted': 1 }, {}, false);
    expectRightBytes(visit);
    expect(visit?.leftListed).toEqual(Object.keys(FILES).sort());
    expect((await bench.files.list()).length).toBe(3);
  });

  test('when it erased everything by itself, is an error of the file and a list without it, never a short file (SER-05)', async () => {
    const { error } = await withFaults({ 'erases-itself': 12 }, {}, false);
    expect(error).toMatchObject({ code: 'driver.gone' });
  });

  test('is that it is done, and the list shows that it is not (CAM-16)', async () => {
    const { visit, bench } = await withFaults({ 'erase-keeps': 3 });
    expect(new Set(visit?.erased.values())).toEqual(new Set(['done']));
    expect(visit?.leftListed).toEqual(Object.keys(FILES).sort());
    expect((await bench.files.list()).length).toBe(3);
  });

  test('is an error, and the list shows that it is done (CAM-17)', async () => {
    const { visit } = await withFaults({ 'erase-errors': 3 });
    expect(new Set(visit?.erased.values())).toEqual(new Set(['smp.error']));
    expect(visit?.leftListed).toEqual([]);
  });
});

describe('a line that carries bytes as it likes (SER-02)', () => {
  test.each([
    ['one byte a read', { pieceBytes: 1 }],
    ['seven bytes a read', { pieceBytes: 7 }],
    ['everything in one read', { pieceBytes: 1_000_000 }],
    ['raw, one byte a read', { pieceBytes: 1, framing: 'raw' as const }],
  ])('%s', async (_, more) => {
    const { visit } = await withFaults({}, more);
    expectRightBytes(visit);
    expect(visit?.leftListed).toEqual([]);
  });

  test('at 9600 baud with a full window nothing is sent twice', async () => {
    const { visit, bench, ms } = await withFaults({}, { baud: 9600, bufSize: 2048, bufCount: 8 });
    expectRightBytes(visit);
    expect(bench.line.dropped).toBe(0);
    expect(bench.line.answers).toBeLessThan(60);
    expect(ms).toBeGreaterThan(30_000);
  });
});

test('a camera that erases its oldest file for a new one while its list is read leaves no file out of the list', async () => {
  const bench = smpBench();
  const names = Array.from({ length: 100 }, (_, at) => `F${String(at).padStart(4, '0')}.MP4`);
  for (const name of names) bench.files.put(name, patternBytes(10));
  const list = bench.files.list.bind(bench.files);
  let pages = 0;
  bench.files.list = async () => {
    if (++pages === 2) {
      await bench.files.erase('F0000.MP4');
      bench.files.put('F0100.MP4', patternBytes(10));
    }
    return list();
  };
  const session = await bench.subject.driver.open(bench.place, live());
  try {
    const { entries, problems } = await session.inventory(live());
    const listed = entries.map(({ path }) => latin1(path));
    expect(problems).toEqual([]);
    expect([...names.slice(1), 'F0100.MP4'].filter((name) => !listed.includes(name))).toEqual([]);
  } finally {
    await session.close();
  }
});
