// A wrong clock of the store must never delete too early.
import { expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import type { Expired } from '../../../../agent/receiver/retention/expire.ts';
import { readLog } from '../custody/log-scenario.ts';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { originKey } from '../../../../protocol/transparency/checkpoint.ts';
import { addCheckpoint } from '../../../../protocol/transparency/witness-protocol.ts';
import { MemoryWitness } from '../../../fakes/witness-memory.ts';
import { appendStoreEvents } from '../../../../agent/receiver/custody/store-log.ts';
import type { Order, Role } from '../../../../protocol/documents/order.ts';
import type { Sample } from '../sample.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import {
  DAY_MS,
  depsOn,
  entriesOf,
  expireAlone,
  expireOn,
  OUTSIDE,
  plantOrder,
  plantRecording,
  RECEIVER,
  retentionDisk,
  START_MS,
  stateOf,
  stationSays,
  storeKey,
  type TestDeps,
} from './retention-scenario.ts';

const STARTED = [{ event: 'receiver-started', facts: { version: '1' } }] as const;

/** The program on a machine that was on for so many days, with a wall clock that is wrong by so much. */
async function machine(
  disk: CrashDisk,
  days: number,
  wrongMs: number,
  boot: string,
  seed = 1,
): Promise<TestDeps> {
  const deps = depsOn(disk, seed, { bootId: boot });
  await deps.clock.advance(days * DAY_MS);
  deps.clock.jumpWall(wrongMs);
  return deps;
}

test('a clock that nobody outside agrees with deletes nothing, warns of nothing and enters nothing, whoever wrote its time down before', async () => {
  const disk = retentionDisk();
  const random = seededRandom(31);
  const samples = [
    plantRecording(disk, random),
    plantRecording(disk, random, { sealedMs: START_MS - 13 * DAY_MS }),
  ];
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  await appendStoreEvents(await machine(disk, 1, 3650 * DAY_MS, 'a', 2), STARTED);
  const before = readLog(disk);
  for (const [wrongMs, saidMs] of [
    [3650 * DAY_MS, START_MS + 2 * DAY_MS],
    [14 * DAY_MS, START_MS + 2 * DAY_MS],
    [0, START_MS + DAY_MS],
    [-3 * DAY_MS, START_MS + 2 * DAY_MS],
    [0.01 * DAY_MS, START_MS + 2 * DAY_MS],
  ] as const) {
    stationSays(disk, saidMs);
    const expired = await expireAlone(await machine(disk, 2, wrongMs, 'a', 3));
    expect(expired).toMatchObject({ deleted: 0, warned: 0, doubt: { kind: 'alone' } });
  }
  expect(samples.map((each) => stateOf(disk, each))).toEqual(['whole', 'whole']);
  expect(readLog(disk)).toEqual(before);
  const right = await expireOn(await machine(disk, 3, 0, 'a', 4));
  expect(right).toMatchObject({ doubt: null, warned: 1 });
});

test('a word from outside counts in its boot alone, for a day, and for the clock that it agreed with', async () => {
  const disk = retentionDisk();
  plantRecording(disk, seededRandom(32), { receivedMs: START_MS - 20 * DAY_MS });
  const held = plantRecording(disk, seededRandom(33));
  await expireOn(await machine(disk, 0, 0, 'a'));
  expect(entriesOf(disk, 'outside-time')).toHaveLength(1);
  const doubt = async (days: number, wrongMs: number, boot: string): Promise<unknown> =>
    (await expireAlone(await machine(disk, days, wrongMs, boot, 2))).doubt;
  expect(await doubt(0.9, 0, 'a')).toBeNull();
  expect(await doubt(0.9, 0, 'b')).toMatchObject({ kind: 'alone' });
  expect(await doubt(0.9, 14 * DAY_MS, 'a')).toMatchObject({ kind: 'apart', byMs: 14 * DAY_MS });
  expect(await doubt(1.1, 0, 'a')).toMatchObject({ kind: 'alone' });
  expect(stateOf(disk, held)).toBe('whole');
});

