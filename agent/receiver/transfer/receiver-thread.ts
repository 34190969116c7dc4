// Entry of the receiver's one worker thread: hashes and writes units. Started by receiver-worker.ts. Its calls are synchronous, so they are carried
// out in the order in which they come.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { serveCalls } from '../../platform/worker-calls.ts';
import type { DigestsState, UnitPlaces, UnitSubject } from '../vault/unit-store.ts';
import { digestsMatch, OpenUnits, UnitFiles } from '../vault/units-files.ts';
import { slabView } from './slabs.ts';

/** What the worker is given at its start. */
export interface ReceiverThreadData {
  /** See Slabs.memory. */
  readonly memory: SharedArrayBuffer;
}

/** What the worker answers. `work` is a number that the caller chose. */
export type ReceiverCalls = {
  readonly checkDigests: {
    readonly args: { readonly path: string; readonly subject: UnitSubject };
    readonly result: boolean;
  };
  readonly open: {
    readonly args: {
      readonly work: number;
      readonly places: UnitPlaces;
      readonly subject: UnitSubject;
      readonly writable: boolean;
      readonly digestsWhole: boolean;
    };
    readonly result: undefined;
  };
  readonly appendDigests: {
    readonly args: { readonly work: number; readonly offset: number; readonly bytes: Uint8Array };
    readonly result: DigestsState;
  };
  readonly storeUnit: {
    readonly args: {
      readonly work: number;
      readonly unit: number;
      readonly slab: number;
      readonly sizeBytes: number;
    };
    readonly result: boolean;
  };
  readonly holdsUnit: {
    readonly args: { readonly work: number; readonly unit: number; readonly writeAgain: boolean };
    readonly result: boolean;
  };
  readonly close: { readonly args: { readonly work: number }; readonly result: undefined };
};

assert(parentPort, 'this module is a worker');
const { memory } = workerData as ReceiverThreadData;
const open = new OpenUnits();
let scratch: Uint8Array | undefined;

serveCalls<ReceiverCalls>(parentPort, {
  checkDigests: async ({ path, subject }) => digestsMatch(path, subject),
  open: async ({ work, places, subject, writable, digestsWhole }) => {
    open.add(work, new UnitFiles(places, subject, { writable, digestsWhole }));
    return undefined;
  },
  appendDigests: async ({ work, offset, bytes }) => open.get(work).appendDigests(offset, bytes),
  storeUnit: async ({ work, unit, slab, sizeBytes }) =>
    open.get(work).storeUnit(unit, slabView(memory, slab).subarray(0, sizeBytes)),
  holdsUnit: async ({ work, unit, writeAgain }) => {
    scratch ??= new Uint8Array(UNIT_BYTES);
    return open.get(work).holdsUnit(unit, scratch, writeAgain);
  },
  close: async ({ work }) => {
    open.close(work);
    return undefined;
  },
});
