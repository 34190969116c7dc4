// A thread that tries the faults that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { forgetSignatures, knowSignatures } from '../../fakes/known-signatures.ts';
import { readKeysQuickly } from '../../fakes/quick-keys.ts';
import { signalsEndWithLives } from '../../simulation/lives.ts';
import { OVER } from '../in-threads.ts';
import { tryCall, type CallTry, type CallVerdict } from './call-try.ts';

/** Errors are expected ones, and many. */
Error.stackTraceLimit = 0;
knowSignatures();
readKeysQuickly();
const endLife = signalsEndWithLives();

parentPort?.on('message', (wanted: CallTry | typeof OVER) => {
  if (wanted === OVER) process.exit();
  forgetSignatures();
  void tryCall(wanted)
    .catch((error: unknown): CallVerdict => ({ problems: [String(error)] }))
    .then((verdict) => parentPort?.postMessage(verdict, []))
    .finally(endLife);
});
