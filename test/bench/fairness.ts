// The group `fairness`: what others notice of eight cameras that are read and pushed at full rate. A ninth is identified, the heartbeat comes, the
// main thread answers, and a locked recording goes before all that waits; and whether a limit of rate is kept.
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DockRig, STATION } from '../fakes/dock-rig.ts';
import { pause, until } from '../fakes/until.ts';
import { FairnessLoad } from './fairness-load.ts';
import { fairnessDocument, fairnessFigures, fairnessText, type FairnessResult } from './fairness-report.ts';
import { holdRate } from './fairness-rate.ts';
import { FairnessWatch } from './fairness-watch.ts';
import { sum } from './figures.ts';
import type { Look } from './held-up.ts';
import { LoadWatch } from './load.ts';
import type { BenchOptions } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';
import { openBenchRig, type BenchRig } from './parties/bodydock-rig.ts';
import { FILES } from './pipeline-group.ts';
import { ProcessUse } from './process-use.ts';
import { putSparse } from './sparse-file.ts';
import { watchStandstills } from './standstills.ts';
import { inBenchFolder, requireSpace } from './work.ts';

const MIB = 1024 * 1024;
const BUSY = 8;
const NINTH = BUSY + 1;
const TRIALS = 5;
/** Trials fall into different parts of the second at which a folder is looked at. */
const TRIAL_SHIFT_MS = 230;
/** With some heartbeats in it, which come once a minute. */
const LOAD_MS = { full: 190_000, quick: 70_000 };
/** With a limit. */
const RATE_S = { full: 60, quick: 25 };
const WAIT_MS = 60_000;
/** What lies on cameras, in spool and vault at a time is at most this many times the work. */
const COPIES = 8;
/** Recordings that wait when a locked one comes: more than are offered at a time. */
const BACKLOG = 64;
const PROBE = fileURLToPath(new URL('./loop-looks.js', import.meta.url));

/** Errors: too little disk; what a program failed with; the signal's reason. */
export async function fairnessGroup(
  { workMib, quick }: Pick<BenchOptions, 'workMib' | 'quick'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  await requireSpace(tmpdir(), workMib * COPIES * MIB);
  return inBenchFolder(async (folder) => {
    const rateS = quick ? RATE_S.quick : RATE_S.full;
    progress(`a limit of rate, for ${rateS} s`);
    const rate = await holdRate(rateS, signal);
    const fileMib = Math.ceil(workMib / FILES);
    const loopFile = join(folder, 'loop.json');
    const environment = { NODE_OPTIONS: `--import ${PROBE}`, BENCH_LOOP_FILE: loopFile };
    const bench = await openBenchRig(false, {
      cameras: NINTH,
      release: 'after-receipt',
      keepHours: 0,
      agentEnvironment: environment,
    });
    try {
      const loadMs = quick ? LOAD_MS.quick : LOAD_MS.full;
      const busy = await underLoad(bench, fileMib, { loadMs, folder, loopFile, signal, progress });
      progress(`a locked recording behind ${BACKLOG} others`);
      const result: FairnessResult = { ...busy, rate, locked: await overtake(bench.rig, fileMib * MIB) };
      return {
        text: fairnessText(result),
        document: fairnessDocument(result),
        figures: fairnessFigures(result),
        disturbance: disturbanceOf([result.load]),
        good: true,
      };
    } finally {
      await bench.close();
    }
  });
}

