import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TryTurns } from '../../../agent/pull/tries.ts';

const { signal } = new AbortController();

/** Begins; `order` gets the name once it may go. */
function begin(
  turns: TryTurns,
  name: string,
  isAlone: boolean,
  order: string[],
  ending = signal,
): Promise<() => void> {
  return turns.begin(isAlone, ending).then((leave) => {
    order.push(name);
    return leave;
  });
}

test('tries run side by side, and one that must be alone waits until nothing runs, and holds the others off', async () => {
  const turns = new TryTurns();
  const order: string[] = [];
  const first = await begin(turns, 'first', false, order);
  const second = await begin(turns, 'second', false, order);
  const alone = begin(turns, 'alone', true, order);
  const third = await begin(turns, 'third', false, order);
  first();
  second();
  await nextTurn();
  expect(order).toEqual(['first', 'second', 'third']);
  third();
  third(); // nobody leaves twice
  const leaveAlone = await alone;
  const late = [begin(turns, 'late', false, order), begin(turns, 'later', false, order)];
  const other = begin(turns, 'other', true, order);
  await nextTurn();
  expect(order).toEqual(['first', 'second', 'third', 'alone']);
  leaveAlone();
  for (const leave of await Promise.all(late)) leave();
  (await other)();
  expect(order).toEqual(['first', 'second', 'third', 'alone', 'late', 'later', 'other']);
});

test('two that must be alone are so one after the other', async () => {
  const turns = new TryTurns();
  const order: string[] = [];
  const one = await begin(turns, 'one', true, order);
  const two = begin(turns, 'two', true, order);
  await nextTurn();
  expect(order).toEqual(['one']);
  one();
  (await two)();
  expect(order).toEqual(['one', 'two']);
});

test('whose camera left while it waited is in nobody’s way', async () => {
  const turns = new TryTurns();
  const order: string[] = [];
  const leaving = new AbortController();
  const first = await begin(turns, 'first', false, order);
  const alone = begin(turns, 'alone', true, order, leaving.signal);
  leaving.abort(new Error('the camera left'));
  await expect(alone).rejects.toThrow('the camera left');
  await expect(turns.begin(false, leaving.signal)).rejects.toThrow('the camera left');
  first();
  (await begin(turns, 'next', true, order))();
  expect(order).toEqual(['first', 'next']);
});
