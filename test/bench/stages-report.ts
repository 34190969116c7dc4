// What the group `stages` says, for people, for machines and for the comparison with an earlier run.
import { cpuPerGigabyte, megabytesPerSecond, spread, type Sample } from './figures.ts';
import type { LoopbackRun } from './loopback-run.ts';
import type { LoadReport } from './load.ts';
import type { Figures } from './outcome.ts';
import type { PrimitiveRates } from './primitives-run.ts';
import type { StageSamples } from './stage-life.ts';
import { figure, renderTable } from './table.ts';

const MB = 1e6;
const GB = 1e9;

/** Samples in the order of repetition: those of one repetition met the same machine. */
export interface StageResult {
  readonly sizeBytes: number;
  readonly cores: number;
  readonly primitives: readonly PrimitiveRates[];
  readonly loopback: readonly LoopbackRun[];
  /** Of the machine, while these two ran. */
  readonly bareLoads: readonly LoadReport[];
  readonly lives: readonly { readonly cameras: number; readonly samples: readonly StageSamples[] }[];
}

/**
 * Bytes a second that `cores` of them seal at most: each byte is hashed once as the original, encrypted once, and hashed once in its unit.
 * Reading, writing and syncing are not in it.
 */
export function sealBound(
  { sha256, chacha20Poly1305, sha256PerUnit }: PrimitiveRates,
  cores: number,
): number {
  return cores / (1 / sha256 + 1 / chacha20Poly1305 + 1 / sha256PerUnit);
}

function median(values: readonly number[]): number {
  return spread(values).median;
}

function loopbackRates({ loopback, sizeBytes }: StageResult): number[] {
  return loopback.map(({ elapsedMs }) => sizeBytes / MB / (elapsedMs / 1000));
}

interface StageLine {
  readonly name: string;
  readonly title: string;
  readonly samples: readonly Sample[];
  /** What the rate is held against, by repetition, in MB/s. */
  readonly bounds: readonly number[];
  readonly boundTitle: string;
}

function lines(result: StageResult): StageLine[] {
  return result.lives.flatMap(({ cameras, samples }) => {
    const cores = Math.min(cameras, result.cores);
    const word = cameras === 1 ? 'one camera' : `${cameras} cameras`;
    return [
      {
        name: `stages.seal-${cameras}`,
        title: `pull and seal into the spool, ${word}`,
        samples: samples.map(({ seal }) => seal),
        bounds: result.primitives.map((rates) => sealBound(rates, cores) / MB),
        boundTitle: `primitives on ${cores} of the cores`,
      },
      {
        name: `stages.push-${cameras}`,
        title: `spool to receipt, spooled from ${word}`,
        samples: samples.map(({ push }) => push),
        bounds: loopbackRates(result),
        boundTitle: 'bare TCP on the loopback',
      },
    ];
  });
}

function shareOf({ samples, bounds }: StageLine, sizeBytes: number): number {
  return median(
    samples.map((sample, at) => megabytesPerSecond(sample, sizeBytes) / (bounds[at] ?? Number.NaN)),
  );
}

/** For people. */
export function stagesText(result: StageResult): string {
  const { primitives, loopback, bareLoads, sizeBytes } = result;
  const rate = (key: keyof PrimitiveRates): string =>
    figure(median(primitives.map((rates) => rates[key])) / GB, 2);
  const bare = [
    [
      `bare, one core${bareLoads.some(({ disturbed }) => disturbed) ? ' (disturbed)' : ''}`,
      'GB/s',
      'CPU s/GB',
    ],
    ['SHA-256', rate('sha256'), ''],
    ['ChaCha20-Poly1305, 64 KiB at a time', rate('chacha20Poly1305'), ''],
    ['SHA-256 of each unit of 512 KiB', rate('sha256PerUnit'), ''],
    ['BLAKE2b-512', rate('blake2b512'), ''],
    [
      'TCP on the loopback, two processes',
      figure(median(loopbackRates(result)) / 1000, 2),
      figure(median(loopback.map(({ cpuS }) => cpuS / (sizeBytes / GB))), 2),
    ],
  ];
  const head = ['stage alone', 'MB/s', 'CPU s/GB', 'by process', 'share', 'of'];
  const rows = lines(result).map((line) => {
    const { title, samples, boundTitle } = line;
    const processes = Object.keys(samples[0]?.measured.cpuSeconds ?? {});
    const cpu = (name?: string): string =>
      figure(median(samples.map((sample) => cpuPerGigabyte(sample, sizeBytes, name))), 2);
    const mark = samples.some(({ load }) => load.disturbed) ? ' (disturbed)' : '';
    return [
      `${title}${mark}`,
      figure(median(samples.map((sample) => megabytesPerSecond(sample, sizeBytes))), 0),
      cpu(),
      processes.map((name) => `${name} ${cpu(name)}`).join(', '),
      `${figure(100 * shareOf(line, sizeBytes), 0)} %`,
      boundTitle,
    ];
  });
  return `${renderTable(bare)}\n\n${renderTable([head, ...rows])}\n`;
}

/** For `--json`. */
export function stagesDocument(result: StageResult): Record<string, unknown> {
  return {
    size_bytes: result.sizeBytes,
    primitives_bytes_per_s: result.primitives.map((rates) => ({
      sha256: rates.sha256,
      chacha20_poly1305: rates.chacha20Poly1305,
      sha256_per_unit: rates.sha256PerUnit,
      blake2b_512: rates.blake2b512,
    })),
    loopback: result.loopback.map(({ elapsedMs, cpuS }) => ({ elapsed_ms: elapsedMs, cpu_s: cpuS })),
    bare_others_share: result.bareLoads.map(({ othersShare }) => othersShare),
    stages: lines(result).map(({ name, samples }) => ({
      name,
      repetitions: samples.map(({ measured, load }) => ({
        elapsed_ms: measured.elapsedMs,
        cpu_s: measured.cpuSeconds,
        peak_bytes: measured.peakBytes,
        others_share: load.othersShare,
        disturbed: load.disturbed,
      })),
    })),
  };
}

/** Medians: rates of the primitives, and of each stage its rate, its cost and its share of the bound. */
export function stagesFigures(result: StageResult): Figures {
  const { primitives, sizeBytes } = result;
  const rate = (key: keyof PrimitiveRates): number => median(primitives.map((rates) => rates[key])) / GB;
  return {
    'bare.sha256_gb_per_s': rate('sha256'),
    'bare.chacha20_poly1305_gb_per_s': rate('chacha20Poly1305'),
    'bare.sha256_per_unit_gb_per_s': rate('sha256PerUnit'),
    'bare.blake2b_512_gb_per_s': rate('blake2b512'),
    'bare.loopback_mb_per_s': median(loopbackRates(result)),
    ...Object.fromEntries(
      lines(result).flatMap((line) => [
        [
          `${line.name}.rate_mb_per_s`,
          median(line.samples.map((sample) => megabytesPerSecond(sample, sizeBytes))),
        ],
        [
          `${line.name}.cpu_s_per_gb`,
          median(line.samples.map((sample) => cpuPerGigabyte(sample, sizeBytes))),
        ],
        [`${line.name}.share`, shareOf(line, sizeBytes)],
      ]),
    ),
  };
}
