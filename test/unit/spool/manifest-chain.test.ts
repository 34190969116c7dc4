// The end of a camera's chain of manifests where a start cannot read it, or read it wrong: the next manifest names it all the same, as the disk or
// the log tells it.
import { beforeEach, expect, test } from 'vitest';
import type { CameraId } from '../../../protocol/format/ids.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { openLog } from '../custody/custody-scenario.ts';
import { ChainLife, digestOf, named } from './chain-life.ts';
import { CAMERA, openSpool, stationKey, type Prepared } from './scenario.ts';

const OTHER = 'cam-2' as CameraId;
let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

/** Two runs of a station with three recordings of the camera and one of another in between. Returns the last one of the camera. */
async function lived(): Promise<Prepared> {
  await life.run(async (first) => {
    await life.take(first);
    await life.take(first);
  });
  return life.run(async (second) => {
    const last = await life.take(second);
    await life.take(second, { camera: OTHER });
    return last;
  });
}

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
    const made = await life.run(async (third) => {
      if (how === 'for the start alone') end();
      return [await life.take(third), await life.take(third)];
    });
    expect(made.map(named)).toEqual([digestOf(last), digestOf(made[0] as Prepared)]);
  });

test('set aside because it does not parse: named all the same, by one start and by the next', async () => {
  const last = await lived();
  disk.corrupt(path(last), (bytes) => bytes.subarray(0, bytes.length >> 1));
  const made = [await life.one(), await life.one()];
  expect(made.map(named)).toEqual([digestOf(last), digestOf(made[0] as Prepared)]);
});

test('of which the log does not hear any more: it is later than the one that the log names', async () => {
  const before = await lived();
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest.json', 'nobody can read this');
  const last = await life.run((third) => life.take(third, { isLogged: false }));
  expect(named(last)).toBe(digestOf(before));
  expect(named(await life.one())).toBe(digestOf(last));
});

test('which cannot be read, and the log is not shown: the recording is durable all the same', async () => {
  const last = await lived();
  disk.corrupt(path(last), () => new Uint8Array(1));
  const made = await life.run(async (third) => {
    disk.fail({
      operation: 'open',
      path: '/spool/custody/',
      nth: 1,
      times: Number.POSITIVE_INFINITY,
      code: 'EIO',
    });
    const prepared = await life.take(third);
    disk.heal();
    return prepared;
  });
  expect(disk.peek(path(made))).toBeDefined();
});

test('by an earlier key of the station, as only the log tells: the next one begins a chain', async () => {
  const last = await lived();
  disk.corrupt(path(last), () => new Uint8Array(1));
  const next = makeSecretKey(seededRandom(6));
  const stationKeys = [publicKeyOf(next), publicKeyOf(stationKey)];
  const [old_key_id, new_key_id] = ['1', '2'].map((digit) => digit.repeat(16));
  const keyChange = {
    old_key_id: old_key_id ?? '',
    new_key_id: new_key_id ?? '',
    change_sha256: 'c'.repeat(64),
  };
  const { custody } = await openLog(disk, life.nextSeed, {
    signer: fastSigner(next),
    stationKeys,
    keyChange,
  });
  const logged = custody.ledger.manifests.get(CAMERA);
  expect(logged).toMatchObject({ recording: last.recording, keyId: keyIdHex(stationKey.keyId) });
  const { spool } = await openSpool(disk, { stationKeys });
  expect(await spool.lastManifestSha256(CAMERA, logged)).toBeNull();
  await spool.close();
  await custody.close();
});
