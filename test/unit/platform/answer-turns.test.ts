// Answers of threads share the event loop with everything else.
import { expect, test } from 'vitest';
import { AnswerTurns } from '../../../agent/platform/worker-calls.ts';

const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a few are given at once, the rest in later turns of the loop, all in their order', async () => {
  const turns = new AnswerTurns();
  const given: number[] = [];
  for (let at = 0; at < 11; at++) turns.give(() => given.push(at));
  const counts = [given.length];
  while (given.length < 11) {
    await turnOver();
    counts.push(given.length);
  }
  expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(counts).toEqual([4, 8, 11]);
});

test('what comes while others wait does not overtake them', async () => {
  const turns = new AnswerTurns();
  const given: string[] = [];
  for (let at = 0; at < 6; at++) turns.give(() => given.push(`first ${at}`));
  await turnOver();
  turns.give(() => given.push('later'));
  expect(given.at(-1)).toBe('later');
  for (let at = 0; at < 6; at++) turns.give(() => given.push(`second ${at}`));
  turns.give(() => given.push('last'));
  for (let turn = 0; turn < 4; turn++) await turnOver();
  expect(given.slice(6)).toEqual(['later', ...Array.from({ length: 6 }, (_, at) => `second ${at}`), 'last']);
});

test('one that leads to the next does not keep the loop to itself', async () => {
  const turns = new AnswerTurns();
  let given = 0;
  const next = (): void => {
    if (++given < 40) turns.give(next);
  };
  turns.give(next);
  expect(given).toBe(4);
  await turnOver();
  expect(given).toBe(8);
  for (let turn = 0; turn < 20; turn++) await turnOver();
  expect(given).toBe(40);
});

test('all that waits can be given at once', () => {
  const turns = new AnswerTurns();
  const given: number[] = [];
  for (let at = 0; at < 9; at++) turns.give(() => given.push(at));
  turns.flush();
  expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('one that is given while others of this turn are given does not overtake them', async () => {
  const turns = new AnswerTurns();
  const given: string[] = [];
  for (let at = 0; at < 4; at++) turns.give(() => given.push(`${at}`));
  turns.give(() => {
    given.push('a');
    turns.give(() => given.push('c'));
  });
  turns.give(() => given.push('b'));
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(given.slice(4)).toEqual(['a', 'b', 'c']);
});

test('one that throws does not take the others with it', () => {
  const turns = new AnswerTurns();
  const given: string[] = [];
  for (let at = 0; at < 4; at++) turns.give(() => given.push(`${at}`));
  turns.give(() => {
    throw new Error('bad');
  });
  turns.give(() => given.push('b'));
  try {
    turns.flush();
  } catch {
    turns.flush();
  }
  expect(given).toContain('b');
});
