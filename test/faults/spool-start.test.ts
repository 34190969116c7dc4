// A start with ten thousand recordings on a real disk, measured in a process of its own that runs what was built.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const RECORDINGS = 10_000;
const target = new URL('../../dist/test/faults/start-target.js', import.meta.url).pathname;
let folder = '';

interface Start {
  readonly recordings: number;
  readonly openMs: number;
}

const run = (...given: readonly string[]): string =>
  execFileSync(process.execPath, [target, ...given], { encoding: 'utf8', maxBuffer: 1 << 20 });
const start = (): Start => JSON.parse(run('start', folder)) as Start;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-start-'));
  run('fill', folder, String(RECORDINGS));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('ten thousand recordings are ready in under a second', () => {
  const first = start(); // reads every manifest and leaves an index
  expect(first.recordings).toBe(RECORDINGS);
  const times = [start(), start(), start()].map(({ openMs }) => openMs);
  expect(Math.min(...times), `first ${first.openMs} ms, then ${times.join(', ')} ms`).toBeLessThan(1000);
});
