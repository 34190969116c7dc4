import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { comparisonText, figuresForJson, readResults, writeResults, type GroupResult } from './reference.ts';

const machine = {
  cpu_model: 'A',
  cores: 2,
  memory_mib: 1000,
  architecture: 'x64',
  kernel: '6',
  node_version: 'v20',
  openssl_version: '3',
};

function result(figures: GroupResult['figures'], more: Partial<GroupResult> = {}): GroupResult {
  const disturbance = { of: 1, disturbed: 0 };
  const measured_at = '2026-01-02T03:04:05.000Z';
  return { measured_at, machine, quick: false, good: true, disturbance, details: {}, figures, ...more };
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-results-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('groups that are written later stand beside those that are there, and take the place of their own name', async () => {
  const file = join(await emptyFolder(), 'results.json');
  await writeResults(file, { pipeline: result({ a: 1 }), station: result({ b: 1 }) });
  await writeResults(file, { pipeline: result({ a: 2 }) });
  const read = await readResults(file);
  expect([read['pipeline']?.figures, read['station']?.figures]).toEqual([{ a: 2 }, { b: 1 }]);
});

test('a file that is not there has no results, and one of another form is refused and kept', async () => {
  const file = join(await emptyFolder(), 'results.json');
  expect(await readResults(file)).toEqual({});
  await writeFile(file, '{"version":1}');
  await expect(writeResults(file, {})).rejects.toThrow('is no file of results of version 2');
});

test('a comparison gives the ratio of what both have, and nothing where there is no earlier run', () => {
  const now = { pipeline: result({ a: 3, b: null, c: 1 }) };
  const lines = comparisonText(now, { pipeline: result({ a: 2, b: 1 }) }).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^pipeline, against 2026-01-02 /);
  expect(lines[2]).toMatch(/^a +3\.00 +2\.00 +1\.50$/);
  expect(comparisonText(now, {})).toBe('');
});

test('a comparison says where the machine or the amount of work was another', () => {
  const earlier = result({ a: 2 }, { machine: { ...machine, cpu_model: 'B' }, quick: true });
  const text = comparisonText({ pipeline: result({ a: 3 }) }, { pipeline: earlier });
  expect(text).toContain('ANOTHER MACHINE then: 2 x B, Node v20');
  expect(text).toContain('one of the two was --quick');
});

test('what was not measured is null', () => {
  expect(figuresForJson({ a: Number.NaN, b: 1 })).toEqual({ a: null, b: 1 });
});
