// `npm run test:differential [-- --count N] [--seconds N] [--seed N] [--altered N] [--kits] [--passed] [--workers N]`: vaults, or kits, of one seed after
// the other, each with so many altered copies, until so many altered ones are compared or the time is over; a process for each core, each with both
// verifiers. What was altered is printed by kind; a kind that a long run never made fails it, as a difference does. With `--keep FOLDER` only the world of that seed is made, and stays there. A vault of which the two verifiers do not say the same, and an altered
// one that must be found and is not, is printed with its seed and number.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, accessSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import {
  compareWorld,
  kindsOf,
  sumOf,
  type Compared,
  type KindCompared,
} from '../../fakes/differential/differential.ts';
import { PythonJudge } from '../../fakes/manipulations/judges.ts';

/** Turns of each kind after which each must have been made: some need a world that is not often built. */
const TURNS_MIN = 20;
const NONE: KindCompared = { altered: 0, refused: 0, passed: 0 };

/** What one process is asked for. */
interface Question {
  readonly root: string;
  readonly seed: number;
  readonly altered: number;
  readonly what: 'vault' | 'kit';
}

/** Some thousand small files come and go: in memory, where the machine has a folder for that. */
function folderOfWorlds(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** Answers one question after the other, until the parent ends the channel. */
function work(): void {
  const python = new PythonJudge();
  process.on('message', (asked: Question) => {
    const { root, seed, altered, what } = asked;
    void compareWorld(join(root, `${seed}`), seed, altered, { python, what }).then((compared) =>
      process.send?.(compared),
    );
  });
  process.on('disconnect', () => python.close());
}

async function answerOf(worker: ChildProcess, asked: Question): Promise<Compared> {
  worker.send(asked);
  const ended = new AbortController();
  const options = { signal: ended.signal };
  try {
    const [said] = (await Promise.race([
      once(worker, 'message', options),
      once(worker, 'exit', options).then(() => {
        throw new Error(`the process at seed ${asked.seed} ended`);
      }),
    ])) as [Compared];
    return said;
  } finally {
    ended.abort();
  }
}

/** Worlds that once showed a difference. */
function keptSeeds(what: 'vault' | 'kit'): number[] {
  const path = new URL('../../../../test/system/differential/seeds.txt', import.meta.url);
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith(`${what} `) ? [Number(line.split(' ')[1])] : []));
}

async function keep(folder: string, question: Omit<Question, 'root'>): Promise<void> {
  const python = new PythonJudge();
  const { seed, altered, what } = question;
  const compared = await compareWorld(folder, seed, altered, { python, what, keep: true });
  python.close();
  console.log(JSON.stringify({ missed: compared.missed, disagreements: compared.disagreements }, null, 2));
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      altered: { type: 'string', default: '30' },
      kits: { type: 'boolean', default: false },
      passed: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
      keep: { type: 'string' },
    },
  });
  const what = values.kits ? 'kit' : 'vault';
  const altered = Number(values.altered);
  const first = Number(values.seed ?? Buffer.from(nodeRandom().bytes(3)).readUIntBE(0, 3));
  if (values.keep !== undefined) {
    await keep(values.keep, { seed: first, altered, what });
    return 0;
  }
  const count = values.count === undefined ? Infinity : Number(values.count);
  const seconds =
    values.seconds === undefined && count === Infinity ? 60 : Number(values.seconds ?? Infinity);
  const endMs = performance.now() + seconds * 1000;
  const kept = values.seed === undefined ? keptSeeds(what) : [];
  const root = await mkdtemp(join(folderOfWorlds(), 'bodydock-differential-'));
  const sum = { seeds: 0, altered: 0, refused: 0, disagreements: 0, missed: 0 };
  const kinds = new Map<string, KindCompared>();
  const take = (of: number, compared: Compared): void => {
    sum.altered += compared.altered;
    for (const [kind, counted] of Object.entries(compared.kinds))
      kinds.set(kind, sumOf(kinds.get(kind), counted));
    sum.refused += compared.refused;
    sum.disagreements += compared.disagreements.length;
    sum.missed += compared.missed.length;
    if (values.passed) for (const each of compared.passed) console.log(`seed ${of}, good number ${each}`);
    for (const each of compared.missed) console.log(`seed ${of}, MISSED number ${each}`);
    for (const { number, what: done, product, python } of compared.disagreements)
      console.log(
        `seed ${of}, number ${number}: ${done}\n  bodydock verify: ${product}\n  python: ${python}`,
      );
  };
  const runs = Array.from({ length: Number(values.workers) }, async () => {
    const worker = fork(fileURLToPath(import.meta.url), ['--worker']);
    try {
      while (performance.now() < endMs && sum.altered < count) {
        const own = kept.shift() ?? first + sum.seeds++;
        take(own, await answerOf(worker, { root, seed: own, altered, what }));
      }
    } finally {
      if (worker.connected) worker.disconnect();
    }
  });
  try {
    await Promise.all(runs);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  const { seeds, altered: compared, refused, disagreements, missed } = sum;
  for (const kind of kindsOf(what)) {
    const { altered: made, refused: no, passed: yes } = kinds.get(kind) ?? NONE;
    console.log(`${kind}: ${made} altered and judged, ${no} refused by both, ${yes} good for both`);
  }
  const never = kindsOf(what).filter((kind) => !kinds.has(kind));
  const isLong = compared >= TURNS_MIN * kindsOf(what).length;
  if (never.length > 0) console.log(`NEVER MADE${isLong ? '' : ' in this short run'}: ${never.join(', ')}`);
  console.log(
    `seeds ${first} to ${first + seeds - 1}: ${compared} altered ${what}s, ${refused} refused by both, ${disagreements} judged differently, ${missed} missed by both`,
  );
  return disagreements + missed === 0 && !(isLong && never.length > 0) ? 0 : 1;
}

if (process.argv[2] === '--worker') work();
else process.exitCode = await main(process.argv.slice(2));
