// What a failed write left of whole entries, in front of a cut at every step: the next segment has them again, and names the entry before them.
// The store must not be told of them: a segment that goes on behind the entry that the next one names is how it knows a station that was put back.
import { expect, test } from 'vitest';
import type { Survival } from '../../fakes/files-crash.ts';
import { chainsOn, FOLDER, logDisk, numbered, numbersOn, openLog } from './custody-scenario.ts';

/** A write of so many events, of which half fails: some 12 whole entries. */
const FAILED = Array.from({ length: 24 }, (_, at) => at + 1);

/** A log whose write failed, from the step before that write to the one behind it. */
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

/** Paths of segments, with the number of their lines. */
function linesOn(disk: ReturnType<typeof logDisk>): [string, number][] {
  const segments = [...disk.tree(FOLDER)].filter(([path]) => path.endsWith('.jsonl'));
  return segments.map(([path, bytes]) => [
    path,
    Buffer.from(bytes ?? [])
      .toString('latin1')
      .split('\n').length - 1,
  ]);
}

/** Each segment names the very last entry of the one before it. */
function expectLinks(disk: ReturnType<typeof logDisk>, step: number): void {
  const chains = chainsOn(disk);
  for (const [first] of chains.values()) {
    const { last_segment: before, last_sequence: sequence } = first?.facts ?? {};
    if (typeof before === 'string') expect(chains.get(before)?.length, `${step}: ${before}`).toBe(sequence);
  }
}

/** A log with the numbers 0 to 9, each under a checkpoint, whose station was killed; and the path of its one segment. */
async function claimed(): Promise<{ disk: ReturnType<typeof logDisk>; path: string; lines: number }> {
  const disk = logDisk();
  const { custody } = await openLog(disk, 1);
  for (let number = 0; number < 10; number++) {
    custody.append(numbered(number));
    await custody.checkpoint();
  }
  const left = disk.crash(disk.steps, 'everything');
  const [[path, lines] = ['', 0]] = linesOn(left);
  return { disk: left, path, lines };
}

/** The line of number 3 says something else; with "x" it is none any more, and the entry before it is the last that holds. */
const altered =
  (to: string) =>
  (bytes: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replace('"number":3', `"number":${to}`), 'latin1');

async function started(disk: ReturnType<typeof logDisk>, seed: number): Promise<boolean> {
  const { custody, conditions } = await openLog(disk, seed);
  const isBroken = conditions.isRaised('custody.chain-broken', null);
  await custody.close();
  return isBroken;
}

test.each(['7', 'x'])('a segment that does not hold stays as it is at each further start: %s', async (to) => {
  const { disk, path, lines } = await claimed();
  disk.corrupt(path, altered(to));
  for (const seed of [2, 3, 4]) {
    expect(await started(disk, seed)).toBe(true);
    expect(new Map(linesOn(disk)).get(path)).toBe(lines);
    expect(disk.peek(`${path}.minisig`)).toBeUndefined();
  }
});

test('a start that was shown one bad line costs no entry that was claimed', async () => {
  const { disk, path } = await claimed();
  const whole = disk.peek(path) ?? new Uint8Array(0);
  disk.corrupt(path, altered('x'));
  expect(await started(disk, 2)).toBe(true);
  disk.corrupt(path, () => whole);
  await started(disk, 3);
  expect(numbersOn(disk).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test.each([
  ['that nobody could close are not named, and go', FOLDER],
  ['that were closed, of a segment that nobody could sign, are named', '.jsonl.minisig'],
])('entries that no checkpoint covered, %s', async (_what, path) => {
  const { disk, from } = await life();
  const left = disk.crash(from + 1, 'everything'); // half of the write
  left.fail({ operation: 'rename', nth: 1, times: Infinity, code: 'EIO', path });
  const { custody } = await openLog(left, 2);
  const opened = left.steps;
  custody.append(numbered(100));
  await custody.checkpoint();
  const claimedAt = left.steps;
  for (let step = opened; step <= left.steps; step++) {
    const killed = left.crash(step, 'everything');
    await started(killed, 3);
    expectLinks(killed, step);
    if (step >= claimedAt) expect(numbersOn(killed)).toContain(100);
  }
});

test.each<Survival>(['everything', 'nothing', 3, 4])('a cut that leaves %s', async (survival) => {
  const { disk, from, to } = await life();
  let inTwo = 0;
  for (let step = from; step <= disk.steps; step++) {
    const left = disk.crash(step, survival);
    const { custody } = await openLog(left, 2);
    await custody.close();
    expectLinks(left, step);
    const numbers = numbersOn(left);
    expect(new Set(numbers).size, `step ${step}: none twice`).toBe(numbers.length);
    if (step >= to) expect(numbers.sort((a, b) => a - b)).toEqual([0, ...FAILED]);
    if (linesOn(left).length > 2) inTwo++;
  }
  expect(inTwo).toBeGreaterThan(2);
});
