// `npm run test:simulation`: prints a line for each seed that fails and one line of figures; ends with 1 where one failed.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { startWorker } from '../../agent/platform/worker-thread.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { optionsOrCode } from '../fakes/options-or-code.ts';
import { shareOfRun, takesShare } from '../fakes/share-of-run.ts';
import { HELP, parseOptions, type SimulationOptions } from './options.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { keptSeeds, seedsToRun, type SeedJob } from './seed-sets.ts';
import { beginLives } from './life-thread.ts';
import { Tally } from './tally.ts';

/** A seed that takes longer than this hangs; it takes a second. */
const SEED_MS_MAX = 120_000;

/** Much is made and soon forgotten: a young generation with room for it saves a tenth of the time. */
const HEAP = { maxYoungGenerationSizeMb: 192 };

type Answer = SeedResult | { readonly seed: number; readonly error: string };

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOrCode(() => parseOptions(args), HELP);
  if (typeof options === 'number') return options;
  const { seed, evil, generation, trace } = options;
  return seed === undefined ? runSets(options) : runOne({ seed, evil, generation }, trace);
}

async function runOne({ seed, evil, generation }: SeedJob, trace: boolean): Promise<number> {
  beginLives();
  const result = await runSeed(seed, {
    evil,
    generation,
    ...(trace ? { onLine: (line) => console.log(line) } : {}),
  });
  console.log(
    `seed ${seed}: ${result.recordings} recordings, ${result.events} events, ${result.evilActs} acts of an evil broker, trace ${result.digest}`,
  );
  for (const problem of result.problems) console.log(problem);
  return result.problems.length === 0 ? 0 : 1;
}

async function runSets({ seconds, workers = availableParallelism() }: SimulationOptions): Promise<number> {
  // A run of CI is a function of the commit; the nightly list and a person draw others each time.
  const fresh = takesShare ? shareOfRun : Buffer.from(nodeRandom().bytes(4)).readUInt32LE() >>> 1;
  console.log(`simulation: seeds that failed once, the fixed ones, and fresh ones from ${fresh} on`);
  const beganMs = performance.now();
  const seeds = seedsToRun(keptSeeds(), {
    from: fresh,
    forMs: seconds * 1000,
    nowMs: () => performance.now(),
    evil: process.env['CI'] === undefined,
  });
  const tally = new Tally();
  let freshFromMs: number | undefined;
  const taken = (job: SeedJob): void => {
    if (job.isFresh === true) freshFromMs ??= performance.now();
  };
  await Promise.all(Array.from({ length: workers }, () => runOnThread(seeds, tally, taken)));
  const { user, system } = process.cpuUsage();
  const endedMs = performance.now();
  console.log(
    tally.line({
      elapsedMs: endedMs - beganMs,
      freshMs: endedMs - (freshFromMs ?? endedMs),
      processorMs: (user + system) / 1000,
    }),
  );
  return tally.failed === 0 ? 0 : 1;
}

async function runOnThread(
  seeds: Iterator<SeedJob>,
  tally: Tally,
  onTaken: (job: SeedJob) => void,
): Promise<void> {
  const worker = startWorker(import.meta.url, './seed-worker', { resourceLimits: HEAP });
  try {
    for (let next = seeds.next(); next.done !== true; next = seeds.next()) {
      onTaken(next.value);
      worker.postMessage(next.value, []);
      const answer = await answered(
        next.value.seed,
        once(worker, 'message', { signal: AbortSignal.timeout(SEED_MS_MAX) }),
      );
      if ('recordings' in answer) tally.add(next.value, answer);
      const problems = 'error' in answer ? [answer.error] : answer.problems;
      if (problems.length === 0) continue;
      tally.failed++;
      const shown = `${answer.seed}${next.value.evil ? ' --evil' : ''} --generation ${next.value.generation}`;
      console.log(`seed ${shown} fails:\n  ${problems.slice(0, 5).join('\n  ')}`);
      console.log(`  npm run test:simulation -- --seed ${shown}`);
      if ('error' in answer && answer.error.startsWith('no answer')) return;
    }
  } finally {
    await worker.terminate();
  }
}

async function answered(seed: number, message: Promise<unknown[]>): Promise<Answer> {
  try {
    const [answer] = await message;
    return answer as Answer;
  } catch (error) {
    return { seed, error: `no answer: ${String(error)}` };
  }
}

process.exitCode = await main(process.argv.slice(2));
