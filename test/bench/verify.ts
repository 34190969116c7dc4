// The group `verify`: `bodydock verify` over vaults of growing size. What it needs grows by small facts of each recording, and by nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BODYDOCK, compiled } from '../fakes/program.ts';
import { TreeBuilder } from '../fakes/vault-builder-tree.ts';
import { VaultBuilder } from '../fakes/vault-builder.ts';
import { processCpu } from './cpu.ts';
import { LoadWatch } from './load.ts';
import type { Figures } from './outcome.ts';
import { peakBytes } from './resident.ts';
import { figure, renderTable } from './table.ts';

const MIB = 1024 * 1024;
const LOOK_MS = 10;
/** Recordings of one docking, and the mean size of an original. */
const PER_DOCKING = 20;
const ORIGINAL_BYTES_MAX = 40_000;
/** So many originals are sealed; what comes after them has their sealed bytes, whose size is the same on the whole. */
const SEALED_MAX = 500;
/** Dockings between two starts of the agent: each start begins a segment of the log. */
const DOCKINGS_PER_RUN = 10;
/** The same of the receiver. */
const DOCKINGS_PER_STORE_RUN = 100;
const OUTPUTS = ['text', 'json'] as const;

/** Recordings of each vault; `most` of the largest. */
export function verifySizes(most: number): number[] {
  return [...new Set([Math.min(20, most), Math.ceil(most / 4), most])];
}

/** One vault, verified with one kind of output. */
export interface VerifyResult {
  readonly recordings: number;
  readonly output: (typeof OUTPUTS)[number];
  readonly elapsedMs: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly good: boolean;
  readonly othersShare: number;
}

/** Smallest vault first. Errors: those of the machine; the signal's reason. */
export async function measureVerify(
  sizes: readonly number[],
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<VerifyResult[]> {
  const results: VerifyResult[] = [];
  for (const recordings of sizes) {
    progress(`a vault of ${recordings} recordings`);
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
    try {
      const built = await buildVault(folder, recordings, signal);
      for (const output of OUTPUTS) results.push(await verifyOnce(built, recordings, output, signal));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return results;
}

/** With the store's log as a tree, which names each receipt and how much of the station's log is held. */
async function buildVault(folder: string, recordings: number, signal: AbortSignal): Promise<VaultBuilder> {
  const built = await VaultBuilder.create(folder, { seed: recordings });
  const tree = TreeBuilder.ahead(built.receiver);
  for (let made = 0, docking = 0; made < recordings; docking++) {
    signal.throwIfAborted();
    if (docking % DOCKINGS_PER_STORE_RUN === 0) await built.receiver.start();
    await built.dock({ camera: `cam-${1 + (docking % 4)}` });
    const first = made;
    for (let number = 0; number < PER_DOCKING && made < recordings; number++, made++)
      await built.record({
        ...(made < SEALED_MAX
          ? { original: built.random.bytes(1 + built.random.below(ORIGINAL_BYTES_MAX)) }
          : { sealedAs: built.recordings[made % SEALED_MAX] }),
        path: `DCIM/${docking}/${number}.MP4`,
        erased: number % 2 === 0,
      });
    const { parts } = await built.undock();
    const receipts = [...built.recordings.slice(first), ...parts].flatMap(({ receipt }) => receipt ?? []);
    await tree.receipts(receipts);
    const head = receipts.at(-1)?.custody_head ?? null;
    if (head !== null) await tree.head(built.station, head);
    if (docking % DOCKINGS_PER_RUN === DOCKINGS_PER_RUN - 1) await built.restart();
  }
  await built.close();
  await tree.put('checkpoint', tree.note());
  return built;
}

async function verifyOnce(
  { vault, keys }: VaultBuilder,
  recordings: number,
  output: VerifyResult['output'],
  signal: AbortSignal,
): Promise<VerifyResult> {
  const words = ['verify', vault, '--keys', keys, ...(output === 'json' ? ['--json'] : [])];
  const load = new LoadWatch();
  const startedMs = performance.now();
  const child = spawn(process.execPath, [compiled(BODYDOCK), ...words], { stdio: 'ignore', signal });
  let seen: Used = { cpuSeconds: 0, peakBytes: 0 };
  const look = setInterval(() => {
    seen = usedBy(child.pid) ?? seen;
  }, LOOK_MS);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    const elapsedMs = performance.now() - startedMs;
    const { othersShare } = load.close(seen.cpuSeconds);
    return { recordings, output, elapsedMs, ...seen, good: code === 0, othersShare };
  } finally {
    clearInterval(look);
  }
}

type Used = Pick<VerifyResult, 'cpuSeconds' | 'peakBytes'>;

/** The kernel keeps both as long as the process is there, so that the last look before its end tells them; undefined behind it. */
function usedBy(pid: number | undefined): Used | undefined {
  if (pid === undefined) return undefined;
  try {
    const used = { cpuSeconds: processCpu(pid).own, peakBytes: peakBytes(pid) };
    return used.peakBytes > 0 ? used : undefined;
  } catch {
    return undefined;
  }
}

/** For people. */
export function verifyText(results: readonly VerifyResult[]): string {
  const head = [
    'recordings',
    'output',
    's',
    'CPU s',
    'CPU ms a recording',
    'peak MiB',
    'others used',
    'verdict',
  ];
  const rows = results.map(
    ({ recordings, output, elapsedMs, cpuSeconds, peakBytes: peak, othersShare, good }) => [
      `${recordings}`,
      output,
      figure(elapsedMs / 1000, 2),
      figure(cpuSeconds, 1),
      figure((cpuSeconds * 1000) / recordings, 1),
      figure(peak / MIB, 0),
      `${figure(othersShare * 100, 0)} %`,
      good ? 'good' : 'NOT GOOD',
    ],
  );
  return `${renderTable([head, ...rows])}\n`;
}

/** For `--json`. */
export function verifyDocument(results: readonly VerifyResult[]): Record<string, unknown> {
  return {
    vaults: results.map(
      ({ recordings, output, elapsedMs, cpuSeconds, peakBytes: peak, othersShare, good }) => ({
        recordings,
        output,
        elapsed_ms: elapsedMs,
        cpu_s: cpuSeconds,
        peak_bytes: peak,
        others_share: othersShare,
        good,
      }),
    ),
  };
}

/** Of the largest vault, by kind of output. */
export function verifyFigures(results: readonly VerifyResult[]): Figures {
  const most = Math.max(...results.map(({ recordings }) => recordings));
  const largest = results.filter(({ recordings }) => recordings === most);
  return Object.fromEntries(
    largest.flatMap(({ output, recordings, cpuSeconds, peakBytes: peak }) => [
      [`verify.${output}.cpu_ms_per_recording`, (cpuSeconds * 1000) / recordings],
      [`verify.${output}.peak_mib`, peak / MIB],
    ]),
  );
}
