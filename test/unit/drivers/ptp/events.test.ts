// What cameras say unasked: a hint that makes the next listing come sooner, whatever they say and however often.
import { afterEach, describe, expect, test } from 'vitest';
import type { CameraSession } from '../../../../drivers/driver.ts';
import { ANY_SHA256, latin1, live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { FILES_STORE } from '../../../fakes/ptp/operations.ts';
import { passing } from '../../../fakes/passing.ts';
import { ptpBench, PTP_PLACE, type BenchWish, type PtpBench } from './subject.ts';

const OTHER_STORE = 0x00020001;
const GET_STORAGES = 0x1004;
const GET_DEVICE = 0x1001;
const GET_OBJECT = 0x1009;
const PARTIAL = 0x101b;
const PARTIAL_64 = 0x95c1;
const HOUR_MS = 3_600_000;
const LONG_MS = 120_000;
/** Between two turns of a clock that stands still. */
const STEP_MS = 500;

const sessions: CameraSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

interface Opened extends PtpBench {
  readonly clock: ManualClock;
  readonly session: CameraSession;
  /** When hints came, ms of the clock. */
  readonly hintsAtMs: number[];
}

async function opened(files: Readonly<Record<string, Uint8Array>>, wish: BenchWish = {}): Promise<Opened> {
  const clock = new ManualClock();
  const made = ptpBench({ clock, tellsEvents: true, ...wish });
  for (const [name, bytes] of Object.entries(files)) made.camera.put(name, bytes);
  const session = await made.driver.open(PTP_PLACE, live());
  sessions.push(session);
  const hintsAtMs: number[] = [];
  const startMs = clock.monotonicMs();
  session.onNews?.(() => hintsAtMs.push(clock.monotonicMs() - startMs));
  return { ...made, clock, session, hintsAtMs };
}

async function paths(session: CameraSession): Promise<string[]> {
  return (await session.inventory(live())).entries.map(({ path }) => latin1(path));
}

/** Reads the only file of the camera. */
async function readingOf({ session }: Opened): Promise<Buffer> {
  const [entry] = (await session.inventory(live())).entries;
  if (entry === undefined) throw new Error('nothing is listed');
  return readBytes(session, entry);
}

describe('a hint', () => {
  for (const code of [0x4002, 0x4003, 0x4004, 0x4005, 0x4007, 0x4008, 0x400a, 0x400b, 0x400c])
    test(`comes at once behind event 0x${code.toString(16)}`, async () => {
      const { responder, hintsAtMs, session } = await opened({ a: patternBytes(10) });
      responder.say(code, [1]);
      expect(hintsAtMs).toEqual([0]);
      expect(await paths(session)).toEqual(['a']);
    });

  test('does not come behind events that say nothing of files', async () => {
    const { responder, hintsAtMs, notices } = await opened({ a: patternBytes(10) });
    for (const code of [0x4000, 0x4001, 0x4006, 0x4009, 0x400d, 0xc001, 0xffff]) responder.say(code, [1]);
    expect([hintsAtMs, notices]).toEqual([[], []]);
  });

  test('comes further and further apart while events go on, and at once again behind a quiet time', async () => {
    const { responder, hintsAtMs, clock, session } = await opened({});
    for (let ms = 0; ms < 150_000; ms += STEP_MS) {
      responder.say(0x4007, [1]);
      await clock.advance(STEP_MS);
    }
    expect(hintsAtMs).toEqual([0, 2000, 6000, 14_000, 30_000, 60_000, 90_000, 120_000, 150_000]);
    await clock.advance(HOUR_MS);
    responder.say(0x4002, [1]);
    await clock.advance(0);
    responder.say(0x4002, [2]);
    await clock.advance(2000);
    expect(hintsAtMs.slice(9).map((ms) => ms - (hintsAtMs[9] ?? 0))).toEqual([0, 2000]);
    await session.close();
    responder.say(0x4002, [3]);
    await clock.advance(HOUR_MS);
    expect([hintsAtMs.length, clock.pending]).toEqual([11, 0]);
  });

  test('comes from an event in packets of 8 bytes, and from two events in one packet', async () => {
    for (const cut of [8, 12, 16]) {
      const { responder, hintsAtMs, notices } = await opened({});
      const event = Uint8Array.of(16, 0, 0, 0, 4, 0, 2, 0x40, 255, 255, 255, 255, 1, 0, 0, 0);
      for (let at = 0; at < event.length; at += cut) responder.sayBytes(event.slice(at, at + cut));
      expect([hintsAtMs, notices]).toEqual([[0], []]);
    }
    const { responder, notices } = await opened({});
    const cancel = [12, 0, 0, 0, 4, 0, 1, 0x40, 9, 0, 0, 0];
    responder.sayBytes(
      Uint8Array.from([...cancel, 16, 0, 0, 0, 4, 0, 10, 0x40, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0]),
    );
    expect(notices).toEqual(['store-full']);
  });
});

describe('a flood', () => {
  test('of 100,000 events in a second is one hint, told once, and keeps no memory and no timer of its own', async () => {
    const { responder, hintsAtMs, notices, clock, session } = await opened({ a: patternBytes(10) });
    for (let count = 0; count < 100_000; count++) responder.say(0x4002, [count]);
    expect([hintsAtMs, notices, clock.pending]).toEqual([[0], ['too-many-events'], 1]);
    expect(await paths(session)).toEqual(['a']);
    await clock.advance(2000);
    expect([hintsAtMs, clock.pending]).toEqual([[0, 2000], 0]);
  });

  test('of nonsense is told once and stops nothing: files are read and erased beside it', async () => {
    const made = await opened({ a: patternBytes(3_000_000) });
    const { responder, session, notices, hintsAtMs, recoveries } = made;
    made.responder.misdeeds.change = () => {
      for (let at = 0; at < 1000; at++) responder.sayBytes(patternBytes(at % 65, at));
    };
    expect((await readingOf(made)).equals(patternBytes(3_000_000))).toBe(true);
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) throw new Error('nothing is listed');
    expect(await session.erase(entry, live(), ANY_SHA256)).toBe('done');
    expect([notices.sort(), recoveries, hintsAtMs]).toEqual([['odd-events', 'too-many-events'], [], []]);
  });
});

