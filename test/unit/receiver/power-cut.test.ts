import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { publicKeyOf, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { SURVIVALS, type CrashDisk } from '../../fakes/files-crash.ts';
import { BenchTop, STATION_KEY, STORE_KEY } from './bench-top.ts';
import { makeSample, STATION, type Sample } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

const SAMPLES = [UNIT_BYTES + 700, 300].map((sizeBytes, at) =>
  makeSample(new SeededRandom(900 + at), STATION_KEY, sizeBytes),
);

/** Whatever a given receipt says lies whole on that disk, with the receipt itself. */
function expectBacked(disk: CrashDisk, sample: Sample, where: string): void {
  const file = (name: string): Uint8Array =>
    disk.peek(`/vault/${STATION}/${sample.recording}/${name}`) ?? new Uint8Array(0);
  const text = (name: string): string => Buffer.from(file(name)).toString();
  expect(Buffer.compare(file('payload.age'), sample.payload), `payload ${where}`).toBe(0);
  expect(Buffer.compare(file('chunks.bin'), sample.chunks), `chunks ${where}`).toBe(0);
  expect(Buffer.compare(file('manifest.json'), sample.offer.bytes), `manifest ${where}`).toBe(0);
  expect(text('manifest.json.minisig'), where).toBe(sample.offer.signature);
  verifyDocument(file('receipt.json'), text('receipt.json.minisig'), RECEIPT_TRUSTED_COMMENT, [
    publicKeyOf(STORE_KEY),
  ]);
}

/** The line that a receipt came with is in the store's log on that disk. */
function expectEntered(disk: CrashDisk, line: string, where: string): void {
  const segments = [...disk.tree('/vault/r-a/custody')].filter(([path]) => path.endsWith('.jsonl'));
  const lines = segments.flatMap(([, bytes]) =>
    Buffer.from(bytes ?? [])
      .toString('latin1')
      .split('\n'),
  );
  expect(lines, where).toContain(line);
}

/** No recording lies half in place: what has a folder there has all of it, whatever was cut. */
function expectNoneHalf(disk: CrashDisk, where: string): void {
  for (const sample of SAMPLES) {
    const folder = `/vault/${STATION}/${sample.recording}`;
    if (disk.tree(folder).size === 0) continue;
    expect(Buffer.compare(disk.peek(`${folder}/payload.age`) ?? Buffer.alloc(0), sample.payload), where).toBe(
      0,
    );
    expect(Buffer.compare(disk.peek(`${folder}/chunks.bin`) ?? Buffer.alloc(0), sample.chunks), where).toBe(
      0,
    );
  }
}

/** One run that delivers all samples; each receipt is a claim of the disk at the moment at which the station gets it. */
async function delivered(
  seed: number,
  disk?: CrashDisk,
): Promise<{ readonly top: BenchTop; readonly station: ScriptedStation }> {
  const top = new BenchTop(seed);
  if (disk !== undefined) top.disk = disk;
  const receiver = await top.receiver();
  const station = await top.station();
  station.onReceipt = (receipt) => top.disk.claim(receipt.recording);
  for (const sample of SAMPLES) {
    station.push(sample); // one after the other, so that no sync of one covers another
    await top.until('receipt', () => station.receipts.has(sample.recording), 300_000);
  }
  await receiver.stop();
  return { top, station };
}

test('a power cut at any step leaves every given receipt backed by a whole recording', async () => {
  const {
    top: { disk },
    station,
  } = await delivered(1);
  expect(disk.claimsAt(disk.steps)).toHaveLength(SAMPLES.length);
  for (let step = 0; step <= disk.steps; step++) {
    const claims = new Set(disk.claimsAt(step));
    for (const survival of SURVIVALS) {
      const after = disk.crash(step, survival);
      const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
      for (const sample of SAMPLES) {
        if (!claims.has(sample.recording)) continue;
        expectBacked(after, sample, where);
        expectEntered(after, station.entries.get(sample.recording)?.line ?? '', where);
      }
      expectNoneHalf(after, where);
    }
  }
});

test('a receiver that starts after a power cut at any step delivers everything, and a second cut changes nothing', async () => {
  const {
    top: { disk },
  } = await delivered(2);
  const chance = new SeededRandom(5);
  for (let step = 0; step <= disk.steps; step += 2) {
    const survival = SURVIVALS[(step >> 1) % SURVIVALS.length] ?? 'nothing';
    const { top } = await delivered(100 + step, disk.crash(step, survival));
    const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
    for (const sample of SAMPLES) expectBacked(top.disk, sample, where);
    const second = chance.below(top.disk.steps + 1);
    const claims = new Set(top.disk.claimsAt(second));
    const after = top.disk.crash(second, 'nothing');
    for (const sample of SAMPLES)
      if (claims.has(sample.recording)) expectBacked(after, sample, `${where}, then at ${second}`);
    expectNoneHalf(after, where);
  }
});
