// A page of a docking record that one start reads wrong, so that it parses all the same: no chain forks.
import { beforeEach, expect, test } from 'vitest';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { RecordsLife } from './chain-life.ts';

const CAMERA_ID = '"camera":{"firmware":null,"id":"cam-';
const BEFORE = '"previous_docking_sha256":"';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

/** The lowest bit of the character behind that text is turned in all that the next run's start reads; then that run makes a record. */
async function madeBehind(of: StoredRecord | undefined, text: string): Promise<StoredRecord | undefined> {
  const path = `/spool/dockings/${of?.recording}/docking.json`;
  const { made } = await life.run(1, { begun: misreadBehind(disk, path, text) });
  return made[0];
}

for (const which of [0, 1])
  test(`the camera of record ${which + 1} of two: the next one names the last one`, async () => {
    const { made } = await life.run(2);
    const next = await madeBehind(made[which], CAMERA_ID);
    expect(next?.facts.previousSha256).toBe(made[1]?.manifestSha256);
  });

test('the time of an older one is read as a later one', async () => {
  const { made } = await life.run(2);
  const next = await madeBehind(made[0], '"docked_at":"20');
  expect(next?.facts.previousSha256).toBe(made[1]?.manifestSha256);
});

test('what the last one names, and the clock was ahead at the docking before', async () => {
  await life.run(1, { at: '2026-11-28T06:00:00.000Z' });
  const [last] = (await life.run(1)).made;
  const next = await madeBehind(last, BEFORE);
  expect(next?.facts.previousSha256).toBe(last?.manifestSha256);
});
