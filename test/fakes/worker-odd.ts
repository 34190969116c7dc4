// A worker for tests of the calls between threads: it answers, throws, waits, sends back what it got, and dies in several ways.
import { parentPort } from 'node:worker_threads';
import { Moved, serveCalls } from '../../agent/platform/worker-calls.ts';
import { DockError } from '../../protocol/format/errors.ts';

/** What it answers. */
export type OddCalls = {
  readonly double: { readonly args: number; readonly result: number };
  readonly invert: { readonly args: Uint8Array<ArrayBuffer>; readonly result: Uint8Array<ArrayBuffer> };
  readonly refuse: { readonly args: { readonly code: string }; readonly result: void };
  readonly failSystem: { readonly args: null; readonly result: void };
  readonly throwText: { readonly args: string; readonly result: void };
  readonly never: { readonly args: null; readonly result: void };
  readonly exit: { readonly args: number; readonly result: void };
  readonly throwOutside: { readonly args: string; readonly result: void };
  readonly rejectOutside: { readonly args: string; readonly result: void };
  readonly answerUncloneable: { readonly args: null; readonly result: unknown };
};

const never = new Promise<void>(() => undefined);
if (parentPort !== null)
  serveCalls<OddCalls>(parentPort, {
    double: async (value) => value * 2,
    invert: async (bytes) => {
      for (const [at, byte] of bytes.entries()) bytes[at] = 255 - byte;
      return new Moved(bytes, [bytes.buffer]);
    },
    refuse: async ({ code }) => {
      const cause = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
      throw new DockError(code, 'refused', { cause, retry: 'person', facts: { size_bytes: 7, name: null } });
    },
    failSystem: async () => {
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'read' });
    },
    throwText: async (text) => {
      throw text;
    },
    never: () => never,
    exit: async (code) => process.exit(code),
    throwOutside: (text) => {
      setImmediate(() => {
        throw new Error(text);
      });
      return never;
    },
    rejectOutside: (text) => {
      void Promise.reject(new Error(text));
      return never;
    },
    answerUncloneable: async () => () => undefined,
  });
