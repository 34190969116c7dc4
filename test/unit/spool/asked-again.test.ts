// A store that lost what it had asks for it again: what becomes of the copy here, of the documents, and of the receipt that was given.
import { describe, expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeSegmentId, makeSessionId, type SessionId } from '../../../protocol/format/ids.ts';
import { encodeReceipt, parseReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { heldFiles } from '../../fakes/files-held.ts';
import { until } from '../../fakes/broker-subjects.ts';
import { killableFiles } from '../../fakes/files-killable.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { signFast } from '../../fakes/signer-fast.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepare,
  receiptOne,
  ROOT,
  spoolOne,
  storeKey,
  type Prepared,
} from './scenario.ts';

const SEGMENT = makeSegmentId(seededRandom(98));
const digestOf = ({ receipt }: Prepared): string => sha256Hex(receipt.bytes);

const HOUR_MS = 3_600_000;

/** Another true receipt for the same, so much later, or (`isOther` false) at the same time with other bytes. */
function later(prepared: Prepared, ms: number, isOther = true, vault?: SessionId): Prepared {
  const receipt = parseReceipt(prepared.receipt.bytes);
  const bytes = encodeReceipt({
    ...receipt,
    vault: vault ?? receipt.vault,
    received_at: new Date(Date.parse(receipt.received_at) + ms).toISOString(),
    custody_head: isOther ? receipt.custody_head : { segment: SEGMENT, sequence: 1, sha256: '0'.repeat(64) },
  });
  return { ...prepared, receipt: { bytes, signature: signFast(storeKey, bytes, RECEIPT_TRUSTED_COMMENT) } };
}

async function receipted(seed: number): Promise<{ disk: CrashDisk; spool: Spool; prepared: Prepared }> {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const prepared = prepare(seededRandom(seed));
  await spoolOne(disk, spool, prepared);
  await receiptOne(spool, prepared);
  return { disk, spool, prepared };
}

/** As a power cut at this moment leaves it, opened again. */
async function reopened(disk: CrashDisk): Promise<Spool> {
  return (await openSpool(disk.crash(disk.steps, 'nothing'))).spool;
}

describe('documents that the gate refused', () => {
  const path = (recording: string, state: string, name: string): string =>
    `${ROOT}/${state}/${recording}/${name}`;
  const flip = (bytes: Uint8Array): Uint8Array => bytes.with(200, (bytes[200] ?? 0) ^ 1);

  test.each([
    ['receipted', 'receipt.json', 'unreceipted', 'spooled'],
    ['receipted', 'manifest.json.minisig', 'aside', undefined],
    ['released', 'receipt.json', 'aside', undefined],
    ['released', 'manifest.json.minisig', 'aside', undefined],
  ] as const)('of one that is %s, %s damaged: %s', async (state, name, outcome, after) => {
    const { disk, spool, prepared: one } = await receipted(31);
    if (state === 'released') await spool.reclaim(one.recording);
    const folder = state === 'released' ? 'released' : 'ready';
    expect(await spool.recheck(one.recording)).toBe('good');
    disk.corrupt(path(one.recording, folder, name), flip);
    expect(await spool.recheck(one.recording)).toBe(outcome);
    expect(spool.stateOf(one.recording)).toBe(after);
    expect(disk.peekNames(`${ROOT}/quarantine`)?.join()).toContain(one.recording);
    const { camera, source, original } = one.documents.manifest;
    const replaced = spool.replacedBy(camera.id, source.path_sha256, original.sha256);
    expect(replaced).toEqual(outcome === 'aside' ? [one.recording] : []);
  });
});

