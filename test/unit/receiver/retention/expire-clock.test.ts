// A wrong clock of the store must never delete too early.
import { expect, test } from 'vitest';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { originKey } from '../../../../protocol/transparency/checkpoint.ts';
import { addCheckpoint } from '../../../../protocol/transparency/witness-protocol.ts';
import { MemoryWitness } from '../../../fakes/witness-memory.ts';
import { appendStoreEvents } from '../../../../agent/receiver/custody/store-log.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { makeSegmentId } from '../../../../protocol/format/ids.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { SegmentMaker } from '../custody-sample.ts';
import {
  DAY_MS,
  depsOn,
  entriesOf,
  expireOn,
  plantRecording,
  RECEIVER,
  retentionDisk,
  START_MS,
  stateOf,
  STATION,
  stationKey,
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

test('a clock that runs ahead deletes nothing, warns of nothing and enters nothing, whoever wrote its time down before', async () => {
  const disk = retentionDisk();
  const random = seededRandom(31);
  const samples = [
    plantRecording(disk, random),
    plantRecording(disk, random, { sealedMs: START_MS - 13 * DAY_MS }),
  ];
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  await appendStoreEvents(await machine(disk, 1, 3650 * DAY_MS, 'a', 2), STARTED);
  const expired = await expireOn(await machine(disk, 2, 3650 * DAY_MS, 'a', 3));
  expect(expired).toMatchObject({ deleted: 0, warned: 0, doubt: { kind: 'ahead' } });
  expect(samples.map((each) => stateOf(disk, each))).toEqual(['whole', 'whole']);
  expect(entriesOf(disk, 'expiry-warned')).toEqual([]);
  const right = await expireOn(await machine(disk, 3, 0, 'a', 4));
  expect(right).toMatchObject({ doubt: null, warned: 1 });
});

test('a clock that is further ahead than a machine may be off unseen deletes nothing', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(32));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const expired = await expireOn(await machine(disk, 0, 2 * DAY_MS, 'b', 2));
  expect(expired).toMatchObject({ deleted: 0, doubt: { kind: 'ahead' } });
  expect(stateOf(disk, sample)).toBe('whole');
});

test('a clock that is behind its log or its newest receipt deletes nothing', async () => {
  const disk = retentionDisk();
  const random = seededRandom(33);
  plantRecording(disk, random, { receivedMs: START_MS - 30 * DAY_MS });
  expect(await expireOn(await machine(disk, 0, -0.9 * DAY_MS, 'a'))).toMatchObject({
    deleted: 1,
    doubt: null,
  });
  plantRecording(disk, random, { receivedMs: START_MS - 20 * DAY_MS });
  const newest = plantRecording(disk, random, { receivedMs: START_MS + 3 * DAY_MS });
  await appendStoreEvents(await machine(disk, 0, 0, 'b', 2), STARTED);
  expect(await expireOn(await machine(disk, 0, 0, 'b', 2))).toMatchObject({
    deleted: 0,
    doubt: { kind: 'behind' },
  });
  expect(await expireOn(await machine(disk, 2.5, 0, 'b', 3))).toMatchObject({ deleted: 1, doubt: null });
  expect(await expireOn(await machine(disk, 0, -400 * DAY_MS, 'c', 4))).toMatchObject({
    doubt: { kind: 'behind' },
  });
  expect(stateOf(disk, newest)).toBe('whole');
});

test('a person who says that the clock is right ends the doubt, once', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(34));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const off = await machine(disk, 0, 40 * DAY_MS, 'b', 2);
  expect((await expireOn(off)).doubt).toMatchObject({ kind: 'ahead' });
  await appendStoreEvents(off, [{ event: 'clock-checked', facts: {} }]);
  expect(await expireOn(off)).toMatchObject({ doubt: null, deleted: 1 });
  expect(stateOf(disk, sample)).toBe('deleted');
  expect((await expireOn(await machine(disk, 1, 4000 * DAY_MS, 'b', 3))).doubt).toMatchObject({
    kind: 'ahead',
  });
});

test('a clock that is stepped in the middle of an expiration ends it', async () => {
  const disk = retentionDisk();
  const random = seededRandom(35);
  const samples = Array.from({ length: 40 }, () => plantRecording(disk, random));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const deps = await machine(disk, 14, 0, 'a', 2);
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
  const expired = await expireOn(stepping);
  expect(expired.doubt).toMatchObject({ kind: 'ahead' });
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

/** What a station's log says, by a clock that is right or not, after the station was started on a machine of that boot id. */
function stationSays(
  disk: CrashDisk,
  atMs: number,
  { isSynchronised = true, boot = 'another machine', key = stationKey } = {},
): void {
  const at = new Date(atMs).toISOString();
  const log = new SegmentMaker(STATION, makeSegmentId(seededRandom(atMs % 1000)), key, { at, boot });
  log.add('clock-state', { synchronised: isSynchronised }).checkpoint();
  const folder = `/vault/${STATION}/custody`;
  if (disk.tree(folder).size === 0) disk.plantFolder(folder);
  disk.plant(`${folder}/${log.segment}.jsonl`, log.batch());
  disk.plant(`${folder}/newest.json`, JSON.stringify({ segment: log.segment }));
}

test('a long time of being off is believed where a station of another machine that knows the time has said so', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(37));
  await appendStoreEvents(await machine(disk, 0, 0, 'a'), STARTED);
  const nowMs = START_MS + 20 * DAY_MS;
  const off = await machine(disk, 0, 20 * DAY_MS, 'b', 2);
  const refused = [
    (): void => undefined,
    (): void => stationSays(disk, nowMs - 3 * DAY_MS),
    (): void => stationSays(disk, nowMs, { isSynchronised: false }),
    (): void => stationSays(disk, nowMs, { boot: 'b' }),
    // By the time server that was wrong before this machine was started again.
    (): void => stationSays(disk, nowMs, { boot: 'a' }),
    (): void => stationSays(disk, nowMs, { key: makeSecretKey(seededRandom(38)) }),
  ];
  for (const [number, say] of refused.entries()) {
    say();
    expect((await expireOn(off)).doubt, `case ${number}`).toMatchObject({ kind: 'ahead' });
  }
  expect(stateOf(disk, sample)).toBe('whole');
  stationSays(disk, nowMs - 60_000);
  expect(await expireOn(off)).toMatchObject({ doubt: null, deleted: 1 });
});

test('so it is where a witness outside has cosigned the log since', async () => {
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
    expect((await expireOn({ ...off, witnesses })).doubt).toMatchObject({ kind: 'ahead' });
  expect(await expireOn({ ...off, witnesses: [witness.key] })).toMatchObject({ doubt: null, deleted: 1 });
  expect(stateOf(disk, sample)).toBe('deleted');
});
