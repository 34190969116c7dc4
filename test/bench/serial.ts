// The group `serial`: how much of a serial line reaches the spool as bytes of recordings, and what each megabyte costs the station. The camera is
// `bodydock simulate serial` on a pseudo terminal, in a process of its own; this process is the station's side.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CameraSession, InventoryEntry } from '../../drivers/driver.ts';
import { systemLines } from '../../drivers/serial/serial-port.ts';
import { smpDriver } from '../../drivers/serial/smp/driver.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { BODYDOCK, Program } from '../fakes/program.ts';
import { processCpu } from './cpu.ts';
import { LoadWatch } from './load.ts';
import type { Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';
import { makeOld } from '../fakes/put-ledger.ts';

const BITS_PER_BYTE = 10;
/** Base64 in lines of 127 bytes with marker and end: 93 bytes of a packet each. */
const CONSOLE_SHARE = 93 / 127;

/** One way to run a line. Without `baud` it is as fast as both ends can. */
interface Setting {
  readonly framing: 'console' | 'raw';
  readonly baud: number | undefined;
  readonly bufSize: number;
  readonly fileBytes: number;
}

export interface SerialResult extends Setting {
  readonly elapsedMs: number;
  /** Of this process, which is the station's side. */
  readonly stationCpuS: number;
  readonly othersShare: number;
  readonly good: boolean;
}

/** Files last some seconds each on their line. */
export function serialSettings(quick: boolean): Setting[] {
  const settings: Setting[] = [];
  for (const framing of ['console', 'raw'] as const)
    for (const [baud, seconds] of [
      [115_200, quick ? 4 : 12],
      [3_000_000, quick ? 4 : 12],
      [undefined, 0],
    ] as const)
      for (const bufSize of [512, 2048, 8192]) {
        const fileBytes =
          baud === undefined ? (quick ? 4e6 : 16e6) : Math.round((baud / BITS_PER_BYTE) * 0.6 * seconds);
        settings.push({ framing, baud, bufSize, fileBytes });
      }
  return settings;
}

/** Errors: those of the machine; the signal's reason. */
export async function measureSerial(
  settings: readonly Setting[],
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<SerialResult[]> {
  const results: SerialResult[] = [];
  for (const setting of settings) {
    signal.throwIfAborted();
    progress(`${setting.framing}, ${speedOf(setting)}, packets of ${setting.bufSize} bytes`);
    results.push(await measureOne(setting, signal));
  }
  return results;
}

async function measureOne(setting: Setting, signal: AbortSignal): Promise<SerialResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  const path = join(folder, 'port');
  const bytes = patternBytes(setting.fileBytes);
  await mkdir(join(folder, 'card'));
  await writeFile(join(folder, 'card', 'KOD_0001.MP4'), bytes);
  await makeOld(join(folder, 'card', 'KOD_0001.MP4'));
  const { framing, baud, bufSize } = setting;
  const card = ['--link', path, '--dir', join(folder, 'card'), '--framing', framing];
  const buffers = ['--buf-size', `${bufSize}`, '--buf-count', '4'];
  const speed = baud === undefined ? [] : ['--baud', `${baud}`];
  const args = ['simulate', 'serial', ...card, ...buffers, ...speed];
  const camera = new Program({ file: BODYDOCK, args, logFile: join(folder, 'log') });
  try {
    await camera.start();
    const clock = nodeClock();
    const driver = smpDriver({ openLine: systemLines(clock), clock });
    const session = await driver.open({ kind: 'serial', path, baud: baud ?? 3_000_000, framing }, signal);
    try {
      return { ...setting, ...(await measureRead(session, camera.pid ?? 0, sha256Hex(bytes), signal)) };
    } finally {
      await session.close();
    }
  } finally {
    await camera.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRead(
  session: CameraSession,
  cameraPid: number,
  expected: string,
  signal: AbortSignal,
): Promise<Pick<SerialResult, 'elapsedMs' | 'stationCpuS' | 'othersShare' | 'good'>> {
  const [entry] = (await session.inventory(signal)).entries;
  if (entry === undefined) throw new Error('the camera lists nothing');
  const load = new LoadWatch();
  const cpuBefore = processCpu('self').own;
  const cameraBefore = cameraCpuS(cameraPid);
  const startedMs = performance.now();
  const got = await digestOf(session, entry, signal);
  const elapsedMs = performance.now() - startedMs;
  const stationCpuS = processCpu('self').own - cpuBefore;
  const { othersShare } = load.close(cameraCpuS(cameraPid) - cameraBefore);
  return { elapsedMs, stationCpuS, othersShare, good: got === expected };
}

/** The camera and socat, its child. */
function cameraCpuS(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, each) => sum + processCpu(each).own, 0);
}

async function digestOf(session: CameraSession, entry: InventoryEntry, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of session.read(entry, 0, signal))
    if (piece.kind === 'bytes') hash.update(piece.bytes);
  return hash.digest('hex');
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function speedOf({ baud }: Setting): string {
  return baud === undefined ? 'unpaced' : `${baud} baud`;
}

/** Share of the line's bytes that are a recording's. */
function payloadShare({ baud, fileBytes, elapsedMs }: SerialResult): number {
  return baud === undefined ? Number.NaN : fileBytes / (elapsedMs / 1000) / (baud / BITS_PER_BYTE);
}

/** The same, of what the framing leaves. */
function framedShare(result: SerialResult): number {
  return payloadShare(result) / (result.framing === 'console' ? CONSOLE_SHARE : 1);
}

function cpuPerMb({ stationCpuS, fileBytes }: SerialResult): number {
  return (stationCpuS * 1000) / (fileBytes / 1e6);
}

/** For people. */
export function serialText(results: readonly SerialResult[]): string {
  const head = [
    'framing',
    'line',
    'packet',
    'kB/s',
    'of the line',
    'of its framing',
    'CPU ms/MB',
    'others used',
    'verdict',
  ];
  const rows = results.map((result) => [
    result.framing,
    speedOf(result),
    `${result.bufSize}`,
    figure(result.fileBytes / result.elapsedMs, 1),
    `${figure(100 * payloadShare(result), 1)} %`,
    `${figure(100 * framedShare(result), 1)} %`,
    figure(cpuPerMb(result), 1),
    `${figure(100 * result.othersShare, 0)} %`,
    result.good ? 'good' : 'WRONG BYTES',
  ]);
  return `${renderTable([head, ...rows])}\n`;
}

/** For `--json`. */
export function serialDocument(results: readonly SerialResult[]): Record<string, unknown> {
  return {
    lines: results.map((result) => ({
      framing: result.framing,
      baud: result.baud ?? null,
      packet_bytes: result.bufSize,
      file_bytes: result.fileBytes,
      elapsed_ms: result.elapsedMs,
      payload_share: Number.isNaN(payloadShare(result)) ? null : payloadShare(result),
      station_cpu_ms_per_mb: cpuPerMb(result),
      others_share: result.othersShare,
      good: result.good,
    })),
  };
}

/** Of each line with its largest packets. */
export function serialFigures(results: readonly SerialResult[]): Figures {
  const most = Math.max(...results.map(({ bufSize }) => bufSize));
  return Object.fromEntries(
    results
      .filter(({ bufSize }) => bufSize === most)
      .flatMap((result) => {
        const name = `serial.${result.framing}.${result.baud ?? 'unpaced'}`;
        return [
          [`${name}.framed_share`, framedShare(result)],
          [`${name}.cpu_ms_per_mb`, cpuPerMb(result)],
        ];
      }),
  );
}
