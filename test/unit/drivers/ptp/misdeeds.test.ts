// Cameras that break the standard: what they say is refused or kept as data, nothing hangs, nothing is erased that should not be.
import { afterEach, describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry } from '../../../../drivers/driver.ts';
import { INVENTORY_DEPTH_MAX, INVENTORY_ENTRIES_MAX } from '../../../../protocol/format/limits.ts';
import { ANY_SHA256, latin1, live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { container, ids, objectInfo } from '../../../fakes/ptp/encode.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { heldBytes } from '../../../fakes/held-bytes.ts';
import { ptpBench, PTP_PLACE, type BenchWish, type PtpBench } from './subject.ts';

const GET_HANDLES = 0x1007;
const GET_INFO = 0x1008;
const GET_OBJECT = 0x1009;
const DELETE = 0x100b;
const PARTIAL = 0x101b;
const PARTIAL_64 = 0x95c1;
const SIZE = 0x9803;

const sessions: CameraSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function opened(bench: PtpBench): Promise<CameraSession> {
  const session = await bench.driver.open(PTP_PLACE, live());
  sessions.push(session);
  return session;
}

function bench(files: Readonly<Record<string, Uint8Array>>, wish: BenchWish = {}): PtpBench {
  const made = ptpBench(wish);
  for (const [name, bytes] of Object.entries(files)) made.camera.put(name, bytes);
  return made;
}

async function entryOf(session: CameraSession, name: string): Promise<InventoryEntry> {
  const { entries } = await session.inventory(live());
  const found = entries.find(({ path }) => latin1(path) === name);
  if (found === undefined) throw new Error(`${name} is not listed`);
  return found;
}

/** Code of the error that a call ends with, or "good". Anything but a coded error fails the test. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'good';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

/** Runs the manual clock until the call has ended; each turn lets what is ready happen. */
async function passing<T>(clock: ManualClock, call: Promise<T>): Promise<T> {
  const state = { isOver: false };
  void call.finally(() => (state.isOver = true)).catch(() => undefined);
  for (let turns = 0; !state.isOver && turns < 2000; turns++) await clock.advance(500);
  return call;
}

describe('a plug that is pulled', () => {
  /** Everything that a docking does. */
  async function wholeDocking(made: PtpBench): Promise<void> {
    const session = await made.driver.open(PTP_PLACE, live());
    try {
      await session.identity(live());
      await session.readClock(live());
      await session.condition(live());
      const entry = await entryOf(session, 'D/a');
      await readBytes(session, entry);
      await session.erase(entry, live(), ANY_SHA256);
    } finally {
      await session.close();
    }
  }

  test('at any step ends in "driver.detached", with every transport closed and nothing erased before its step', async () => {
    for (const without of [[], [PARTIAL, PARTIAL_64]]) {
      for (let step = 0; ; step++) {
        const made = bench({ 'D/a': patternBytes(2_500_000), b: patternBytes(10) }, { without });
        made.responder.misdeeds.pullAtStep = step;
        const code = await codeOf(wholeDocking(made));
        for (const wire of made.wires) expect(wire.isClosed, `step ${step}`).toBe(true);
        if (made.camera.file('D/a') === undefined) expect(made.responder.asked).toContain(DELETE);
        if (code === 'good') {
          expect(step).toBeGreaterThan(15);
          break;
        }
        expect(code, `step ${step}`).toBe('driver.detached');
      }
    }
  });

  test('in the middle of the data ends the read', async () => {
    for (const without of [[], [PARTIAL, PARTIAL_64]]) {
      const made = bench({ a: patternBytes(3_000_000) }, { without });
      const session = await opened(made);
      const entry = await entryOf(session, 'a');
      made.responder.misdeeds.pullAfterBytes = 700_000;
      expect(await codeOf(readBytes(session, entry))).toBe('driver.detached');
    }
  });
});

describe('containers that make no sense', () => {
  const odd: readonly [string, Uint8Array][] = [
    ['of length 0', container(3, 0x2001, 3, new Uint8Array(0), 0)],
    ['of length 11', container(3, 0x2001, 3, new Uint8Array(0), 11)],
    ['of an unknown type', container(9, 0x2001, 3, new Uint8Array(0))],
    ['that are commands', container(1, 0x2001, 3, new Uint8Array(0))],
    ['that are responses of 4 GiB', container(3, 0x2001, 3, new Uint8Array(0), 0xffffffff)],
    ['without a code', new Uint8Array(5)],
    ['with data of another operation', container(2, 0x1001, 3, new Uint8Array(8))],
  ];
  for (const [what, bytes] of odd)
    test(`${what} are refused, and the camera is brought back into step`, async () => {
      const made = bench({ a: patternBytes(10) });
      const session = await opened(made);
      let left = 1;
      made.responder.misdeeds.raw = (operation) =>
        operation === GET_HANDLES && left-- > 0 ? bytes : undefined;
      expect((await session.inventory(live())).entries).toHaveLength(1);
      expect(made.recoveries).toEqual(['cancel']);
    });

  test('that go on and on end the session after a bounded number of recoveries', async () => {
    const made = bench({ a: patternBytes(10) });
    const session = await opened(made);
    made.responder.misdeeds.raw = () => container(3, 0x2001, 3, new Uint8Array(0), 0);
    expect(await codeOf(session.inventory(live()))).toBe('driver.protocol');
    expect(made.recoveries).toEqual(['cancel', 'device-reset', 'usb-reset']);
  });

  test('an answer that does not end is given up, and the camera brought back into step', async () => {
    const made = bench({ a: patternBytes(10) });
    const session = await opened(made);
    let [left, cameBytes] = [1, 0];
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation !== GET_HANDLES || left-- <= 0) return;
      answer.sizeBytes = 0xfffffff3; // of unknown length
      answer.data = (async function* () {
        for (; cameBytes < 2 ** 30; cameBytes += 65_536) yield new Uint8Array(65_536);
      })();
    };
    expect((await session.inventory(live())).entries).toHaveLength(1);
    expect(made.recoveries).toEqual(['cancel']);
    expect(cameBytes).toBeLessThan(32 * 2 ** 20);
  });

  test('a data phase of unknown length costs no more memory than what comes', async () => {
    const made = bench({ a: patternBytes(3_000_000) }, { without: [PARTIAL, PARTIAL_64] });
    made.responder.misdeeds.hidesLength = true;
    const session = await opened(made);
    expect((await readBytes(session, await entryOf(session, 'a'))).equals(patternBytes(3_000_000))).toBe(
      true,
    );
  });

  test('answers of earlier transactions are passed over, of later ones refused', async () => {
    for (const [behind, recoveries] of [
      [1, 0],
      [5, 0],
      [-1, 1],
    ] as const) {
      const made = bench({ a: patternBytes(10) });
      const session = await opened(made);
      let left = 1;
      made.responder.misdeeds.mangle = (bytes) => {
        const isResponse = bytes[4] === 3 && left-- > 0;
        if (!isResponse) return bytes;
        const other = Uint8Array.from(bytes);
        const view = new DataView(other.buffer);
        view.setUint32(8, view.getUint32(8, true) - behind, true);
        // The right one follows where the other is passed over; packets of their own, as on a bus.
        if (behind > 0) queueMicrotask(() => made.wires.at(-1)?.send(bytes));
        return other;
      };
      expect((await session.inventory(live())).entries, `${behind} behind`).toHaveLength(1);
      expect(made.recoveries.length, `${behind} behind`).toBe(recoveries);
    }
  });

  test('an event in the place of an answer is passed over', async () => {
    const made = bench({ a: patternBytes(10) });
    const session = await opened(made);
    let left = 1;
    made.responder.misdeeds.mangle = (bytes) => {
      if (bytes[4] === 3 && left-- > 0) made.wires.at(-1)?.send(container(4, 0x4002, 0, new Uint8Array(4)));
      return bytes;
    };
    expect((await session.inventory(live())).entries).toHaveLength(1);
    expect(made.recoveries).toEqual([]);
  });

  test('data in front of an error counts for nothing', async () => {
    const made = bench({ a: patternBytes(1000) });
    const session = await opened(made);
    const entry = await entryOf(session, 'a');
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation === PARTIAL_64) answer.code = 0x2002;
    };
    expect(await codeOf(readBytes(session, entry))).toBe('driver.unreadable');
  });
});