describe('a store that the camera says is taken out', () => {
  const FILE = patternBytes(5_000_000);

  test('ends the reading of a file of it at the next part, with what to do; the file of a store that stays is listed', async () => {
    const made = await opened({ a: FILE });
    made.responder.putIn(OTHER_STORE);
    let parts = 0;
    made.responder.misdeeds.change = (operation) => {
      if (operation === PARTIAL_64 && ++parts === 2) made.responder.takeOut(FILES_STORE);
    };
    await expect(readingOf(made)).rejects.toMatchObject({
      code: 'driver.store-gone',
      message: expect.stringContaining('0x00010001 was taken out'),
      facts: { storage: FILES_STORE },
    });
    expect([parts, made.recoveries, made.notices]).toEqual([2, [], ['store-removed']]);
    expect((await made.session.inventory(live())).entries).toEqual([]);
  });

  test('is told as gone behind a refusal, also where the file comes as a whole', async () => {
    const made = await opened({ a: FILE }, { without: [PARTIAL, PARTIAL_64] });
    made.responder.misdeeds.change = (operation, answer) => {
      if (operation !== GET_OBJECT) return;
      made.responder.takeOut(FILES_STORE);
      Object.assign(answer, { code: 0x2013, data: undefined });
    };
    await expect(readingOf(made)).rejects.toMatchObject({ code: 'driver.store-gone' });
  });

  test('is given up a second later where the camera hangs on it, not after 20', async () => {
    const made = await opened({ a: FILE });
    made.responder.misdeeds.silentAt = (operation) => {
      if (operation !== PARTIAL_64) return false;
      made.responder.takeOut(FILES_STORE);
      return true;
    };
    const { error, ms } = await passing(made.clock, readingOf(made), LONG_MS);
    expect(error).toMatchObject({ code: 'driver.store-gone' });
    expect(ms).toBeLessThan(5000);
    expect(made.recoveries).toEqual(['cancel', 'cancel']); // a question that changes nothing is asked twice
  });

  test('and is still there is read on, and the camera is not asked for ever', async () => {
    const made = await opened({ a: FILE });
    made.responder.misdeeds.change = (operation) => {
      if (operation !== PARTIAL_64) return;
      for (const store of [FILES_STORE, OTHER_STORE, 0]) made.responder.say(0x4005, [store]);
      made.responder.say(0x4005);
    };
    expect((await readingOf(made)).equals(FILE)).toBe(true);
    expect(made.responder.asked.filter((operation) => operation === GET_STORAGES)).toHaveLength(1 + 3);
  });

  test('changes no path of the files of another store, and neither does one that is put in', async () => {
    const one = await opened({ a: FILE });
    expect(await paths(one.session)).toEqual(['a']);
    one.responder.putIn(OTHER_STORE);
    expect(await paths(one.session)).toEqual(['a']);

    const two = await opened({ a: FILE });
    two.responder.putIn(OTHER_STORE);
    expect(await paths(two.session)).toEqual(['00010001/a']);
    two.responder.takeOut(OTHER_STORE);
    expect(await paths(two.session)).toEqual(['00010001/a']);
  });
});

