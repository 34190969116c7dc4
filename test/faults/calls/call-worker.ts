// A thread that tries the faults that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { beginLives } from '../../simulation/life-thread.ts';
import { OVER } from '../in-threads.ts';
import { tryCall, type CallTry, type CallVerdict } from './call-try.ts';

/** Errors are expected ones, and many. */
Error.stackTraceLimit = 0;
const endLife = beginLives();

parentPort?.on('message', (wanted: CallTry | typeof OVER) => {
  if (wanted === OVER) process.exit();
  void tryCall(wanted)
    .catch((error: unknown): CallVerdict => ({ problems: [String(error)] }))
    .then((verdict) => parentPort?.postMessage(verdict, []))
    .finally(endLife);
});
