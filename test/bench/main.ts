// `npm run bench`: measures the compiled programs against what could be run instead, and says how quiet the machine was.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../fakes/stock-tools.ts';
import { describeMachine } from './machine.ts';
import { measureMemory, MEMORY_PARTY, memoryDocument, memorySizes, memoryText } from './memory.ts';
import { HELP, parseOptions, type BenchOptions } from './options.ts';
import { pipelineDocument, pipelineText } from './pipeline-report.ts';
import { allParties, measurePipeline, missingTools } from './pipeline.ts';
import type { Party } from './parties/party.ts';
import { measureSerial, serialDocument, serialSettings, serialText } from './serial.ts';
import { measureUsb, usbDocument, usbGood, usbSettings, usbText } from './usb.ts';
import { measureStation, stationDocument, stationSize, stationText } from './station.ts';
import { measureVerify, verifyDocument, verifySizes, verifyText } from './verify.ts';
import { makeWork, requireSpace } from './work.ts';

const EXIT_GOOD = 0;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const MIB = 1024 * 1024;
const FILES = 16;
/** Source, sealed and far end; what a repetition leaves is removed before the next one. */
const COPIES = 3;

interface Outcome {
  readonly text: string;
  readonly document: Record<string, unknown>;
  readonly good: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  const unknown = options.only.filter((name) => !allParties().some((party) => party.name === name));
  if (unknown.length > 0) return usage(`no party is called ${unknown.join(', ')}: there are ${partyNames()}`);
  const machine = describeMachine();
  const { cpu_model, cores, memory_mib, kernel, node_version } = machine;
  console.log(
    `${cores} x ${cpu_model}, ${memory_mib} MiB, Linux ${kernel}, Node ${node_version}; files in ${tmpdir()}`,
  );
  const measure = MEASURES[options.group];
  const { text, document, good } = await measure(options, ending.signal);
  console.log(`\n${text}`);
  if (options.jsonFile !== undefined) {
    const result = { version: 1, group: options.group, quick: options.quick, good, machine, ...document };
    await writeFile(options.jsonFile, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return good ? EXIT_GOOD : EXIT_FAILURE;
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

function partyNames(): string {
  return allParties()
    .map(({ name }) => name)
    .join(', ');
}

async function pipeline(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  const { able, skipped } = sortOut(allParties(), options.only);
  await requireSpace(tmpdir(), options.workMib * COPIES * MIB);
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  try {
    const work = await makeWork(join(folder, 'source'), FILES, options.workMib, signal);
    const results = await measurePipeline(able, work, options.repetitions, signal, tell);
    const text = `${FILES} files, together ${work.sizeBytes / MIB} MiB, ${options.repetitions} repetitions, medians\n\n${pipelineText(results, work, skipped)}`;
    const good = results.every(({ error }) => error === undefined);
    return { text, document: pipelineDocument(results, work, skipped), good };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface SortedOut {
  readonly able: readonly Party[];
  readonly skipped: readonly string[];
}

/** Skipped are those that lack a program, by name. `only`: no more than these, all where it is empty. */
function sortOut(all: readonly Party[], only: readonly string[]): SortedOut {
  const wanted = all.filter(({ name }) => only.length === 0 || only.includes(name));
  const skipped = wanted.flatMap((party) => {
    const missing = missingTools(party);
    return missing.length === 0 ? [] : [`SKIPPED: ${party.title}: not installed: ${missing.join(', ')}`];
  });
  return { able: wanted.filter((party) => missingTools(party).length === 0), skipped };
}

async function memory(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  const missing = missingTools(MEMORY_PARTY);
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`);
  const outcome = await measureMemory(memorySizes(options.quick), signal, tell);
  return { text: memoryText(outcome), document: memoryDocument(outcome), good: outcome.error === undefined };
}

async function verify(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  const results = await measureVerify(verifySizes(options.quick), signal, tell);
  const good = results.every((result) => result.good);
  return { text: verifyText(results), document: verifyDocument(results), good };
}

async function serial(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  if (findTool('socat') === undefined) throw new Error('not installed: socat');
  const results = await measureSerial(serialSettings(options.quick), signal, tell);
  return {
    text: serialText(results),
    document: serialDocument(results),
    good: results.every(({ good }) => good),
  };
}

async function usb(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  const settings = usbSettings(options.quick, options.repetitions);
  const results = await measureUsb(settings, signal, tell);
  return { text: usbText(results), document: usbDocument(results), good: usbGood(results) };
}

async function station(options: BenchOptions, signal: AbortSignal): Promise<Outcome> {
  const result = await measureStation(stationSize(options.quick), signal, tell);
  return { text: stationText(result), document: stationDocument(result), good: true };
}

/** On standard error: standard output is the table. */
function tell(line: string): void {
  console.error(line);
}

const MEASURES = { pipeline, memory, verify, usb, serial, station } as const;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT_FAILURE;
});
