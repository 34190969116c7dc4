// How many pieces are on their way to a thread: few where cameras share the cores, some more where one of these is left, and never without a bound.
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openBulkWorkers } from '../../../agent/seal/bulk-workers.ts';
import type { Sealing } from '../../../agent/seal/bulk.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import type { CallRequest } from '../../../agent/platform/worker-calls.ts';

/** Answers all calls but `write`. */
class SlowThread extends EventEmitter {
  postMessage({ id, name }: CallRequest): void {
    if (name !== 'write') setImmediate(() => this.emit('message', { id, value: undefined }));
  }

  terminate(): Promise<number> {
    return Promise.resolve(0);
  }
}

/** Pieces that are taken before it says to wait. */
async function takenBy(sealing: Sealing, sizeBytes: number): Promise<number> {
  for (let taken = 1; taken <= 100; taken++) {
    const writing = sealing.write({ kind: 'bytes', bytes: new Uint8Array(sizeBytes) }).then(
      () => 'taken',
      () => 'given up',
    );
    const waiting = new Promise((resolve) => setTimeout(resolve, 20, 'waits'));
    if ((await Promise.race([writing, waiting])) !== 'taken') return taken;
  }
  return Infinity;
}

test('a camera that has a core for itself has four MiB on their way, those that share them two pieces each', async () => {
  const startThread = (): Worker => new SlowThread() as Partial<Worker> as Worker;
  const bulk = await openBulkWorkers({ count: 2, cores: 2, startThread });
  const job = { payloadPath: '/nowhere/a', chunksPath: '/nowhere/b', recipients: [] };

  const alone = await bulk.startSeal(job);
  expect(await takenBy(alone, PULL_PIECE_BYTES)).toBe(4);
  const second = await bulk.startSeal(job);
  expect(await takenBy(second, PULL_PIECE_BYTES / 2)).toBe(2); // a card's
  await second.abort();
  const overUsb = await bulk.startSeal(job);
  expect(await takenBy(overUsb, PULL_PIECE_BYTES)).toBe(2);
  await overUsb.abort();
  const small = await bulk.startSeal(job);
  expect(await takenBy(small, 100)).toBe(32);
  await bulk.close();
});
