import { expect, test } from 'vitest';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { StoppingFiles, type StopBefore } from '../../../fakes/files-stopping.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import { readLog } from '../custody/log-scenario.ts';
import {
  DAY_MS,
  deletionOf,
  isHeard,
  depsOn,
  expireOn,
  hearing,
  later,
  folderOf,
  namedBy,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  stateOf,
  type TestDeps,
} from './retention-scenario.ts';

interface Scenario {
  readonly disk: CrashDisk;
  readonly due: readonly Sample[];
  readonly held: Sample;
}

/** Two that are due, one of them with much of its life behind it, one ordered, and one that is due and held. */
function scenario(): Scenario {
  const disk = retentionDisk();
  const random = seededRandom(21);
  const [due, ordered, held] = [
    plantRecording(disk, random),
    plantRecording(disk, random),
    plantRecording(disk, random),
  ];
  plantOrder(disk, random, ordered, { verb: 'delete', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  plantOrder(disk, random, held, { verb: 'hold', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  return { disk, due: [due, ordered], held };
}

function onDay15(disk: CrashDisk, seed: number): Promise<TestDeps> {
  return later(disk, 15, seed);
}

/** Nothing of a payload is gone unless the record is durable and the log says `deleting`, after it said the time; what is held is whole. */
function expectProven(disk: CrashDisk, { due, held }: Scenario, where: string): void {
  const { deleting, deleted, isTimed } = logged(disk);
  expect(stateOf(disk, held), where).toBe('whole');
  expect(isTimed || deleting.length === 0, where).toBe(true);
  for (const each of due) {
    const folder = folderOf(each);
    const whole = ['payload.age', 'chunks.bin'].every((name) => disk.peek(`${folder}/${name}`) !== undefined);
    if (whole) continue;
    deletionOf(disk, each);
    expect(deleting, where).toContain(each.recording);
  }
  for (const recording of deleted) {
    const each = due.find((sample) => sample.recording === recording);
    expect(each === undefined ? 'unknown' : stateOf(disk, each), where).toBe('deleted');
  }
}

/** What the log says, read once. */
function logged(disk: CrashDisk): { deleting: string[]; deleted: string[]; isTimed: boolean } {
  const entries = readLog(disk).flatMap((segment) => segment.entries);
  const named = (event: string): string[] =>
    entries.filter((entry) => entry.event === event).map(({ facts }) => String(facts['recording']));
  const [first] = entries.flatMap(({ event }) => (/^(outside-time|deleting)$/.test(event) ? [event] : []));
  return { deleting: named('deleting'), deleted: named('deleted'), isTimed: first === 'outside-time' };
}

/** After one more expiration everything is as if nothing had happened. */
async function expectFinished(disk: CrashDisk, all: Scenario, seed: number, where: string): Promise<void> {
  const expired = await expireOn(await onDay15(disk, seed));
  expect(expired.failure, where).toBeUndefined();
  expect(stateOf(disk, all.held), where).toBe('whole');
  const { deleting, deleted } = logged(disk);
  for (const each of all.due) {
    expect(stateOf(disk, each), where).toBe('deleted');
    expect(isHeard(disk, each), where).toBe(true);
    expect(deleting, where).toContain(each.recording);
    expect(deleted, where).toContain(each.recording);
    expect(disk.peek(`${folderOf(each)}/deleting.tmp`), where).toBeUndefined();
  }
}

test('a power cut at any step leaves what is gone proven, and the next expiration finishes it', async () => {
  const all = scenario();
  await expireOn(await onDay15(all.disk, 1));
  expect(all.due.map((each) => stateOf(all.disk, each))).toEqual(['deleted', 'deleted']);
  for (let step = 0; step <= all.disk.steps; step++)
    for (const survival of SURVIVALS) {
      const after = all.disk.crash(step, survival);
      const where = `at ${step} (${all.disk.stepLabel(step)}), ${survival} survived`;
      expectProven(after, all, where);
      if (step % 2 > 0 || SURVIVALS[(step >> 1) % SURVIVALS.length] !== survival) continue;
      await expectFinished(after, all, 1000 + step, where);
    }
});

test('a second power cut in what finishes the first changes nothing', async () => {
  const all = scenario();
  await expireOn(await onDay15(all.disk, 2));
  const chance = seededRandom(5);
  for (let step = 0; step <= all.disk.steps; step += 5) {
    const first = all.disk.crash(step, chance.pick(SURVIVALS));
    await expireOn(await onDay15(first, 2000 + step));
    const second = chance.below(first.steps + 1);
    const where = `at ${step} (${all.disk.stepLabel(step)}), then at ${second} (${first.stepLabel(second)})`;
    const after = first.crash(second, chance.pick(SURVIVALS));
    expectProven(after, all, where);
    await expectFinished(after, all, 3000 + step, where);
  }
});

test('whatever call fails, nothing is claimed that is not so, and the next expiration finishes it', async () => {
  const whole = scenario();
  for (const operation of ['create', 'write', 'sync', 'rename', 'unlink', 'syncFolder'] as const) {
    const calls = whole.disk.crash(0, 'everything');
    await expireOn(await onDay15(calls, 3));
    for (let nth = 1; nth <= calls.calls(operation); nth++) {
      const all = { ...whole, disk: whole.disk.crash(0, 'everything') };
      all.disk.fail({ operation, nth, code: 'EIO' });
      await expireOn(await onDay15(all.disk, 4)).catch(() => undefined);
      all.disk.heal();
      expectProven(all.disk, all, `${operation} ${nth}`);
      await expectFinished(all.disk, all, 5, `${operation} ${nth}`);
    }
  }
});

test('a hold that comes between the look at a recording and its deletion keeps it', async () => {
  const all = scenario();
  const [due] = all.due;
  if (due === undefined) throw new Error('nothing is due');
  const before: StopBefore = (operation, path) => operation === 'list' && path === '/vault/.leases/retention';
  const stopping = new StoppingFiles(all.disk, before);
  const deps = depsOn(stopping.files, 6, { bootId: 'one boot' });
  await deps.clock.advance(15 * DAY_MS);
  const expiring = expireOn(hearing(all.disk, deps));
  await stopping.stopped;
  plantOrder(all.disk, seededRandom(22), due, {
    verb: 'hold',
    orderedMs: START_MS + 14 * DAY_MS,
    by: ['officer'],
  });
  stopping.goOn();
  expect((await expiring).deleted).toBe(1);
  expect(stateOf(all.disk, due)).toBe('whole');
  expect(namedBy(all.disk, 'deleting')).not.toContain(due.recording);
});

test('two expirations at one time delete each recording once', async () => {
  const all = scenario();
  const both = await Promise.all([1, 2].map(async (seed) => expireOn(await onDay15(all.disk, seed))));
  expect(both.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(2);
  expect(namedBy(all.disk, 'deleted').toSorted()).toEqual(
    all.due.map(({ recording }) => recording).toSorted(),
  );
});