describe('datasets that lie', () => {
  test('an array of 0x7FFFFFFF elements in 20 bytes is refused before memory is taken', async () => {
    const made = bench({ a: patternBytes(10) });
    const session = await opened(made);
    const announced = new Uint8Array(20);
    new DataView(announced.buffer).setUint32(0, 0x7fffffff, true);
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation === GET_HANDLES) Object.assign(answer, { data: announced, sizeBytes: 20 });
    };
    const before = await heldBytes();
    expect(await codeOf(session.inventory(live()))).toBe('driver.protocol');
    expect((await heldBytes()) - before).toBeLessThan(1_000_000);
  });

  test('an object whose dataset is cut anywhere is a problem of the inventory, the others are listed', async () => {
    const whole = objectInfo({
      storage: 0x00010001,
      format: 0x300b,
      isProtected: false,
      sizeBytes32: 10,
      parent: 0,
      name: 'name',
      capturedAt: '',
      modifiedAt: '20261120T080000',
    });
    for (let length = 0; length < 63; length += 3) {
      const made = bench({ a: patternBytes(10), b: patternBytes(10) });
      const session = await opened(made);
      made.responder.misdeeds.change = (operation, answer, [handle]) => {
        if (operation === GET_INFO && handle === 1)
          Object.assign(answer, { data: whole.subarray(0, length), sizeBytes: length });
      };
      const { entries, problems } = await session.inventory(live());
      expect(entries.map(({ path }) => latin1(path))).toEqual(['b']);
      expect(problems.map(({ reason }) => reason)).toEqual(['unreadable-entry']);
    }
  });

  test('names are data: whatever they say, each file is listed and read', async () => {
    const names = [
      '../../etc/x',
      '/x',
      'C:\\x',
      'a\0b',
      'new\nline',
      '',
      '\u{1f4f9}',
      '\u202e',
      '\ud800',
      'x'.repeat(254),
    ];
    for (const name of names) {
      const made = bench({ a: patternBytes(10) });
      const session = await opened(made);
      made.responder.misdeeds.change = (operation, answer) => {
        if (operation !== GET_INFO) return;
        const info = {
          storage: 0x00010001,
          format: 0x300b,
          isProtected: false,
          sizeBytes32: 10,
          parent: 0,
          name,
          capturedAt: '',
          modifiedAt: '',
        };
        answer.data = objectInfo(info);
        answer.sizeBytes = answer.data.length;
      };
      const { entries, problems } = await session.inventory(live());
      expect(problems).toEqual([]);
      const [entry] = entries;
      if (entry === undefined) throw new Error('not listed');
      // A text of PTP ends at its first zero.
      const [said = ''] = name.split('\0');
      if (name.isWellFormed()) expect(Buffer.from(entry.path).toString()).toBe(said);
      else expect([...entry.path]).toEqual([0xed, 0xa0, 0x80]);
      expect(await readBytes(session, entry)).toHaveLength(10);
    }
  });

  test('two objects with one name in one folder are two entries, read and erased apart', async () => {
    const made = bench({ a: patternBytes(10), b: patternBytes(20, 2) });
    const session = await opened(made);
    made.responder.misdeeds.change = (operation, answer, [handle]) => {
      if (operation !== GET_INFO || handle !== 2 || !(answer.data instanceof Uint8Array)) return;
      answer.data = Uint8Array.from(answer.data, (byte) => (byte === 0x62 ? 0x61 : byte));
    };
    const { entries } = await session.inventory(live());
    expect(entries.map(({ sizeBytes }) => sizeBytes)).toEqual([10, 20]);
    const [first, second] = entries;
    if (first === undefined || second === undefined) throw new Error('not listed');
    expect((await readBytes(session, first)).equals(patternBytes(10))).toBe(true);
    expect((await readBytes(session, second)).equals(patternBytes(20, 2))).toBe(true);
    expect(latin1(second.path)).not.toBe(latin1(first.path));
    expect(await session.erase(second, live(), ANY_SHA256)).toBe('done');
    expect(made.camera.files().map(({ path }) => latin1(path))).toEqual(['a']);
  });

  test('a million handles, one of them all the time, and folders in a circle end', async () => {
    const made = bench({ a: patternBytes(10) });
    const session = await opened(made);
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation !== GET_HANDLES) return;
      answer.data = ids(Array.from({ length: 1_000_000 }, () => 1));
      answer.sizeBytes = answer.data.length;
    };
    const many = await session.inventory(live());
    expect(many.entries).toHaveLength(1);
    expect(many.problems.map(({ reason }) => reason)).toEqual(['too-many-entries']);

    made.responder.misdeeds.change = (operation, answer, [handle = 0]) => {
      if (operation === GET_HANDLES) {
        answer.data = ids([1, 2, 3]);
        answer.sizeBytes = answer.data.length;
        answer.code = 0x2001;
      }
      if (operation !== GET_INFO) return;
      answer.code = 0x2001;
      answer.data = objectInfo({
        storage: 0x00010001,
        format: 0x3001,
        isProtected: false,
        sizeBytes32: 0,
        parent: (handle % 3) + 1,
        name: `f${handle}`,
        capturedAt: '',
        modifiedAt: '',
      });
      answer.sizeBytes = answer.data.length;
    };
    const circle = await session.inventory(live());
    expect(circle.entries).toEqual([]);
    expect(circle.problems.map(({ reason }) => reason)).toEqual(['folders-in-circle']);
  });

  test('a camera that answers with all it has, whichever folder is asked for, has no folders in a circle', async () => {
    const made = bench({ 'D/E/a': patternBytes(10), 'D/b': patternBytes(20, 2) });
    const session = await opened(made);
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation !== GET_HANDLES) return;
      answer.data = ids([...made.responder.objects.all().keys()]);
      answer.sizeBytes = answer.data.length;
    };
    const { entries, problems } = await session.inventory(live());
    expect([entries.length, problems]).toEqual([2, []]);
  });

  test('a root that is empty by one of its two names, and not by the other, is not believed to be empty', async () => {
    const made = bench({ 'D/a': patternBytes(10), b: patternBytes(20, 2) });
    const session = await opened(made);
    const roots = [...made.responder.objects.all().values()].filter(({ parent }) => parent === 0);
    made.responder.misdeeds.change = (operation, answer, [, , parent]) => {
      if (operation !== GET_HANDLES || (parent !== 0 && parent !== 0xffffffff)) return;
      const data = ids(parent === 0 ? roots.map(({ handle }) => handle) : []);
      Object.assign(answer, { code: 0x2001, data, sizeBytes: data.length });
    };
    const { entries, problems } = await session.inventory(live());
    expect([entries.map(({ path }) => latin1(path)), problems]).toEqual([['D/a', 'b'], []]);
  });

  test('an answer without a list is no empty list', async () => {
    const made = bench({ 'D/a': patternBytes(10), b: patternBytes(20, 2) });
    const session = await opened(made);
    for (const [isSilent, listed] of [
      [(parent: number) => parent !== 0xffffffff, ['b']],
      [() => true, []],
    ] as const) {
      made.responder.misdeeds.change = (operation, answer, [, , parent = 0]) => {
        if (operation === GET_HANDLES && isSilent(parent))
          Object.assign(answer, { code: 0x2001, data: undefined, sizeBytes: 0 });
      };
      const { entries, problems } = await session.inventory(live());
      expect(entries.map(({ path }) => latin1(path))).toEqual(listed);
      expect(problems.map(({ reason }) => reason)).toEqual(['unreadable-folder']);
    }
  });

  test('folders below each other without end are a problem', async () => {
    const made = bench({});
    const session = await opened(made);
    let next = 1;
    made.responder.misdeeds.change = (operation, answer, [handle = 0]) => {
      if (operation !== GET_HANDLES && operation !== GET_INFO) return;
      answer.code = 0x2001;
      answer.data =
        operation === GET_HANDLES
          ? ids([next++])
          : objectInfo({
              storage: 0x00010001,
              format: 0x3001,
              isProtected: false,
              sizeBytes32: 0,
              parent: handle - 1,
              name: 'd',
              capturedAt: '',
              modifiedAt: '',
            });
      answer.sizeBytes = answer.data.length;
    };
    const { problems } = await session.inventory(live());
    expect(problems.map(({ reason }) => reason)).toEqual(['too-deep']);
    expect(next).toBeLessThan(INVENTORY_DEPTH_MAX + 5);
    expect(INVENTORY_ENTRIES_MAX).toBeGreaterThan(INVENTORY_DEPTH_MAX);
  });
});

