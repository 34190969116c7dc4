// What the group `pipeline` says, for people and for machines.
import {
  cpuPerGigabyte,
  megabytesPerSecond,
  speedRatio,
  spread,
  sum,
  type PartyResult,
  type Sample,
} from './figures.ts';
import type { Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';
import type { Work } from './work.ts';

const MIB = 1024 * 1024;
/** What the ratios are told against. */
const PEERS = ['chain', 'chain-2', 'rsync', 'https', 'tus'];
/** What ours cannot cost less than; told against the peers as well. */
const BARE = ['bare', 'bare-tls'];

const HEAD = ['party', 'MB/s', 'lowest', 'highest', 'CPU s/GB', 'by process', 'peak MiB', 'by process'];

/** One party a line, medians; then the ratios; then what disturbed, was skipped or failed. */
export function pipelineText(
  results: readonly PartyResult[],
  work: Work,
  skipped: readonly string[],
): string {
  const good = results.filter(({ samples }) => samples.length > 0);
  const table = renderTable([HEAD, ...good.map((result) => partyRow(result, work.sizeBytes))]);
  const notes = [...good.map(loadLine), ...skipped, ...failures(results)].join('\n');
  const parts = [table, ratioTable(good), notes];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function partyRow({ title, samples }: PartyResult, sizeBytes: number): string[] {
  const rate = spread(samples.map((sample) => megabytesPerSecond(sample, sizeBytes)));
  const processes = Object.keys(samples[0]?.measured.cpuSeconds ?? {});
  const cpu = median(samples, (sample) => cpuPerGigabyte(sample, sizeBytes));
  const cpuOf = processes.map(
    (name) =>
      `${name} ${figure(
        median(samples, (sample) => cpuPerGigabyte(sample, sizeBytes, name)),
        2,
      )}`,
  );
  const peak = median(samples, ({ measured }) => sum(measured.peakBytes) / MIB);
  const peakOf = processes.map(
    (name) =>
      `${name} ${figure(
        median(samples, ({ measured }) => peakMib(measured.peakBytes, name)),
        0,
      )}`,
  );
  const rates = [rate.median, rate.min, rate.max].map((value) => figure(value, 0));
  const mark = samples.some(({ load }) => load.disturbed) ? ' (disturbed)' : '';
  return [`${title}${mark}`, ...rates, figure(cpu, 2), cpuOf.join(', '), figure(peak, 0), peakOf.join(', ')];
}

function peakMib(peaks: Readonly<Record<string, number>>, name: string): number {
  return (peaks[name] ?? Number.NaN) / MIB;
}

function median(samples: readonly Sample[], value: (sample: Sample) => number): number {
  return spread(samples.map(value)).median;
}

/** How many times as fast as each peer. */
function ratioTable(results: readonly PartyResult[]): string {
  const peers = results.filter(({ name }) => [...PEERS, ...BARE].includes(name));
  const ours = results.filter(({ name }) => !PEERS.includes(name));
  if (peers.length === 0 || ours.length === 0) return '';
  const head = ['times as fast as', ...peers.map(({ name }) => name)];
  const rows = ours.map((one) => [
    one.title,
    ...peers.map((peer) => figure(speedRatio(one, peer).median, 2)),
  ]);
  return renderTable([head, ...rows]);
}

/** How the machine was, and what that does to the figures. */
function loadLine({ title, samples }: PartyResult): string {
  const shares = samples.map(({ load }) => `${figure(load.othersShare * 100, 0)} %`);
  const loads = samples.map(({ load }) => `${figure(load.loadBefore, 1)}-${figure(load.loadAfter, 1)}`);
  const disturbed = samples.filter(({ load }) => load.disturbed).length;
  const word = disturbed === 0 ? '' : `; DISTURBED: ${disturbed} of ${samples.length}`;
  return `${title}: others used ${shares.join(', ')} of the processors, load ${loads.join(', ')}${word}`;
}

/** Of the message of a party that failed. */
const ERROR_CHARACTERS_MAX = 600;

function failures(results: readonly PartyResult[]): string[] {
  return results.flatMap(({ title, error }) =>
    error === undefined ? [] : [`FAILED: ${title}: ${error.slice(0, ERROR_CHARACTERS_MAX)}`],
  );
}

/** For `--json`. */
export function pipelineDocument(
  results: readonly PartyResult[],
  work: Work,
  skipped: readonly string[],
): Record<string, unknown> {
  const named = new Map(results.map((result) => [result.name, result]));
  const peers = [...PEERS, ...BARE].flatMap((name) => named.get(name) ?? []);
  return {
    files: work.files.length,
    size_bytes: work.sizeBytes,
    skipped,
    parties: results.map((result) => ({
      ...partyDocument(result, work.sizeBytes),
      speed_ratios: Object.fromEntries(peers.map((peer) => [peer.name, speedRatio(result, peer)])),
    })),
  };
}

function partyDocument({ name, title, samples, error }: PartyResult, sizeBytes: number): object {
  return {
    name,
    title,
    error: error ?? null,
    megabytes_per_s: spread(samples.map((sample) => megabytesPerSecond(sample, sizeBytes))),
    cpu_s_per_gigabyte: spread(samples.map((sample) => cpuPerGigabyte(sample, sizeBytes))),
    repetitions: samples.map(({ measured, load }) => ({
      elapsed_ms: measured.elapsedMs,
      cpu_s: measured.cpuSeconds,
      peak_bytes: measured.peakBytes,
      load_before: load.loadBefore,
      load_after: load.loadAfter,
      others_share: load.othersShare,
      disturbed: load.disturbed,
    })),
  };
}

/** Medians by party, and how many times as fast as each peer: `<party>.rate_mb_per_s`, `<party>.times_<peer>`, `<party>.<process>.peak_mib`. */
export function pipelineFigures(results: readonly PartyResult[], { sizeBytes }: Work): Figures {
  const good = results.filter(({ samples }) => samples.length > 0);
  const peers = good.filter(({ name }) => [...PEERS, ...BARE].includes(name));
  return Object.fromEntries(
    good.flatMap((result) => {
      const { name, samples } = result;
      const processes = Object.keys(samples[0]?.measured.cpuSeconds ?? {});
      const ratios = PEERS.includes(name) ? [] : peers;
      return [
        [`${name}.rate_mb_per_s`, median(samples, (sample) => megabytesPerSecond(sample, sizeBytes))],
        [`${name}.cpu_s_per_gb`, median(samples, (sample) => cpuPerGigabyte(sample, sizeBytes))],
        ...processes.flatMap((each) => [
          [
            `${name}.${each.replaceAll(' ', '_')}.cpu_s_per_gb`,
            median(samples, (sample) => cpuPerGigabyte(sample, sizeBytes, each)),
          ],
          [
            `${name}.${each.replaceAll(' ', '_')}.peak_mib`,
            median(samples, ({ measured }) => peakMib(measured.peakBytes, each)),
          ],
        ]),
        ...ratios.map((peer) => [`${name}.times_${peer.name}`, speedRatio(result, peer).median]),
      ];
    }),
  );
}
