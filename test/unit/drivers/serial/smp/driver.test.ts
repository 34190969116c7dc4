// What the driver makes of a camera's versions, buffers, names and lists, and how it erases.
import { describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry } from '../../../../../drivers/driver.ts';
import { smpDriver } from '../../../../../drivers/serial/smp/driver.ts';
import { sha256 } from '../../../../../protocol/format/bytes.ts';
import { latin1, live, patternBytes, readBytes } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';
import { passing, type Passed } from '../../../../fakes/passing.ts';
import { smpBench, type SmpBench, type SmpSubjectWish } from '../../../../fakes/smp-subject.ts';
import { scriptedCamera, type ScriptedRequest } from '../../../../fakes/smp-scripted.ts';

const TWO_MINUTES_MS = 120_000;

async function opened(
  wish: SmpSubjectWish = {},
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<SmpBench & { readonly session: CameraSession; readonly entries: readonly InventoryEntry[] }> {
  const bench = smpBench({ time: new ManualClock(), ...wish });
  for (const [name, bytes] of Object.entries(files)) bench.files.put(name, bytes);
  const session = await bench.subject.driver.open(bench.place, live());
  return { ...bench, session, entries: (await session.inventory(live())).entries };
}

type Answers = Readonly<Record<string, (request: ScriptedRequest) => void>>;

async function openScripted(
  answers: Answers,
): Promise<Passed<CameraSession> & { readonly versions: number[] }> {
  const clock = new ManualClock();
  const versions: number[] = [];
  const socket = scriptedCamera((request) => {
    versions.push(request.header.version);
    answers[`${request.header.group}/${request.header.command}`]?.(request);
  });
  const driver = smpDriver({ openLine: socket.openLine, clock });
  const place = { kind: 'serial', path: 'bay-1', baud: 115_200, framing: 'console' } as const;
  return { ...(await passing(clock, driver.open(place, live()), TWO_MINUTES_MS)), versions };
}

const GOOD: Answers = {
  '0/0': (request) => request.answer({ r: request.map['d'] }),
  '0/6': (request) => request.answer({ rc: 8 }),
  '66/0': (request) => request.answer({ serial: '1' }),
};

describe('versions', () => {
  test('a camera of SMP v1 that says that v2 is too new is spoken to in v1', async () => {
    const files = { a: patternBytes(3000) };
    const { session, entries } = await opened({ version: 0 }, files);
    const [entry] = entries;
    if (entry === undefined) throw new Error('nothing is listed');
    expect((await readBytes(session, entry)).equals(files.a)).toBe(true);
    expect(await session.erase(entry, live(), sha256(files.a))).toBe('done');
  });

  test('a camera of SMP v1 that does not even answer v2 is spoken to in v1', async () => {
    const echo = GOOD['0/0'];
    const { value, versions } = await openScripted({
      ...GOOD,
      '0/0': (request) => {
        if (request.header.version === 0) echo?.(request);
      },
    });
    expect(value).toBeDefined();
    expect(versions.slice(0, 5)).toEqual([1, 1, 1, 1, 0]);
    expect(versions.slice(4).every((version) => version === 0)).toBe(true);
    await value?.close();
  });

  test('a camera without an echo is spoken to all the same', async () => {
    const { value } = await openScripted({ ...GOOD, '0/0': (request) => request.answer({ rc: 8 }) });
    expect(value).toBeDefined();
    await value?.close();
  });
});

describe('buffers', () => {
  test.each([
    [{ buf_size: 8200, buf_count: 1 }, undefined],
    [{ buf_size: 8201, buf_count: 1 }, 'driver.protocol'],
    [{ buf_size: 10, buf_count: 1 }, 'driver.protocol'],
    [{ buf_size: 512, buf_count: 0 }, 'driver.protocol'],
    [{ buf_size: 512 }, 'driver.protocol'],
    [{ buf_size: -1, buf_count: 2 ** 60 }, 'driver.protocol'],
    [{ rc: 8 }, undefined],
  ])('%j ends with %s', async (said, code) => {
    const { value, error } = await openScripted({ ...GOOD, '0/6': (request) => request.answer(said) });
    expect(error === undefined ? undefined : (error as { code: unknown }).code).toBe(code);
    await value?.close();
  });
});

describe('identities', () => {
  test.each([[{ serial: 'x'.repeat(129) }], [{ model: 5 }], [{ vendor: ['a'] }]])(
    '%j is none',
    async (said) => {
      const { error } = await openScripted({ ...GOOD, '66/0': (request) => request.answer(said) });
      expect(error).toMatchObject({ code: 'driver.protocol' });
    },
  );
});

async function listScripted(pages: (request: ScriptedRequest) => void): Promise<unknown> {
  const { value } = await openScripted({ ...GOOD, '66/1': pages });
  if (value === undefined) throw new Error('not opened');
  try {
    return await value.inventory(live());
  } catch (error) {
    return error;
  } finally {
    await value.close();
  }
}

describe('lists that cannot be', () => {
  const item = { name: 'a', len: 1 };
  test.each<[string, (request: ScriptedRequest) => void, string]>([
    [
      'a page without an item before the end',
      (request) => request.answer({ total: 5, items: [] }),
      'driver.protocol',
    ],
    [
      'more items than announced',
      (request) => request.answer({ total: 1, items: [item, item] }),
      'driver.protocol',
    ],
    [
      'a total that changes each time',
      (request) => request.answer({ total: 3 + request.header.sequence, items: [item] }),
      'driver.changed',
    ],
    [
      'a negative length',
      (request) => request.answer({ total: 1, items: [{ name: 'a', len: -1 }] }),
      'driver.protocol',
    ],
    [
      'a length beyond all numbers',
      (request) => request.answer({ total: 1, items: [{ name: 'a', len: 2n ** 63n }] }),
      'driver.protocol',
    ],
    [
      'a name of bytes',
      (request) => request.answer({ total: 1, items: [{ name: Uint8Array.of(1), len: 1 }] }),
      'driver.protocol',
    ],
    [
      'items that are no list',
      (request) => request.answer({ total: 1, items: { name: 'a', len: 1 } }),
      'driver.protocol',
    ],
  ])('%s is an error with a name', async (_, pages, code) => {
    expect(await listScripted(pages)).toMatchObject({ code });
  });

  test('one name twice, and one that is empty, are problems, and the rest is listed', async () => {
    const items = [item, { name: '', len: 1 }, item, { name: 'b', len: 2 }];
    const inventory = await listScripted((request) =>
      request.answer({ total: 4, items: items.slice(Number(request.map['off'])) }),
    );
    expect(inventory).toMatchObject({
      entries: [{ sizeBytes: 1 }, { sizeBytes: 2 }],
      problems: [{ reason: 'unreadable-entry' }, { reason: 'duplicate-path' }],
    });
  });

  test('a total of a billion is read as far as the bound and called incomplete', async () => {
    let asked = 0;
    const inventory = await listScripted((request) => {
      asked++;
      const off = Number(request.map['off']);
      const items = Array.from({ length: 200 }, (_, at) => ({ name: `${off + at}`, len: 1 }));
      request.answer({ total: 1_000_000_000, items });
    });
    expect(inventory).toMatchObject({ problems: [{ reason: 'too-many-entries' }] });
    expect(asked).toBeLessThan(1000);
  });

  test('a list of many pages comes whole and in order', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [`DCIM/${String(at).padStart(4, '0')}.MP4`, patternBytes(at)]),
    );
    const { entries } = await opened({ bufSize: 512 }, files);
    expect(entries.map(({ path }) => latin1(path))).toEqual(Object.keys(files));
  });
});