describe('sizes', () => {
  for (const by of [-1, 1, 5000])
    test(`a file of 20000 bytes that is listed with ${20_000 - by} never comes to a good end`, async () => {
      for (const without of [[], [PARTIAL, PARTIAL_64]]) {
        const made = bench({ a: patternBytes(20_000) }, { without });
        const session = await opened(made);
        made.responder.misdeeds.change = (operation, answer) => {
          if (operation === SIZE) {
            answer.data = new Uint8Array(8);
            new DataView(answer.data.buffer).setBigUint64(0, BigInt(20_000 - by), true);
          }
        };
        const entry = await entryOf(session, 'a');
        expect(entry.sizeBytes).toBe(20_000 - by);
        expect(await codeOf(readBytes(session, entry))).toBe('driver.changed');
      }
    });

  const GIB_4 = 2 ** 32;
  const markOf = (offset: number): number => Math.floor(offset / 100) % 251;
  for (const size of [GIB_4 - 1, GIB_4, GIB_4 + 1, 5 * 2 ** 30])
    test(`a file of ${size} bytes is listed and read with its true size`, async () => {
      const made = bench({});
      const bytesAt = (offset: number, count: number): Uint8Array => Buffer.alloc(count, markOf(offset));
      made.responder.objects.putVirtual('big', { sizeBytes: size, bytesAt });
      const session = await opened(made);
      const entry = await entryOf(session, 'big');
      expect(entry.sizeBytes).toBe(size);
      for (const offset of [GIB_4 - 2 ** 20, size - 1000]) {
        for await (const piece of session.read(entry, offset, live())) {
          const bytes = piece.kind === 'bytes' ? piece.bytes : new Uint8Array(0);
          expect([bytes.length, bytes[0]]).toEqual([Math.min(size - offset, 2 ** 20 - 512), markOf(offset)]);
          if (offset !== size - 1000) break;
        }
      }
    });

  test('a size that nobody tells is a problem of the inventory, never a cut file', async () => {
    const made = bench({}, { without: [SIZE] });
    made.responder.objects.putVirtual('big', { sizeBytes: 2 ** 33, bytesAt: () => new Uint8Array(0) });
    const session = await opened(made);
    const { entries, problems } = await session.inventory(live());
    expect(entries).toEqual([]);
    expect(problems.map(({ reason }) => reason)).toEqual(['unreadable-entry']);
  });
});

