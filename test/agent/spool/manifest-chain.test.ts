// The end of a camera's chain of manifests where a start cannot read it, or read it wrong: the next manifest names it all the same, as the disk or
// the log tells it.
import { beforeEach, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { lastSpooled } from '../../../agent/spool/spooled-log.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { makeDockingId, type CameraId } from '../../../protocol/ids.ts';
import { makeSecretKey, publicKeyOf, type SecretKey } from '../../../protocol/minisign.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { logKey, openLog } from '../custody/custody-scenario.ts';
import { CAMERA, freshDisk, openSpool, prepare, spoolOne, type Prepared } from './scenario.ts';

const OTHER = 'cam-2' as CameraId;
const random = seededRandom(5);
let disk: CrashDisk;
let runs: number;
beforeEach(async () => {
  disk = await freshDisk();
  runs = 0;
});

interface Run {
  readonly spool: Spool;
  readonly custody: CustodyLog;
}

/** One run of the station, ended in order. `begun`: once it has started. */
async function run<T>(work: (run: Run) => Promise<T>): Promise<T> {
  const { spool } = await openSpool(disk);
  const { custody } = await openLog(disk, ++runs);
  const done = await work({ spool, custody });
  await custody.close();
  await spool.close();
  await disk.unlink('/spool/index.jsonl').catch(() => undefined); // what a kill leaves: the start reads manifests
  return done;
}

/** Takes one recording of the camera as a docking does. Without `isLogged` the log does not hear that it is durable. */
async function take({ spool, custody }: Run, camera = CAMERA, isLogged = true): Promise<Prepared> {
  const previous = await spool.lastManifestSha256(camera, (of) => lastSpooled(custody, of));
  const docking = makeDockingId(random);
  const prepared = prepare(random, { camera, previous, docking });
  const { recording, payload, documents } = prepared;
  custody.append({ event: 'docked', facts: { bay: 'bay-1', camera, docking } });
  const [path_sha256, sha256] = [sha256Hex(Buffer.from(recording)), sha256Hex(payload)];
  custody.append({
    event: 'pulled',
    facts: { recording, docking, path_sha256, size_bytes: payload.length, sha256 },
  });
  await spoolOne(disk, spool, prepared);
  if (isLogged) {
    const manifest_sha256 = digestOf(prepared);
    const { size_bytes: sealed_size_bytes } = documents.manifest.sealed;
    custody.append({ event: 'spooled', facts: { recording, manifest_sha256, sealed_size_bytes } });
  }
  await custody.checkpoint();
  return prepared;
}

/** Two runs of a station with three recordings of the camera and one of another in between. Returns the last one of the camera. */
async function lived(): Promise<Prepared> {
  await run(async (first) => {
    await take(first);
    await take(first);
  });
  return run(async (second) => {
    const last = await take(second);
    await take(second, OTHER);
    return last;
  });
}

const digestOf = ({ documents }: Prepared): string => sha256Hex(documents.manifestBytes);
const named = ({ documents }: Prepared): string | null => documents.manifest.previous_manifest_sha256;
const path = ({ recording }: Prepared, name = 'manifest.json'): string => `/spool/ready/${recording}/${name}`;

function misreadSealedAt(last: Prepared): () => void {
  const at =
    Buffer.from(last.documents.manifestBytes).indexOf('"sealed_at":"') +
    '"sealed_at":"2026-11-25T09:3'.length;
  return disk.misreadBit(path(last), 8 * at); // still an instant
}

function misreadKeyId(last: Prepared): () => void {
  const keyIdAt = last.documents.signature.indexOf('\n') + 1 + 5; // four characters are the algorithm and a byte of the key id
  return disk.misreadBit(path(last, 'manifest.json.minisig'), 8 * keyIdAt + 1); // still base64
}

for (const [what, misread] of [
  ['that is', misreadSealedAt],
  ['whose key is', misreadKeyId],
] as const)
  test.each(['for the start alone', 'for longer'])(`${what} read with a bit turned, %s`, async (how) => {
    const last = await lived();
    const end = misread(last);
    const made = await run(async (third) => {
      if (how === 'for the start alone') end();
      return [await take(third), await take(third)];
    });
    expect(made.map(named)).toEqual([digestOf(last), digestOf(made[0] as Prepared)]);
  });

test('set aside because it does not parse: named all the same, by one start and by the next', async () => {
  const last = await lived();
  disk.corrupt(path(last), (bytes) => bytes.subarray(0, bytes.length >> 1));
  const made = [await run((third) => take(third)), await run((fourth) => take(fourth))];
  expect(made.map(named)).toEqual([digestOf(last), digestOf(made[0] as Prepared)]);
});

test('of which the log does not hear any more: it is later than the one that the log names', async () => {
  const before = await lived();
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest.json', 'nobody can read this');
  const last = await run((third) => take(third, CAMERA, false));
  expect(named(last)).toBe(digestOf(before));
  expect(named(await run((fourth) => take(fourth)))).toBe(digestOf(last));
});

test('which cannot be read, and the log is not shown: the recording is durable all the same', async () => {
  const last = await lived();
  disk.corrupt(path(last), () => new Uint8Array(1));
  const made = await run(async (third) => {
    disk.fail({
      operation: 'open',
      path: '/spool/custody/',
      nth: 1,
      times: Number.POSITIVE_INFINITY,
      code: 'EIO',
    });
    const prepared = await take(third);
    disk.heal();
    return prepared;
  });
  expect(disk.peek(path(made))).toBeDefined();
});

test('by an earlier key of the station, as only the log tells: the next one begins a chain', async () => {
  const last = await lived();
  disk.corrupt(path(last), () => new Uint8Array(1));
  const next: SecretKey = makeSecretKey(random);
  const stationKeys = [publicKeyOf(next), publicKeyOf(logKey)];
  const [old_key_id, new_key_id] = ['1', '2'].map((digit) => digit.repeat(16));
  const keyChange = {
    old_key_id: old_key_id ?? '',
    new_key_id: new_key_id ?? '',
    change_sha256: 'c'.repeat(64),
  };
  const { custody } = await openLog(disk, ++runs, { signer: fastSigner(next), stationKeys, keyChange });
  expect(await lastSpooled(custody, CAMERA)).toMatchObject({
    recording: last.recording,
    isOfEarlierKey: true,
  });
  await custody.close();
});