test('a copy that is here waits for another receipt, after a cut too, and is not reclaimed', async () => {
  const { disk, spool, prepared } = await receipted(1);
  const { recording } = prepared;
  expect(await spool.askAgain(recording, digestOf(prepared))).toBe('waits');
  for (const at of [spool, await reopened(disk)]) {
    expect(at.get(recording)?.state).toBe('spooled');
    expect([...at.askedAgain]).toEqual([recording]);
    await expect(at.reclaim(recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
  }
  expect(disk.peek(`${ROOT}/ready/${recording}/receipt.json`)).toBeDefined(); // it still proves what it proved
});

test('another receipt ends it, also for the next start', async () => {
  const { disk, spool, prepared } = await receipted(2);
  const { recording } = prepared;
  await spool.askAgain(recording, digestOf(prepared));
  await receiptOne(spool, later(prepared, HOUR_MS));
  expect((await reopened(disk)).get(recording)?.state).toBe('spooled'); // it is not logged yet
  await spool.askedOver(recording);
  for (const at of [spool, await reopened(disk)]) {
    expect(at.get(recording)?.state).toBe('receipted');
    expect([...at.askedAgain]).toEqual([]);
  }
});

describe('a receipt that the store took back', () => {
  const refused = { code: 'receipt.asked-again' };

  test('never counts again, however it comes, after a cut too, nor does an older one of its vault', async () => {
    const { disk, spool, prepared } = await receipted(5);
    const { recording } = prepared;
    await spool.askAgain(recording, digestOf(prepared));
    for (const at of [spool, await reopened(disk)]) {
      for (const receipt of [prepared, later(prepared, 0, false), later(prepared, -HOUR_MS)])
        await expect(receiptOne(at, receipt)).rejects.toMatchObject(refused);
      expect(at.get(recording)?.state).toBe('spooled');
      expect(await at.takenBack()).toMatchObject([{ recording, receipt_sha256: digestOf(prepared) }]);
    }
    await receiptOne(spool, later(prepared, HOUR_MS));
    expect(spool.get(recording)?.state).toBe('receipted');
  });

  test('does not count behind the next one that was taken back either', async () => {
    const { disk, spool, prepared } = await receipted(6);
    const { recording } = prepared;
    const elsewhere = later(prepared, HOUR_MS, true, makeSessionId(seededRandom(99)));
    await spool.askAgain(recording, digestOf(prepared));
    await receiptOne(spool, elsewhere);
    await spool.askedOver(recording);
    await spool.askAgain(recording, digestOf(elsewhere));
    for (const at of [spool, await reopened(disk)])
      for (const receipt of [prepared, elsewhere])
        await expect(receiptOne(at, receipt)).rejects.toMatchObject(refused);
  });

  test('never counts again where the one that came in its place was damaged, after a cut too', async () => {
    const { disk, spool, prepared } = await receipted(10);
    const { recording } = prepared;
    const other = later(prepared, HOUR_MS);
    await spool.askAgain(recording, digestOf(prepared));
    await receiptOne(spool, other);
    await spool.askedOver(recording);
    disk.corrupt(`${ROOT}/ready/${recording}/receipt.json`, (bytes) => bytes.subarray(0, 20));
    expect(await spool.recheck(recording)).toBe('unreceipted');
    for (const at of [spool, await reopened(disk)]) {
      for (const receipt of [prepared, later(prepared, -HOUR_MS)])
        await expect(receiptOne(at, receipt)).rejects.toMatchObject(refused);
      expect(at.get(recording)?.state).toBe('spooled');
    }
    await receiptOne(spool, other);
    expect(spool.get(recording)?.state).toBe('receipted');
  });

  test('is known by the one beside the copy where the mark is damaged', async () => {
    const { disk, spool, prepared } = await receipted(7);
    const { recording } = prepared;
    await spool.askAgain(recording, digestOf(prepared));
    disk.corrupt(`${ROOT}/asked/${recording}`, (bytes) => bytes.subarray(0, 20));
    const at = await reopened(disk);
    await expect(receiptOne(at, prepared)).rejects.toMatchObject(refused);
    await receiptOne(at, later(prepared, HOUR_MS));
    expect(at.get(recording)?.state).toBe('receipted');
  });

  test('leaves those of another vault alone: each says what it holds', async () => {
    const { spool, prepared } = await receipted(8);
    const { recording } = prepared;
    await spool.askAgain(recording, digestOf(prepared));
    await receiptOne(spool, later(prepared, -HOUR_MS, true, makeSessionId(seededRandom(99))));
    expect(spool.get(recording)?.state).toBe('receipted');
  });

  test('lies in wait behind a power cut at each step of the mark: either nothing was asked, or it counts no more', async () => {
    const { disk, spool, prepared } = await receipted(9);
    const { recording } = prepared;
    const from = disk.steps;
    await spool.askAgain(recording, digestOf(prepared));
    for (let step = from; step <= disk.steps; step++)
      for (const kept of ['nothing', 'everything'] as const) {
        const at = (await openSpool(disk.crash(step, kept))).spool;
        const { state } = at.get(recording) ?? {};
        if (state === 'spooled') await expect(receiptOne(at, prepared)).rejects.toMatchObject(refused);
        else expect(state).toBe('receipted');
      }
  });
});

test('what is asked for while its documents are read is not known any more when they are', async () => {
  const { disk, spool: before, prepared } = await receipted(12);
  const { recording, documents } = prepared;
  const { source, original } = documents.manifest;
  await before.reclaim(recording);
  const held = heldFiles(disk, `${recording}/manifest.json`, true);
  const { spool } = await openSpool(held.files);
  const file = { pathSha256: source.path_sha256, sizeBytes: original.size_bytes };
  const go = held.hold();
  const found = spool.findContent(CAMERA, file, original.sha256);
  expect(await spool.askAgain(recording, digestOf(prepared))).toBe('gone');
  go();
  expect(await found).toBeUndefined();
});

test('marks are read side by side at a start: one that the disk is slow with holds up no other', async () => {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const random = seededRandom(14);
  const all = [prepare(random), prepare(random), prepare(random)];
  for (const prepared of all) {
    await spoolOne(disk, spool, prepared);
    await receiptOne(spool, prepared);
    await spool.askAgain(prepared.recording, digestOf(prepared));
  }
  const ids = await disk.list(`${ROOT}/asked`);
  const { files, hold } = heldFiles(disk, `asked/${ids[0]}`, false);
  const read = new Set<string>();
  disk.hearCalls((_operation, path) => read.add(path));
  const go = hold();
  const opening = openSpool(files);
  await until(() => read.has(`${ROOT}/asked/${ids[2]}`));
  go();
  expect(new Set((await opening).spool.askedAgain)).toEqual(new Set(ids));
});

test('a copy that is set aside while it waits is replaced by what is pulled again', async () => {
  const { disk, spool, prepared } = await receipted(11);
  const { recording, documents } = prepared;
  await spool.askAgain(recording, digestOf(prepared));
  await spool.quarantine(recording, 'a unit is damaged');
  const { source, original } = documents.manifest;
  for (const at of [spool, await reopened(disk)])
    expect(at.replacedBy(CAMERA, source.path_sha256, original.sha256)).toEqual([recording]);
});

test('what a start shows behind a process that was killed at any step of the mark outlasts a power cut', async () => {
  const shown: unknown[] = [];
  for (let step = 1; step <= 8; step++) {
    const { disk, prepared } = await receipted(13);
    const { recording } = prepared;
    let killedAt = Infinity;
    const { spool } = await openSpool(killableFiles(disk, () => disk.steps >= killedAt));
    killedAt = disk.steps + step;
    void spool.askAgain(recording, digestOf(prepared));
    for (let turns = 0; disk.steps < killedAt && turns < 1000; turns++)
      await new Promise((resolve) => setImmediate(resolve));
    const next = (await openSpool(disk)).spool;
    const state = next.get(recording)?.state;
    shown.push(state);
    expect.soft((await reopened(disk)).get(recording)?.state, `step ${step}`).toBe(state);
    await next.askAgain(recording, digestOf(prepared)); // the store asks until it is heard
    expect.soft((await reopened(disk)).get(recording)?.state, `step ${step}, asked again`).toBe('spooled');
  }
  expect(new Set(shown)).toEqual(new Set(['receipted', 'spooled']));
});

describe('a copy whose reclaim the disk refused', () => {
  async function refused(seed: number): Promise<Awaited<ReturnType<typeof receipted>>> {
    const found = await receipted(seed);
    found.disk.fail({ operation: 'unlink', nth: 1, code: 'EIO' });
    await expect(found.spool.reclaim(found.prepared.recording)).rejects.toThrow();
    return found;
  }

  test('is here again when the store asks for it, and after a start', async () => {
    const { disk, spool, prepared } = await refused(21);
    const { recording } = prepared;
    expect(await spool.askAgain(recording, digestOf(prepared))).toBe('waits');
    for (const at of [spool, await reopened(disk)]) {
      expect(at.get(recording)?.state).toBe('spooled');
      expect(at.released).toBe(0);
      expect(disk.peek(at.get(recording)?.payloadPath ?? '')).toEqual(prepared.payload);
      await at.readChunks(recording);
    }
    await receiptOne(spool, later(prepared, HOUR_MS));
    await spool.askedOver(recording);
    await spool.reclaim(recording);
    expect(spool.stateOf(recording)).toBe('released');
    expect(disk.tree(`${ROOT}/released/${recording}`).size).toBe(4);
  });

  test('outlasts a power cut at each step of it', async () => {
    const { disk, spool, prepared } = await refused(22);
    const from = disk.steps;
    await spool.askAgain(prepared.recording, digestOf(prepared));
    for (let step = from; step <= disk.steps; step++)
      for (const kept of ['nothing', 'everything'] as const) {
        const state = (await openSpool(disk.crash(step, kept))).spool.stateOf(prepared.recording);
        // Without the mark nothing was asked for yet, and the start ends the reclaim.
        expect.soft(['released', 'spooled'], `step ${step}, ${kept}`).toContain(state);
        if (step === disk.steps) expect.soft(state).toBe('spooled');
      }
  });

  test('that the disk does not let back either comes back with the next start', async () => {
    const { disk, spool, prepared } = await refused(23);
    disk.fail({ operation: 'rename', nth: 2, code: 'EIO' });
    expect(await spool.askAgain(prepared.recording, digestOf(prepared))).toBe('gone');
    const at = await reopened(disk);
    expect(at.get(prepared.recording)?.state).toBe('spooled');
    expect([...at.askedAgain]).toEqual([prepared.recording]);
  });

  test('and of which a part is gone is known no more', async () => {
    const { disk, spool, prepared } = await receipted(24);
    disk.fail({ operation: 'unlink', nth: 2, code: 'EIO' });
    await expect(spool.reclaim(prepared.recording)).rejects.toThrow();
    expect(await spool.askAgain(prepared.recording, digestOf(prepared))).toBe('gone');
    expect((await openSpool(disk)).spool.stateOf(prepared.recording)).toBeUndefined();
  });
});

test('who asks for another receipt than ours, or for what has none, is not followed', async () => {
  const { spool, prepared } = await receipted(3);
  expect(await spool.askAgain(prepared.recording, 'a'.repeat(64))).toBe('other');
  expect(spool.get(prepared.recording)?.state).toBe('receipted');
  await spool.askAgain(prepared.recording, digestOf(prepared));
  expect(await spool.askAgain(prepared.recording, digestOf(prepared))).toBe('other');
});

test('of which only the documents are left is known no more, and what is pulled again replaces it', async () => {
  const { disk, spool, prepared } = await receipted(4);
  const { recording, documents } = prepared;
  const { source, original } = documents.manifest;
  await spool.reclaim(recording);
  expect(await spool.askAgain(recording, digestOf(prepared))).toBe('gone');
  for (const at of [spool, await reopened(disk)]) {
    expect(at.get(recording)).toBeUndefined();
    expect(at.stateOf(recording)).toBeUndefined();
    const file = { pathSha256: source.path_sha256, sizeBytes: original.size_bytes };
    expect(at.mayHold(CAMERA, file)).toBe(false);
    expect(await at.findContent(CAMERA, file, original.sha256)).toBeUndefined();
    expect(at.replacedBy(CAMERA, source.path_sha256, original.sha256)).toEqual([recording]);
    expect(at.replacedBy(CAMERA, source.path_sha256, '0'.repeat(64))).toEqual([]);
  }
  expect(disk.peek(`${ROOT}/released/${recording}/receipt.json`)).toBeDefined();
});
