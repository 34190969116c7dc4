// A thread that tries the points of a life on tape that it is sent, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { forgetSignatures, knowSignatures } from '../../fakes/known-signatures.ts';
import { signalsEndWithLives } from '../../simulation/lives.ts';
import type { TapedLife } from './tape-life.ts';
import { tryPoint, type TapeTry, type TapeVerdict } from './tape-point.ts';
import { TapeStates } from './tape-states.ts';

/** Errors are expected ones, and many. */
Error.stackTraceLimit = 0;
knowSignatures();
const endLife = signalsEndWithLives();
const life = workerData as TapedLife;
const states = TapeStates.play(life);

parentPort?.on('message', (wanted: TapeTry) => {
  forgetSignatures();
  void states
    .then((played) => tryPoint(life, played, wanted))
    .catch((error: unknown): TapeVerdict => ({ problems: [String(error)], wasCutAgain: false }))
    .then((verdict) => parentPort?.postMessage(verdict, []))
    .finally(endLife);
});
