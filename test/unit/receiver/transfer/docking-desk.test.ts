import { describe, expect, test } from 'vitest';
import { parseStationId } from '../../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../../protocol/documents/receipt.ts';
import { NO_CHUNKS_SHA256 } from '../../../../protocol/documents/item-documents.ts';
import { publicKeyOf, verifyDocument } from '../../../../protocol/documents/minisign.ts';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { BenchTop, openBench, STATION_KEY, STORE_KEY } from '../bench-top.ts';
import { makeDockingSample, type DockingSample } from '../docking-sample.ts';
import { STATION } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const NAMES = ['docking.json', 'docking.json.minisig', 'receipt.json', 'receipt.json.minisig'];

function folderOf(sample: DockingSample): string {
  return `/vault/${sample.station}/${sample.recording}`;
}

/** The record and a receipt that verifies lie there, and nothing else. */
function expectBacked(disk: CrashDisk, sample: DockingSample, where = ''): void {
  const folder = folderOf(sample);
  const file = (name: string): Buffer => Buffer.from(disk.peek(`${folder}/${name}`) ?? []);
  const names = [...disk.tree(folder).keys()].map((path) => path.split('/').at(-1));
  expect(names, where).toEqual(NAMES);
  expect(file('docking.json').equals(Buffer.from(sample.offer.bytes)), where).toBe(true);
  expect(file('docking.json.minisig').toString(), where).toBe(sample.offer.signature);
  const signature = file('receipt.json.minisig').toString();
  verifyDocument(file('receipt.json'), signature, RECEIPT_TRUSTED_COMMENT, [publicKeyOf(STORE_KEY)]);
}

/** Offers every 2 s until the receipt is there. */
async function delivered(
  top: BenchTop,
  station: ScriptedStation,
  sample: DockingSample,
  limitMs = 60_000,
): Promise<void> {
  for (let passedMs = 0; !station.receipts.has(sample.recording); passedMs += 2000) {
    if (passedMs > limitMs) throw new Error(`no receipt within ${limitMs} ms`);
    await station.offerDocking(sample);
    await top.clock.advance(2000);
  }
}

