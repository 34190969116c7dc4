// A start with ten thousand recordings on a real disk, and with those that were released before, in a process of its own that runs what was
// built: what it asks of the disk, and what it keeps. How long it takes is printed, and the bench measures it (`npm run bench -- curves`).
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const RECORDINGS = 10_000;
const RELEASED = 5_000;
/** Calls for the spool itself, and for two documents of each of 50 cameras: those with which its chain goes on where its last recording was released. */
const FEW = 200;
/** As objects they would take 4 MiB. */
const HEAP_MORE_MAX = 1024 * 1024;
const target = new URL('../../dist/test/faults/start-target.js', import.meta.url).pathname;
let folder = '';

interface Start {
  readonly recordings: number;
  readonly released: number;
  readonly openMs: number;
  /** Of the disk, by name, but for those of threads. */
  readonly calls: Readonly<Record<string, number>>;
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

/** A start that finds an index of the start before. */
function indexed(wanted: Pick<Start, 'recordings' | 'released'>): Start {
  const first = start(); // reads every manifest that is new, and leaves an index
  const next = start();
  expect(first).toMatchObject(wanted);
  expect(next).toMatchObject(wanted);
  console.log(`${first.openMs} ms, and ${next.openMs} with an index`);
  return next;
}

/** Nothing is read of a recording, and the threads look at all of them: none is looked at by itself. */
function expectFewCalls({ calls }: Start): void {
  const { stat = 0, list = 0, readAll = 0, open = 0 } = calls;
  expect(stat + list).toBeLessThanOrEqual(FEW);
  expect(readAll + open).toBeLessThanOrEqual(FEW);
}

test('a start with an index reads none of ten thousand recordings, and half as many released ones add no heap', () => {
  const without = indexed({ recordings: RECORDINGS, released: 0 });
  expectFewCalls(without);
  run('fill', folder, '0', String(RELEASED));
  const best = indexed({ recordings: RECORDINGS, released: RELEASED });
  expectFewCalls(best);
  expect(best.heapBytes - without.heapBytes).toBeLessThan(HEAP_MORE_MAX);
});
