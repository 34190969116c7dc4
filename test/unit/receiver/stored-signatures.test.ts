// A bit that turned in a signature file of a recording in place, as a medium does that is years old.
import { expect, test } from 'vitest';
import { publicKeyOf, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { MANIFEST_TRUSTED_COMMENT } from '../../../protocol/documents/manifest.ts';
import { openBench, STATION_KEY, type Bench } from './bench-top.ts';
import type { Sample } from './sample.ts';

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

async function kept({ top, station }: Bench, sample: Sample): Promise<string> {
  station.push(sample);
  await top.until('receipt', () => station.receipts.has(sample.recording));
  return `/vault/${sample.station}/${sample.recording}`;
}

/** Another character in the second line, which is base64, at that place. */
function turned(signature: string, at: number): string {
  const lines = signature.split('\n');
  const line = lines[1] ?? '';
  const other = line[at] === 'A' ? 'B' : 'A';
  return [lines[0], line.slice(0, at) + other + line.slice(at + 1), ...lines.slice(2)].join('\n');
}

test('no receipt is made for a recording in place whose manifest has a signature that does not hold', async () => {
  const bench = await openBench(91);
  const { top, station } = bench;
  const sample = top.sample(100);
  const folder = await kept(bench, sample);
  const path = `${folder}/manifest.json.minisig`;
  top.disk.plant(path, turned(text(top.disk.peek(path)), 40));
  // As behind a power cut between the last rename and the receipt.
  for (const name of ['receipt.json', 'receipt.json.minisig']) await top.disk.unlink(`${folder}/${name}`);
  station.receipts.clear();
  station.push(sample);
  await top.until('receipt', () => station.receipts.has(sample.recording));
  const manifest = top.stored(sample, 'manifest.json') ?? new Uint8Array(0);
  const signature = text(top.stored(sample, 'manifest.json.minisig'));
  expect(() =>
    verifyDocument(manifest, signature, MANIFEST_TRUSTED_COMMENT, [publicKeyOf(STATION_KEY)]),
  ).not.toThrow();
});

for (const [where, at] of [
  ['signature', 40],
  ['key id', 6],
] as const)
  test(`a receipt in place with another bit in its ${where} is given to nobody: another one is made`, async () => {
    const bench = await openBench(92);
    const { top, station } = bench;
    const sample = top.sample(100);
    const folder = await kept(bench, sample);
    const path = `${folder}/receipt.json.minisig`;
    top.disk.plant(path, turned(text(top.disk.peek(path)), at));
    station.receipts.clear();
    station.push(sample);
    // The station takes only what verifies, and offers until it has that.
    await top.until('receipt', () => station.receipts.has(sample.recording));
    expect(station.refusedReceipts).toEqual([]);
  });