interface LoadWish {
  readonly loadMs: number;
  /** For what is fed. */
  readonly folder: string;
  readonly loopFile: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function underLoad(
  { rig, broker }: BenchRig,
  fileMib: number,
  { loadMs, folder, loopFile, signal, progress }: LoadWish,
): Promise<Omit<FairnessResult, 'locked' | 'rate'>> {
  await mkdir(join(rig.camera(NINTH), 'DCIM'));
  await rig.takeOut(NINTH);
  const watch = await FairnessWatch.open(broker.port);
  try {
    await rig.receiver.start();
    await rig.agent.start();
    progress('a ninth camera, the others at rest');
    const restMs = await identify(rig, watch, signal);
    const load = await FairnessLoad.open(rig, join(folder, 'fed'), { cameras: BUSY, fileMib }, signal);
    progress(`a ninth camera, eight others busy for ${loadMs / 1000} s`);
    const pids = { agent: rig.agent.pid ?? 0, broker: broker.pid ?? 0, receiver: rig.receiver.pid ?? 0 };
    const machine = new LoadWatch();
    const use = new ProcessUse(pids);
    const startedMs = performance.now();
    load.start();
    await rig.untilReceipted(BUSY, WAIT_MS);
    const { result: busyMs, standstills } = await watchStandstills(async () => {
      process.kill(pids.agent, 'SIGUSR2');
      const namedMs = await identify(rig, watch, signal);
      while (performance.now() - startedMs < loadMs) {
        signal.throwIfAborted();
        await pause(100);
      }
      process.kill(pids.agent, 'SIGUSR2');
      return namedMs;
    });
    const elapsedMs = performance.now() - startedMs;
    const { cpuSeconds, peakBytes } = use.take();
    const report = machine.close(sum(cpuSeconds));
    const { receipted } = load;
    await load.stop();
    return {
      identifiedRestMs: restMs,
      identifiedBusyMs: busyMs,
      looks: await readLooks(loopFile, rig),
      standstills,
      agentLoopMs: watch.loopDelaysMs,
      heartbeats: watch.heartbeats,
      healthLateMs: watch.healthLateMs,
      receipted,
      receiptedBytes: receipted * fileMib * MIB,
      elapsedMs,
      peakBytes,
      load: report,
    };
  } finally {
    await watch.close();
  }
}

/** ms from the ninth camera's coming into its bay to the message that names it; of several trials. */
async function identify(rig: DockRig, watch: FairnessWatch, signal: AbortSignal): Promise<number[]> {
  const bay = `bay-${NINTH}`;
  const times: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    signal.throwIfAborted();
    const named = watch.untilNamed(bay, true, WAIT_MS);
    await rig.putBack(NINTH);
    times.push(await named);
    await pause(1000 + TRIAL_SHIFT_MS * trial);
    const gone = watch.untilNamed(bay, false, WAIT_MS);
    await rig.takeOut(NINTH);
    await gone;
    await pause(1000);
  }
  return times;
}

function readLooks(file: string, rig: DockRig): Promise<readonly Look[]> {
  const read = (): Promise<readonly Look[] | undefined> =>
    readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as readonly Look[],
      () => undefined,
    );
  return until('what the event loop was held up', WAIT_MS, read, () => rig.tails());
}

/** How many of those that wait are receipted before a locked one that came last, once there is a store again. */
async function overtake(rig: DockRig, fileBytes: number): Promise<FairnessResult['locked']> {
  await until(
    'an empty spool',
    WAIT_MS * 5,
    async () => (await rig.spooled()).length === 0,
    () => rig.tails(),
  );
  await rig.receiver.stop();
  const put = (number: number, name: string, mode?: number): Promise<void> =>
    putSparse(join(rig.camera(number), 'DCIM', name), join(rig.folder, name), fileBytes, mode);
  for (let at = 0; at < BACKLOG; at++) await put(1 + (at % BUSY), `LATER_${at}.MP4`);
  const spooled = (count: number) => async (): Promise<boolean> => (await rig.spooled()).length >= count;
  await until('a backlog', WAIT_MS * 10, spooled(BACKLOG), () => rig.tails());
  await rig.putBack(NINTH);
  await put(NINTH, 'LOCKED.MP4', 0o444);
  await until('a locked recording', WAIT_MS, spooled(BACKLOG + 1), () => rig.tails());
  const known = new Set(await rig.receipted());
  const startedMs = performance.now();
  await rig.receiver.start();
  let before = 0;
  const lockedIsThere = async (): Promise<boolean> => {
    for (const name of await rig.receipted()) {
      if (known.has(name)) continue;
      known.add(name);
      if (await isLocked(rig, name)) return true;
      before++;
    }
    return false;
  };
  await until('a receipt for it', WAIT_MS, lockedIsThere, () => rig.tails());
  return { backlog: BACKLOG, before, afterMs: performance.now() - startedMs };
}

async function isLocked(rig: DockRig, name: string): Promise<boolean> {
  const manifest = await readFile(join(rig.vault, STATION, name, 'manifest.json'), 'utf8');
  return (JSON.parse(manifest) as { locked: boolean }).locked;
}