describe('erasing', () => {
  const files = { a: patternBytes(100), b: patternBytes(200, 2), c: patternBytes(300, 3) };

  test('takes one file after the other, whatever the order of the list becomes', async () => {
    const { session, entries, files: held } = await opened({}, files);
    for (const [name, bytes] of Object.entries(files)) {
      const entry = entries.find(({ path }) => latin1(path) === name);
      if (entry === undefined) throw new Error(`${name} is not listed`);
      expect(await session.erase(entry, live(), sha256(bytes))).toBe('done');
      expect(held.bytes(name)).toBeUndefined();
    }
  });

  test("is refused by the camera where the digest is another file's, and the file counts as changed", async () => {
    const { session, entries, files: held } = await opened({}, files);
    const [entry] = entries;
    if (entry === undefined) throw new Error('nothing is listed');
    await expect(session.erase(entry, live(), sha256(files.b))).rejects.toMatchObject({
      code: 'driver.changed',
    });
    expect(held.bytes('a')).toBeDefined();
  });

  test('that a camera forbids is refused', async () => {
    const { session, entries, files: held } = await opened({}, files);
    held.isProtected = true;
    const [entry] = entries;
    if (entry === undefined) throw new Error('nothing is listed');
    expect(await session.erase(entry, live(), sha256(files.a))).toBe('refused');
    expect(held.bytes('a')).toBeDefined();
  });
});

test("the indicator is the camera's own, and a camera without one is no error", async () => {
  const { session, camera } = await opened();
  for (const state of ['wait', 'safe', 'help'] as const) {
    await session.setIndicator?.(state, live());
    expect(camera.indicator).toBe(state);
  }
  const none = await opened({ hasIndicator: false });
  await none.session.setIndicator?.('safe', live());
  expect(none.camera.indicator).toBeUndefined();
});

test('the indicator changes beside a read without disturbing it', async () => {
  const bytes = patternBytes(200_000);
  const { session, entries, camera } = await opened({}, { a: bytes });
  const [entry] = entries;
  if (entry === undefined) throw new Error('nothing is listed');
  const reading = readBytes(session, entry);
  await session.setIndicator?.('help', live());
  expect(camera.indicator).toBe('help');
  expect((await reading).equals(bytes)).toBe(true);
});