describe('a camera that announces no length and sends no zero-length packet', () => {
  for (const [what, sizeBytes] of [
    ['whose last packet is full', 500 + 4 * 512],
    ['that fills its transfers', 2 * 2 ** 20 - 12],
    ['whose last packet is short', 500 + 4 * 512 + 1],
  ] as const)
    test(`gives a file ${what}`, async () => {
      const made = bench({ a: patternBytes(sizeBytes) }, { without: [PARTIAL, PARTIAL_64] });
      made.responder.misdeeds.hidesLength = true;
      const session = await opened(made);
      const entry = await entryOf(session, 'a');
      expect((await readBytes(session, entry)).equals(patternBytes(sizeBytes))).toBe(true);
      expect(made.recoveries).toEqual([]);
    });
});

describe('a camera that tells the size of its objects in 32 bits', () => {
  test('is listed and read by it', async () => {
    const made = bench({ a: patternBytes(10), b: patternBytes(2_000_000) });
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation !== SIZE || !(answer.data instanceof Uint8Array)) return;
      answer.data = answer.data.slice(0, 4);
      answer.sizeBytes = 4;
    };
    const session = await opened(made);
    const { entries, problems } = await session.inventory(live());
    expect([entries.map(({ sizeBytes }) => sizeBytes), problems]).toEqual([[10, 2_000_000], []]);
    const read = await readBytes(session, await entryOf(session, 'b'));
    expect(read.equals(patternBytes(2_000_000))).toBe(true);
  });
});

