// What every driver lists: everything, once, in order, by the bytes of its name.
import assert from 'node:assert/strict';
import { parseUtf8, sha256 } from '../../protocol/format/bytes.ts';
import type { ContractRunner } from './runner.ts';
import {
  ANY_SHA256,
  hasCode,
  latin1,
  live,
  openedWith,
  path,
  patternBytes,
  readBytes,
  type DriverSubject,
} from './driver-subject.ts';

/** Runs the suite. */
export function inventoryContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  test('a camera without recordings has an empty inventory without problems', async () => {
    const { session } = await openedWith(make, {});
    assert.deepEqual(await session.inventory(live()), { entries: [], problems: [] });
  });

  test('every file is listed once, in byte order of the paths, with its size', async () => {
    const names = [
      'DCIM/A.MP4',
      'DCIM/A/B.MP4',
      'DCIM/A-B.MP4',
      'DCIM/AB',
      'Z',
      'a/b/c/d/e.LOG',
      'DCIM.MP4',
      'DCIM/100/x',
    ];
    const files = Object.fromEntries(names.map((name, index) => [name, patternBytes(index)]));
    const { session } = await openedWith(make, files);
    const { entries, problems } = await session.inventory(live());
    assert.deepEqual(problems, []);
    const sorted = [...names].sort((a, b) => Buffer.compare(path(a), path(b)));
    assert.deepEqual(
      entries.map((entry) => latin1(entry.path)),
      sorted,
    );
    assert.deepEqual(
      entries.map((entry) => entry.sizeBytes),
      sorted.map((name) => names.indexOf(name)),
    );
    for (const entry of entries) assert.equal(entry.kind, 'file');
  });

  test('a time is an instant in UTC with milliseconds, or null', async () => {
    const { entry } = await openedWith(make, { a: patternBytes(1) });
    const { modifiedAt } = await entry('a');
    assert.ok(modifiedAt === null || new Date(modifiedAt).toISOString() === modifiedAt);
  });

  test('listing and reading change nothing, and a second inventory is the same as the first', async () => {
    const { session, contents } = await openedWith(make, {
      'D/a.MP4': patternBytes(5000),
      'D/b.GPS': patternBytes(0),
    });
    const before = await contents();
    const first = await session.inventory(live());
    for (const entry of first.entries) await readBytes(session, entry);
    assert.deepEqual(await session.inventory(live()), first);
    assert.deepEqual(await contents(), before);
  });

  test('a stamp differs once the content does, in size or not', async () => {
    const { session, entry, put } = await openedWith(make, { a: patternBytes(100), b: patternBytes(100) });
    const before = [await entry('a'), await entry('b')];
    await put(path('a'), patternBytes(101));
    await put(path('b'), patternBytes(100, 2));
    const { entries } = await session.inventory(live());
    for (const [index, entry] of entries.entries()) assert.notEqual(entry.stamp, before[index]?.stamp);
  });

  test('names are bytes: newlines, spaces, umlauts, bytes that are no text, the longest that there are', async () => {
    const all = [
      ...[
        'new\nline.MP4',
        ' a b ',
        '-rf',
        'back\\slash',
        '%2e%2e',
        'Ümläut.MP4',
        'U\u0308.MP4',
        '\u202e.MP4',
        '\u{1f4f9}',
      ].map(path),
      Buffer.from([0xff, 0xfe, 0x80, 0x2e, 0x4d]),
      Buffer.alloc(254, 0x79),
      Buffer.alloc(255, 0x78),
      Buffer.concat([path('D\xc4/'), Buffer.alloc(255, 0xe4)]),
    ];
    const subject = await make();
    const names = all.filter((name) => canBe(name, subject));
    for (const [index, name] of names.entries()) await subject.put(name, patternBytes(10, index));
    const session = await subject.driver.open(subject.place, live());
    const { entries } = await session.inventory(live());
    assert.deepEqual(entries.map((entry) => latin1(entry.path)).sort(), names.map(latin1).sort());
    for (const entry of entries) {
      const index = names.findIndex((name) => latin1(name) === latin1(entry.path));
      assert.deepEqual(await readBytes(session, entry), patternBytes(10, index));
      assert.equal(await session.erase(entry, live(), sha256(patternBytes(10, index))), 'done');
    }
    assert.equal((await subject.contents()).size, 0);
  });

  test('what is no file is an entry that is neither read nor erased', async () => {
    const subject = await make();
    if (subject.putOddity === undefined) return;
    await subject.putOddity(path('odd.MP4'));
    const session = await subject.driver.open(subject.place, live());
    const [entry] = (await session.inventory(live())).entries;
    assert.ok(entry !== undefined);
    assert.deepEqual([entry.kind, entry.sizeBytes], ['not-a-file', 0]);
    await assert.rejects(readBytes(session, entry), hasCode('driver.changed', 'driver.unreadable'));
    assert.equal(await session.erase(entry, live(), ANY_SHA256), 'refused');
    assert.equal((await session.inventory(live())).entries.length, 1);
  });
}

/** Whether the camera can have such a name at all. */
function canBe(name: Uint8Array, { names }: DriverSubject): boolean {
  if (names === undefined) return true;
  const text = parseUtf8(name);
  return text !== undefined && text.split('/').every((part) => part.length <= names.charactersMax);
}
