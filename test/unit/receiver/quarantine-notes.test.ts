// What is kept of refused offers when many are refused.
import { expect, test } from 'vitest';
import { makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { NOTES_PER_STATION_MAX } from '../../../agent/receiver/limits.ts';
import { openBench, STATION_KEY } from './bench-top.ts';
import { makeSample } from './sample.ts';

test('evidence about a station is kept although its account was used without its key to fill the notes', async () => {
  const { top, station } = await openBench(150);
  const foreign = makeSecretKey(top.random);
  for (let sent = 0; sent < NOTES_PER_STATION_MAX + 20; sent++) {
    const sample = makeSample(top.random, foreign, 1);
    await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    await top.clock.advance(1000); // faster ones are not looked at
  }
  const first = top.sample(100);
  station.push(first);
  await top.until('receipt', () => station.receipts.has(first.recording));
  const second = makeSample(top.random, STATION_KEY, 200, { recording: first.recording });
  await station.publish(station.topics.offer(second.recording), station.offerOf(second));
  await top.clock.advance(1000);
  const aside = [...top.disk.tree('/vault/.quarantine').values()].map((bytes) => Buffer.from(bytes ?? []));
  expect(aside.filter((bytes) => bytes.includes('manifest-signature'))).toHaveLength(NOTES_PER_STATION_MAX);
  expect(aside.some((bytes) => bytes.includes('recording-conflict'))).toBe(true);
  expect(aside.some((bytes) => bytes.equals(second.offer.bytes))).toBe(true);
});