describe('a camera that does not answer', () => {
  test('ends a call after the whole ladder, each step bounded', async () => {
    const clock = new ManualClock();
    const made = bench({ a: patternBytes(10) }, { clock });
    const session = await passing(clock, opened(made));
    made.responder.misdeeds.silentAt = () => true;
    const since = clock.monotonicMs();
    expect(await codeOf(passing(clock, session.inventory(live())))).toBe('driver.timeout');
    expect(made.recoveries).toEqual(['cancel', 'device-reset', 'usb-reset']);
    expect(clock.monotonicMs() - since).toBeLessThan(90_000);
    made.responder.misdeeds.silentAt = () => false;
    expect((await passing(clock, session.inventory(live()))).entries).toHaveLength(1);
  });

  test('stops in the middle of the data and goes on after a cancel, without a byte twice', async () => {
    for (const without of [[], [PARTIAL, PARTIAL_64]]) {
      const clock = new ManualClock();
      const bytes = patternBytes(3_000_000);
      const made = bench({ a: bytes }, { clock, without });
      const session = await passing(clock, opened(made));
      const entry = await passing(clock, entryOf(session, 'a'));
      let left = 1;
      made.responder.misdeeds.change = (operation) => {
        if (operation !== PARTIAL_64 && operation !== GET_OBJECT) return;
        if (left-- > 0) made.responder.misdeeds.stopsAfterBytes = 500_000;
        else delete made.responder.misdeeds.stopsAfterBytes;
      };
      const reading = passing(clock, readBytes(session, entry));
      if (without.length > 0) {
        expect(await codeOf(reading)).toBe('driver.timeout');
        expect((await passing(clock, readBytes(session, entry))).equals(bytes)).toBe(true);
      } else expect((await reading).equals(bytes)).toBe(true);
      expect(made.recoveries).toEqual(['cancel']);
    }
  });

  test('that sends a byte a minute makes no progress', async () => {
    const clock = new ManualClock();
    const made = bench({ a: patternBytes(3_000_000) }, { clock });
    const session = await passing(clock, opened(made));
    const entry = await passing(clock, entryOf(session, 'a'));
    made.responder.misdeeds.silentAt = (operation) => {
      if (operation !== PARTIAL_64) return false;
      const trickle = (): void => {
        made.wires.at(-1)?.send(new Uint8Array(0));
        clock.after(3000, trickle);
      };
      trickle();
      return true;
    };
    const since = clock.monotonicMs();
    expect(await codeOf(passing(clock, readBytes(session, entry)))).toBe('driver.timeout');
    expect(clock.monotonicMs() - since).toBeLessThan(120_000);
  });

  test('is asked again a few times with pauses while it is busy, and no more', async () => {
    const clock = new ManualClock();
    const made = bench({ a: patternBytes(10) }, { clock });
    const session = await passing(clock, opened(made));
    let busy = 3;
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation === GET_HANDLES && busy-- > 0) Object.assign(answer, { code: 0x2019, data: undefined });
    };
    expect((await passing(clock, session.inventory(live()))).entries).toHaveLength(1);
    busy = Infinity;
    const asked = made.responder.asked.length;
    const { entries, problems } = await passing(clock, session.inventory(live()));
    expect([entries.length, problems.map(({ reason }) => reason)]).toEqual([0, ['unreadable-folder']]);
    expect(made.responder.asked.length - asked).toBeLessThan(12);
  });
});

