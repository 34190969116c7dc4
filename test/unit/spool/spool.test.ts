// The spool in good order: what it shows after each step of a recording's life, in this process and after a clean start.
import type { ChainEnd } from '../../../agent/custody/ledger.ts';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { CameraId } from '../../../protocol/format/ids.ts';
import { MANIFEST_TRUSTED_COMMENT } from '../../../protocol/documents/manifest.ts';
import { keyIdHex, makeSecretKey, publicKeyOf, signDocument } from '../../../protocol/documents/minisign.ts';
import { encodeReceipt, parseReceipt } from '../../../protocol/documents/receipt.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepare,
  receiptOne,
  ROOT,
  sealInto,
  spoolOne,
  stationKey,
  type Prepared,
} from './scenario.ts';

const namesIn = (disk: CrashDisk, folder: string): string[] =>
  [...disk.tree(`${ROOT}/${folder}`).keys()].map((path) => path.slice(ROOT.length + 1));

function states(spool: Spool): Record<string, string> {
  return Object.fromEntries([...spool.recordings()].map(({ recording, state }) => [recording, state]));
}

/** Which recording of that camera counts as the one that was prepared. */
async function contentOf(
  spool: Spool,
  camera: CameraId,
  { documents }: Prepared,
): Promise<string | undefined> {
  const { source, original } = documents.manifest;
  const file = { pathSha256: source.path_sha256, sizeBytes: original.size_bytes };
  return (await spool.findContent(camera, file, original.sha256))?.recording;
}

async function reopened(disk: CrashDisk): Promise<Spool> {
  return (await openSpool(disk.crash(disk.steps, 'nothing'))).spool;
}

describe('a recording', () => {
  test('is in the spool when its commit resolves, and after a cut', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1), { locked: true });
    await spoolOne(disk, spool, prepared);
    for (const at of [spool, await reopened(disk)]) {
      const found = at.get(prepared.recording);
      expect(found).toMatchObject({
        state: 'spooled',
        camera: CAMERA,
        locked: true,
        rejected: null,
        sealedSizeBytes: 300,
        manifestSha256: sha256Hex(prepared.documents.manifestBytes),
        folder: `${ROOT}/ready/${prepared.recording}`,
        payloadPath: `${ROOT}/ready/${prepared.recording}/payload.age`,
      });
      expect(await at.readChunks(prepared.recording)).toEqual(new Uint8Array(prepared.chunks));
      expect((await at.readManifest(prepared.recording)).signature).toBe(prepared.documents.signature);
    }
    expect(namesIn(disk, 'staging')).toEqual([]);
  });

  test('is damaged only where its documents cannot be read three times', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(2));
    const { recording, chunks } = prepared;
    await spoolOne(disk, spool, prepared);
    disk.fail({ operation: 'readAll', nth: 1, times: 2, code: 'EIO' });
    expect(await spool.readChunks(recording)).toEqual(new Uint8Array(chunks));
    disk.fail({ operation: 'readAll', nth: 1, times: 3, code: 'EIO' });
    await expect(spool.readChunks(recording)).rejects.toMatchObject({ code: 'spool.damaged' });
  });

  test('that was discarded leaves nothing', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    const staging = await spool.stage(prepared.recording);
    await sealInto(disk, staging, prepared);
    await spool.discard(staging);
    await spool.discard(staging);
    expect(namesIn(disk, 'staging')).toEqual([]);
    expect([...spool.recordings()]).toEqual([]);
  });

  test('with other lengths than its manifest says is refused', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    const staging = await spool.stage(prepared.recording);
    await sealInto(disk, staging, { ...prepared, payload: prepared.payload.subarray(1) });
    await expect(spool.commit(staging, prepared.documents)).rejects.toMatchObject({ code: 'spool.damaged' });
    expect(spool.get(prepared.recording)).toBeUndefined();
  });

  test('is receipted when the receipt is durable, and reclaimed down to its documents', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    await expect(spool.reclaim(prepared.recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
    await receiptOne(spool, prepared);
    expect(states(spool)).toEqual({ [prepared.recording]: 'receipted' });
    expect(states(await reopened(disk))).toEqual({ [prepared.recording]: 'receipted' });
    await spool.reclaim(prepared.recording);
    await spool.reclaim(prepared.recording);
    const folder = `released/${prepared.recording}`;
    expect(namesIn(disk, folder)).toEqual(
      ['manifest.json', 'manifest.json.minisig', 'receipt.json', 'receipt.json.minisig'].map(
        (name) => `${folder}/${name}`,
      ),
    );
    for (const at of [spool, await reopened(disk)]) {
      expect(states(at)).toEqual({});
      expect(at.stateOf(prepared.recording)).toBe('released');
      expect(await at.find(prepared.recording)).toMatchObject({
        state: 'released',
        folder: `${ROOT}/${folder}`,
        manifestSha256: sha256Hex(prepared.documents.manifestBytes),
      });
      await expect(at.readChunks(prepared.recording)).rejects.toMatchObject({ code: 'spool.unknown' });
    }
  });

  test('goes to the quarantine whole, under its name, with a condition that outlives the process', async () => {
    const disk = await freshDisk();
    const { spool, conditions } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    expect(conditions.isRaised('spool.quarantine')).toBe(false);
    await spool.quarantine(prepared.recording, 'unit 3 does not match');
    await spool.quarantine(prepared.recording, 'again');
    expect(spool.get(prepared.recording)).toBeUndefined();
    expect(await contentOf(spool, CAMERA, prepared)).toBeUndefined();
    expect(namesIn(disk, `quarantine/${prepared.recording}`)).toHaveLength(4);
    expect(conditions.facts('spool.quarantine')).toMatchObject({
      entries: 1,
      newest: prepared.recording,
      reason: 'unit 3 does not match',
    });
    const again = await openSpool(disk.crash(disk.steps, 'nothing'));
    expect(again.conditions.facts('spool.quarantine')).toMatchObject({ entries: 1 });
    expect([...again.spool.recordings()]).toEqual([]);
  });
});

