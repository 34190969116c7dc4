// Runs suites of a project's copy, as `npm test` would.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RESULTS_VARIABLE } from '../fault-table/kept-results.ts';

/** A suite that a bug makes wait for ever has deadlines of its own, which come first. */
const LIMIT_MS = 180_000;
const OUTPUT_CHARACTERS_MAX = 100_000;

/** "red": a test failed. "broken": no test ran, or it did not end. */
export type SuiteVerdict = 'green' | 'red' | 'broken';

export interface SuiteRun {
  readonly verdict: SuiteVerdict;
  /** First test that failed, or the end of what was printed. */
  readonly said: string;
}

/** `suites`: paths below test/, without ".test.ts". */
export async function runSuites(folder: string, suites: readonly string[]): Promise<SuiteRun> {
  const files = suites.map((suite) => `test/${suite}.test.ts`);
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', 'test/vitest.config.ts', '--bail', '1', '--reporter', 'json', ...files];
  const { code, output } = await run(process.execPath, [vitest, ...args], folder);
  const failed =
    /"status":"failed".{0,400}?"title":"((?:[^"\\]|\\.)*)"|"fullName":"((?:[^"\\]|\\.)*)","status":"failed"/.exec(
      output,
    );
  if (code === 0) return { verdict: 'green', said: '' };
  if (failed === null) return { verdict: 'broken', said: output.slice(-2000) };
  return { verdict: 'red', said: failed[1] ?? failed[2] ?? '' };
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // What is kept of a run's results is not to hold those of a bug.
    const env = { ...process.env, [RESULTS_VARIABLE]: undefined };
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARACTERS_MAX);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, LIMIT_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
