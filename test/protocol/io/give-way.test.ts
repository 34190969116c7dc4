// Which threads of agent and receiver give way to those that talk to cameras and broker.
import { getPriority } from 'node:os';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openBulkWorkers } from '../../../agent/bulk/bulk-workers.ts';
import { nodeRandom } from '../../../protocol/io/random-node.ts';
import { openWorkerSigner } from '../../../protocol/io/signer-worker.ts';
import { makeSecretKey } from '../../../protocol/minisign.ts';
import { openReceiverWorker } from '../../../protocol/receiver/receiver-worker.ts';
import { Slabs } from '../../../protocol/receiver/slabs.ts';

/** "nice" of each thread of this process, by its id: the 19th field of its stat, the 17th behind its name (proc_pid_stat(5)). */
function niceOfThreads(): Map<string, number> {
  const of = (thread: string): number => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  return new Map(readdirSync('/proc/self/task').map((thread) => [thread, of(thread)]));
}

/** "nice" of the threads that `open` started. */
async function niceOfNew(open: () => Promise<{ close(): Promise<void> }>): Promise<number[]> {
  const before = niceOfThreads();
  const opened = await open();
  const after = [...niceOfThreads()].filter(([thread]) => !before.has(thread));
  await opened.close();
  return after.map(([, nice]) => nice);
}

const own = getPriority(Number(readlinkSync('/proc/thread-self').split('/').pop()));
const lower = Math.min(own + 10, 19);
const key = makeSecretKey(nodeRandom());

test('the thread that seals and digests gives way', async () => {
  expect(await niceOfNew(() => openBulkWorkers({ count: 1 }))).toContain(lower);
});

test("the receiver's thread gives way", async () => {
  expect(await niceOfNew(() => openReceiverWorker(new Slabs(1), key))).toContain(lower);
});

test('the thread that signs does not: whoever answers waits for it', async () => {
  const nice = await niceOfNew(() => openWorkerSigner(key));
  expect(nice.length).toBeGreaterThan(0);
  expect(new Set(nice)).toEqual(new Set([own]));
});

test('no thread of this process but those ever gave way', () => {
  expect(new Set(niceOfThreads().values())).toEqual(new Set([own]));
});
