// The group `small`: the pipeline as a small computer would run it: on one core with 512 MiB for everything, and on processors without instructions for
// SHA and AES. This program measures itself: it starts the group `pipeline` once more inside each of these bounds.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findTool } from '../fakes/stock-tools.ts';
import { MemoryGroup } from './memory-group.ts';
import type { BenchOptions } from './options.ts';
import type { Figures, Outcome, Progress } from './outcome.ts';
import type { PrimitiveRates } from './primitives-run.ts';
import { readResults, type GroupResult } from './reference.ts';
import { figure, renderTable } from './table.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const MEMORY_MIB = 512;
const PRIMITIVE_MS = 200;
const RUN_MS = 60 * 60_000;
const PARTIES = ['bodydock', 'bodydock-4'];
/** AES-NI (bit 57) and carry-less multiplication (33) of the first word, SHA extensions (29 of EBX of leaf 7) of the second (OPENSSL_ia32cap(3)). */
const MASK = { OPENSSL_ia32cap: '~0x200000200000000:~0x20000000' };

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly isBounded: boolean;
  readonly isMasked: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'whole', title: 'the whole machine', isBounded: false, isMasked: false },
  { name: 'bounded', title: `one core, ${MEMORY_MIB} MiB`, isBounded: true, isMasked: false },
  { name: 'masked', title: 'no instructions for SHA and AES', isBounded: false, isMasked: true },
  { name: 'both', title: 'both', isBounded: true, isMasked: true },
];

interface SmallResult extends Variant {
  readonly pipeline: GroupResult;
  readonly sha256PerS: number;
  /** Null where nothing is bounded, or the kernel does not count. */
  readonly kills: number | null;
}

/** Errors: no right to make a group of the kernel; too little disk; the signal's reason. */
export async function smallGroup(
  options: Pick<BenchOptions, 'only' | 'workMib' | 'repetitions'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  if (findTool('taskset') === undefined) throw new Error('not installed: taskset');
  const results: SmallResult[] = [];
  for (const variant of VARIANTS) {
    progress(variant.title);
    results.push(await measureOne(variant, options, signal));
  }
  const disturbance = {
    of: results.reduce((sum, { pipeline }) => sum + pipeline.disturbance.of, 0),
    disturbed: results.reduce((sum, { pipeline }) => sum + pipeline.disturbance.disturbed, 0),
  };
  return {
    text: smallText(results),
    document: { variants: results.map(documentOf) },
    figures: smallFigures(results),
    disturbance,
    good: results.every(({ pipeline, kills }) => pipeline.good && (kills ?? 0) === 0),
  };
}

async function measureOne(
  variant: Variant,
  options: Pick<BenchOptions, 'only' | 'workMib' | 'repetitions'>,
  signal: AbortSignal,
): Promise<SmallResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  const group = variant.isBounded ? await MemoryGroup.open(MEMORY_MIB * MIB) : undefined;
  try {
    const front = group === undefined ? [] : [...group.words, 'taskset', '-c', '0'];
    const env = { ...process.env, ...(variant.isMasked ? MASK : {}) };
    const node = async (file: string, words: readonly string[]): Promise<string> => {
      const program = fileURLToPath(new URL(file, import.meta.url));
      const [command = '', ...rest] = [...front, process.execPath, program, ...words];
      // A failed party ends it with 1, and its result says which.
      return (await run(command, rest, { env, signal, timeout: RUN_MS })).stdout;
    };
    const rates = JSON.parse(await node('primitives-run.js', [`${PRIMITIVE_MS}`])) as PrimitiveRates;
    const json = join(folder, 'result.json');
    const only = options.only.length === 0 ? PARTIES : options.only;
    const size = ['--mib', `${options.workMib}`, '--repetitions', `${options.repetitions}`];
    const failed = await node('main.js', [
      'pipeline',
      '--json',
      json,
      '--only',
      only.join(','),
      ...size,
    ]).then(
      () => undefined,
      (error: unknown) => error,
    );
    const { pipeline } = await readResults(json);
    if (pipeline === undefined) throw new Error(`${variant.title}: nothing was measured`, { cause: failed });
    return { ...variant, pipeline, sha256PerS: rates.sha256, kills: (await group?.kills()) ?? null };
  } finally {
    await group?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function parties({ pipeline }: SmallResult): string[] {
  return Object.keys(pipeline.figures)
    .filter((name) => name.endsWith('.rate_mb_per_s'))
    .map((name) => name.slice(0, -'.rate_mb_per_s'.length));
}

/** For people. */
function smallText(results: readonly SmallResult[]): string {
  const rows = results.flatMap((result) =>
    parties(result).map((party) => {
      const of = (name: string): number => result.pipeline.figures[`${party}.${name}`] ?? Number.NaN;
      const mark = result.pipeline.disturbance.disturbed > 0 ? ' (disturbed)' : '';
      return [
        `${result.title}${mark}`,
        party,
        figure(of('rate_mb_per_s'), 0),
        figure(of('cpu_s_per_gb'), 2),
        figure(of('agent.peak_mib'), 0),
        figure(of('receiver.peak_mib'), 0),
        figure(result.sha256PerS / 1e9, 2),
        result.kills === null ? '-' : `${result.kills}`,
      ];
    }),
  );
  const head = [
    'machine',
    'party',
    'MB/s',
    'CPU s/GB',
    'agent, peak MiB',
    'receiver, peak MiB',
    'SHA-256 GB/s',
    'ended for memory',
  ];
  const failed = results.flatMap(({ title, pipeline }) =>
    pipeline.good ? [] : [`FAILED: ${title}: ${errorsOf(pipeline)}`],
  );
  return [renderTable([head, ...rows]), ...failed].join('\n');
}

/** What the inner run wrote of its parties. */
function errorsOf({ details }: GroupResult): string {
  const all = details['parties'] as readonly { readonly name: string; readonly error: string | null }[];
  return all
    .flatMap(({ name, error }) => (error === null ? [] : [`${name}: ${error.slice(0, 300)}`]))
    .join('; ');
}

function documentOf({ name, pipeline, sha256PerS, kills }: SmallResult): Record<string, unknown> {
  return { name, sha256_bytes_per_s: sha256PerS, ended_for_memory: kills, pipeline };
}

function smallFigures(results: readonly SmallResult[]): Figures {
  return Object.fromEntries(
    results.flatMap((result) =>
      parties(result).flatMap((party) =>
        ['rate_mb_per_s', 'cpu_s_per_gb', 'agent.peak_mib', 'receiver.peak_mib'].map((name) => [
          `small.${result.name}.${party}.${name}`,
          result.pipeline.figures[`${party}.${name}`] ?? Number.NaN,
        ]),
      ),
    ),
  );
}