describe('a docking record', () => {
  test('is kept with its receipt, and answered again with the same one', async () => {
    const { top, receiver, station } = await openBench(1);
    const sample = makeDockingSample(top.random, STATION_KEY);
    await delivered(top, station, sample);
    expect(station.receipts.get(sample.recording)).toMatchObject({
      kind: 'docking',
      station: STATION,
      recording: sample.recording,
      manifest_sha256: sample.sha256,
      sealed_size_bytes: 0,
      chunks_sha256: NO_CHUNKS_SHA256,
      receiver: 'r-a',
      vault: receiver.vault.id,
      custody_head: null,
    });
    expectBacked(top.disk, sample);
    const first = station.receiptTexts.get(sample.recording);
    station.receipts.clear();
    station.receiptTexts.clear();
    await delivered(top, station, sample);
    expect(station.receiptTexts.get(sample.recording)).toBe(first);
    expect(station.claims).toEqual([]);
    expect(receiver.conditions.codes()).toEqual([]);
    await receiver.stop();
    expect(top.disk.openFiles).toBe(0);
    expect(await top.disk.list('/vault/.incoming/.new')).toEqual([]);
  });

  test('has one receipt, given again by the receiver that comes after the one that made it', async () => {
    const top = new BenchTop(2);
    const station = await top.station();
    const texts = new Set<string>();
    station.onReceipt = ({ recording }) => texts.add(station.receiptTexts.get(recording) ?? '');
    const sample = makeDockingSample(top.random, STATION_KEY);
    for (const receiver of ['r-a', 'r-b']) {
      const one = await top.receiver({ receiver });
      station.receipts.clear();
      await delivered(top, station, sample);
      await one.stop();
      await one.broker.close(true);
    }
    expect(texts.size).toBe(1);
    expectBacked(top.disk, sample);
  });

  test('that another one under its id contradicts stays; the other goes to the quarantine and is refused', async () => {
    const { top, receiver, station } = await openBench(3);
    const sample = makeDockingSample(top.random, STATION_KEY);
    const other = makeDockingSample(top.random, STATION_KEY, {
      docking: sample.record.docking,
      record: sample.record.record,
      ended: 'stopped',
    });
    await delivered(top, station, sample);
    await station.offerDocking(other);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'never', manifest_sha256: other.sha256 });
    expect(receiver.conditions.isRaised('receiver.recording-conflict', STATION)).toBe(true);
    expectBacked(top.disk, sample);
    const aside = [...top.disk.tree('/vault/.quarantine').values()].map((bytes) => Buffer.from(bytes ?? []));
    expect(aside.some((bytes) => bytes.equals(Buffer.from(other.offer.bytes)))).toBe(true);
  });

  test('under the id of a recording, or the other way round, changes nothing of what is there', async () => {
    const { top, receiver, station } = await openBench(4);
    const recording = top.sample(100);
    station.push(recording);
    await top.until('receipt', () => station.receipts.has(recording.recording));
    const docking = makeDockingSample(top.random, STATION_KEY, {
      docking: recording.recording as never,
    });
    await station.offerDocking(docking);
    await top.until('refusal', () => station.refusals.length === 1);
    expect(await receiver.vault.find(recording)).toMatchObject({ payloadBytes: 100 });
    const kept = makeDockingSample(top.random, STATION_KEY);
    await delivered(top, station, kept);
    const late = top.sample(100, { recording: kept.recording });
    await station.publish(station.topics.offer(late.recording), station.offerOf(late));
    await top.until('refusal', () => station.refusals.length === 2);
    for (const refusal of station.refusals) expect(refusal.verb).toBe('never');
    expectBacked(top.disk, kept);
  });

  test('with another key, with altered bytes, about another station or id, or as a recording, is refused', async () => {
    const { top, station } = await openBench(5);
    const good = makeDockingSample(top.random, STATION_KEY);
    const altered = good.offer.bytes.with(20, 65);
    const foreign = makeDockingSample(top.random, STATION_KEY, { station: parseStationId('dock-9') });
    const other = makeDockingSample(top.random, STATION_KEY);
    for (const [sample, reason, kind] of [
      [makeDockingSample(top.random, STORE_KEY), 'manifest-signature', 'docking'],
      [{ ...good, offer: { ...good.offer, bytes: altered } }, 'manifest-signature', 'docking'],
      [foreign, 'manifest-mismatch', 'docking'],
      [{ ...good, recording: other.recording }, 'manifest-mismatch', 'docking'],
      [good, 'manifest-signature', 'recording'],
    ] as const) {
      const before = station.refusals.length;
      await station.publish(
        station.topics.offer(sample.recording),
        station.offerOf(sample, station.session, kind),
      );
      await top.until('refusal', () => station.refusals.length > before);
      expect(station.refusals.at(-1)).toMatchObject({ verb: 'never', reason });
    }
    expect(top.disk.tree(`/vault/${STATION}`).size).toBe(0);
  });

  test('that was damaged in the vault is set aside and kept anew', async () => {
    for (const [seed, name, damage] of [
      [10, 'docking.json', 'flip'],
      [11, 'docking.json', 'gone'],
      [12, 'docking.json.minisig', 'flip'],
      [13, 'receipt.json', 'flip'],
      [14, 'receipt.json.minisig', 'gone'],
    ] as const) {
      const { top, receiver, station } = await openBench(seed);
      const sample = makeDockingSample(top.random, STATION_KEY);
      await delivered(top, station, sample);
      station.receipts.clear();
      const path = `${folderOf(sample)}/${name}`;
      if (damage === 'gone') await top.disk.unlink(path);
      else top.disk.corrupt(path, (bytes) => bytes.with(150, (bytes[150] ?? 0) ^ 1));
      await delivered(top, station, sample);
      expectBacked(top.disk, sample, `${name} ${damage}`);
      expect(receiver.conditions.isRaised('vault.recording-damaged')).toBe(true);
      expect([...top.disk.tree('/vault/.quarantine').keys()].join()).toContain(sample.recording);
    }
  });

  test('waits while the quota is reached or the disk is full, and is kept when there is room', async () => {
    const { top, receiver, station } = await openBench(6, { quotaBytes: UNIT_BYTES + 10_000 });
    const [first, second] = [
      makeDockingSample(top.random, STATION_KEY),
      makeDockingSample(top.random, STATION_KEY),
    ];
    const filling = top.sample(UNIT_BYTES);
    station.push(filling);
    await top.until('receipt', () => station.receipts.has(filling.recording));
    await station.offerDocking(first);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'pause', reason: 'quota reached' });
    expect(receiver.conditions.isRaised('vault.full')).toBe(true);
    await top.disk.removeTree(`/vault/${STATION}/${filling.recording}`);
    await delivered(top, station, first, 3_600_000);
    top.disk.fail({ operation: 'write', nth: 1, times: Infinity, code: 'ENOSPC' });
    const before = station.refusals.length;
    await station.offerDocking(second);
    await top.until('refusal', () => station.refusals.length > before);
    expect(station.refusals.at(-1)).toMatchObject({ verb: 'pause', reason: 'no space left' });
    expect(top.disk.tree(folderOf(second)).size).toBe(0);
    top.disk.heal();
    await delivered(top, station, second);
    expectBacked(top.disk, second);
  });

  test('whose name could not be synced is not answered for, and is kept anew', async () => {
    const { top, station } = await openBench(7);
    const sample = makeDockingSample(top.random, STATION_KEY);
    await delivered(top, station, makeDockingSample(top.random, STATION_KEY));
    top.disk.fail({ operation: 'syncFolder', nth: 1, code: 'EIO', path: `/vault/${STATION}` });
    await station.offerDocking(sample);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'pause' });
    expect(top.disk.tree(folderOf(sample)).size).toBe(0);
    top.disk.heal();
    await delivered(top, station, sample);
    expectBacked(top.disk, sample);
  });
});

const SAMPLES = [0, 1].map((at) => makeDockingSample(new SeededRandom(70 + at), STATION_KEY));

async function run(seed: number, disk?: CrashDisk): Promise<BenchTop> {
  const top = new BenchTop(seed);
  if (disk !== undefined) top.disk = disk;
  const receiver = await top.receiver();
  const station = await top.station();
  station.onReceipt = (receipt) => top.disk.claim(receipt.recording);
  for (const sample of SAMPLES) await delivered(top, station, sample);
  await receiver.stop();
  return top;
}

test('a power cut at any step leaves every given receipt backed by its record, never half, and the rest is delivered after', async () => {
  const { disk } = await run(20);
  expect(disk.claimsAt(disk.steps)).toHaveLength(SAMPLES.length);
  for (let step = 0; step <= disk.steps; step++) {
    const claims = new Set(disk.claimsAt(step));
    for (const survival of SURVIVALS) {
      const after = disk.crash(step, survival);
      const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
      for (const sample of SAMPLES)
        if (claims.has(sample.recording) || after.tree(folderOf(sample)).size > 0)
          expectBacked(after, sample, where);
    }
    const again = await run(200 + step, disk.crash(step, SURVIVALS[step % SURVIVALS.length] ?? 'nothing'));
    for (const sample of SAMPLES) expectBacked(again.disk, sample, `delivered after a cut at ${step}`);
    expect(await again.disk.list('/vault/.incoming/.new'), `at ${step}`).toEqual([]);
  }
});
