// The group `station`: what a station costs that has nothing to do, and how long it takes to be there again: start to ready with an empty spool and
// with one that waits for its store, CPU and memory at rest, messages a minute, and what the unit leaves exposed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { findTool } from '../fakes/stock-tools.ts';
import { pause } from '../fakes/until.ts';
import { processCpu } from './cpu.ts';
import { LoadWatch } from './load.ts';
import type { Figures } from './outcome.ts';
import { peakBytes } from './resident.ts';
import { figure, renderTable } from './table.ts';
import { unitEnvironment, unitFile } from './unit-environment.ts';

const run = promisify(execFile);
const STARTS = 3;
/** The heartbeat comes once a minute: a little more shows how often it does. */
const IDLE_MS = 65_000;
const MINUTE_MS = 60_000;
const SETTLE_MS = 5000;
/** 10,000 small files are pulled in some five minutes. */
const PULL_MS = 1_800_000;
const MIB = 1024 * 1024;
const UNIT = 'bodydock.service';

/** Times in ms; NaN for what this machine cannot measure. */
export interface StationResult {
  readonly recordings: number;
  readonly readyEmptyMs: readonly number[];
  readonly readyFilledMs: readonly number[];
  readonly idleCpuShare: number;
  readonly idlePeakBytes: number;
  readonly messagesPerMinute: number;
  readonly exposure: number;
  readonly othersShare: number;
}

/** Recordings that wait in the spool. */
export function stationSize(quick: boolean): number {
  return quick ? 500 : 10_000;
}

/** Errors: those of the programs; the signal's reason. */
export async function measureStation(
  recordings: number,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<StationResult> {
  const rig = await DockRig.open({ release: 'never', agentEnvironment: await unitEnvironment(UNIT) });
  try {
    progress('starts with an empty spool');
    const readyEmptyMs = await starts(rig, signal);
    progress(`a station at rest, for ${(SETTLE_MS + IDLE_MS) / 1000} s`);
    const idle = await atRest(rig);
    progress(`${recordings} recordings are pulled while there is no store`);
    const byte = new Uint8Array(1);
    for (let at = 0; at < recordings; at++) await rig.put(1, `DCIM/${at % 100}/KOD_${at}.MP4`, byte);
    await rig.view();
    await rig.agent.start();
    await rig.untilBay(1, 'all spooled', PULL_MS, (bay) => bay.entries_spooled === recordings);
    await rig.agent.stop();
    progress('starts with that spool');
    const readyFilledMs = await starts(rig, signal);
    return { recordings, readyEmptyMs, readyFilledMs, ...idle, exposure: await exposure() };
  } finally {
    await rig.close();
  }
}

async function starts({ agent }: DockRig, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    signal.throwIfAborted();
    const startedMs = performance.now();
    await agent.start();
    times.push(performance.now() - startedMs);
    await agent.stop();
  }
  return times;
}

type Idle = Pick<StationResult, 'idleCpuShare' | 'idlePeakBytes' | 'messagesPerMinute' | 'othersShare'>;

/** With its store, and a camera in its bay that is empty. */
async function atRest(rig: DockRig): Promise<Idle> {
  await rig.start();
  await rig.untilBay(1, 'at rest', MINUTE_MS, ({ state }) => state === 'done');
  const client = await connectAsync(`mqtt://127.0.0.1:${rig.broker.port}`);
  try {
    await pause(SETTLE_MS);
    const pid = rig.agent.pid ?? 0;
    let messages = 0;
    client.on('message', (_topic, _payload, { retain }) => void (retain || messages++));
    await client.subscribeAsync(`bodydock/v1/${STATION}/#`);
    const load = new LoadWatch();
    const before = processCpu(pid).own;
    await pause(IDLE_MS);
    const cpuS = processCpu(pid).own - before;
    const { othersShare } = load.close(cpuS);
    return {
      idleCpuShare: cpuS / (IDLE_MS / 1000),
      idlePeakBytes: peakBytes(pid),
      messagesPerMinute: (messages * MINUTE_MS) / IDLE_MS,
      othersShare,
    };
  } finally {
    await client.endAsync(true);
    await rig.stop();
  }
}

/** Of the agent's unit, as systemd counts it; NaN where there is no systemd-analyze. */
async function exposure(): Promise<number> {
  const tool = findTool('systemd-analyze');
  if (tool === undefined) return Number.NaN;
  const { stdout } = await run(tool, ['security', '--offline=true', unitFile(UNIT)]);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}

/** The table for people. */
export function stationText(result: StationResult): string {
  const { recordings, readyEmptyMs, readyFilledMs } = result;
  const [empty, filled] = [middle(readyEmptyMs), middle(readyFilledMs)];
  return renderTable([
    ['station', 'figure', 'unit'],
    ['start to ready, empty spool', figure(empty, 0), 'ms'],
    [`start to ready, ${recordings} recordings wait`, figure(filled, 0), 'ms'],
    ['ratio of the two', figure(filled / empty, 2), 'times'],
    ['CPU at rest', figure(result.idleCpuShare * 100, 2), '% of a core'],
    ['peak memory at rest', figure(result.idlePeakBytes / MIB, 0), 'MiB'],
    ['messages at rest', figure(result.messagesPerMinute, 1), 'a minute'],
    ['exposure of the unit', figure(result.exposure, 1), 'of 10'],
    ['others used', figure(result.othersShare * 100, 0), '% of the machine'],
  ]);
}

/** The same for machines. */
export function stationDocument(result: StationResult): Record<string, unknown> {
  return {
    recordings: result.recordings,
    ready_empty_ms: result.readyEmptyMs,
    ready_filled_ms: result.readyFilledMs,
    idle_cpu_share: result.idleCpuShare,
    idle_peak_bytes: result.idlePeakBytes,
    messages_per_minute: result.messagesPerMinute,
    exposure: result.exposure,
    others_share: result.othersShare,
  };
}

/** For targets, and the comparison with an earlier run. */
export function stationFigures(result: StationResult): Figures {
  return {
    'station.ready_empty_ms': middle(result.readyEmptyMs),
    'station.ready_filled_ms': middle(result.readyFilledMs),
    'station.idle_cpu_percent': result.idleCpuShare * 100,
    'station.idle_peak_mib': result.idlePeakBytes / MIB,
    'station.messages_per_minute': result.messagesPerMinute,
  };
}

/** Of three. */
function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