test('a word is looked for again where the last one is an hour old, and entered once', async () => {
  const disk = retentionDisk();
  for (const days of [0, 0.01, 0.02, 0.1, 0.11])
    await expireOn(await machine(disk, days, 0, 'a', 1 + days * 100));
  expect(entriesOf(disk, 'outside-time')).toHaveLength(2);
  const [first] = entriesOf(disk, 'outside-time');
  expect(first?.facts).toEqual({ by: 'station', name: OUTSIDE, said_at: first?.at, boot: 'another machine' });
});

test('what a person entered of the clock by 0.1.0 says no time', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(34));
  const deps = await machine(disk, 40, 0, 'b', 2);
  await appendStoreEvents(deps, [{ event: 'clock-checked', facts: {} }]);
  expect((await expireAlone(deps)).doubt).toMatchObject({ kind: 'alone' });
  expect(stateOf(disk, sample)).toBe('whole');
});

test('where nobody outside says the time both roles delete by order, and no hold of one lapses', async () => {
  const disk = retentionDisk();
  const random = seededRandom(44);
  const both = ['officer', 'supervisor'] as const;
  const [free, held, lifted, due] = [1, 2, 3, 4].map(() => plantRecording(disk, random));
  if (!free || !held || !lifted || !due) throw new Error('four were planted');
  const order = (of: Sample, verb: Order['verb'], days: number, by: readonly Role[]): Order =>
    plantOrder(disk, random, of, { verb, orderedMs: START_MS + days * DAY_MS, by });
  for (const each of [held, lifted]) order(each, 'hold', 0, ['officer']);
  for (const each of [free, held, lifted]) order(each, 'delete', 1, both);
  order(lifted, 'unhold', 2, both);
  const ahead = await machine(disk, 3, 30 * DAY_MS, 'a');
  expect(await expireAlone(ahead)).toMatchObject({ deleted: 2, doubt: { kind: 'alone' } });
  expect([free, held, lifted, due].map((each) => stateOf(disk, each))).toEqual([
    'deleted',
    'whole',
    'deleted',
    'whole',
  ]);
  expect(await expireOn(await machine(disk, 8, 0, 'a', 2))).toMatchObject({ deleted: 1, doubt: null });
  expect([stateOf(disk, held), stateOf(disk, due)]).toEqual(['deleted', 'whole']);
});

test('a clock that is stepped in the middle of an expiration ends it', async () => {
  const disk = retentionDisk();
  const random = seededRandom(35);
  const samples = Array.from({ length: 40 }, () => plantRecording(disk, random));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const deps = await machine(disk, 15, 0, 'a', 2);
  const stepping: TestDeps = {
    ...deps,
    signer: {
      ...deps.signer,
      sign: async (bytes, comment) => {
        if (disk.calls('unlink') > 0 && disk.calls('unlink') < 60) deps.clock.jumpWall(1000 * DAY_MS);
        return deps.signer.sign(bytes, comment);
      },
    },
  };
  // So many that they wait for a day first.
  await expireOn(await machine(disk, 14, 0, 'a', 4));
  const expired = await expireOn(stepping);
  expect(expired.doubt).toMatchObject({ kind: 'apart' });
  const deleted = samples.filter((each) => stateOf(disk, each) === 'deleted').length;
  expect(deleted).toBeLessThan(40);
  expect(deleted).toBeGreaterThan(0);
});

test('what was receipted by a clock that had lost its time goes no sooner than the configured days after a warning', async () => {
  const disk = retentionDisk();
  const lost = plantRecording(disk, seededRandom(36), {
    receivedMs: Date.UTC(1970, 0, 2),
    manifest: { clock_synchronised: null },
  });
  const on = async (days: number): Promise<void> => {
    await expireOn(await machine(disk, days, 0, 'a', 10 + days));
  };
  await on(0);
  expect(entriesOf(disk, 'expiry-warned')).toHaveLength(1);
  for (const days of [1, 7, 14]) {
    await on(days);
    expect(stateOf(disk, lost), `day ${days}`).toBe('whole');
  }
  await on(15);
  expect(stateOf(disk, lost)).toBe('deleted');
});

