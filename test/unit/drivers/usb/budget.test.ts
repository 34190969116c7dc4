import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UsbBudget } from '../../../../drivers/usb/transfer-limits.ts';
import { live } from '../../../contracts/driver-subject.ts';

/** Work that ends when it is told to. */
function held(budget: UsbBudget, bytes: number, signal = live()) {
  let end: () => void = () => undefined;
  let hasBegun = false;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const done = budget.run(bytes, signal, async () => {
    hasBegun = true;
    await ended;
  });
  return { done, end, begun: () => hasBegun };
}

test('never more bytes are pending than the budget has, and whoever waits is served in order', async () => {
  const budget = new UsbBudget(100);
  const first = held(budget, 60);
  const big = held(budget, 80);
  const small = held(budget, 10);
  await nextTurn();
  expect([first.begun(), big.begun(), small.begun(), budget.pendingBytes]).toEqual([true, false, false, 60]);
  first.end();
  await first.done;
  await nextTurn();
  expect([big.begun(), small.begun(), budget.pendingBytes]).toEqual([true, true, 90]);
  big.end();
  small.end();
  await Promise.all([big.done, small.done]);
  expect(budget.pendingBytes).toBe(0);
});

test('one that gives up makes way for those behind it, and work that fails gives its bytes back', async () => {
  const budget = new UsbBudget(100);
  const first = held(budget, 60);
  const stop = new AbortController();
  const big = held(budget, 80, stop.signal);
  const small = held(budget, 10);
  const reason = new Error('stop now');
  stop.abort(reason);
  await expect(big.done).rejects.toBe(reason);
  await nextTurn();
  expect(small.begun()).toBe(true);
  first.end();
  small.end();
  await Promise.all([first.done, small.done]);
  await expect(budget.run(100, live(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(budget.pendingBytes).toBe(0);
});

test('more than the whole budget is refused, not waited for', async () => {
  await expect(new UsbBudget(100).run(101, live(), async () => 1)).rejects.toMatchObject({
    code: 'usb.transfer-oversize',
  });
});
