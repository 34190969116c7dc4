// Which threads of agent and receiver give way to those that talk to cameras and broker, and when they do not.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openBulkWorkers } from '../../../agent/bulk/bulk-workers.ts';
import { nodeRandom } from '../../../protocol/io/random-node.ts';
import { openWorkerSigner } from '../../../protocol/io/signer-worker.ts';
import { makeSecretKey } from '../../../protocol/minisign.ts';
import { openReceiverWorker } from '../../../protocol/receiver/receiver-worker.ts';
import { Slabs } from '../../../protocol/receiver/slabs.ts';

const run = promisify(execFile);
const PROJECT = new URL('../../../', import.meta.url).pathname;

/** "nice" of each thread of this process, by its id: the 19th field of its stat, the 17th behind its name (proc_pid_stat(5)). */
function niceOfThreads(): Map<string, number> {
  const of = (thread: string): number => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  return new Map(readdirSync('/proc/self/task').map((thread) => [thread, of(thread)]));
}

/** Judges "nice" of the threads that `open` started, once it is as wanted: what a thread has just said it says at its own priority. */
async function judgeNew(
  open: () => Promise<{ close(): Promise<void> }>,
  isAsWanted: (nice: readonly number[]) => boolean,
): Promise<void> {
  const before = niceOfThreads();
  const opened = await open();
  const ofNew = (): number[] =>
    [...niceOfThreads()].filter(([thread]) => !before.has(thread)).map(([, nice]) => nice);
  await expect.poll(() => isAsWanted(ofNew()), { timeout: 5000 }).toBe(true);
  await opened.close();
}

/** What a script in a process of its own prints, its main thread being the one that gives way. */
async function printed(script: string, before: readonly string[] = []): Promise<unknown> {
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script];
  const [program = '', ...args] = [...before, ...node];
  const { stdout } = await run(program, args, { cwd: PROJECT });
  return JSON.parse(stdout);
}

const GIVING_WAY = `
  import { getPriority } from 'node:os';
  import { atOwnPriority, giveWay } from './protocol/io/give-way.ts';
  const own = getPriority();
  const steps = [];
  const look = () => steps.push(getPriority() - own);`;

const own = getPriority(Number(readlinkSync('/proc/thread-self').split('/').pop()));
const lower = Math.min(own + 10, 19);
const key = makeSecretKey(nodeRandom());
const mayComeBack = await run(process.execPath, [
  '--eval',
  'const os = require("os"); const own = os.getPriority(); os.setPriority(own + 1); os.setPriority(own)',
]).then(
  () => true,
  () => false,
);

const PIECE = { kind: 'bytes' as const, bytes: new Uint8Array(1) };

test.runIf(mayComeBack)(
  'threads that seal and digest give way once as many of them are at work as there are cores, and come back',
  async () => {
    const bulk = await openBulkWorkers({ count: 2, cores: 2 });
    const ofAll = (): number[] => [...niceOfThreads().values()].filter((nice) => nice !== own);
    const one = await bulk.startDigest();
    await one.write(PIECE);
    await one.write({ ...PIECE, bytes: new Uint8Array(1) });
    expect(ofAll()).toEqual([]);

    const other = await bulk.startDigest();
    for (const pass of [one, other]) await pass.write({ ...PIECE, bytes: new Uint8Array(1) });
    await expect.poll(ofAll, { timeout: 5000 }).toEqual([lower, lower]);

    await other.abort();
    await one.write({ ...PIECE, bytes: new Uint8Array(1) });
    const nowhere = bulk.readUnit('/nowhere', 0, 1, new Uint8Array(32)); // goes to the thread that has no pass
    await expect(nowhere).rejects.toMatchObject({ code: 'ENOENT' });
    await expect.poll(ofAll, { timeout: 5000 }).toEqual([]);
    await one.finish();
    await bulk.close();
  },
);

test.runIf(mayComeBack)("the receiver's thread gives way", async () => {
  await judgeNew(
    () => openReceiverWorker(new Slabs(1), key),
    (nice) => nice.includes(lower),
  );
});

test('the thread that signs does not: whoever answers waits for it', async () => {
  await judgeNew(
    () => openWorkerSigner(key),
    (nice) => nice.length > 0 && nice.every((each) => each === own),
  );
});

test('no thread of this process but those ever gave way', () => {
  expect(new Set(niceOfThreads().values())).toEqual(new Set([own]));
});

test.runIf(mayComeBack && own < 10)('a lock is taken at its own priority, whatever comes of it', async () => {
  const script = `${GIVING_WAY}
    look();
    giveWay();
    look();
    atOwnPriority(look);
    look();
    try {
      atOwnPriority(() => { throw new Error('refused'); });
    } catch {
      look();
    }
    console.log(JSON.stringify(steps));`;
  expect(await printed(script)).toEqual([0, 10, 0, 10, 10]);
});

test.runIf(mayComeBack && own < 10)(
  'what it hands to the pool that all threads share, and what it answers, it hands over at its own priority',
  async () => {
    const script = `${GIVING_WAY}
      import { filesGivingWay } from './protocol/io/files-giving-way.ts';
      import { serveCalls } from './protocol/io/worker-serve.ts';
      giveWay();
      const done = async () => look();
      const file = { write: done, read: done, sync: done, sizeBytes: done, close: done };
      const opened = await filesGivingWay({ create: async () => (look(), file) }).create('a');
      for (const call of ['write', 'read', 'sync', 'sizeBytes', 'close']) await opened[call]();
      let ask;
      const port = { on: (_name, handler) => (ask = handler), postMessage: look };
      serveCalls(port, { good: async () => 1, bad: async () => { throw new Error('bad'); } });
      ask({ id: 1, name: 'good', args: null });
      ask({ id: 2, name: 'bad', args: null });
      await new Promise((resolve) => setImmediate(resolve));
      look();
      console.log(JSON.stringify(steps));`;
    expect(await printed(script)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 10]);
  },
);

test('a thread that may not come back does not give way: it would keep others out with the locks that it holds', async () => {
  const script = `${GIVING_WAY}
    giveWay();
    look();
    atOwnPriority(look);
    console.log(JSON.stringify(steps));`;
  const bound =
    process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'] : [];
  const limit = mayComeBack ? [...bound, 'prlimit', '--nice=0'] : [];
  expect(await printed(script, limit)).toEqual([1, 1]);
});
