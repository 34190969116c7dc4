// Two verifiers of two languages, one of which knows SPEC.md alone: whatever a seed makes of a vault, good or damaged, both say the same.
// Each run adds a fresh seed to the fixed ones, but in CI, which is a function of the commit alone. It is printed; where it fails it goes into FAILED_ONCE, with the reason.
import { randomInt } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEvidenceVault } from '../fakes/manipulations/evidence-vault.ts';
import { judgeCopies, judgeWithBoth, type Judged } from '../fakes/manipulations/judged.ts';
import { codesOf } from '../fakes/manipulations/judges.ts';
import { damage } from '../fakes/manipulations/random-damage.ts';
import { buildRandomVault } from '../fakes/manipulations/random-vault.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { takesShare } from '../fakes/share-of-run.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const FRESH = takesShare ? 20_261_201 : randomInt(1_000_000, 2 ** 31);
/** Seeds of vaults: good ones. Those up to 6 failed once (what was matched lay under another path than its recording), so did the next (twice in one docking). */
const VAULTS = [1, 2, 3, 4, 5, 6, 513_498_949, FRESH];
/** Damages of the evidence vault. */
const DAMAGES = Array.from({ length: 40 }, (_, at) => 100 + at);
/** A signature without its last line break (21, 73) and a vault without its id (97) were refused by one verifier and not by the other. */
const FAILED_ONCE = [21, 73, 97];
/** Vaults of which damage was judged differently once: a segment before a change away from a key that the store revoked (SPEC 4.9.3). */
const DIFFERED_ONCE: readonly (readonly [vault: number, damage: number])[] = [[821_997_093, 821_997_131]];
const FRESH_DAMAGES = Array.from({ length: 40 }, (_, at) => FRESH + at);
const JUDGING_MS = 240_000;

describe.skipIf(lacksTools('python3'))(`both verifiers agree (fresh seed ${FRESH})`, () => {
  let root: string;
  beforeAll(async () => {
    process.stdout.write(`the fresh seed of the verifiers' vaults and damages is ${FRESH}\n`);
    root = await mkdtemp(join(tmpdir(), 'bodydock-agree-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test.each(VAULTS)('that the vault of seed %i is good, and on its counts', async (seed) => {
    const { vault, keys } = await buildRandomVault(await folder(`vault-${seed}`), seed);
    const [said] = await judgeWithBoth([vault], { keys });
    expect(said?.python.findings).toEqual([]);
    expect(said?.product.findings).toEqual([]);
    const differences = Object.values(said?.python.stations ?? {}).flatMap((each) => each.differences);
    expect(differences).toEqual([]);
  });

  test(
    'on what damage made of the evidence vault',
    async () => {
      const { vault, keys } = (await buildEvidenceVault(await folder('evidence'))).dock1;
      await expectAgreement(vault, keys, [...FAILED_ONCE, ...DAMAGES]);
    },
    JUDGING_MS,
  );

  test(
    'on what fresh damage made of a fresh vault',
    async () => {
      const { vault, keys } = await buildRandomVault(await folder('damaged'), FRESH);
      await expectAgreement(vault, keys, FRESH_DAMAGES);
    },
    JUDGING_MS,
  );

  test.each(DIFFERED_ONCE)('on what the vault of seed %i became by damage %i', async (seed, damaged) => {
    const { vault, keys } = await buildRandomVault(await folder(`differed-${seed}`), seed);
    const copy = join(await folder(`differed-${seed}-${damaged}`), 'vault');
    await cp(vault, copy, { recursive: true });
    await damage(copy, seededRandom(damaged));
    const [said] = await judgeWithBoth([copy], { keys });
    expect(said === undefined ? 'nothing' : agrees(said) || told(said)).toBe(true);
  });

  async function folder(name: string): Promise<string> {
    await mkdir(join(root, name));
    return join(root, name);
  }

  /** One copy for each seed, damaged by it. Nearly every damage must be found, else nothing was compared. */
  async function expectAgreement(vault: string, keys: string, seeds: readonly number[]): Promise<void> {
    const done: string[] = [];
    const damaged = async (seed: number, where: string): Promise<string> => {
      const copy = join(where, 'vault');
      await cp(vault, copy, { recursive: true });
      done.push(`seed ${seed}: ${await damage(copy, seededRandom(seed))}`);
      return copy;
    };
    const judged = await judgeCopies(seeds, damaged, (copies) => judgeWithBoth(copies, { keys }));
    const differing = judged.flatMap((said, at) => (agrees(said) ? [] : [`${done[at]}; ${told(said)}`]));
    expect(differing).toEqual([]);
    const found = judged.filter(({ python }) => !python.good).length;
    expect(found).toBeGreaterThan(seeds.length * 0.8);
  }
});

function agrees({ python, product }: Judged): boolean {
  return python.good === product.good;
}

function told({ python, product }: Judged): string {
  return `Python says [${codesOf(python).join(' ')}], verify says [${codesOf(product).join(' ')}]`;
}
