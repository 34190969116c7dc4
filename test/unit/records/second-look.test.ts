// Docking records with odd things beside them, and what goes to the quarantine while the log is behind.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { RecordsLife } from './chain-life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

test('something that is no file under the name of a receipt keeps no record from being offered', async () => {
  const [one] = (await life.run(1)).made;
  await life.run(1);
  disk.plantFolder(`/spool/dockings/${one?.recording}/receipt.json`);
  const opened = await life.open();
  const known = [...opened.dockings.records.store.recordings()].map(({ recording }) => recording);
  await opened.close();
  expect(known).toContain(one?.recording);
});

test('half of a receipt that the disk once refuses to remove keeps no record from being offered', async () => {
  const [one] = (await life.run(1)).made;
  disk.plant(`/spool/dockings/${one?.recording}/receipt.json`, 'x');
  disk.fail({ operation: 'unlink', path: `${one?.recording}/receipt.json`, nth: 1, times: 1, code: 'EIO' });
  const opened = await life.open();
  const known = [...opened.dockings.records.store.recordings()].map(({ recording }) => recording);
  await opened.close();
  expect(known).toContain(one?.recording);
});

test('the log is two behind and the one before the last goes to the quarantine in this run: the last one stays the end', async () => {
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/x', 'nobody can read this');
  await life.run(1);
  const two = await life.run(2);
  await dropSegment(disk, two.segment); // as a cut before the checkpoint leaves the log
  const opened = await life.open();
  for (const { recording } of two.made.slice(0, 1))
    await opened.dockings.records.store.quarantine(recording, 'damaged');
  expect(await life.previousOfNext(opened)).toBe(two.made[1]?.manifestSha256);
});

test('the record of the last docking lies in the quarantine: nothing sure is known of it, and no file counts as new', async () => {
  const [last] = (await life.run(1)).made;
  const opened = await life.open();
  if (last === undefined) throw new Error('there is one');
  await opened.dockings.records.store.quarantine(last.recording, 'damaged');
  const previous = await opened.dockings.previous(last.facts.camera);
  await opened.close();
  expect(previous?.endedAtMs).toBeNull();
  expect(previous?.mayHaveStayed('a'.repeat(64))).toBe(true);
});
