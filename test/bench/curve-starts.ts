// The curves of starts: a spool with a growing backlog, and a custody log of growing length. Each is filled further and opened again by programs of their
// own; what is told is the second start, which finds the index that the first one left, as all but one do.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { processCpu } from './cpu.ts';
import type { CurveKind, CurveMeasure, CurveValue } from './curve.ts';
import type { CustodyStart } from './custody-run.ts';
import { LoadWatch } from './load.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const FILL_MS = 4 * 60 * 60_000;

export const BACKLOG: CurveKind = {
  name: 'backlog',
  title: 'opening a spool with recordings that wait for their store',
  xLabel: 'recordings',
  timeLabel: 'ms',
  sizes: [0, 100, 1000, 10_000, 100_000],
  quickSizes: [0, 100, 1000],
  open: () =>
    openFilled('../faults/start-target.js', (text) => {
      const { openMs, heapBytes, outsideBytes } = JSON.parse(text) as {
        readonly openMs: number;
        readonly heapBytes: number;
        readonly outsideBytes: number;
      };
      return { time: openMs, peakMib: { 'heap of a bare process': (heapBytes + outsideBytes) / MIB } };
    }),
};

export const CUSTODY: CurveKind = {
  name: 'custody',
  title: 'opening a custody log',
  xLabel: 'entries',
  timeLabel: 'ms',
  sizes: [0, 1000, 10_000, 100_000, 1_000_000],
  quickSizes: [0, 1000, 10_000],
  open: () =>
    openFilled('custody-run.js', (text) => {
      const { openMs, peakBytes } = JSON.parse(text) as CustodyStart;
      return { time: openMs, peakMib: { 'a bare process': peakBytes / MIB } };
    }),
};

/** `program` knows `fill DIR COUNT` and `start DIR`; `read` takes what it prints. */
async function openFilled(
  program: string,
  read: (text: string) => Omit<CurveValue, 'othersShare'>,
): Promise<CurveMeasure> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  const file = fileURLToPath(new URL(program, import.meta.url));
  let filled = 0;
  return {
    at: async (count, signal) => {
      const node = (...words: readonly string[]): Promise<{ stdout: string }> =>
        run(process.execPath, ['--expose-gc', file, ...words], { signal, timeout: FILL_MS });
      await node('fill', folder, `${count - filled}`);
      filled = count;
      await node('start', folder);
      const load = new LoadWatch();
      const before = processCpu('self').children;
      const { stdout } = await node('start', folder);
      return { ...read(stdout), othersShare: load.close(processCpu('self').children - before).othersShare };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
