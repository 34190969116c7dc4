// What a receiver leaves of a recording among the unfinished ones.
import { expect, test } from 'vitest';
import { BenchTop } from './bench-top.ts';
import { STATION } from './sample.ts';

test('what a power cut leaves of a recording in place among the unfinished ones goes with its next offer', async () => {
  const top = new BenchTop(98);
  const first = await top.receiver();
  const sample = top.sample(100);
  const station = await top.station();
  station.push(sample);
  await top.until('receipt', () => station.receipts.size === 1);
  await first.stop();
  await first.broker.close(true);
  const kept = `/vault/.incoming/${STATION}/${sample.recording}`;
  // As a receiver left it, and one of 0.1.0.
  for (const left of [kept, `${kept}/1795934655808.${station.session}`]) {
    top.disk.plantFolder(left);
    const next = await top.receiver();
    await top.clock.advance(1000);
    station.receipts.clear();
    station.push(sample);
    await top.until('receipt again', () => station.receipts.size === 1);
    await top.clock.advance(1000);
    expect(await top.disk.list(`/vault/.incoming/${STATION}`)).toEqual([]);
    await next.stop();
    await next.broker.close(true);
  }
});
