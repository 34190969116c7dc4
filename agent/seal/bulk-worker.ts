// Entry of a bulk worker thread: several passes side by side, each in the order of its calls. Started by bulk-workers.ts.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { sealSmall } from '../../protocol/age/sealed-file.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { LoopTurns } from '../platform/loop-turns.ts';
import { bufferFreer } from '../platform/memory.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { readAtOnce } from '../platform/read-at-once.ts';
import { Moved, serveCalls } from '../platform/worker-calls.ts';
import { lookIntoAtOnce } from '../spool/ready-looks.ts';
import type { BulkCalls, BulkThreadData, Digesting, Sealing } from './bulk.ts';
import { DigestPass, SealPass } from './seal.ts';
import { readUnit, UnitTags } from './unit-tags.ts';
import { UnitBuffers } from './unit-writer.ts';

assert(parentPort, 'this module is a worker');
const memory = workerData as BulkThreadData;
const turns = new LoopTurns();
const tags = new UnitTags(memory.tags);
const freeBuffer = bufferFreer();
const context = {
  files: nodeFiles(),
  random: nodeRandom(),
  freeBuffer,
  buffers: new UnitBuffers(freeBuffer),
  tags,
  turn: () => turns.next(), // a unit that is wanted for sending waits for one slice, not for all pieces that have arrived
};
const sealings = new Map<number, Sealing>();
const digestings = new Map<number, Digesting>();
/** Calls of one pass wait for each other: they arrive faster than the disk takes what they bring. */
const calls = new KeyedMutex<number>();

function sealing(pass: number): Sealing {
  return sealings.get(pass) ?? unknownPass();
}

function digesting(pass: number): Digesting {
  return digestings.get(pass) ?? unknownPass();
}

/** The worker that had it is gone and this one is its successor. */
function unknownPass(): never {
  throw new DockError('worker.died', 'a worker thread is gone and this pass with it', { retry: 'later' });
}

function inOrder<Pass, T>(id: number, pass: Pass, call: (pass: Pass) => Promise<T>): Promise<T> {
  return calls.run(id, () => call(pass));
}

/** Ends a pass at once, its waiting calls included. */
async function abort(pass: number): Promise<void> {
  await sealings.get(pass)?.abort();
  sealings.delete(pass);
  digestings.delete(pass);
}

serveCalls<BulkCalls>(parentPort, {
  ready: async () => undefined,
  startSeal: async ({ pass, job }) => {
    sealings.set(pass, await SealPass.start(job, context));
  },
  startDigest: async ({ pass }) => {
    digestings.set(pass, new DigestPass(context));
  },
  write: ({ pass, piece }) =>
    inOrder(pass, sealings.get(pass) ?? digesting(pass), (open) => open.write(piece)),
  resumeDifference: ({ pass, bytes }) => inOrder(pass, sealing(pass), (open) => open.resumeDifference(bytes)),
  finishSeal: async ({ pass }) => {
    const result = await inOrder(pass, sealing(pass), (open) => open.finish());
    sealings.delete(pass);
    return result;
  },
  finishDigest: async ({ pass }) => {
    const result = await inOrder(pass, digesting(pass), (open) => open.finish());
    digestings.delete(pass);
    return result;
  },
  abort: ({ pass }) => abort(pass),
  readUnit: async (place) => {
    const unit = await readUnit({ readAt: readAtOnce, tags }, place);
    return new Moved(unit, [unit.buffer]);
  },
  lookInto: async (wanted) => {
    const looks = lookIntoAtOnce(wanted);
    return new Moved(looks, [looks.kindOf.buffer, looks.sizesBytes.buffer]);
  },
  sealSmall: async ({ bytes, recipients }) => new Uint8Array(sealSmall(bytes, recipients, context.random)),
});
