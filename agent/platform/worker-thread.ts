// Starts worker threads: the one place that knows how a worker's module is found and loaded.
// Compiled code starts the `.js` beside it. Run from source (vitest, tsx) a `.ts` entry would not load on Node 20, so there the worker
// first registers tsx and then imports the entry.
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { tuneHeapAgain } from './memory.ts';

/** What a worker is given, and how much memory its heap may take. */
export type WorkerStart = Pick<WorkerOptions, 'workerData' | 'transferList' | 'resourceLimits' | 'name'>;

/** Of this process; it cannot exit before they have ended (exit-soon.ts). */
const left = new Set<Worker>();

/** Workers that were started and have not ended. */
export function workersLeft(): number {
  return left.size;
}

/**
 * Starts the module `entry` as a worker.
 * Shape: `base` is the caller's `import.meta.url`; `entry` is relative to it and has no ending, such as "./bulk-worker".
 * Errors: none here; a module that does not load ends the worker with an "error" event.
 */
export function startWorker(base: string, entry: string, start: WorkerStart): Worker {
  const worker = newWorker(base, entry, start);
  left.add(worker);
  worker.once('exit', () => left.delete(worker));
  for (const event of ['online', 'message'] as const) worker.once(event, tuneHeapAgain); // run from source, it starts a thread of its own between them
  return worker;
}

function newWorker(base: string, entry: string, start: WorkerStart): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${entry}.js`, base), start);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const module = JSON.stringify(new URL(`${entry}.ts`, base).href);
  const boot = `import(${tsx}).then(({ register }) => { register(); return import(${module}); })`;
  return new Worker(boot, { ...start, eval: true, execArgv: [] });
}
