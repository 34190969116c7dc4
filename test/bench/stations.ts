// The group `stations`: how long the small recordings of many stations take that come at once (test/fakes/shift-end.ts).
import { type Shift, playShiftEnd, type ShiftEnd } from '../fakes/shift-end.ts';
import { LoadWatch, type LoadReport } from './load.ts';
import type { BenchOptions } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';
import { ProcessUse } from './process-use.ts';
import { figure, renderTable } from './table.ts';

const RECEIVER = new URL('../../agent/receiver/main.js', import.meta.url);
const KIB = 1024;
const STATIONS = 100;
const STATIONS_QUICK = 25;
const RECORDINGS = 8;

/** Errors: no mosquitto; those of playShiftEnd. */
export async function stationsGroup(
  { quick }: Pick<BenchOptions, 'quick'>,
  _signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  const load: ShiftEnd = {
    stations: quick ? STATIONS_QUICK : STATIONS,
    recordings: RECORDINGS,
    sizeBytes: 64 * KIB,
  };
  progress(`${load.stations} stations, ${RECORDINGS} recordings each`);
  let use: ProcessUse | undefined;
  let watch: LoadWatch | undefined;
  let cpuS = Number.NaN;
  let report: LoadReport | undefined;
  const shift = await playShiftEnd(load, RECEIVER, {
    begin: (pid) => {
      [use, watch] = [new ProcessUse({ receiver: pid }), new LoadWatch()];
    },
    end: () => {
      cpuS = use?.take().cpuSeconds['receiver'] ?? Number.NaN;
      report = watch?.close(cpuS);
    },
  });
  const figures = figuresOf(shift, cpuS);
  const rows = Object.entries(figures).map(([name, value]) => [name, figure(value, 2)]);
  return {
    text: renderTable([[`${load.stations} stations`, `load ${report?.loadBefore.toFixed(1)}`], ...rows]),
    document: { ...load, load: report },
    figures,
    disturbance: disturbanceOf(report === undefined ? [] : [report]),
    good: true,
  };
}

function figuresOf({ receipts, offers }: Shift, cpuS: number): Record<string, number> {
  const gaps = receipts.map(({ atMs }, at) => atMs - (receipts[at - 1]?.atMs ?? 0));
  return {
    'stations.total_s': (receipts.at(-1)?.atMs ?? 0) / 1000,
    'stations.longest_gap_s': Math.max(...gaps) / 1000,
    'stations.receiver_cpu_ms': (cpuS * 1000) / receipts.length,
    'stations.offers': offers / receipts.length,
  };
}
