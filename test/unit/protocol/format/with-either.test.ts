import { getEventListeners } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { withEither } from '../../../../protocol/format/with-either.ts';

let one: AbortController;
let other: AbortController;
beforeEach(() => {
  one = new AbortController();
  other = new AbortController();
});

const left = (): number => [one, other].flatMap(({ signal }) => getEventListeners(signal, 'abort')).length;
const never = (ending: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => ending.addEventListener('abort', () => reject(ending.reason as Error)));

test('gives what the work gives, or its error, and leaves nothing at the signals', async () => {
  expect(await withEither(one.signal, other.signal, async ({ aborted }) => aborted)).toBe(false);
  const failed = withEither(one.signal, other.signal, async () => {
    throw new Error('work');
  });
  await expect(failed).rejects.toThrow('work');
  expect(left()).toBe(0);
});

test.each(['one', 'other'] as const)('ends with %s of them, with its reason', async (which) => {
  const work = withEither(one.signal, other.signal, never);
  ({ one, other })[which].abort(new Error(which));
  ({ one, other })[which === 'one' ? 'other' : 'one'].abort(new Error('later'));
  await expect(work).rejects.toThrow(which);
  expect(left()).toBe(0);
});

test('begins aborted where one of them was', async () => {
  other.abort(new Error('before'));
  const work = withEither(one.signal, other.signal, async ({ aborted, reason }) => ({ aborted, reason }));
  expect(await work).toEqual({ aborted: true, reason: new Error('before') });
});
