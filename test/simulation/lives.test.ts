// A composed signal is what Node makes of it, and ends with its life where nothing ended it before.
import { afterEach, expect, test, vi } from 'vitest';
import { signalsEndWithLives } from './lives.ts';

afterEach(() => vi.restoreAllMocks());

test('until its life is over a signal ends with one of those it was made of, for the reason of that one', () => {
  vi.spyOn(AbortSignal, 'any'); // put back after the test
  signalsEndWithLives();
  const [first, second] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([first.signal, second.signal]);
  expect(signal.aborted).toBe(false);
  second.abort(new Error('why'));
  expect(signal.reason).toEqual(new Error('why'));
});

test('signals of a life that is over have ended, those of the next one go on', () => {
  vi.spyOn(AbortSignal, 'any');
  const endLife = signalsEndWithLives();
  const source = new AbortController();
  const before = AbortSignal.any([source.signal]);
  const heard: unknown[] = [];
  before.addEventListener('abort', () => heard.push(before.reason));
  endLife();
  expect(heard).toEqual([new Error('this life is over')]);
  const after = AbortSignal.any([source.signal]);
  expect(after.aborted).toBe(false);
  endLife();
  expect(after.aborted).toBe(true);
  expect(source.signal.aborted).toBe(false);
});
