// `npm run bench`: measures the compiled programs against what could be run instead, says how quiet the machine was, which targets were
// reached, and how it compares with the last accepted run.
import { existsSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MEASURES, unknownNames } from './groups.ts';
import { describeMachine, type Machine } from './machine.ts';
import { HELP, parseOptions, type BenchOptions } from './options.ts';
import type { Figures, Outcome } from './outcome.ts';
import {
  comparisonText,
  figuresForJson,
  readResults,
  writeResults,
  type GroupResult,
  type Results,
} from './reference.ts';
import { TARGETS, targetsText } from './targets.ts';

const EXIT_GOOD = 0;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const REFERENCE = fileURLToPath(new URL('../../../test/bench/reference.json', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  const unknown = unknownNames(options);
  if (unknown !== undefined) return usage(unknown);
  const { referenceFile = REFERENCE } = options;
  if (options.referenceFile !== undefined && !existsSync(referenceFile))
    return usage(`there is no file ${referenceFile}`);
  const reference = await readResults(referenceFile);
  const machine = describeMachine();
  const { cpu_model, cores, memory_mib, kernel, node_version } = machine;
  console.log(
    `${cores} x ${cpu_model}, ${memory_mib} MiB, Linux ${kernel}, Node ${node_version}; load ${loadavg()[0]?.toFixed(1)}; files in ${tmpdir()}`,
  );
  const results: Record<string, GroupResult> = {};
  let figures: Figures = {};
  for (const group of options.groups) {
    const outcome = await MEASURES[group](options, ending.signal, tell);
    console.log(`\n${outcome.text.trimEnd()}\n${disturbanceLine(outcome)}`);
    figures = { ...figures, ...outcome.figures };
    results[group] = resultOf(outcome, machine, options.quick);
    // After each: what was measured is not lost with what fails later.
    if (options.jsonFile !== undefined) await writeResults(options.jsonFile, results);
  }
  console.log(`\n${conclusion(options, figures, results, reference)}`);
  return Object.values(results).every(({ good }) => good) ? EXIT_GOOD : EXIT_FAILURE;
}

/** Targets of what ran, all of them where it was the whole; then the comparison. */
function conclusion(options: BenchOptions, figures: Figures, results: Results, reference: Results): string {
  const whole = options.groups.length > 1;
  const targets = TARGETS.filter((target) => whole || figures[target.figure] !== undefined);
  const parts = [
    ...(targets.length === 0 ? [] : [targetsText(targets, figures)]),
    ...(options.quick ? ['--quick: less work than the targets are meant for'] : []),
    comparisonText(results, reference),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function disturbanceLine({ disturbance: { of, disturbed } }: Outcome): string {
  if (disturbed === 0) return `not disturbed: ${of} of ${of} measurements`;
  return `DISTURBED: ${disturbed} of ${of} measurements; such figures are not to be accepted`;
}

function resultOf(outcome: Outcome, machine: Machine, quick: boolean): GroupResult {
  return {
    measured_at: new Date().toISOString(),
    machine,
    quick,
    good: outcome.good,
    disturbance: outcome.disturbance,
    figures: figuresForJson(outcome.figures),
    details: outcome.document,
  };
}

/** An exit code where there is nothing to measure. */
function readOptions(args: readonly string[]): BenchOptions | number {
  try {
    const options = parseOptions(args);
    if (options !== undefined) return options;
    process.stdout.write(HELP);
    return EXIT_GOOD;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(message: string): number {
  console.error(`bench: ${message}\n\n${HELP}`);
  return EXIT_USAGE;
}

/** On standard error: standard output is the tables. */
function tell(line: string): void {
  console.error(line);
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT_FAILURE;
});
