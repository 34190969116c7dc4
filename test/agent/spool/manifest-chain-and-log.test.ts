// Which manifest comes last of a camera where the log is behind or damaged, and where something in the spool cannot be read.
import { beforeEach, expect, test } from 'vitest';
import { lastOfCamera } from '../../../agent/custody/last-of-camera.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { ChainLife, digestOf, logSpooled, named } from './chain-life.ts';
import { CAMERA, type Prepared } from './scenario.ts';

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

const gone = ({ recording }: Prepared): Promise<void> => disk.removeTree(`/spool/ready/${recording}`); // released, old, let go
const junk = (): void =>
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest.json', 'nobody can read this');

test('an old damaged segment whose follower was dropped is not where the chain ends', async () => {
  const one = await life.one();
  const first = life.segment;
  const two = await life.one();
  const second = life.segment;
  const three = await life.one();
  disk.corrupt(`/spool/custody/${first}.jsonl`, (bytes) => bytes.map((byte, at) => (at === 5 ? 0x21 : byte)));
  await disk.unlink(`/spool/custody/${second}.jsonl.minisig`);
  await disk.unlink(`/spool/custody/${second}.jsonl`);
  await gone(one);
  await gone(two);
  junk();
  expect(named(await life.one())).toBe(digestOf(three));
});

test('entries that were owed came late, and out of order: the verified end stays the end', async () => {
  const [one, two, three] = await life.run(async (first) => {
    const made = [
      await life.take(first, { isLogged: false }),
      await life.take(first, { isLogged: false }),
      await life.take(first),
    ] as const;
    logSpooled(first.custody, made[1]); // more urgent
    logSpooled(first.custody, made[0]);
    return made;
  });
  await gone(one);
  await gone(two);
  junk();
  expect(named(await life.one())).toBe(digestOf(three));
});

test('the log is more than one behind where the newest were not logged, and the one that it names was let go', async () => {
  const before = await life.one();
  const [one, two] = await life.run(async (second) => [
    await life.take(second, { isLogged: false }),
    await life.take(second, { isLogged: false }),
  ]);
  await gone(before);
  junk();
  expect(one).toBeDefined();
  expect(named(await life.one())).toBe(digestOf(two));
});

test('lookups of a camera whose recordings never become durable read no more of the log each time', async () => {
  await life.run(async (first) => {
    for (let n = 0; n < 3; n++) await life.take(first);
  });
  junk();
  await life.run(async ({ spool, custody }) => {
    let asked = 0;
    for (let n = 0; n < 5; n++)
      await spool.lastManifestSha256(CAMERA, async (of) => {
        asked++;
        return lastOfCamera(custody, of, 'spooled');
      });
    expect(asked).toBeLessThan(2);
  });
});

test('the log is two behind, and what it names lies in the quarantine, readable and named by the one after it', async () => {
  const [, , three] = await life.run(async (first) => {
    const made = [
      await life.take(first),
      await life.take(first, { isLogged: false }),
      await life.take(first, { isLogged: false }),
    ] as const;
    await first.spool.quarantine(made[0].recording, 'its payload is damaged');
    return made;
  });
  junk();
  expect(named(await life.one())).toBe(digestOf(three));
});

test('the last one does not parse, and the disk refuses to set it aside', async () => {
  await life.one();
  const last = await life.one();
  disk.corrupt(`/spool/ready/${last.recording}/manifest.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  disk.fail({ operation: 'rename', path: last.recording, nth: 1, times: 1, code: 'EIO' });
  expect(named(await life.one())).toBe(digestOf(last));
});

test('the last one is set aside behind 1,000 other things', async () => {
  for (let n = 0; n < 1000; n++) disk.plant(`/spool/quarantine/odd-${n}`, 'x');
  await life.one();
  const last = await life.one();
  disk.corrupt(`/spool/ready/${last.recording}/manifest.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  expect(named(await life.one())).toBe(digestOf(last));
});
