// The group `stages`: each half of the way alone, beside what the bare primitives and the bare loopback give in the same minutes.
import { execFile } from 'node:child_process';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { processCpu } from './cpu.ts';
import { LoadWatch, type LoadReport } from './load.ts';
import type { LoopbackRun } from './loopback-run.ts';
import type { BenchOptions } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';
import { spaceBytes } from './parties/bodydock-rig.ts';
import { FILES } from './pipeline-group.ts';
import type { PrimitiveRates } from './primitives-run.ts';
import { stagesDocument, stagesFigures, stagesText, type StageResult } from './stages-report.ts';
import { measureStages, type StageSamples } from './stage-life.ts';
import { inBenchFolder, makeWork, requireSpace, type Work } from './work.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const CAMERAS = [1, 4];
const PRIMITIVE_MS = 400;
const RUN_MS = 120_000;
const LIFE_MS = 15 * 60_000;

/** Errors: too little disk; what a program failed with; wrong bytes; the signal's reason. */
export async function stagesGroup(
  { workMib, repetitions }: Pick<BenchOptions, 'workMib' | 'repetitions'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  await requireSpace(tmpdir(), spaceBytes(workMib * MIB));
  return inBenchFolder(async (folder) => {
    const work = await makeWork(join(folder, 'source'), FILES, workMib, signal);
    const result = await measureAll(work, repetitions, signal, progress);
    const samples = result.lives.flatMap((lives) => lives.samples.flatMap(({ seal, push }) => [seal, push]));
    return {
      text: stagesText(result),
      document: stagesDocument(result),
      figures: stagesFigures(result),
      disturbance: disturbanceOf([...result.bareLoads, ...samples.map(({ load }) => load)]),
      good: true,
    };
  });
}

/** Turn by turn, so that a busy minute of the machine meets all of them. */
async function measureAll(
  work: Work,
  repetitions: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<StageResult> {
  const primitives: PrimitiveRates[] = [];
  const loopback: LoopbackRun[] = [];
  const bareLoads: LoadReport[] = [];
  const lives = CAMERAS.map((cameras) => ({ cameras, samples: [] as StageSamples[] }));
  for (let number = 1; number <= repetitions; number++) {
    progress(`${number}/${repetitions} bare primitives and loopback`);
    const load = new LoadWatch();
    const before = processCpu('self').children;
    primitives.push(await runProgram<PrimitiveRates>('primitives-run.js', PRIMITIVE_MS, signal));
    loopback.push(await runProgram<LoopbackRun>('loopback-run.js', work.sizeBytes, signal));
    bareLoads.push(load.close(processCpu('self').children - before));
    for (const { cameras, samples } of lives) {
      progress(`${number}/${repetitions} stages alone, cameras: ${cameras}`);
      const life = AbortSignal.any([signal, AbortSignal.timeout(LIFE_MS)]);
      samples.push(await measureStages(work, cameras, life));
    }
  }
  return { sizeBytes: work.sizeBytes, cores: availableParallelism(), primitives, loopback, bareLoads, lives };
}

async function runProgram<Result>(name: string, argument: number, signal: AbortSignal): Promise<Result> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const { stdout } = await run(process.execPath, [file, `${argument}`], { signal, timeout: RUN_MS });
  return JSON.parse(stdout) as Result;
}
