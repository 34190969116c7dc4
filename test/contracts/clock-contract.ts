// What every Clock must do, the machine's and the one that tests move by hand.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { Clock } from '../../protocol/format/ports.ts';
import type { ContractRunner } from './runner.ts';

/** A clock and the way to let time go by on it: by waiting, or by moving it. */
export interface ClockSubject {
  readonly clock: Clock;
  /** Resolves when at least so much monotonic time has passed and what was due has run. */
  readonly pass: (ms: number) => Promise<void>;
}

/** States of a promise that can be looked at without waiting for it. */
function watch(promise: Promise<unknown>): { state: 'waiting' | 'resolved' | 'rejected'; reason?: unknown } {
  const watched: { state: 'waiting' | 'resolved' | 'rejected'; reason?: unknown } = { state: 'waiting' };
  promise.then(
    () => (watched.state = 'resolved'),
    (reason: unknown) => Object.assign(watched, { state: 'rejected', reason }),
  );
  return watched;
}

function readingContract({ test }: ContractRunner, make: () => ClockSubject): void {
  test('monotonic time never goes back and grows by what passed', async () => {
    const { clock, pass } = make();
    const start = clock.monotonicMs();
    let last = start;
    for (let count = 0; count < 100; count++) {
      const now = clock.monotonicMs();
      assert.ok(now >= last, `${now} after ${last}`);
      last = now;
    }
    await pass(10);
    assert.ok(clock.monotonicMs() - start >= 10);
  });

  test('wall time is a finite number of milliseconds that goes on', async () => {
    const { clock, pass } = make();
    const before = clock.wallMs();
    await pass(10);
    assert.ok(Number.isFinite(before));
    assert.ok(clock.wallMs() > before);
  });
}

function sleepContract({ test }: ContractRunner, make: () => ClockSubject): void {
  test('a sleep ends after its time and not before', async () => {
    const { clock, pass } = make();
    const start = clock.monotonicMs();
    const sleeping = clock.sleep(20, new AbortController().signal);
    const watched = watch(sleeping);
    await pass(5);
    if (clock.monotonicMs() - start < 20) assert.equal(watched.state, 'waiting');
    await pass(20);
    await sleeping;
    assert.ok(clock.monotonicMs() - start >= 20);
  });

  test('a sleep of nothing, or of less, ends', async () => {
    const { clock, pass } = make();
    for (const ms of [0, -5]) {
      const sleeping = clock.sleep(ms, new AbortController().signal);
      await pass(1);
      await sleeping;
    }
  });

  test('a sleep under an aborted signal rejects with its reason', async () => {
    const { clock } = make();
    const reason = new Error('stop now');
    await assert.rejects(clock.sleep(10_000, AbortSignal.abort(reason)), (error) => error === reason);
  });

  test('an abort ends a sleep at once, with the reason and without the passing of time', async () => {
    const { clock } = make();
    const controller = new AbortController();
    const sleeping = clock.sleep(3_600_000, controller.signal);
    const reason = new Error('stop now');
    controller.abort(reason);
    await assert.rejects(sleeping, (error) => error === reason);
  });

  test('a sleep leaves no listener on its signal, however it ends', async () => {
    const { clock, pass } = make();
    const controller = new AbortController();
    const sleeping = clock.sleep(2, controller.signal);
    await pass(3);
    await sleeping;
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    const aborted = clock.sleep(10_000, controller.signal).catch(() => undefined);
    controller.abort(new Error('stop now'));
    await aborted;
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });
}

function afterContract({ test }: ContractRunner, make: () => ClockSubject): void {
  test('a call is made once, after its time', async () => {
    const { clock, pass } = make();
    const start = clock.monotonicMs();
    const at: number[] = [];
    clock.after(10, () => at.push(clock.monotonicMs() - start));
    await pass(15);
    await pass(15);
    assert.equal(at.length, 1);
    assert.ok((at[0] ?? 0) >= 10);
  });

  test('calls are made in the order of their times', async () => {
    const { clock, pass } = make();
    const order: string[] = [];
    clock.after(25, () => order.push('late'));
    clock.after(5, () => order.push('early'));
    await pass(30);
    assert.deepEqual(order, ['early', 'late']);
  });

  test('a cancelled call is not made, and cancelling again or too late does nothing', async () => {
    const { clock, pass } = make();
    let calls = 0;
    const cancelled = clock.after(5, () => calls++);
    cancelled();
    cancelled();
    const made = clock.after(5, () => calls++);
    await pass(10);
    made();
    assert.equal(calls, 1);
  });

  test('a call may arm the next one', async () => {
    const { clock, pass } = make();
    let calls = 0;
    clock.after(2, () => {
      calls++;
      clock.after(2, () => calls++);
    });
    await pass(4);
    await pass(4);
    assert.equal(calls, 2);
  });

  test('a call that is due in longer than 2^31 ms is not made now', async () => {
    const { clock, pass } = make();
    let calls = 0;
    const cancel = clock.after(2 ** 31 + 1000, () => calls++);
    await pass(5);
    cancel();
    assert.equal(calls, 0);
  });
}

/** Runs the suite; `make` gives a fresh subject per test. */
export function clockContract(runner: ContractRunner, make: () => ClockSubject): void {
  readingContract(runner, make);
  sleepContract(runner, make);
  afterContract(runner, make);
}
