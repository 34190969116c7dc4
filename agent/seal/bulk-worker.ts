// Entry of a bulk worker thread: several passes side by side, each in the order of its calls. Started by bulk-workers.ts.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { sealSmall } from '../../protocol/age/sealed-file.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { LoopTurns } from '../platform/loop-turns.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { readAtOnce } from '../platform/read-at-once.ts';
import { bufferFreer } from '../platform/memory.ts';
import { Moved, serveCalls } from '../platform/worker-calls.ts';
import type { BulkCalls, BulkThreadData } from './bulk-calls.ts';
import type { Digesting, Sealing } from './bulk.ts';
import { DigestPass } from './digest.ts';
import { lookIntoAtOnce } from './folder-look.ts';
import { SealPass } from './seal.ts';
import { UnitBuffers } from './unit-buffers.ts';
import { readUnit } from './unit-read.ts';
import { UnitTags } from './unit-tags.ts';

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
const sealings = new Map<number, InOrder<Sealing>>();
const digestings = new Map<number, InOrder<Digesting>>();

/** One pass whose calls wait for each other: they arrive faster than the disk takes what they bring. */
class InOrder<Pass> {
  readonly pass: Pass;
  #last: Promise<unknown> = Promise.resolve();

  constructor(pass: Pass) {
    this.pass = pass;
  }

  run<T>(call: (pass: Pass) => Promise<T>): Promise<T> {
    const running = this.#last.then(() => call(this.pass));
    this.#last = running.catch(() => undefined);
    return running;
  }
}

function sealing(pass: number): InOrder<Sealing> {
  return sealings.get(pass) ?? unknownPass();
}

function digesting(pass: number): InOrder<Digesting> {
  return digestings.get(pass) ?? unknownPass();
}

/** The worker that had it is gone and this one is its successor. */
function unknownPass(): never {
  throw new DockError('worker.died', 'a worker thread is gone and this pass with it', { retry: 'later' });
}

/** Ends a pass at once, its waiting calls included. */
async function abort(pass: number): Promise<void> {
  await sealings.get(pass)?.pass.abort();
  sealings.delete(pass);
  digestings.delete(pass);
}

serveCalls<BulkCalls>(parentPort, {
  ready: async () => undefined,
  startSeal: async ({ pass, job }) => {
    sealings.set(pass, new InOrder<Sealing>(await SealPass.start(job, context)));
  },
  startDigest: async ({ pass }) => {
    digestings.set(pass, new InOrder<Digesting>(new DigestPass(context)));
  },
  write: ({ pass, piece }) => (sealings.get(pass) ?? digesting(pass)).run((open) => open.write(piece)),
  resumeDifference: ({ pass, bytes }) => sealing(pass).run((open) => open.resumeDifference(bytes)),
  finishSeal: async ({ pass }) => {
    const result = await sealing(pass).run((open) => open.finish());
    sealings.delete(pass);
    return result;
  },
  finishDigest: async ({ pass }) => {
    const result = await digesting(pass).run((open) => open.finish());
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
