// Random alterations of a kit by somebody without keys: no verifier with the keys of the vault misses any of what a signature covers.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import { buildEvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { judgeWithPython } from '../../../fakes/manipulations/judges.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { runCommand } from '../../cli/io-memory.ts';

const ALTERATIONS = 60;

let root: string;
let keys: string;
let kit: string;
/** Signed documents, sealed files and logs, with their signatures. */
let evidence: string[];
/** Altered ones, with what was altered. */
const copies = new Map<string, string>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-altered-kits-'));
  const built = await buildEvidenceVault(join(root, 'world'));
  keys = join(root, 'world', 'keys');
  kit = join(root, 'kit');
  const asked = [built.held.id, built.ordered.id, built.middle.id];
  const place = ['--vault', join(root, 'world', 'vault'), '--out', kit, '--reason', 'az-1'];
  expect(await runCommand(exportCommand, ...asked, ...place)).toMatchObject({ exitCode: 0 });
  const names = await readdir(kit, { recursive: true, withFileTypes: true });
  evidence = names
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(kit.length + 1))
    .filter((path) => path.includes('/') && !path.endsWith('.pub'))
    .sort();
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Random = ReturnType<typeof seededRandom>;

/** Nobody signs the first line of a signature file, nor what stands in a log after its last checkpoint. */
function flipped(path: string, bytes: Buffer, random: Random): Buffer {
  const from = path.endsWith('.minisig') ? bytes.indexOf('\n') + 1 : 0;
  const own = path.endsWith('.minisig') ? bytes.indexOf('\n', from) : Math.floor(bytes.length / 2);
  const at = from + random.below(Math.max(1, own - from));
  const altered = Buffer.from(bytes);
  altered[at] = (altered[at] ?? 0) ^ (1 << random.below(6));
  return altered;
}

function withoutLine(text: string, random: Random): string {
  const lines = text.split('\n');
  lines.splice(random.below(Math.max(1, lines.length - 2)), 1);
  return lines.join('\n');
}

/** One alteration of a copy, in words. */
async function alter(copy: string, random: Random): Promise<string> {
  const path = evidence[random.below(evidence.length)] ?? '';
  const file = join(copy, path);
  const bytes = await readFile(file);
  const kind = random.below(5);
  if (kind === 0 && path.endsWith('.jsonl')) {
    await writeFile(file, withoutLine(bytes.toString(), random));
    return `a line out of ${path}`;
  }
  // Without a proof a receipt is told as not fixed, which is no fault.
  if (kind === 1 && !path.endsWith('.jsonl.minisig') && !path.startsWith('proofs/')) {
    await rm(file);
    return `without ${path}`;
  }
  if (kind === 2) {
    await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    return `half of ${path}`;
  }
  const ending = path.slice(path.lastIndexOf('/') + 1);
  const others = evidence.filter((each) => each !== path && each.endsWith(`/${ending}`));
  if (kind === 3 && others.length > 0) {
    const other = others[random.below(others.length)] ?? '';
    await cp(join(kit, other), file);
    return `${other} in place of ${path}`;
  }
  await writeFile(file, flipped(path, bytes, random));
  return `a bit of ${path}`;
}

test('the kit itself is good, and nothing of it but its texts is left out', async () => {
  const { exitCode, json } = await runCommand(verify, kit, '--keys', keys, '--json');
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ totals: { orders: 2, custody_segments: expect.any(Number) as number } });
});

test.each(Array.from({ length: ALTERATIONS }, (_, at) => at + 1))('alteration %i shows', async (seed) => {
  const copy = join(root, `copy-${seed}`);
  await cp(kit, copy, { recursive: true });
  const altered = await alter(copy, seededRandom(seed));
  const { exitCode } = await runCommand(verify, copy, '--keys', keys);
  expect({ altered, exitCode }).toEqual({ altered, exitCode: 1 });
  copies.set(copy, altered);
});

test.skipIf(lacksTools('python3'))(
  'and none of them is good for the verifier in Python',
  async () => {
    const said = await judgeWithPython([kit, ...copies.keys()], { keys });
    expect(said.flatMap(({ good, vault }) => (good ? [copies.get(vault) ?? 'as it was'] : []))).toEqual([
      'as it was',
    ]);
  },
  60_000,
);
