// Which manifest comes last of a camera where the log is behind or damaged, and where something in the spool cannot be read.
import { beforeEach, expect, test } from 'vitest';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { openLog } from '../custody/custody-scenario.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { ChainLife, digestOf, logSpooled, named } from './chain-life.ts';
import { CAMERA, openSpool, stationKey, type Prepared } from './scenario.ts';

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
  await dropSegment(disk, second);
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

for (const unread of ['nothing', 'something else'])
  test(`the last one goes to the quarantine in this run, the log is behind, and ${unread} cannot be read: it stays the end`, async () => {
    await life.one();
    const last = await life.run((run) => life.take(run, { isLogged: false }));
    if (unread !== 'nothing') junk();
    const made = await life.run(async (run) => {
      await run.spool.quarantine(last.recording, 'its payload is damaged');
      return life.take(run);
    });
    expect(named(made)).toBe(digestOf(last));
  });

test('the entry of the last one was owed, and came behind a change of the key: the next one begins a chain', async () => {
  const last = await life.run((run) => life.take(run, { isLogged: false })); // cut off between commit and checkpoint
  junk();
  const next = makeSecretKey(seededRandom(6));
  const { spool } = await openSpool(disk, { stationKeys: [publicKeyOf(next), publicKeyOf(stationKey)] });
  const [old_key_id = '', new_key_id = ''] = ['1', '2'].map((digit) => digit.repeat(16));
  const { custody } = await openLog(disk, life.nextSeed, {
    signer: fastSigner(next),
    stationKeys: [publicKeyOf(next), publicKeyOf(stationKey)],
    keyChange: { old_key_id, new_key_id, change_sha256: 'c'.repeat(64) },
  });
  logSpooled(custody, last); // as the pusher makes up for it
  await custody.checkpoint();
  const previous = await spool.lastManifestSha256(CAMERA, custody.ledger.manifests.get(CAMERA));
  await custody.close();
  await spool.close();
  expect(previous).toBeNull();
});

test('the camera was away for 64 starts of the station, a few KB of log, and its last one is damaged', async () => {
  await life.one();
  const last = await life.one();
  for (let starts = 0; starts < 64; starts++) await life.run(async () => undefined);
  disk.corrupt(`/spool/ready/${last.recording}/manifest.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  expect(named(await life.one())).toBe(digestOf(last));
});
