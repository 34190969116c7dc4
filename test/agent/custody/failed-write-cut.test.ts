// What a failed write left of whole entries, in front of a cut at every step: the next segment has them again, and names the entry before them.
// The store must not be told of them: a segment that goes on behind the entry that the next one names is how it knows a station that was put back.
import { expect, test } from 'vitest';
import type { Survival } from '../../fakes/files-crash.ts';
import { chainsOn, logDisk, numbered, numbersOn, openLog } from './custody-scenario.ts';

/** A write of so many events, of which half fails: some 12 whole entries. */
const FAILED = Array.from({ length: 24 }, (_, at) => at + 1);

async function life(): Promise<{ disk: ReturnType<typeof logDisk>; from: number; to: number }> {
  const disk = logDisk();
  const { custody } = await openLog(disk, 1);
  custody.append(numbered(0));
  await custody.checkpoint();
  const from = disk.steps;
  disk.fail({ operation: 'write', nth: 1, code: 'EIO' });
  for (const number of FAILED) custody.append(numbered(number));
  await custody.checkpoint();
  const to = disk.steps;
  await custody.close();
  return { disk, from, to };
}

test.each<Survival>(['everything', 'nothing', 3, 4])('a cut that leaves %s', async (survival) => {
  const { disk, from, to } = await life();
  let inTwo = 0;
  for (let step = from; step <= disk.steps; step++) {
    const left = disk.crash(step, survival);
    const { custody } = await openLog(left, 2);
    await custody.close();
    const chains = chainsOn(left);
    for (const [first] of chains.values()) {
      const { last_segment: before, last_sequence: sequence } = first?.facts ?? {};
      if (typeof before === 'string') expect(chains.get(before)?.length, `${step}: ${before}`).toBe(sequence);
    }
    const numbers = numbersOn(left);
    expect(new Set(numbers).size, `step ${step}: none twice`).toBe(numbers.length);
    if (step >= to) expect(numbers.sort((a, b) => a - b)).toEqual([0, ...FAILED]);
    if (chains.size > 2) inTwo++;
  }
  expect(inTwo).toBeGreaterThan(2);
});