describe('a session that an earlier process left', () => {
  test('is taken over', async () => {
    const made = bench({ a: patternBytes(10) });
    await made.driver.open(PTP_PLACE, live());
    const session = await opened(made);
    expect((await session.inventory(live())).entries).toHaveLength(1);
  });

  test('with a halted pipe is recovered', async () => {
    const made = bench({ a: patternBytes(10) });
    let left = 1;
    made.responder.misdeeds.silentAt = (operation) => {
      if (operation !== 0x1002 || left-- <= 0) return false;
      made.wires.at(-1)?.halt('in');
      return true;
    };
    const session = await opened(made);
    expect((await session.inventory(live())).entries).toHaveLength(1);
    expect(made.recoveries).toEqual(['cancel']);
  });

  test('whose reset gave out new handles finds its files by their paths', async () => {
    const bytes = patternBytes(3_000_000);
    const made = bench({ a: bytes, b: patternBytes(10) });
    made.responder.misdeeds.renumbersOnReset = true;
    made.responder.misdeeds.refusesClassRequests = true;
    const clock = new ManualClock();
    const session = await opened(made);
    const entry = await entryOf(session, 'a');
    let left = 1;
    made.responder.misdeeds.raw = (operation) =>
      operation === PARTIAL_64 && left-- > 0 ? new Uint8Array(5) : undefined;
    expect((await readBytes(session, entry)).equals(bytes)).toBe(true);
    expect(made.recoveries.at(-1)).toBe('usb-reset');
    expect(clock.pending).toBe(0);
  });
});

