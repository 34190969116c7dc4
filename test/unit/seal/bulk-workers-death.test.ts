// Bulk work whose threads die: what was in them ends with "worker.died", what comes next finds a new one, and others go on.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bulk, SealJob } from '../../../agent/seal/bulk.ts';
import { openBulkWorkers, startBulkThread } from '../../../agent/seal/bulk-workers.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { sha256 } from '../../../protocol/format/bytes.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { contentOf, piecesOf } from '../../contracts/bulk-contract.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const store = makeIdentity(seededRandom(1));
const content = contentOf(3 * PULL_PIECE_BYTES + 5);
const died = { code: 'worker.died', retry: 'later' };
let folder: string;
let threads: Worker[];
let bulk: Bulk;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-bulk-'));
  threads = [];
});
afterEach(async () => {
  await bulk.close();
  await rm(folder, { recursive: true });
});

async function open(count: number, start = startBulkThread): Promise<Bulk> {
  bulk = await openBulkWorkers({
    count,
    cores: 2,
    startThread: (name, memory) => {
      const thread = start(name, memory);
      threads.push(thread);
      return thread;
    },
  });
  return bulk;
}

function job(name: string): SealJob {
  return {
    payloadPath: join(folder, `${name}.age`),
    chunksPath: join(folder, `${name}.bin`),
    recipients: [store.recipient],
  };
}

async function sealWhole(name: string): Promise<void> {
  const sealing = await bulk.startSeal(job(name));
  for (const piece of piecesOf(content, PULL_PIECE_BYTES)) await sealing.write(piece);
  await sealing.finish();
  const sealed = await readFile(job(name).payloadPath);
  expect(Buffer.from(openSmall(sealed, [store.identity])).equals(content)).toBe(true);
}

test('a sealing whose thread died between two calls says so at each further call, and the next sealing succeeds', async () => {
  await open(1);
  const sealing = await bulk.startSeal(job('lost'));
  await sealing.write({ kind: 'bytes', bytes: content.slice(0, PULL_PIECE_BYTES) });
  await threads[0]?.terminate();
  await expect(sealing.resumeDifference(new Uint8Array(1))).rejects.toMatchObject(died);
  await expect(sealing.finish()).rejects.toMatchObject(died);
  await sealing.abort();
  await sealWhole('next');
  expect(threads).toHaveLength(2);
});

/** A thread that begins passes and gives them up, and answers nothing else. */
const DEAF = `
  const { parentPort } = require('node:worker_threads');
  const answered = ['ready', 'startSeal', 'startDigest', 'abort'];
  parentPort.on('message', ({ id, name }) => answered.includes(name) && parentPort.postMessage({ id }));`;

test('all calls that wait for a thread reject when it dies', async () => {
  await open(1, () => new Worker(DEAF, { eval: true }));
  await writeFile(join(folder, 'unit'), content);
  const sealing = await bulk.startSeal(job('lost'));
  const digesting = await bulk.startDigest();
  const waiting = [
    sealing.write({ kind: 'unreadable', sizeBytes: 64 * PULL_PIECE_BYTES }),
    sealing.finish(),
    digesting.finish(),
    bulk.readUnit(join(folder, 'unit'), 0, 1000, sha256(content.subarray(0, 1000))),
    bulk.sealSmall(content.subarray(0, 10), [store.recipient]),
  ];
  void threads[0]?.terminate();
  for (const outcome of await Promise.allSettled(waiting))
    expect(outcome).toMatchObject({ status: 'rejected', reason: died });
  await sealing.abort();
  await digesting.abort();
});

test('a death in one thread leaves the sealing in the other alone', async () => {
  await open(2);
  const lost = await bulk.startSeal(job('lost'));
  const kept = await bulk.startSeal(job('kept'));
  expect(threads).toHaveLength(2);
  for (const piece of piecesOf(content, 500_000)) await kept.write(piece);
  await threads[0]?.terminate();
  expect((await kept.finish()).originalSizeBytes).toBe(content.length);
  await expect(lost.finish()).rejects.toMatchObject(died);
  await lost.abort();
});

test('a new thread takes the place of a dead one until it dies as well', async () => {
  await open(1);
  for (let round = 0; round < 3; round++) {
    await sealWhole(`round-${round}`);
    await threads.at(-1)?.terminate();
  }
  expect(threads).toHaveLength(3);
});

test('threads that cannot start are an error of the opening and of nothing else', async () => {
  const broken = openBulkWorkers({
    count: 1,
    cores: 1,
    startThread: () => new Worker('throw new Error("no room")', { eval: true }),
  });
  await expect(broken).rejects.toMatchObject({ ...died, message: expect.stringContaining('no room') });
  await open(1);
});

test('closing ends what runs, and what comes after it, without a wait', async () => {
  await open(2);
  const sealing = await bulk.startSeal(job('open'));
  const writing = sealing.write({ kind: 'unreadable', sizeBytes: 64 * PULL_PIECE_BYTES });
  const outcome = expect(writing).rejects.toMatchObject(died);
  await Promise.all([bulk.close(), bulk.close()]);
  await outcome;
  await sealing.abort();
  await expect(bulk.startSeal(job('late'))).rejects.toMatchObject(died);
  await expect(bulk.startDigest()).rejects.toMatchObject(died);
  expect((await readdir(folder)).toSorted()).toEqual(['open.age', 'open.bin']);
});

test('passes are spread: the second one gets the second thread, the third one the thread that is free', async () => {
  await open(2);
  const first = await bulk.startSeal(job('1'));
  const second = await bulk.startDigest();
  await first.abort();
  const third = await bulk.startDigest();
  await threads[1]?.terminate();
  await expect(second.finish()).rejects.toMatchObject(died);
  expect((await third.finish()).sizeBytes).toBe(0);
  await second.abort();
});
