// A start with ten thousand recordings on a real disk, and with those that were released before, measured in a process of its own that runs what was built.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const RECORDINGS = 10_000;
const RELEASED = 5_000;
/** As objects they would take 4 MiB. */
const HEAP_MORE_MAX = 1024 * 1024;
const target = new URL('../../dist/test/faults/start-target.js', import.meta.url).pathname;
let folder = '';

interface Start {
  readonly recordings: number;
  readonly released: number;
  readonly openMs: number;
  readonly heapBytes: number;
}

const run = (...given: readonly string[]): string =>
  execFileSync(process.execPath, ['--expose-gc', target, ...given], { encoding: 'utf8', maxBuffer: 1 << 20 });
const start = (): Start => JSON.parse(run('start', folder)) as Start;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-start-'));
  run('fill', folder, String(RECORDINGS));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function quickest(wanted: Pick<Start, 'recordings' | 'released'>): Start {
  const first = start(); // reads every manifest that is new, and leaves an index
  expect(first).toMatchObject(wanted);
  const starts = [start(), start(), start()].sort((a, b) => a.openMs - b.openMs);
  const best = starts[0] ?? first;
  expect(best).toMatchObject(wanted);
  const told = `first ${first.openMs} ms, then ${starts.map(({ openMs }) => openMs).join(', ')} ms`;
  expect(best.openMs, told).toBeLessThan(1000);
  return best;
}

test('ten thousand recordings are ready in under a second, and half as many released ones add no heap', () => {
  const without = quickest({ recordings: RECORDINGS, released: 0 });
  run('fill', folder, '0', String(RELEASED));
  const best = quickest({ recordings: RECORDINGS, released: RELEASED });
  expect(best.heapBytes - without.heapBytes).toBeLessThan(HEAP_MORE_MAX);
});
