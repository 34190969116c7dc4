import { expect, test } from 'vitest';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLocks } from '../../../fakes/locks-memory.ts';
import { StoppingFiles, type StopBefore } from '../../../fakes/files-stopping.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { fastSigner } from '../../../fakes/signer-fast.ts';
import { append, depsOn, FOLDER, numbered, numbersIn, readLog, RECEIVER, vaultDisk } from './log-scenario.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** An entry of 8 KiB. */
const LONG: CustodyEvent = { event: 'key-revoked', facts: { reason: 'x'.repeat(8000) } };

test('events of several processes stand in one chain, each group under a signed checkpoint', async () => {
  const disk = vaultDisk();
  const [a, b] = [depsOn(disk, 1), depsOn(disk, 2)];
  await append(a, numbered(1));
  await append(b, numbered(2), numbered(3));
  const head = await append(a, numbered(4));
  const [segment, ...others] = readLog(disk);
  expect(others).toHaveLength(0);
  expect(segment?.first).toMatchObject({
    event: 'segment-opened',
    facts: { station: RECEIVER, last_segment: null, version: '0.1.0' },
  });
  expect(segment?.last).toEqual({ sequence: head?.sequence, sha256: head?.sha256 });
  expect(segment?.entries.map(({ event }) => event)).toEqual(
    'segment-opened receiver-started checkpoint receiver-started receiver-started checkpoint receiver-started checkpoint'.split(
      ' ',
    ),
  );
  expect(numbersIn(disk)).toEqual([1, 2, 3, 4]);
});

test('whoever appends at the same time waits for its turn, and none is lost', async () => {
  const disk = vaultDisk();
  const locks = new MemoryLocks();
  const deps = range(1, 8).map((seed) => depsOn(disk, seed, { locks }));
  await Promise.all(deps.map((each, at) => append(each, numbered(at))));
  expect(numbersIn(disk).toSorted((a, b) => a - b)).toEqual(range(0, 7));
  expect(readLog(disk)).toHaveLength(1);
});

test('above 2 MiB a segment is ended with its signature and the next one names its head', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 3);
  for (let turn = 0; turn < 4; turn++)
    await append(deps, ...Array.from({ length: 100 }, () => LONG), numbered(turn));
  const segments = readLog(disk);
  expect(segments.map(({ signed }) => signed)).toEqual([true, false]);
  expect(segments[1]?.first?.facts['last_sha256']).toBe(segments[0]?.last.sha256);
  expect(numbersIn(disk)).toEqual([0, 1, 2, 3]);
});

/** Cuts the power at each step of these appends; the log must hold what was told, and go on. */
async function expectSurvival(
  disk: CrashDisk,
  groups: readonly (readonly CustodyEvent[])[],
  survivals = SURVIVALS,
): Promise<void> {
  const before = numbersIn(disk);
  const deps = depsOn(disk, 4);
  for (const [turn, events] of groups.entries()) {
    await append(deps, ...events, numbered(turn));
    disk.claim(String(turn));
  }
  for (let step = 0; step <= disk.steps; step++)
    for (const survival of survivals) {
      const after = disk.crash(step, survival);
      const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
      const told = [...before, ...disk.claimsAt(step).map(Number)];
      expect(numbersIn(after), where).toEqual(expect.arrayContaining(told));
      await append(depsOn(after, 1000 + step), numbered(99));
      expect(numbersIn(after).at(-1), where).toBe(99);
      const again = numbersIn(after.crash(after.steps, 'nothing'));
      expect(again, where).toEqual(expect.arrayContaining([...told, 99]));
    }
}

test('a power cut at any step leaves a chain that holds, with all that was told; what comes next goes on with it', () =>
  expectSurvival(vaultDisk(), [[], [LONG, LONG], [numbered(50)], []]));

test('the same at the end of one segment and the beginning of the next', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 3), ...Array.from({ length: 265 }, () => LONG), numbered(20));
  const whole = disk.crash(disk.steps, 'nothing');
  await expectSurvival(whole, [[numbered(51)], []], ['nothing', 'torn']);
  expect(readLog(whole).map(({ signed }) => signed)).toEqual([true, false]);
}, 60_000);

test('a failing call loses nothing that was told, and the next attempt goes on', async () => {
  for (const operation of [
    'write',
    'sync',
    'close',
    'rename',
    'create',
    'syncFolder',
    'makeFolder',
    'list',
  ] as const)
    for (let nth = 1; nth <= 8; nth++) {
      const disk = vaultDisk();
      const deps = depsOn(disk, 5);
      disk.fail({ operation, nth, code: 'EIO' });
      const told: number[] = [];
      for (const number of [1, 2, 3])
        await append(deps, numbered(number)).then(
          () => told.push(number),
          () => undefined,
        );
      disk.heal();
      await append(deps, numbered(4));
      const after = disk.crash(disk.steps, 'nothing');
      expect(numbersIn(after), `${operation} ${nth}`).toEqual(expect.arrayContaining([...told, 4]));
    }
});