describe('a camera that shows no store, or lacks one that it showed before', () => {
  const problems = async (session: CameraSession): Promise<string[]> =>
    (await session.inventory(live())).problems.map(({ reason }) => reason);

  test('has no whole listing, the first one behind ten looks with a second between', async () => {
    const made = await opened({ a: patternBytes(10) });
    made.responder.takeOut(FILES_STORE);
    const { value, ms } = await passing(made.clock, problems(made.session), LONG_MS);
    expect(value).toEqual(['no-medium']);
    expect(ms).toBeGreaterThanOrEqual(9000);
    expect(ms).toBeLessThan(12_000);
    const again = await passing(made.clock, problems(made.session), LONG_MS);
    expect(again).toMatchObject({ value: ['no-medium'], ms: 0 });
    made.responder.putIn(FILES_STORE);
    expect(await problems(made.session)).toEqual([]);
  });

  test('is listed as soon as its store comes', async () => {
    const made = await opened({ a: patternBytes(10) });
    made.responder.takeOut(FILES_STORE);
    const listing = made.session.inventory(live());
    await made.clock.advance(2500);
    made.responder.putIn(FILES_STORE);
    const { value, ms } = await passing(made.clock, listing, LONG_MS);
    expect(value).toMatchObject({ entries: [{ sizeBytes: 10 }], problems: [] });
    expect(ms).toBeLessThan(2000);
  });

  test('names the one that is missing, and a file of it is neither erased nor gone', async () => {
    const made = await opened({ a: patternBytes(10) });
    made.responder.putIn(OTHER_STORE);
    const [entry] = (await made.session.inventory(live())).entries;
    if (entry === undefined) throw new Error('nothing is listed');
    made.responder.takeOut(FILES_STORE);
    const { entries, problems: told } = await made.session.inventory(live());
    expect([entries, told.map(({ path }) => latin1(path ?? new Uint8Array()))]).toEqual([[], ['00010001']]);
    await expect(made.session.erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({
      code: 'driver.store-gone',
    });
    made.responder.putIn(FILES_STORE);
    expect(await problems(made.session)).toEqual([]);
    expect(await made.session.erase(entry, live(), ANY_SHA256)).toBe('done');
  });
});

describe('a transaction that the camera calls off', () => {
  test('is asked again a second later where nothing comes, and only if it is that one', async () => {
    for (const [other, msMax] of [
      [0, 3000],
      [1, 25_000],
    ] as const) {
      const made = await opened({ a: patternBytes(3_000_000) });
      let left = 1;
      made.responder.misdeeds.silentAt = (operation) => {
        if (operation !== PARTIAL_64 || left-- <= 0) return false;
        made.responder.say(0x4001, [], made.responder.transaction + other);
        return true;
      };
      const { value, ms } = await passing(made.clock, readingOf(made), LONG_MS);
      expect(value?.equals(patternBytes(3_000_000))).toBe(true);
      expect(ms).toBeLessThan(msMax);
      expect(ms).toBeGreaterThan(msMax - 5000);
      expect(made.recoveries).toEqual(['cancel']);
    }
  });

  test('and goes on all the same is taken as it comes', async () => {
    const made = await opened({ a: patternBytes(3_000_000) });
    made.responder.misdeeds.change = () => made.responder.say(0x4001, [], made.responder.transaction);
    expect((await readingOf(made)).equals(patternBytes(3_000_000))).toBe(true);
    expect([made.recoveries, made.clock.pending]).toEqual([[], 0]);
  });
});

test('a camera that says that it can do something else is asked what, in front of the next listing', async () => {
  const made = await opened({ a: patternBytes(1_500_000) });
  expect((await readingOf(made)).length).toBe(1_500_000);
  const asked = (): number[] => made.responder.asked.filter((operation) => operation === GET_DEVICE);
  expect(asked()).toHaveLength(1);
  made.responder.say(0x4008);
  made.responder.misdeeds.change = (operation, answer) => {
    if (operation === GET_DEVICE) Object.assign(answer, { code: 0x2002, data: undefined });
  };
  expect((await readingOf(made)).length).toBe(1_500_000);
  expect(await paths(made.session)).toEqual(['a']);
  expect(asked()).toHaveLength(2);
});