describe('a camera with two stores that is reset while it is listed', () => {
  const SECOND = 0x00020001;

  test('shows the files of both, although handles of the one are the other one’s now', async () => {
    const clock = new ManualClock();
    const made = bench({ a: patternBytes(10), b: patternBytes(20, 2) }, { clock });
    const { objects, misdeeds } = made.responder;
    made.responder.putIn(SECOND);
    const all = objects.all.bind(objects);
    let order = ['a', 'b'];
    const handleOf = (name: string): number => order.indexOf(name) + 1;
    objects.all = () =>
      new Map(
        [...all().values()].map((each) => [handleOf(each.name), { ...each, handle: handleOf(each.name) }]),
      );
    objects.renumber = () => (order = ['b', 'a']);
    misdeeds.renumbersOnReset = true;
    misdeeds.refusesClassRequests = true;
    misdeeds.change = (operation, answer, [storage]) => {
      if (operation !== GET_HANDLES) return;
      answer.data = ids([handleOf(storage === SECOND ? 'b' : 'a')]);
      answer.sizeBytes = answer.data.length;
    };
    let listed = 0;
    misdeeds.silentAt = (operation) => operation === GET_HANDLES && ++listed === 2;
    const session = await passing(clock, opened(made));
    const { entries, problems } = await passing(clock, session.inventory(live()));
    expect(made.recoveries.at(-1)).toBe('usb-reset');
    expect([entries.map(({ sizeBytes }) => sizeBytes), problems]).toEqual([[10, 20], []]);
  });
});

describe('a camera that says again and again that no session is open', () => {
  /** So many questions are no conversation any more: the misdeed ends then, as else the test would not. */
  const ASKED_MAX = 3000;
  const calls: Readonly<Record<string, (session: CameraSession, entry: InventoryEntry) => Promise<unknown>>> =
    {
      inventory: (session) => session.inventory(live()),
      read: readBytes,
      erase: (session, entry) => session.erase(entry, live(), ANY_SHA256),
    };
  for (const [call, operation] of [
    ['inventory', GET_INFO],
    ['read', PARTIAL_64],
    ['erase', DELETE],
  ] as const)
    test(`when asked for ${call} hangs nothing`, async () => {
      const made = bench({ a: patternBytes(10) });
      const session = await opened(made);
      const entry = await entryOf(session, 'a');
      const before = made.responder.asked.length;
      made.responder.misdeeds.onlySays = (each) => each === operation;
      made.responder.misdeeds.change = (each, answer) => {
        if (each !== operation || made.responder.asked.length - before > ASKED_MAX) return;
        Object.assign(answer, { code: 0x2003, data: undefined, sizeBytes: 0 });
      };
      await codeOf(calls[call]?.(session, entry) ?? Promise.reject(new Error('no call')));
      expect(made.responder.asked.length - before).toBeLessThan(ASKED_MAX / 2);
    });
});