test('what was sealed days after its receipt, by one of two wrong clocks, stays until the later due date; a time to come counts for nothing', async () => {
  const disk = retentionDisk();
  const random = seededRandom(37);
  const [behind, ahead] = [START_MS + 5 * DAY_MS, START_MS + 4000 * DAY_MS].map((sealedMs) =>
    plantRecording(disk, random, { sealedMs, manifest: { clock_synchronised: null } }),
  );
  if (behind === undefined || ahead === undefined) throw new Error('two were planted');
  const states = async (days: number): Promise<string[]> => {
    await expireOn(await machine(disk, days, 0, 'a', 20 + days));
    return [behind, ahead].map((each) => stateOf(disk, each));
  };
  expect(await states(13)).toEqual(['whole', 'whole']);
  expect(await states(14)).toEqual(['whole', 'deleted']);
  expect(await states(18)).toEqual(['whole', 'deleted']);
  expect(await states(19)).toEqual(['deleted', 'deleted']);
});

test('a station says the time where it is another machine, knows it, and signed it now', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(37));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const nowMs = START_MS + 20 * DAY_MS;
  const off = await machine(disk, 0, 20 * DAY_MS, 'b', 2);
  const refused = [
    (): void => undefined,
    (): void => stationSays(disk, nowMs - 11 * 60_000),
    (): void => stationSays(disk, nowMs + 11 * 60_000),
    (): void => stationSays(disk, nowMs, { isSynchronised: false }),
    (): void => stationSays(disk, nowMs, { boot: 'b' }),
    // By the time server that was wrong before this machine was started again.
    (): void => stationSays(disk, nowMs, { boot: 'a' }),
    (): void => stationSays(disk, nowMs, { key: makeSecretKey(seededRandom(38)) }),
  ];
  for (const [number, say] of refused.entries()) {
    say();
    expect((await expireAlone(off)).doubt, `case ${number}`).toMatchObject({ kind: 'alone' });
  }
  expect(stateOf(disk, sample)).toBe('whole');
  stationSays(disk, nowMs - 9 * 60_000);
  expect(await expireAlone(off)).toMatchObject({ doubt: null, deleted: 1 });
});

test('so does a witness that the file names, by the time of its cosignature', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(39));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const nowMs = START_MS + 20 * DAY_MS;
  const [witness, other] = [new MemoryWitness(() => nowMs), new MemoryWitness(() => nowMs)];
  const folder = `/vault/${RECEIVER}/log`;
  const note = Buffer.from(disk.peek(`${folder}/checkpoint`) ?? []).toString();
  witness.serves(originKey(note.split('\n')[0] ?? '', publicKeyOf(storeKey).key));
  const body = Buffer.from(addCheckpoint(0, [], note));
  const { signal } = new AbortController();
  const url = `${witness.url}/add-checkpoint`;
  const answer = await witness.post({ url, contentType: 'text/plain', body, bytesMax: 1000, signal });
  disk.plant(`${folder}/cosigned`, note + Buffer.from(answer.body).toString());
  const off = await machine(disk, 0, 20 * DAY_MS, 'b', 2);
  for (const witnesses of [[], [other.key]])
    expect((await expireAlone({ ...off, witnesses })).doubt).toMatchObject({ kind: 'alone' });
  const late = await machine(disk, 0, 20.01 * DAY_MS, 'b', 2);
  expect((await expireAlone({ ...late, witnesses: [witness.key] })).doubt).toMatchObject({ kind: 'alone' });
  expect(await expireAlone({ ...off, witnesses: [witness.key] })).toMatchObject({ doubt: null, deleted: 1 });
  expect(stateOf(disk, sample)).toBe('deleted');
});

