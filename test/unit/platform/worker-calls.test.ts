// Calls into worker threads: answers and errors keep what they are, buffers move, and no call waits for a worker that is gone.
import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { packError, unpackError, WorkerCalls } from '../../../agent/platform/worker-calls.ts';
import { startWorker } from '../../../agent/platform/worker-thread.ts';
import { DockError, isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { OddCalls } from '../../fakes/worker-odd.ts';

const opened: WorkerCalls<OddCalls>[] = [];
afterEach(async () => {
  for (const calls of opened.splice(0)) await calls.close();
});

function openCalls(entry = '../../fakes/worker-odd'): { calls: WorkerCalls<OddCalls>; starts: () => number } {
  let starts = 0;
  const calls = new WorkerCalls<OddCalls>(() => {
    starts++;
    return startWorker(import.meta.url, entry, { name: 'odd' });
  });
  opened.push(calls);
  return { calls, starts: () => starts };
}

const died = expect.objectContaining({ name: 'DockError', code: 'worker.died', retry: 'later' });
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  );

test('answers reach the call that they belong to, in whatever order they come', async () => {
  const { calls, starts } = openCalls();
  const answers = Promise.all(Array.from({ length: 50 }, (_, at) => calls.call('double', at)));
  expect(calls.pending).toBe(50);
  expect(await answers).toEqual(Array.from({ length: 50 }, (_, at) => 2 * at));
  expect([calls.pending, starts()]).toEqual([0, 1]);
});

test('calls that follow from answers leave the event loop to others, however soon the answers come', async () => {
  const { calls } = openCalls();
  await calls.call('double', 0);
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  count();
  const inTurn = new Map<number, number>();
  const chain = async (): Promise<void> => {
    for (let at = 0; at < 150; at++) {
      await calls.call('double', at);
      inTurn.set(turn, (inTurn.get(turn) ?? 0) + 1);
      const busyUntilMs = performance.now() + 1; // meanwhile the other chain's answer comes
      while (performance.now() < busyUntilMs);
    }
  };
  await Promise.all([chain(), chain()]);
  counting = false;
  expect(Math.max(...inTurn.values())).toBeLessThanOrEqual(8); // four in a turn, which may begin and end between two counts
});

test('what a worker answered before it went is not lost', async () => {
  const { calls } = openCalls();
  const answers = Array.from({ length: 12 }, (_, at) => calls.call('double', at));
  const gone = errorOf(calls.call('exit', 1));
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 12 }, (_, at) => 2 * at));
  expect(await gone).toEqual(died);
});

test('a buffer that is moved leaves the caller and comes back without a copy', async () => {
  const { calls } = openCalls();
  const bytes = Uint8Array.from([1, 2, 3]);
  const back = await calls.call('invert', bytes, [bytes.buffer]);
  expect([...back]).toEqual([254, 253, 252]);
  expect(bytes.length).toBe(0);
});

test('a refusal keeps code, retry, facts and the error of the system behind it', async () => {
  const { calls } = openCalls();
  const error = await errorOf(calls.call('refuse', { code: 'spool.full' }));
  expect(isDockError(error, 'spool.full')).toBe(true);
  expect(error).toMatchObject({ message: 'refused', retry: 'person', facts: { size_bytes: 7, name: null } });
  expect(systemCode(error)).toBe('ENOSPC');
});

test('an error of the system keeps its code, and what is no error becomes one', async () => {
  const { calls } = openCalls();
  expect(await errorOf(calls.call('failSystem', null))).toMatchObject({ code: 'EIO', syscall: 'read' });
  expect(await errorOf(calls.call('throwText', 'plain text'))).toMatchObject({ message: 'plain text' });
  expect(await calls.call('double', 4)).toBe(8);
});

test('what cannot travel is an error of that call alone, in both directions', async () => {
  const { calls, starts } = openCalls();
  const uncloneable = (() => undefined) as unknown as number;
  expect(await errorOf(calls.call('double', uncloneable))).toMatchObject({ name: 'DataCloneError' });
  expect(await errorOf(calls.call('answerUncloneable', null))).toMatchObject({
    message: expect.stringContaining('could not be cloned'),
  });
  expect(await calls.call('double', 4)).toBe(8);
  expect([calls.pending, starts()]).toEqual([0, 1]);
});

