// A vault with statements that it was restored: each station hears the newest one before it is answered, and receipts say what the vault holds.
import { expect, test } from 'vitest';
import { restoredName, type Restored } from '../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseReceiverId, type SessionId } from '../../../protocol/format/ids.ts';
import { signed } from '../../fakes/restored-store.ts';
import { openBench, STORE_KEY, type Bench } from './bench-top.ts';

/** Puts a statement into the vault, as the command does. Gives its digest. */
async function say({ top }: Bench, change: Partial<Restored> = {}): Promise<string> {
  const { vault } = JSON.parse(Buffer.from(top.disk.peek('/vault/vault.json') ?? []).toString()) as {
    vault: SessionId;
  };
  const { bytes, signature } = await signed(STORE_KEY, { vault, ...change });
  const folder = `/vault/${change.receiver ?? 'r-a'}/restored`;
  top.disk.plantFolder(folder);
  top.disk.plant(`${folder}/${restoredName(bytes)}`, bytes);
  top.disk.plant(`${folder}/${restoredName(bytes)}.minisig`, signature);
  return sha256Hex(bytes);
}

test('the newest statement is told within seconds, whichever receiver made it; one that cannot be read is left out', async () => {
  const at = await openBench(1);
  expect(at.station.statements).toEqual([]);
  await say(at, { restored_at: '2026-11-25T10:00:00.000Z' });
  const newest = await say(at, {
    receiver: parseReceiverId('r-b'),
    restored_at: '2026-11-26T10:00:00.000Z',
  });
  at.top.disk.plant(`/vault/r-a/restored/${'0'.repeat(16)}.json`, '{');
  await at.top.until('told', () => at.station.statements.length > 0, 20_000);
  expect(at.station.statements).toEqual([newest]);
});

test('a receipt of a restored vault says that it holds what it is for, an old one and a new one', async () => {
  const at = await openBench(2);
  const [old, fresh] = [at.top.sample(60), at.top.sample(60)];
  at.station.push(old);
  await at.top.until('receipt', () => at.station.receipts.size === 1);
  expect([...at.station.held.values()]).toEqual([undefined]);
  const restored = await say(at);
  await at.top.until('told', () => at.station.statements.length > 0, 20_000);
  at.station.receipts.clear();
  for (const sample of [old, fresh]) at.station.push(sample);
  await at.top.until('receipts', () => at.station.receipts.size === 2);
  for (const [recording, receipt_sha256] of at.station.receiptTexts)
    expect(at.station.held.get(recording)).toMatchObject({
      receipt_sha256,
      restored_sha256: restored,
    });
});