test('a torn end is cut and told to the log', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 6);
  await append(deps, numbered(1));
  const path = `${FOLDER}/${readLog(disk)[0]?.segment}.jsonl`;
  for (const torn of ['{"at":"2026', Buffer.alloc(5000)]) {
    disk.corrupt(path, (bytes) => Buffer.concat([bytes, Buffer.from(torn)]));
    await append(deps, numbered(2));
  }
  expect(deps.log.messages('warn')).toEqual(['store log: torn end cut', 'store log: torn end cut']);
  expect(numbersIn(disk)).toEqual([1, 2, 2]);
});

test('what the system shows wrong for a while is not written back with a torn end', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 16);
  for (let count = 0; count < 40; count++) await append(deps, LONG);
  const path = `${FOLDER}/${readLog(disk)[0]?.segment}.jsonl`;
  disk.corrupt(path, (bytes) => Buffer.concat([bytes, Buffer.from('{')]));
  const shown = disk.peek(path);
  const end = disk.misreadBit(path, 8 * 5000);
  await expect(append(deps, numbered(1))).rejects.toMatchObject({ code: 'log.shorter' });
  end();
  expect(disk.peek(path)).toEqual(shown);
  await append(deps, numbered(1));
  expect([...disk.tree(FOLDER).keys()].filter((name) => name.endsWith('.jsonl'))).toEqual([path]);
  expect(readLog(disk)[0]?.entries.filter(({ event }) => event === 'chain-broken')).toEqual([]);
});

test('a log with an altered entry stays as it is, and takes no line', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 7);
  for (const number of [1, 2, 3]) await append(deps, numbered(number));
  const [before] = readLog(disk);
  const path = `${FOLDER}/${before?.segment}.jsonl`;
  disk.corrupt(path, (bytes) =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replace('"version":"3"', '"version":"8"'), 'latin1'),
  );
  const altered = disk.tree(FOLDER);
  await expect(append(deps, numbered(4))).rejects.toMatchObject({ code: 'log.shorter' });
  expect(disk.tree(FOLDER)).toEqual(altered);
});

test('a log that a start cannot follow to its end takes no line, although a cut took the checkpoint of its tree', async () => {
  const written = vaultDisk();
  for (const number of [1, 2, 3]) await append(depsOn(written, 17), numbered(number));
  const disk = written.crash(written.steps, 'nothing');
  const [path = '', bytes = new Uint8Array()] =
    [...disk.tree(FOLDER)].find(([name]) => name.endsWith('.jsonl')) ?? [];
  const end = disk.misreadBit(path, 8 * Buffer.from(bytes).indexOf('"version":"2"'));
  await expect(append(depsOn(disk, 18), numbered(4))).rejects.toMatchObject({ code: 'log.shorter' });
  end();
  await append(depsOn(disk, 19), numbered(4));
  expect(readLog(disk)).toHaveLength(1);
  expect(numbersIn(disk)).toEqual([1, 2, 3, 4]);
});

test('a segment of another key is left, and the next one names its head', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 8), numbered(1));
  const other = makeSecretKey(seededRandom(302));
  const changed = depsOn(disk, 9, { signer: fastSigner(other), publicKey: publicKeyOf(other) });
  await append(changed, {
    event: 'key-changed',
    facts: { old_key_id: '0', new_key_id: '1', change_sha256: '2' },
  });
  await append(changed, numbered(2));
  const segments = [...disk.tree(FOLDER).keys()].filter((name) => name.endsWith('.jsonl'));
  expect(segments).toHaveLength(2);
});

/** Moments of an append at which its process may be held still; the first two only while it begins the log. */
const MOMENTS: Readonly<Record<string, StopBefore>> = {
  create: (operation, path) => operation === 'create' && path.includes('/log-'),
  rename: (operation, path) => operation === 'rename' && path.startsWith(FOLDER),
  open: (operation, path) => operation === 'open' && path.startsWith(FOLDER),
  write: (operation, path) => operation === 'write' && path.startsWith(FOLDER),
  sync: (operation, path) => operation === 'sync' && path.startsWith(FOLDER),
};

test('what a process that died wrote without a sync is made durable by the next one', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 10), numbered(1));
  const dying = new StoppingFiles(disk, MOMENTS['sync'] ?? (() => false));
  append(depsOn(dying.files, 11), numbered(2)).catch(() => undefined);
  await dying.stopped;
  await append(depsOn(disk, 12), numbered(3));
  expect(numbersIn(disk)).toEqual([1, 2, 3]);
  expect(numbersIn(disk.crash(disk.steps, 'nothing'))).toEqual([1, 2, 3]);
});

test.each(Object.entries(MOMENTS))(
  'a process that stands still before its %s keeps the others out until it goes on',
  async (moment, before) => {
    const disk = vaultDisk();
    const locks = new MemoryLocks();
    if (moment !== 'create' && moment !== 'rename') await append(depsOn(disk, 13), numbered(1));
    const stopping = new StoppingFiles(disk, before);
    const late = append(depsOn(stopping.files, 14, { locks }), numbered(2));
    await stopping.stopped;
    const next = append(depsOn(disk, 15, { locks }), numbered(3));
    stopping.goOn();
    await Promise.all([late, next]);
    await append(depsOn(disk, 16), numbered(4));
    expect(numbersIn(disk).filter((number) => number > 1)).toEqual([2, 3, 4]);
    expect(readLog(disk)).toHaveLength(1);
    expect(disk.openFiles).toBe(0);
  },
);