describe('a recording that the disk does not show at a start', () => {
  for (const [times, state] of [
    [3, 'spooled'],
    [4, undefined], // once with all that the index knows, and three times by itself
  ] as const)
    // prettier-ignore
    test(`${times} times is ${state === undefined ? 'quarantined' : 'looked at again, and stays'}`, async () => {
      const disk = await freshDisk();
      const first = await openSpool(disk);
      const prepared = prepare(seededRandom(1));
      await spoolOne(disk, first.spool, prepared);
      await first.spool.close();
      disk.fail({ operation: 'list', nth: 1, times, code: 'EIO', path: `ready/${prepared.recording}` });
      const { spool } = await openSpool(disk);
      expect(spool.stateOf(prepared.recording)).toBe(state);
    });
});

describe('a recording that goes to the quarantine while the disk refuses', () => {
  for (const operation of ['rename', 'syncFolder'] as const)
    test(`${operation} is out of the spool at once, and moved by the next look that the disk lets`, async () => {
      const disk = await freshDisk();
      const { spool, conditions } = await openSpool(disk);
      const prepared = prepare(seededRandom(1));
      await spoolOne(disk, spool, prepared);
      disk.fail({ operation, nth: 1, times: Infinity, code: 'EIO' });
      const refused = { code: 'spool.write-failed' };
      await expect(spool.quarantine(prepared.recording, 'unreadable: EIO')).rejects.toMatchObject(refused);
      expect(spool.get(prepared.recording)).toBeUndefined();
      await spool.lookAtQuarantine();
      disk.heal();
      await spool.lookAtQuarantine();
      expect(namesIn(disk, 'ready')).toEqual([]);
      const late = await openSpool(disk.crash(disk.steps, 'nothing'));
      expect(late.conditions.facts('spool.quarantine')).toMatchObject({ entries: 1 });
      const newest = operation === 'rename' ? prepared.recording : null; // or it lay there already
      expect(conditions.facts('spool.quarantine')).toMatchObject({ entries: 1, newest });
      await spool.close();
    });

  test('is left to the next start where the process ends before', async () => {
    const disk = await freshDisk();
    const { spool, clock } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    disk.fail({ operation: 'rename', nth: 1, times: Infinity, code: 'EIO' });
    await expect(spool.quarantine(prepared.recording, 'unreadable: EIO')).rejects.toThrow();
    await spool.close();
    disk.heal();
    await clock.advance(3_600_000);
    expect(namesIn(disk, `ready/${prepared.recording}`)).toHaveLength(4);
    const next = await openSpool(disk);
    expect(next.spool.stateOf(prepared.recording)).toBe('spooled');
  });
});

