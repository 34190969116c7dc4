// A camera that is refused while the custody log takes nothing more: the bay says so and goes on, and the agent with it.
import { Changes } from '../../../agent/spool/changes.ts';
import { expect, test, vi } from 'vitest';
import { Bay, type BayDeps } from '../../../agent/dock/bay.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseBayId } from '../../../protocol/format/ids.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

test('a log that is overrun does not end a bay that refuses a camera', async () => {
  const [clock, log, conditions] = [new ManualClock(), new MemoryLog(), new MemoryConditions()];
  const append = vi.fn(() => {
    throw new DockError('custody.overrun', 'too much waits for the disk', { retry: 'later' });
  });
  const identity = { vendor: null, model: null, serial: '1', firmware: null };
  const watch = {
    present: async () => 'port',
    arrival: async () => 'port',
    departure: (_: unknown, signal: AbortSignal) => untilAborted(signal),
    changes: () => async () => undefined,
  };
  const work = {
    place: {
      watch,
      open: async () => ({ identity: async () => identity, close: async () => undefined }),
    },
    whoIs: () => {
      throw new DockError('camera.unknown', 'nobody knows it', {
        retry: 'person',
        facts: { reason: 'unknown' },
      });
    },
    take: { clock, log, custody: { append } },
  };
  const id = parseBayId('bay-1');
  const bay = new Bay({
    id,
    work,
    progress: {},
    clock,
    log,
    conditions,
    changes: new Changes(),
    status: { bayChanged: () => undefined },
  } as unknown as BayDeps);
  const ending = new AbortController();
  const ran = bay.run(ending.signal);
  for (let second = 0; second < 10; second++) {
    await settle();
    await clock.advance(1000);
  }
  expect(append).toHaveBeenCalled();
  expect(conditions.isRaised('camera.unknown', id)).toBe(true);
  expect(log.messages()).toContain('custody log entry rejected');
  ending.abort(new Error('stop'));
  await expect(ran).resolves.toBeUndefined();
});