describe('a camera that starts anew on its own', () => {
  test('is read on by the handles that it has then', async () => {
    const bytes = patternBytes(3_000_000);
    const made = bench({ a: bytes, b: patternBytes(10) });
    const session = await opened(made);
    const entry = await entryOf(session, 'a');
    const parts: Uint8Array[] = [];
    for await (const piece of session.read(entry, 0, live())) {
      if (piece.kind === 'bytes') parts.push(piece.bytes);
      if (parts.length === 1) made.responder.restart();
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    made.responder.restart();
    expect(await session.erase(entry, live(), ANY_SHA256)).toBe('done');
    expect(made.camera.files().map(({ path }) => latin1(path))).toEqual(['b']);
  });
});

describe('erasing', () => {
  for (const [code, outcome] of [
    [0x200d, 'write-protected'],
    [0x200e, 'write-protected'],
    [0x200f, 'refused'],
    [0x2012, 'refused'],
    [0x2002, 'refused'],
    [0x2009, 'already-gone'],
  ] as const)
    test(`that is answered with 0x${code.toString(16)} is ${outcome}`, async () => {
      const made = bench({ a: patternBytes(10) });
      const session = await opened(made);
      const entry = await entryOf(session, 'a');
      made.responder.misdeeds.change = (operation, answer) => {
        if (operation === DELETE) answer.code = code;
      };
      expect(await session.erase(entry, live(), ANY_SHA256)).toBe(outcome);
    });

  test('is asked once, whatever happens to the answer', async () => {
    const clock = new ManualClock();
    const made = bench({ a: patternBytes(10), b: patternBytes(10) }, { clock });
    const session = await passing(clock, opened(made));
    const entry = await passing(clock, entryOf(session, 'a'));
    made.responder.misdeeds.silentAt = (operation) => operation === DELETE;
    expect(await codeOf(passing(clock, session.erase(entry, live(), ANY_SHA256)))).toBe('driver.timeout');
    expect(made.responder.asked.filter((operation) => operation === DELETE)).toHaveLength(1);
  });
});

describe('a camera that counts its objects anew once one of them is gone', () => {
  /** Handles are places in the list, as some firmware has them; the files are of one size and nobody tells when they were written. */
  function counting(): PtpBench {
    const made = bench({ a: patternBytes(10), b: patternBytes(10, 2), c: patternBytes(10, 3) });
    const { objects } = made.responder;
    const all = objects.all.bind(objects);
    objects.all = () =>
      new Map(
        [...all().values()].map((object, at) => [at + 1, { ...object, handle: at + 1, modifiedAt: '' }]),
      );
    const name = (handle: number): string | undefined => objects.all().get(handle)?.name;
    objects.pathOf = name;
    return made;
  }

  test('loses no other file of that size when one is erased behind another one', async () => {
    const made = counting();
    const session = await opened(made);
    const [a, b] = (await session.inventory(live())).entries;
    if (a === undefined || b === undefined) throw new Error('not listed');
    expect(await session.erase(a, live(), ANY_SHA256)).toBe('done');
    await session.erase(b, live(), ANY_SHA256).catch(() => undefined);
    expect(made.camera.files().map(({ path }) => latin1(path))).toContain('c');
  });

  test('gives no other file for the one that is read', async () => {
    const made = counting();
    const session = await opened(made);
    const b = await entryOf(session, 'b');
    made.camera.remove('a');
    const read = await readBytes(session, b).catch(() => undefined);
    if (read !== undefined) expect(read.equals(patternBytes(10, 2))).toBe(true);
  });
});
