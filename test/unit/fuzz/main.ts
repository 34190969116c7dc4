// `npm run test:fuzz [-- --seconds N] [--seed N] [TARGET...]`: every target for so long, with a line for each and one line at the end. An input
// that fails is printed in base64 and written to `fuzz-found/`; kept under seeds/<target>/ it is tried in every run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { hostileInputs, keptInputs } from './inputs.ts';
import { TARGETS, type Target } from './targets.ts';

const FOUND = 'fuzz-found';

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  });
  const targets = TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const seed = Number(values.seed ?? Buffer.from(nodeRandom().bytes(4)).readInt32LE());
  const msEach = (Number(values.seconds) * 1000) / targets.length;
  const beganMs = performance.now();
  let executions = 0;
  let failed = 0;
  for (const target of targets) {
    const tried = await runTarget(target, seed, msEach);
    executions += tried.runs;
    if (tried.found !== undefined) failed++;
    const line = `${target.name.padEnd(22)} ${String(tried.runs).padStart(9)} executions`;
    console.log(tried.found === undefined ? line : `${line}, FAILS: ${tried.found}`);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    `${targets.length} targets, ${executions} executions, ${failed} targets failed; ${Math.round(executions / seconds)} executions per second; seed ${seed}`,
  );
  return failed === 0 ? 0 : 1;
}

async function runTarget(
  { name, run }: Target,
  seed: number,
  ms: number,
): Promise<{ readonly runs: number; readonly found: string | undefined }> {
  let runs = 0;
  const property = fc.asyncProperty(hostileInputs(keptInputs(name)), async (input) => {
    runs++;
    await run(input);
  });
  const details = await fc.check(property, {
    seed,
    numRuns: 2 ** 31 - 1,
    interruptAfterTimeLimit: ms,
    markInterruptAsFailure: false,
  });
  if (!details.failed || details.counterexample === null) return { runs, found: undefined };
  const [input] = details.counterexample;
  mkdirSync(FOUND, { recursive: true });
  const file = join(FOUND, `${name}-${seed >>> 0}`);
  writeFileSync(file, input);
  return { runs, found: `${String(details.errorInstance)} (${file}, ${input.length} bytes)` };
}

process.exitCode = await main(process.argv.slice(2));
