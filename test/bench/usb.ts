// The group `usb`: what of the bare pipe's rate reaches the driver's caller and a sealed file, what each GB costs, and what one bay more takes
// of memory. The cameras are in the same process, on wires in memory: their work is part of every figure, and ratios are what counts.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { UsbMode, UsbRun } from './usb-run.ts';
import { spread } from './figures.ts';
import { LoadWatch } from './load.ts';
import type { Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';

const MIB = 1024 * 1024;
const MODES: readonly UsbMode[] = ['pipe', 'read', 'pull'];
const BAYS = [1, 4, 8];
const RUN_MS = 600_000;
const PROGRAM = fileURLToPath(new URL('./usb-run.js', import.meta.url));

export interface UsbSetting {
  readonly bays: number;
  /** Of each camera's one file. */
  readonly fileBytes: number;
  readonly repetitions: number;
}

export interface UsbResult extends UsbSetting {
  /** By mode, in the order of the repetitions; those of one repetition met the same machine. */
  readonly runs: Readonly<Record<UsbMode, readonly UsbRun[]>>;
  readonly othersShare: number;
}

/** As many bytes in all for each number of bays. */
export function usbSettings(quick: boolean, repetitions: number): UsbSetting[] {
  const allBytes = (quick ? 128 : 1024) * MIB;
  return BAYS.map((bays) => ({ bays, fileBytes: allBytes / bays, repetitions }));
}

/** Errors: those of the machine; the signal's reason. */
export async function measureUsb(
  settings: readonly UsbSetting[],
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<UsbResult[]> {
  const results: UsbResult[] = [];
  for (const setting of settings) {
    progress(`${setting.bays} bays`);
    results.push(await measureOne(setting, signal));
  }
  return results;
}

async function measureOne(setting: UsbSetting, signal: AbortSignal): Promise<UsbResult> {
  const runs: Record<UsbMode, UsbRun[]> = { pipe: [], read: [], pull: [] };
  const load = new LoadWatch();
  let ownS = 0;
  for (let repetition = 0; repetition < setting.repetitions; repetition++)
    for (const mode of MODES) {
      signal.throwIfAborted();
      const run = await runOnce(mode, setting, signal);
      runs[mode].push(run);
      ownS += run.cpuS;
    }
  return { ...setting, runs, othersShare: load.close(ownS).othersShare };
}

async function runOnce(mode: UsbMode, setting: UsbSetting, signal: AbortSignal): Promise<UsbRun> {
  const args = [PROGRAM, mode, `${setting.bays}`, `${setting.fileBytes}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal, timeout: RUN_MS });
  return JSON.parse(stdout) as UsbRun;
}

function isGood({ runs }: UsbResult): boolean {
  return MODES.every((mode) => runs[mode].every(({ good }) => good));
}

/** True where every byte came. */
export function usbGood(results: readonly UsbResult[]): boolean {
  return results.every(isGood);
}

/** Share of the bare pipe's rate, repetition by repetition. */
function shares({ runs }: UsbResult, mode: UsbMode): number[] {
  return runs[mode].map(({ elapsedMs }, at) => (runs.pipe[at]?.elapsedMs ?? Number.NaN) / elapsedMs);
}

function rates({ runs, bays, fileBytes }: UsbResult, mode: UsbMode): number[] {
  return runs[mode].map(({ elapsedMs }) => (bays * fileBytes) / 1e3 / elapsedMs);
}

function cpuPerGb({ runs, bays, fileBytes }: UsbResult, mode: UsbMode): number[] {
  return runs[mode].map(({ cpuS }) => cpuS / ((bays * fileBytes) / 1e9));
}

function median(values: readonly number[]): number {
  return spread(values).median;
}

/** For people. */
export function usbText(results: readonly UsbResult[]): string {
  const head = ['bays', 'what', 'MB/s', 'of the pipe', 'CPU s/GB', 'peak MB', 'others used', 'verdict'];
  const words: Readonly<Record<UsbMode, string>> = {
    pipe: 'bare pipe, thrown away',
    read: 'driver, thrown away',
    pull: 'pulled into sealed files',
  };
  const rows = results.flatMap((result) =>
    MODES.map((mode) => [
      `${result.bays}`,
      words[mode],
      figure(median(rates(result, mode)), 0),
      `${figure(100 * median(shares(result, mode)), 0)} %`,
      figure(median(cpuPerGb(result, mode)), 2),
      figure(median(result.runs[mode].map(({ peakBytes }) => peakBytes)) / 1e6, 0),
      `${figure(100 * result.othersShare, 0)} %`,
      isGood(result) ? 'good' : 'WRONG BYTES',
    ]),
  );
  return `${renderTable([head, ...rows])}\n`;
}

/** For `--json`. */
export function usbDocument(results: readonly UsbResult[]): Record<string, unknown> {
  return {
    runs: results.flatMap((result) =>
      MODES.map((mode) => ({
        bays: result.bays,
        mode,
        file_bytes: result.fileBytes,
        rate_mb_per_s: median(rates(result, mode)),
        share_of_pipe: spread(shares(result, mode)),
        cpu_s_per_gb: median(cpuPerGb(result, mode)),
        peak_bytes: median(result.runs[mode].map(({ peakBytes }) => peakBytes)),
        others_share: result.othersShare,
        good: isGood(result),
      })),
    ),
  };
}

/** Of every number of bays, what driver and pull reach of the pipe, and what a pull costs. */
export function usbFigures(results: readonly UsbResult[]): Figures {
  return Object.fromEntries(
    results.flatMap((result) => {
      const name = `usb.${result.bays}_bays`;
      return [
        [`${name}.read_share`, median(shares(result, 'read'))],
        [`${name}.pull_share`, median(shares(result, 'pull'))],
        [`${name}.pull_cpu_s_per_gb`, median(cpuPerGb(result, 'pull'))],
        [`${name}.pull_peak_mib`, median(result.runs.pull.map(({ peakBytes }) => peakBytes)) / MIB],
      ];
    }),
  );
}