test('whatever way a worker dies, all that waits is told, and the next call has a new one', async () => {
  const { calls, starts } = openCalls();
  const deaths = [
    () => calls.call('exit', 3),
    () => calls.call('exit', 0),
    () => calls.call('throwOutside', 'oops'),
    () => calls.call('rejectOutside', 'oops'),
  ];
  for (const [at, die] of deaths.entries()) {
    const waiting = errorOf(calls.call('never', null));
    expect(await errorOf(die())).toEqual(died);
    expect(await waiting).toEqual(died);
    expect(calls.pending).toBe(0);
    expect(await calls.call('double', 4)).toBe(8);
    expect(starts()).toBe(at + 2);
  }
});

test('a worker that cannot start is told to each call and does not start by itself', async () => {
  const { calls, starts } = openCalls('../../fakes/no-such-worker');
  for (const count of [1, 2]) {
    expect(await errorOf(calls.call('double', 1))).toEqual(died);
    expect(starts()).toBe(count);
  }
});

test('a thread that the system refuses is a death like others, and the next call tries again', async () => {
  const calls = new WorkerCalls<OddCalls>(() => {
    throw new Error('Worker initialization failure: EAGAIN');
  });
  for (let count = 0; count < 2; count++)
    expect(await errorOf(calls.call('double', 1))).toMatchObject({
      code: 'worker.died',
      retry: 'later',
      message: expect.stringContaining('EAGAIN'),
    });
  expect(calls.pending).toBe(0);
});

test('closing ends what waits, and a closed one takes no calls and starts nothing', async () => {
  const { calls, starts } = openCalls();
  expect(await calls.call('double', 1)).toBe(2);
  const waiting = errorOf(calls.call('never', null));
  await Promise.all([calls.close(), calls.close()]);
  expect(await waiting).toEqual(died);
  expect(await errorOf(calls.call('double', 1))).toEqual(died);
  await calls.close();
  expect(starts()).toBe(1);
});

test('a chain of causes travels as far as it says something, a ring of them too', () => {
  const ring = new Error('ring');
  ring.cause = ring;
  let depth = 0;
  for (let at: unknown = unpackError(structuredClone(packError(ring))); at instanceof Error; at = at.cause)
    depth++;
  expect(depth).toBeGreaterThan(1);
  expect(depth).toBeLessThan(10);
  const outer = new DockError('a.b', 'outer', {
    cause: new DockError('c.d', 'inner', { retry: 'never' }),
    retry: 'later',
  });
  const back = unpackError(structuredClone(packError(outer)));
  expect(back.cause).toMatchObject({ code: 'c.d', retry: 'never' });
});

/** Calls into a worker, and whether it has ended. */
async function oneThatEnds(): Promise<{
  calls: WorkerCalls<OddCalls>;
  worker: Worker;
  hasEnded: () => boolean;
}> {
  let worker: Worker | undefined;
  const calls = new WorkerCalls<OddCalls>(
    () => (worker = startWorker(import.meta.url, '../../fakes/worker-odd', { name: 'odd' })),
  );
  opened.push(calls);
  await calls.call('double', 0);
  assert(worker);
  let ended = false;
  worker.once('exit', () => (ended = true));
  return { calls, worker, hasEnded: () => ended };
}

test('whoever closes a second time waits for the thread like the first', async () => {
  const { calls, hasEnded } = await oneThatEnds();
  const first = calls.close();
  await calls.close();
  expect(hasEnded()).toBe(true);
  await first;
});

test('whoever closes behind an answer that could not be read waits for the thread that sent it', async () => {
  const { calls, worker, hasEnded } = await oneThatEnds();
  const lost = errorOf(calls.call('never', null));
  worker.emit('messageerror', new Error('nonsense'));
  expect(await lost).toEqual(died);
  await calls.close();
  expect(hasEnded()).toBe(true);
});

test.each(['throwOutside', 'rejectOutside'] as const)(
  'what a worker answered before it died by %s is not lost, however late this thread comes to it',
  async (death) => {
    const { calls } = await oneThatEnds();
    const answers = Promise.allSettled(Array.from({ length: 3000 }, (_, at) => calls.call('double', at)));
    const gone = errorOf(calls.call(death, 'oops'));
    const busyUntilMs = performance.now() + 500;
    while (performance.now() < busyUntilMs);
    expect((await answers).filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await gone).toEqual(died);
  },
);
