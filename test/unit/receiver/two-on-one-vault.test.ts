// Two receivers on one vault at the edges of a lease: behind the last rename of a recording, and where one of them stood still for a while.
import { expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseReceiverId } from '../../../protocol/format/ids.ts';
import { publicKeyOf, signDocument, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { FilesVault } from '../../../agent/receiver/vault/vault-files.ts';
import { Slabs } from '../../../agent/receiver/transfer/slabs.ts';
import { inlineUnitStore } from '../../fakes/unit-store-inline.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { BenchTop, STATION_KEY, STORE_KEY } from './bench-top.ts';
import { completeSample } from './transfer/filling.ts';
import { makeSample, STATION } from './sample.ts';

const random = new SeededRandom(71);

function vaultOn(disk: CrashDisk, receiver: string): Promise<FilesVault> {
  return FilesVault.open({
    path: '/vault',
    files: disk,
    clock: new ManualClock(),
    random: new SeededRandom(random.uint32()),
    log: new MemoryLog(),
    receiver: parseReceiverId(receiver),
  });
}

test('that both make the receipt of a recording in place leave one of them, and the signature that is its own', async () => {
  const outcomes = new Set<string>();
  for (let turn = 0; turn < 8; turn++) {
    const disk = new CrashDisk();
    const [a, b] = [await vaultOn(disk, 'r-a'), await vaultOn(disk, 'r-b')];
    const sample = makeSample(random, STATION_KEY, 40);
    const slabs = new Slabs(2);
    await completeSample({ vault: a, slabs, units: inlineUnitStore(disk, slabs) }, sample);
    const receiptOf = (by: string): { bytes: Uint8Array; signature: string } => {
      const bytes = Buffer.from(`receipt by ${by}`);
      return { bytes, signature: signDocument(STORE_KEY, bytes, RECEIPT_TRUSTED_COMMENT) };
    };
    const store = async (vault: FilesVault, by: string): Promise<void> => {
      const lease = await vault.take(sample);
      if (lease === undefined) return;
      await vault.storeReceipt(lease, receiptOf(by));
      await vault.leave(lease, 'drop');
    };
    const first = store(a, 'r-a');
    // The other one found the recording in place without a receipt, and would store its own some steps later.
    for (let step = 0; step < turn; step++) await Promise.resolve();
    await Promise.all([first, store(b, 'r-b')]);
    const folder = `/vault/${STATION}/${sample.recording}`;
    const bytes = disk.peek(`${folder}/receipt.json`);
    const signature = disk.peek(`${folder}/receipt.json.minisig`);
    try {
      verifyDocument(
        bytes ?? new Uint8Array(0),
        Buffer.from(signature ?? []).toString(),
        RECEIPT_TRUSTED_COMMENT,
        [publicKeyOf(STORE_KEY)],
      );
      outcomes.add('good');
    } catch (error) {
      outcomes.add(String(error));
    }
  }
  expect([...outcomes]).toEqual(['good']);
});

for (const [where, end] of [
  ['before it signed', '/custody/newest.json'],
  ['before it wrote', '/receipt.json.tmp'],
] as const)
  test(`a receiver that stood still behind its last rename, ${where}, does not replace the receipt that the other one gave meanwhile`, async () => {
    const top = new BenchTop(72);
    const sample = top.sample(100);
    let isHeld = false;
    const hold = async (path: string): Promise<void> => {
      if (isHeld || !path.endsWith(end) || top.stored(sample, 'manifest.json') === undefined) return;
      isHeld = true;
      await top.clock.sleep(2000, new AbortController().signal);
    };
    const slow = filesWith(top.disk, {
      create: async (path) => {
        await hold(path);
        return top.disk.create(path);
      },
      readAll: async (path, bytesMax) => {
        await hold(path);
        return top.disk.readAll(path, bytesMax);
      },
    }) as CrashDisk;
    const a = await top.receiver({ receiver: 'r-a', disk: slow });
    await top.clock.advance(10);
    const station = await top.station();
    const given = new Set<string>();
    station.onReceipt = ({ recording }) => given.add(station.receiptTexts.get(recording) ?? '');
    station.push(sample);
    await top.until('it stands still', () => isHeld);
    const b = await top.receiver({ receiver: 'r-b' });
    // The station's connection broke: it offers again (SPEC 6.5).
    await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    await top.until('receipt', () => given.size > 0);
    await top.clock.advance(10_000);
    expect([...given]).toEqual([sha256Hex(top.stored(sample, 'receipt.json') ?? new Uint8Array(0))]);
    for (const { conditions } of [a, b]) expect(conditions.codes()).toEqual([]);
  });
