// The group `memory`: one file of growing size through agent and receiver. What they need must not grow with it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sum, type Sample } from './figures.ts';
import { spaceBytes } from './parties/bodydock-rig.ts';
import { bodydockParty } from './parties/bodydock.ts';
import type { Figures, Progress } from './outcome.ts';
import { measureOnce } from './pipeline.ts';
import { figure, renderTable } from './table.ts';
import { makeWork, requireSpace } from './work.ts';

const MIB = 1024 * 1024;

export const MEMORY_PARTY = bodydockParty({
  name: 'bodydock',
  title: 'bodydock: one camera',
  cameras: 1,
  tls: false,
});

/** MiB of the one file. */
export function memorySizes(quick: boolean): number[] {
  return quick ? [64, 512] : [64, 1024, 6144];
}

/** One size, measured. */
export interface MemoryResult {
  readonly sizeMib: number;
  readonly sample: Sample;
}

/** Smallest size first; up to the one that failed. */
export interface MemoryOutcome {
  readonly results: readonly MemoryResult[];
  readonly error?: string;
}

/** Errors: too little disk space; the signal's reason. */
export async function measureMemory(
  sizesMib: readonly number[],
  signal: AbortSignal,
  progress: Progress,
): Promise<MemoryOutcome> {
  await requireSpace(tmpdir(), spaceBytes(Math.max(...sizesMib) * MIB));
  const results: MemoryResult[] = [];
  for (const sizeMib of sizesMib) {
    progress(`one file of ${sizeMib} MiB`);
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
    try {
      const work = await makeWork(join(folder, 'source'), 1, sizeMib, signal);
      results.push({ sizeMib, sample: await measureOnce(MEMORY_PARTY, work, signal) });
    } catch (error) {
      signal.throwIfAborted();
      return {
        results,
        error: `${sizeMib} MiB: ${error instanceof Error ? error.message : String(error)}`,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { results };
}

const PROCESSES = ['agent', 'receiver'];

function peakMib({ sample }: MemoryResult, name: string): number {
  return (sample.measured.peakBytes[name] ?? Number.NaN) / MIB;
}

/** Largest peak of any size divided by the peak of the smallest. */
function growth(results: readonly MemoryResult[], name: string): number {
  const [smallest] = results;
  if (smallest === undefined) return Number.NaN;
  return Math.max(...results.map((result) => peakMib(result, name))) / peakMib(smallest, name);
}

/** For people. */
export function memoryText({ results, error }: MemoryOutcome): string {
  const head = ['one file of', ...PROCESSES.map((name) => `${name}, peak MiB`), 's', 'CPU s', 'others used'];
  const rows = results.map((result) => {
    const { measured, load } = result.sample;
    const peaks = PROCESSES.map((name) => figure(peakMib(result, name), 0));
    const times = [
      figure(measured.elapsedMs / 1000, 1),
      figure(sum(measured.cpuSeconds), 1),
      `${figure(load.othersShare * 100, 0)} %`,
    ];
    return [`${result.sizeMib} MiB`, ...peaks, ...times];
  });
  const last = ['largest / smallest file', ...PROCESSES.map((name) => figure(growth(results, name), 2))];
  const failed = error === undefined ? '' : `\nFAILED: ${error}\n`;
  return `${renderTable([head, ...rows, last])}\n${failed}`;
}

/** For `--json`. */
export function memoryDocument({ results, error }: MemoryOutcome): Record<string, unknown> {
  return {
    error: error ?? null,
    sizes: results.map(({ sizeMib, sample: { measured, load } }) => ({
      file_mib: sizeMib,
      peak_bytes: measured.peakBytes,
      elapsed_ms: measured.elapsedMs,
      cpu_s: measured.cpuSeconds,
      others_share: load.othersShare,
    })),
    growth: Object.fromEntries(PROCESSES.map((name) => [name, growth(results, name)])),
  };
}

/** The largest peak of any size, and how much larger it is than that of the smallest file. */
export function memoryFigures({ results }: MemoryOutcome): Figures {
  return Object.fromEntries(
    PROCESSES.flatMap((name) => [
      [`memory.${name}.peak_mib`, Math.max(...results.map((result) => peakMib(result, name)))],
      [`memory.${name}.growth`, growth(results, name)],
    ]),
  );
}
