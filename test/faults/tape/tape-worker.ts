// A thread that tries the points of a life on tape that it is sent, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { beginLives } from '../../simulation/life-thread.ts';
import { OVER } from '../in-threads.ts';
import type { Side } from '../sides.ts';
import { Ext4States } from './ext4-states.ts';
import type { TapedLife } from './tape-life.ts';
import { tryPoint, type TapeTry, type TapeVerdict } from './tape-point.ts';
import { TapeStates } from './tape-states.ts';

/** Errors are expected ones, and many. */
Error.stackTraceLimit = 0;
const endLife = beginLives();
const life = workerData as TapedLife;
const disks = new Map<Side, Promise<Ext4States>>();
const states = TapeStates.play(life, (side, begins) => {
  const disk = disks.get(side) ?? Ext4States.open(begins);
  disks.set(side, disk);
  return disk;
});

parentPort?.on('message', (wanted: TapeTry | typeof OVER) => {
  if (wanted === OVER) void Promise.all([...disks.values()].map(close)).finally(() => process.exit());
  else void judge(wanted).finally(endLife);
});

async function judge(wanted: TapeTry): Promise<void> {
  const verdict = await states
    .then((played) => tryPoint(life, played, wanted))
    .catch((error: unknown): TapeVerdict => ({ problems: [String(error)], wasCutAgain: false }));
  parentPort?.postMessage(verdict, []);
}

async function close(disk: Promise<Ext4States>): Promise<void> {
  await disk.then(
    (opened) => opened.close(),
    () => undefined,
  );
}
