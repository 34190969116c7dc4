// The group `syncs`: how often agent and receiver make something durable for each recording, counted by strace. On a card each costs tens of ms.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DockRig } from '../fakes/dock-rig.ts';
import { findTool } from '../fakes/stock-tools.ts';
import { pause } from '../fakes/until.ts';
import type { BenchOptions } from './options.ts';
import type { Outcome, Progress } from './outcome.ts';
import { dealOut, dockAll, openBenchRig, untilReceipts } from './parties/bodydock-rig.ts';
import { countSyncs, straceWords, type SyncKind } from './sync-trace.ts';
import { figure, renderTable } from './table.ts';
import { makeWork, type Work } from './work.ts';

const EMPTIED_MS = 120_000;
/** Of the custody log, and of the store's word on it, after the last receipt. */
const SETTLE_MS = 2000;
const LIFE_MS = 5 * 60_000;
const PROGRAMS = ['agent', 'receiver'] as const;
const SIZES = [
  { files: 16, cameras: 1 },
  { files: 128, cameras: 4 },
];
const KINDS: readonly SyncKind[] = [
  'sealed file',
  'list of digests',
  'document',
  'custody log',
  'folder',
  'other',
];

interface SyncResult {
  readonly files: number;
  readonly cameras: number;
  /** From the first camera that came in to the last receipt and what follows it. */
  readonly counts: Readonly<Record<(typeof PROGRAMS)[number], ReadonlyMap<SyncKind, number>>>;
}

/** Errors: no strace; what a program failed with; wrong bytes; the signal's reason. */
export async function syncsGroup(
  options: Pick<BenchOptions, 'quick'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  const strace = findTool('strace');
  if (strace === undefined) return skipped('strace');
  const results: SyncResult[] = [];
  for (const size of options.quick ? SIZES.slice(0, 1) : SIZES) {
    progress(`syncs of ${size.files} recordings, cameras: ${size.cameras}`);
    results.push(await measureOne(strace, size, AbortSignal.any([signal, AbortSignal.timeout(LIFE_MS)])));
  }
  return {
    text: syncsText(results),
    document: { runs: results.map(documentOf) },
    figures: Object.fromEntries(
      results.flatMap((result) =>
        PROGRAMS.map((name) => [
          `syncs.${name}.per_recording_of_${result.files}`,
          perRecording(result, name),
        ]),
      ),
    ),
    // A count is a count, however busy the machine was.
    disturbance: { of: results.length, disturbed: 0 },
    good: true,
  };
}

function skipped(tool: string): Outcome {
  const text = `SKIPPED: syncs: not installed: ${tool}`;
  return { text, document: { skipped: text }, figures: {}, disturbance: { of: 0, disturbed: 0 }, good: true };
}

async function measureOne(
  strace: string,
  { files, cameras }: (typeof SIZES)[number],
  signal: AbortSignal,
): Promise<SyncResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  const trace = (name: string): string => join(folder, `${name}.trace`);
  try {
    const work = await makeWork(join(folder, 'source'), files, files, signal);
    for (const name of PROGRAMS) await writeFile(trace(name), '');
    const bench = await openBenchRig(false, {
      cameras,
      release: 'after-receipt',
      agentWrapper: straceWords(strace, trace('agent')),
      receiverWrapper: straceWords(strace, trace('receiver')),
    });
    try {
      await dealOut(work, bench.rig);
      await bench.rig.receiver.start();
      await bench.rig.agent.start();
      return { files, cameras, counts: await countWhile(() => deliver(bench.rig, work, signal), trace) };
    } finally {
      await bench.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** From the docking to what follows the last erasure. */
async function deliver(rig: DockRig, work: Work, signal: AbortSignal): Promise<void> {
  await dockAll(rig);
  await untilReceipts(rig, work.files.length, signal);
  for (let number = 1; number <= rig.cameraCount; number++) await rig.untilEmptied(number, EMPTIED_MS);
  await pause(SETTLE_MS);
}

async function countWhile(
  work: () => Promise<void>,
  trace: (name: string) => string,
): Promise<SyncResult['counts']> {
  const before = await Promise.all(PROGRAMS.map((name) => readFile(trace(name), 'utf8')));
  await work();
  const [agent, receiver] = await Promise.all(
    PROGRAMS.map(async (name, at) =>
      countSyncs((await readFile(trace(name), 'utf8')).slice(before[at]?.length)),
    ),
  );
  return { agent: agent ?? new Map(), receiver: receiver ?? new Map() };
}

function perRecording({ counts, files }: SyncResult, name: (typeof PROGRAMS)[number]): number {
  return [...counts[name].values()].reduce((sum, count) => sum + count, 0) / files;
}

/** For people. */
function syncsText(results: readonly SyncResult[]): string {
  const head = ['syncs for each recording', 'all', ...KINDS];
  const rows = results.flatMap((result) =>
    PROGRAMS.map((name) => [
      `${name}, ${result.files} recordings of 1 MiB, cameras: ${result.cameras}`,
      figure(perRecording(result, name), 2),
      ...KINDS.map((kind) => figure((result.counts[name].get(kind) ?? 0) / result.files, 2)),
    ]),
  );
  return `${renderTable([head, ...rows])}\n`;
}

function documentOf(result: SyncResult): Record<string, unknown> {
  return {
    recordings: result.files,
    cameras: result.cameras,
    syncs: Object.fromEntries(PROGRAMS.map((name) => [name, Object.fromEntries(result.counts[name])])),
  };
}
