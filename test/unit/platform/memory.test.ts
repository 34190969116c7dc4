// The heap of a process stays small whatever threads it starts: V8 sets its flags anew with each that has limits of its own. In a process of its own,
// since those flags are the whole process's.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const from = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);

/** Prints the MiB of its young generation after much garbage, once before and once after the start of a thread. */
const PROGRAM = `
import { getHeapSpaceStatistics } from 'node:v8';
import { tuneHeap } from ${from('agent/platform/memory.ts')};
import { openWorkerSigner } from ${from('agent/platform/signer-worker.ts')};
import { makeSecretKey } from ${from('protocol/documents/minisign.ts')};

function youngMib() {
  const kept = [];
  for (let at = 0; at < 3e6; at++) kept[at % 60_000] = { at, list: [at] };
  const found = getHeapSpaceStatistics().find((each) => each.space_name === 'new_space');
  return found.space_size / 1024 / 1024;
}

if (process.argv.at(-1) === 'tuned') tuneHeap();
const before = youngMib();
const signer = await openWorkerSigner(makeSecretKey({ bytes: (count) => new Uint8Array(count).fill(7) }));
const after = youngMib();
await signer.close();
console.log(JSON.stringify({ before, after }));
`;

function young(how: 'tuned' | 'as it is'): { readonly before: number; readonly after: number } {
  const given = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM, how];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as ReturnType<typeof young>;
}

// Of two lives the smaller one: now and then V8 lets it grow for one collection (5.25 MiB once on Node 24); untuned it is large in each.
test('the young generation stays small after the start of a thread', () => {
  const lives = [young('tuned'), young('tuned')];
  expect(Math.min(...lives.map(({ before }) => before))).toBeLessThanOrEqual(4);
  expect(Math.min(...lives.map(({ after }) => after))).toBeLessThanOrEqual(4);
});

test('a program that did not tune its heap keeps the heap that Node gives it', () => {
  expect(young('as it is').after).toBeGreaterThan(8);
});

/** Prints the MiB of pages that half of many objects leave, the other half being garbage between them. */
const SCATTERING = `
import { getHeapSpaceStatistics } from 'node:v8';
import { tuneHeap } from ${from('agent/platform/memory.ts')};

tuneHeap();
const kept = Array.from({ length: 100_000 }, (_, at) => Array.from({ length: 32 }, () => at));
const collect = () => { for (let times = 0; times < 4; times++) gc(); };
const mib = () => getHeapSpaceStatistics().find((each) => each.space_name === 'old_space').space_size / 1024 / 1024;
collect();
const before = mib();
for (let at = 0; at < kept.length; at += 2) kept[at] = null;
collect();
console.log(JSON.stringify({ before, after: mib() }));
`;

function scattered(): { readonly before: number; readonly after: number } {
  const given = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', SCATTERING];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as ReturnType<
    typeof scattered
  >;
}

test('objects that lie scattered are put together, and their pages given back', () => {
  const { before, after } = scattered();
  expect(after).toBeLessThan(before * 0.75);
});
