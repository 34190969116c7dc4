// A bit that is turned around anywhere in a document, in a payload or in a custody log is found, wherever it lies.
import { DOCKING_NAMES, RECORDING_NAMES } from '../../../../protocol/format/file-names.ts';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { pointTried } from '../../../fakes/points.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { verdictOf } from './broken-vault.ts';

const FLIPS_PER_FILE = 12;
let builder: VaultBuilder;
beforeAll(async () => {
  builder = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-flips-')));
  await builder.record({ original: builder.random.bytes(3000) });
  const deleted = await builder.record();
  await builder.restart();
  builder.clock.moveTo('2026-12-24');
  await builder.receiver.delete(deleted);
  await builder.close();
});
afterAll(() => rm(builder.root, { recursive: true, force: true }));

/** Turns bits of a file around, one after the other, and gives the places that were not found. */
async function unseen(path: string, from: number, to: number, verified: string): Promise<string[]> {
  const good = await readFile(path);
  const random = seededRandom(path.length + to);
  const missed: string[] = [];
  for (let count = 0; count < FLIPS_PER_FILE; count++) {
    const at = from + random.below(to - from);
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ (1 << random.below(8));
    await writeFile(path, bad);
    pointTried();
    const { findings } = await verdictOf(verified, builder);
    if (findings.length === 0) missed.push(`${path} byte ${at}`);
  }
  await writeFile(path, good);
  return missed;
}

const whole = (): string => builder.recordings[0]?.folder ?? '';
const deleted = (): string => builder.recordings[1]?.folder ?? '';
const docking = (): string => builder.dockings[0]?.parts[0]?.folder ?? '';

test.each<[string, string, () => string]>([
  ...[...RECORDING_NAMES]
    .filter((name) => !name.startsWith('deletion'))
    .map((name): [string, string, () => string] => ['a recording', name, whole]),
  ['a deleted recording', 'deletion.json', deleted],
  ['a deleted recording', 'deletion.json.minisig', deleted],
  ...[...DOCKING_NAMES].map((name): [string, string, () => string] => ['a docking record', name, docking]),
])('a flipped bit in %s, %s, is found', async (_, name, folderOf) => {
  const folder = folderOf();
  const path = join(folder, name);
  const bytes = await readFile(path);
  // The first line of a signature is a comment that nobody signs (SPEC 2); all behind it counts.
  const from = name.endsWith('.minisig') ? bytes.indexOf('\n') : 0;
  expect(await unseen(path, from, bytes.length, folder)).toEqual([]);
});

test.each([
  ['of the station', () => join(builder.custody, `${builder.segments[0]}.jsonl`)],
  ['of the store', () => join(builder.receiver.custody, `${builder.receiver.log.segments[0]}.jsonl`)],
])('a flipped bit in the custody log %s is found', async (_, pathOf) => {
  const path = pathOf();
  const { length } = await readFile(path);
  expect(await unseen(path, 0, length, builder.vault)).toEqual([]);
});
