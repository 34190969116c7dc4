// Runs suites of a project's copy, as `npm test` would.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RESULTS_VARIABLE } from '../table/kept-results.ts';

/** For each suite. One that a bug makes wait for ever has deadlines of its own, which come first. */
const SUITE_MS_MAX = 180_000;
const BUILD_MS_MAX = 300_000;
/** One file after the other, and thrice the time that a test has else: beside the other suites of a CI run, a slow machine is no bug. */
const UNHURRIED = ['--maxWorkers', '1', '--testTimeout', '60000', '--hookTimeout', '60000'];
const SAID_CHARACTERS_MAX = 600;
const OUTPUT_CHARACTERS_MAX = 100_000;

/** "red": a test failed. "broken": no test ran, or it did not end. */
export type SuiteVerdict = 'green' | 'red' | 'broken';

export interface SuiteRun {
  readonly verdict: SuiteVerdict;
  /** First test that failed and with what, or the end of what was printed. */
  readonly said: string;
}

/** `suites`: paths below test/, without ".test.ts". */
export function runSuites(folder: string, suites: readonly string[]): Promise<SuiteRun> {
  return runTests(folder, suites, ['--config', 'test/vitest.config.ts', ...UNHURRIED]);
}

/** The same for end-to-end suites, which run what was built. */
export async function runAttacks(folder: string, attacks: readonly string[]): Promise<SuiteRun> {
  if (attacks.length === 0) return { verdict: 'green', said: '' };
  // A bug may leave something unused.
  const build = [join(folder, 'node_modules/typescript/bin/tsc'), '-p', '.', '--noUnusedLocals', 'false'];
  for (const args of [build, ['dist/systemd/packaging/programs-main.js']]) {
    const { code, output } = await run(args, { cwd: folder, limitMs: BUILD_MS_MAX });
    if (code !== 0) return { verdict: 'broken', said: output.slice(-2000) };
  }
  return runTests(folder, attacks, ['--config', 'test/vitest.e2e.config.ts', '--maxWorkers', '1']);
}

async function runTests(
  folder: string,
  suites: readonly string[],
  options: readonly string[],
): Promise<SuiteRun> {
  const files = suites.map((suite) => `test/${suite}.test.ts`);
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const results = await mkdtemp(join(tmpdir(), 'bodydock-planted-results-'));
  try {
    // Into a file: what a property says of its counter-example can be longer than what is kept of the output.
    const outputFile = join(results, 'results.json');
    const reporter = ['--reporter', 'json', '--outputFile', outputFile];
    const args = ['run', '--bail', '1', ...options, ...reporter, ...files];
    const limitMs = SUITE_MS_MAX * suites.length;
    const { code, output } = await run([vitest, ...args], { cwd: folder, limitMs });
    if (code === 0) return { verdict: 'green', said: '' };
    const failed = await failedTest(outputFile);
    return failed === undefined
      ? { verdict: 'broken', said: output.slice(-2000) }
      : { verdict: 'red', said: failed };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** What is read of vitest's report. */
interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** The first one; undefined where there is none, or no report. */
async function failedTest(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { testResults } = JSON.parse(text) as Report;
  const failed = testResults
    .flatMap((file) => file.assertionResults)
    .find(({ status }) => status === 'failed');
  if (failed === undefined) return undefined;
  const [message = ''] = failed.failureMessages ?? [];
  return `"${failed.fullName}": ${message.slice(0, SAID_CHARACTERS_MAX)}`;
}

function run(
  args: readonly string[],
  { cwd, limitMs }: { readonly cwd: string; readonly limitMs: number },
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // What is kept of a run's results is not to hold those of a bug.
    const env = { ...process.env, [RESULTS_VARIABLE]: undefined, BODYDOCK_LISTS: 'whole' };
    const child = spawn(process.execPath, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARACTERS_MAX);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
