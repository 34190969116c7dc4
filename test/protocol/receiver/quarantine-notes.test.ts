// What is kept of refused offers when many are refused.
import { expect, test } from 'vitest';
import { parseStationId } from '../../../protocol/ids.ts';
import { makeSecretKey, publicKeyOf } from '../../../protocol/minisign.ts';
import { NOTES_MAX } from '../../../protocol/receiver/limits.ts';
import { BenchTop, STATION_KEY } from './bench-top.ts';
import { makeSample, STATION } from './sample.ts';

test('evidence is kept although somebody without a key filled the notes', async () => {
  const top = new BenchTop(150);
  const other = parseStationId('dock-2');
  await top.receiver({
    stations: [STATION, other].map((id) => ({ id, publicKeys: [publicKeyOf(STATION_KEY)] })),
  });
  const foreign = makeSecretKey(top.random);
  const nobody = await top.station({ id: other });
  for (let sent = 0; sent < NOTES_MAX + 100; sent += 10) {
    for (let each = 0; each < 10; each++) {
      const sample = makeSample(top.random, foreign, 1, { station: other });
      await nobody.publish(nobody.topics.offer(sample.recording), nobody.offerOf(sample));
    }
    await top.clock.advance(10);
  }
  const station = await top.station();
  const first = top.sample(100);
  station.push(first);
  await top.until('receipt', () => station.receipts.has(first.recording));
  const second = makeSample(top.random, STATION_KEY, 200, { recording: first.recording });
  await station.publish(station.topics.offer(second.recording), station.offerOf(second));
  await top.clock.advance(1000);
  const aside = [...top.disk.tree('/vault/.quarantine').values()].map((bytes) => Buffer.from(bytes ?? []));
  expect(aside.some((bytes) => bytes.includes('recording-conflict'))).toBe(true);
  expect(aside.some((bytes) => bytes.equals(second.offer.bytes))).toBe(true);
});
