// The judge of the soak, tried on programs that leak: what it would miss, no soak finds.
import { expect, test } from 'vitest';
import { grown, ROUNDS_MIN, type Holding } from './growth.ts';
import { medianSlope } from './slope.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A program over so many rounds; each part of it by the round. */
function program(
  rounds: number,
  parts: Partial<Record<keyof Holding, (round: number) => number>>,
): Holding[] {
  return Array.from({ length: rounds }, (_, round) => {
    // Noise that goes up and down and leads nowhere.
    const level = {
      heapBytes: 22 * MIB + (round % 3) * 200 * KIB,
      bufferBytes: MIB,
      handles: 46,
      threads: 15,
    };
    const made = Object.entries(parts).map(([part, of]) => [part, of(round)]);
    return { residentBytes: 130 * MIB, ...level, ...Object.fromEntries(made) } as Holding;
  });
}

test('a program that stays level, with noise, has grown in nothing', () => {
  for (const rounds of [ROUNDS_MIN, 10, 40]) expect(grown('agent', program(rounds, {}))).toEqual([]);
});

test('warming up is no growth, whatever it takes', () => {
  const warming = program(ROUNDS_MIN, { heapBytes: (round) => (round < 2 ? 10 : 22) * MIB });
  expect(grown('agent', warming)).toEqual([]);
});

test.each([
  ['the live heap grows', { heapBytes: (round: number) => (20 + round * 0.5) * MIB }],
  ['buffers grow', { bufferBytes: (round: number) => (1 + round * 0.1) * MIB }],
  ['handles grew', { handles: (round: number) => 40 + round }],
  ['threads grew', { threads: (round: number) => 15 + round }],
] as const)('a settled program of which %s is named for it alone', (words, parts) => {
  expect(grown('receiver', program(40, parts))).toEqual([expect.stringContaining(`receiver: ${words}`)]);
});

test('in a run of some minutes what keeps the payloads themselves is still found', () => {
  const keeps = program(ROUNDS_MIN, { bufferBytes: (round) => (1 + round * 5) * MIB });
  expect(grown('agent', keeps)).toHaveLength(1);
});

test('too few rounds are a problem, never a good result', () => {
  expect(grown('agent', program(ROUNDS_MIN - 1, {}))).toEqual([expect.stringContaining('too short')]);
});

test('one odd round does not move the slope', () => {
  expect(medianSlope([1, 2, 3, 400, 5, 6, 7])).toBe(1);
  expect(medianSlope([5])).toBe(0);
});
