import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { LoopTurns } from '../../../agent/platform/loop-turns.ts';

test('steps run in the order in which they were asked for, also those that ask again', async () => {
  const turns = new LoopTurns();
  const order: string[] = [];
  const run = async (name: string): Promise<void> => {
    for (let step = 0; step < 3; step++) {
      await turns.next();
      order.push(`${name}${step}`);
    }
  };
  await Promise.all([run('a'), run('b')]);
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
});

test('no two steps run in the same turn of the loop', async () => {
  const turns = new LoopTurns();
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const seen = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await turns.next();
      return turn;
    }),
  );
  counting = false;
  expect(new Set(seen).size).toBe(20);
});

test('a message that arrives gets through before the steps that still wait', async () => {
  const turns = new LoopTurns();
  const { port1, port2 } = new MessageChannel();
  const order: string[] = [];
  const message = new Promise<void>((resolve) => {
    port2.once('message', () => {
      order.push('message');
      resolve();
    });
  });
  const steps = Array.from({ length: 200 }, async () => {
    await turns.next();
    order.push('step');
  });
  port1.postMessage('now');
  await Promise.all([message, ...steps]);
  port1.close();
  expect(order.indexOf('message')).toBeLessThan(200);
});