test('what witnesses cosigned keeps no other word where the disk does not show it', async () => {
  const disk = retentionDisk();
  plantRecording(disk, seededRandom(39));
  const off = await machine(disk, 20, 0, 'b');
  await appendStoreEvents(off, STARTED);
  const path = `/vault/${RECEIVER}/log/cosigned`;
  disk.fail({ operation: 'readAll', path, nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
  const witnesses = [new MemoryWitness(() => 0).key];
  expect(await expireOn({ ...off, witnesses })).toMatchObject({ doubt: null, deleted: 1 });
});

test('so does a time stamp that verifies by the certificate that the file names, and no other one', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(40));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const nowMs = START_MS + 20 * DAY_MS;
  const folder = `/vault/${RECEIVER}/log`;
  const note = disk.peek(`${folder}/checkpoint`) ?? new Uint8Array(0);
  disk.plantFolder(`${folder}/timestamps`);
  for (const size of [2, 10]) disk.plant(`${folder}/timestamps/${size}.checkpoint`, note);
  for (const size of [2, 10]) disk.plant(`${folder}/timestamps/${size}.tsr`, Buffer.from('token'));
  const text = Buffer.from(note).toString().split('\n\n')[0];
  const asked: string[][] = [];
  const off = await machine(disk, 0, 20 * DAY_MS, 'b', 2);
  const by = (ms: number | undefined): TestDeps => ({
    ...off,
    stamps: {
      host: 'time.test',
      timeOf: (...words) => {
        asked.push(words);
        return Promise.resolve(ms);
      },
    },
  });
  for (const ms of [undefined, nowMs - 11 * 60_000])
    expect((await expireAlone(by(ms))).doubt).toMatchObject({ kind: 'alone' });
  expect(await expireAlone(by(nowMs - 60_000))).toMatchObject({ doubt: null, deleted: 1 });
  expect(stateOf(disk, sample)).toBe('deleted');
  expect(asked[0]).toEqual([sha256Hex(Buffer.from(`${text}\n`)), `${folder}/timestamps/10.tsr`]);
  expect(entriesOf(disk, 'outside-time')[0]?.facts).toMatchObject({ by: 'time-stamp', name: 'time.test' });
});

test('more than a fifth of the vault waits for a day, also over a restart, and goes where it is the same still', async () => {
  const disk = retentionDisk();
  const random = seededRandom(41);
  const old = Array.from({ length: 21 }, () => plantRecording(disk, random));
  const ordered = plantRecording(disk, random);
  plantOrder(disk, random, ordered, { verb: 'delete', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  const round = async (days: number, seed: number): Promise<Expired> =>
    expireOn(await machine(disk, days, 0, `boot ${days}`, seed));
  const [due, recordings] = [21, 22];
  const first = await round(15, 1);
  expect(first).toMatchObject({ deleted: 1, more: false, waits: { due, recordings, isNew: true } });
  expect(entriesOf(disk, 'expiry-waits').map(({ facts }) => facts)).toEqual([{ due, recordings }]);
  expect(await round(15.9, 2)).toMatchObject({
    deleted: 0,
    waits: { due: 21, recordings: 21, isNew: false },
  });
  expect(entriesOf(disk, 'expiry-waits')).toHaveLength(1);
  expect(old.every((each) => stateOf(disk, each) === 'whole')).toBe(true);
  expect(await round(16, 3)).toMatchObject({ deleted: 21, waits: null });
});

test('so it does again where many more are due by then, and where nobody looked for days', async () => {
  const disk = retentionDisk();
  const random = seededRandom(42);
  for (let number = 0; number < 21; number++) plantRecording(disk, random);
  const round = async (days: number): Promise<Expired> =>
    expireOn(await machine(disk, days, 0, 'a', days * 10));
  expect((await round(15)).waits).toMatchObject({ due: 21 });
  for (let number = 0; number < 21; number++)
    plantRecording(disk, random, { receivedMs: START_MS + 2.5 * DAY_MS });
  expect(await round(16.1)).toMatchObject({ deleted: 21, waits: null });
  expect(await round(17)).toMatchObject({ deleted: 21, waits: null });
  for (let number = 0; number < 42; number++) plantRecording(disk, random, { receivedMs: START_MS });
  expect((await round(17.1)).waits).toMatchObject({ due: 42, isNew: true });
  expect((await round(20.2)).waits).toMatchObject({ due: 42, isNew: true });
  expect(await round(21.3)).toMatchObject({ deleted: 42 });
});

test('a fifth of a large vault, and twenty of a small one, go at once', async () => {
  const disk = retentionDisk();
  const random = seededRandom(43);
  for (let number = 0; number < 20; number++) plantRecording(disk, random);
  expect(await expireOn(await machine(disk, 15, 0, 'a', 1))).toMatchObject({ deleted: 20, waits: null });
  for (let number = 0; number < 120; number++)
    plantRecording(disk, random, { receivedMs: START_MS + (number < 24 ? 0 : 10) * DAY_MS });
  expect(await expireOn(await machine(disk, 15, 0, 'a', 2))).toMatchObject({ deleted: 24, waits: null });
});