describe('a receipt', () => {
  async function receipted(): Promise<{ disk: CrashDisk; spool: Spool; prepared: Prepared }> {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    await receiptOne(spool, prepared);
    return { disk, spool, prepared };
  }
  const receiptAt = (disk: CrashDisk, prepared: Prepared): Uint8Array | undefined =>
    disk.peek(`${ROOT}/ready/${prepared.recording}/receipt.json`);

  test('that stands is not replaced by another one', async () => {
    const { disk, spool, prepared } = await receipted();
    const other = encodeReceipt({
      ...parseReceipt(prepared.receipt.bytes),
      received_at: '2026-11-26T10:00:00.000Z',
    });
    await spool.storeReceipt(prepared.recording, other, prepared.receipt.signature);
    expect(receiptAt(disk, prepared)).toEqual(new Uint8Array(prepared.receipt.bytes));
  });

  for (const name of ['receipt.json', 'receipt.json.minisig'])
    test(`is stored although ${name} is a folder: that is set aside`, async () => {
      const disk = await freshDisk();
      const { spool } = await openSpool(disk);
      const prepared = prepare(seededRandom(3));
      await spoolOne(disk, spool, prepared);
      await disk.makeFolder(`${ROOT}/ready/${prepared.recording}/${name}`);
      await receiptOne(spool, prepared);
      expect(receiptAt(disk, prepared)).toEqual(new Uint8Array(prepared.receipt.bytes));
      expect(disk.peekNames(`${ROOT}/quarantine`)).toEqual([`${prepared.recording}.${name}`]);
    });

  test('that was damaged on the disk is set aside and replaced', async () => {
    const { disk, spool, prepared } = await receipted();
    disk.corrupt(`${ROOT}/ready/${prepared.recording}/receipt.json.minisig`, (bytes) => {
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      return bytes;
    });
    await expect(spool.reclaim(prepared.recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
    expect(spool.stateOf(prepared.recording)).toBe('spooled');
    expect(namesIn(disk, 'quarantine')).toEqual([
      `quarantine/${prepared.recording}.receipt.json`,
      `quarantine/${prepared.recording}.receipt.json.minisig`,
    ]);
    await receiptOne(spool, prepared);
    await spool.reclaim(prepared.recording);
    expect(spool.stateOf(prepared.recording)).toBe('released');
  });

  test('of a recording that is not here is refused', async () => {
    const { spool } = await receipted();
    const other = prepare(seededRandom(2));
    await expect(receiptOne(spool, other)).rejects.toMatchObject({ code: 'spool.unknown' });
  });

  test('does not allow a reclaim where the manifest was altered', async () => {
    const { disk, spool, prepared } = await receipted();
    disk.corrupt(`${ROOT}/ready/${prepared.recording}/manifest.json`, (bytes) => {
      bytes[200] = (bytes[200] ?? 0) ^ 1;
      return bytes;
    });
    await expect(spool.reclaim(prepared.recording)).rejects.toMatchObject({ code: 'spool.damaged' });
    expect(namesIn(disk, `ready/${prepared.recording}`)).toHaveLength(6);
  });
});

/** What the ledger says of the recording that was spooled last. */
function endOf({ recording, documents }: Prepared): ChainEnd {
  const sha256 = sha256Hex(documents.manifestBytes);
  return { recording, sha256, keyId: keyIdHex(stationKey.keyId), docking: null };
}

describe('what is known of a camera', () => {
  test('recordings are found by camera, place and content, released ones among them, the newest first', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const random = seededRandom(5);
    const old = prepare(random, { path: 'a', sealedAt: '2026-11-25T09:00:00.000Z' });
    const young = prepare(random, { path: 'a', sealedAt: '2026-11-26T09:00:00.000Z' });
    const foreign = prepare(random, { path: 'a', camera: 'cam-2' as CameraId });
    const elsewhere = prepare(random, { path: 'b' });
    for (const each of [young, foreign, old, elsewhere]) await spoolOne(disk, spool, each);
    const looked = async (at: Spool): Promise<void> => {
      expect(await contentOf(at, CAMERA, old)).toBe(old.recording);
      expect(await contentOf(at, CAMERA, young)).toBe(young.recording);
      expect(await contentOf(at, 'cam-2' as CameraId, foreign)).toBe(foreign.recording);
      expect(await contentOf(at, 'cam-9' as CameraId, old)).toBeUndefined();
      expect(await contentOf(at, CAMERA, foreign)).toBeUndefined();
      const { path_sha256: pathSha256 } = old.documents.manifest.source;
      expect(at.mayHold(CAMERA, { pathSha256, sizeBytes: 300 })).toBe(true);
      expect(at.mayHold(CAMERA, { pathSha256, sizeBytes: 301 })).toBe(false);
    };
    await looked(spool);
    for (const each of [young, foreign]) {
      await receiptOne(spool, each);
      await spool.reclaim(each.recording);
    }
    for (const at of [spool, await reopened(disk)]) await looked(at);
  });

  test('the chain of manifests goes on where it ended, per camera, over starts, reclaims and quarantine', async () => {
    const disk = await freshDisk();
    const random = seededRandom(6);
    let { spool } = await openSpool(disk);
    let at = disk;
    const chain: Prepared[] = [];
    const restart = async (): Promise<void> => {
      await spool.close();
      at = at.crash(at.steps, 'nothing');
      ({ spool } = await openSpool(at));
    };
    let end: ChainEnd | undefined;
    expect(await spool.lastManifestSha256(CAMERA, end)).toBeNull();
    for (let count = 0; count < 6; count++) {
      const next = prepare(random, { previous: await spool.lastManifestSha256(CAMERA, end) });
      await spoolOne(at, spool, next);
      await spoolOne(
        at,
        spool,
        prepare(random, { camera: 'cam-2' as CameraId, sealedAt: '2027-01-01T00:00:00.000Z' }),
      );
      chain.push(next);
      end = endOf(next);
      expect(await spool.lastManifestSha256(CAMERA, end)).toBe(sha256Hex(next.documents.manifestBytes));
      if (count === 2) {
        await receiptOne(spool, next);
        await spool.reclaim(next.recording);
      }
      if (count === 4) await spool.quarantine(next.recording, 'test');
      await restart();
      expect(await spool.lastManifestSha256(CAMERA, end)).toBe(sha256Hex(next.documents.manifestBytes));
    }
    for (const [position, { documents }] of chain.entries()) {
      const before = chain[position - 1];
      expect(documents.manifest.previous_manifest_sha256).toBe(
        before ? sha256Hex(before.documents.manifestBytes) : null,
      );
    }
  });
});

describe('after a change of the station’s key', () => {
  test('a chain of manifests is of one key, with and without the index, whatever the clock says', async () => {
    const disk = await freshDisk();
    const random = seededRandom(16);
    const nextKey = makeSecretKey(random);
    const stationKeys = [publicKeyOf(nextKey), publicKeyOf(stationKey)];
    const before = await openSpool(disk);
    const old = prepare(random, { sealedAt: '2027-01-01T00:00:00.000Z' });
    await spoolOne(disk, before.spool, old);
    await before.spool.close();
    const { spool } = await openSpool(disk, { stationKeys });
    expect(await spool.lastManifestSha256(CAMERA)).toBeNull();
    expect((await spool.readManifest(old.recording)).signature).toBe(old.documents.signature);
    const { documents, ...rest } = prepare(random);
    const signature = signDocument(nextKey, documents.manifestBytes, MANIFEST_TRUSTED_COMMENT);
    const fresh = { ...rest, receipt: old.receipt, documents: { ...documents, signature } };
    await spoolOne(disk, spool, fresh);
    await spool.close();
    const head = sha256Hex(documents.manifestBytes);
    for (const index of [true, false]) {
      const again = disk.crash(disk.steps, 'everything');
      if (!index) await again.unlink(`${ROOT}/ledger.jsonl`);
      const { spool: reopened } = await openSpool(again, { stationKeys });
      expect(await reopened.lastManifestSha256(CAMERA)).toBe(head);
    }
  });

  test('what neither key signed is not offered, is told, and is called damaged by nobody', async () => {
    const disk = await freshDisk();
    const random = seededRandom(17);
    const prepared = prepare(random);
    const { spool } = await openSpool(disk);
    await spoolOne(disk, spool, prepared);
    await receiptOne(spool, prepared);
    await spool.close();
    const { recording } = prepared;
    const stationKeys = [publicKeyOf(makeSecretKey(random))];
    const opened = await openSpool(disk, { stationKeys });
    const refused = { code: 'spool.other-key' };
    await expect(opened.spool.readManifest(recording)).rejects.toMatchObject(refused);
    await expect(opened.spool.reclaim(recording)).rejects.toMatchObject(refused);
    await expect(opened.spool.recheck(recording)).rejects.toMatchObject(refused);
    expect(opened.conditions.facts('spool.other-key')).toEqual({ key: keyIdHex(stationKey.keyId) });
    expect([opened.spool.stateOf(recording), opened.spool.asideNames]).toEqual(['receipted', []]);
    const again = await openSpool(disk);
    expect(again.conditions.isRaised('spool.other-key')).toBe(false);
    await again.spool.reclaim(recording);
  });

  test.each(['spooled', 'receipted', 'released'] as const)(
    'what neither key signed and is %s stands for no file on a camera',
    async (state) => {
      const disk = await freshDisk();
      const prepared = prepare(seededRandom(19));
      const { spool } = await openSpool(disk);
      await spoolOne(disk, spool, prepared);
      if (state !== 'spooled') await receiptOne(spool, prepared);
      if (state === 'released') await spool.reclaim(prepared.recording);
      await spool.close();
      const { source, original } = prepared.documents.manifest;
      const file = { pathSha256: source.path_sha256, sizeBytes: original.size_bytes };
      const stationKeys = [publicKeyOf(makeSecretKey(seededRandom(20)))];
      const { spool: withOther } = await openSpool(disk, { stationKeys });
      expect(withOther.stateOf(prepared.recording)).toBe(state);
      expect(await withOther.findContent(CAMERA, file, original.sha256)).toBeUndefined();
      const { spool: again } = await openSpool(disk);
      expect((await again.findContent(CAMERA, file, original.sha256))?.recording).toBe(prepared.recording);
    },
  );

  test('a signature in which only the name of the key is damaged is no other key’s', async () => {
    const disk = await freshDisk();
    const prepared = prepare(seededRandom(18));
    const { spool, conditions } = await openSpool(disk);
    await spoolOne(disk, spool, prepared);
    disk.corrupt(`${ROOT}/ready/${prepared.recording}/manifest.json.minisig`, (bytes) => {
      const [untrusted, line = '', ...rest] = Buffer.from(bytes).toString('latin1').split('\n');
      const signature = Buffer.from(line, 'base64');
      signature[4] = (signature[4] ?? 0) ^ 1;
      return Buffer.from([untrusted, signature.toString('base64'), ...rest].join('\n'));
    });
    await expect(spool.readManifest(prepared.recording)).rejects.toMatchObject({ code: 'spool.damaged' });
    expect(conditions.isRaised('spool.other-key')).toBe(false);
  });
});

describe('many at once', () => {
  test('commits run side by side and share the syncs of the folders', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const random = seededRandom(9);
    const all = Array.from({ length: 40 }, () => prepare(random));
    const before = disk.calls('syncFolder');
    await Promise.all(all.map((each) => spoolOne(disk, spool, each)));
    expect([...spool.recordings()]).toHaveLength(40);
    expect([...(await reopened(disk)).recordings()]).toHaveLength(40);
    expect(disk.calls('syncFolder') - before).toBeLessThan(40 + 20);
  });

  test('receipt, reclaim and quarantine of one recording run one after the other', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    const outcomes = await Promise.allSettled([
      receiptOne(spool, prepared),
      receiptOne(spool, prepared),
      spool.quarantine(prepared.recording, 'test'),
      spool.reclaim(prepared.recording),
      receiptOne(spool, prepared),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected', // it is in the quarantine
      'rejected',
    ]);
    expect(namesIn(disk, `quarantine/${prepared.recording}`)).toHaveLength(6);
    expect(namesIn(disk, 'released')).toEqual([]);
    expect(disk.openFiles).toBe(0);
  });
});
