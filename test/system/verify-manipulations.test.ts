// `bodydock verify` as a user starts it, on every manipulation of the evidence vault: each is rejected, with a finding that says why.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEvidenceVault, type EvidenceVault } from '../fakes/manipulations/evidence-vault.ts';
import { codesOf, judgeWithProduct, type Judgement } from '../fakes/manipulations/judges.ts';
import { ManipulatedVault, type Manipulation } from '../fakes/manipulations/manipulated-vault.ts';
import {
  ARE_ALL_TRIED,
  MANIPULATIONS_OF_THIS_RUN as MANIPULATIONS,
} from '../fakes/manipulations/of-this-run.ts';
import { pointTried } from '../fakes/points.ts';
import { saysWhy, VERIFY_REASONS } from '../fakes/manipulations/verify-reasons.ts';

const ALL = Object.values(MANIPULATIONS).flat();
/** Vaults of one call: enough that its start does not count, few enough to keep on disk. */
const BATCH = 40;
/** A minute on two idle cores; others may use them. */
const JUDGING_MS = 600_000;

let root: string;
let evidence: EvidenceVault;
const judged = new Map<Manipulation, Judgement>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-manipulations-'));
  evidence = await buildEvidenceVault(join(root, 'evidence'));
  // A batch is judged while the next one is made.
  let judging = Promise.resolve();
  for (let from = 0; from < ALL.length; from += BATCH) {
    const batch = ALL.slice(from, from + BATCH);
    const copies = await copiesOf(batch, join(root, `${from}`));
    await judging;
    judging = judgeAll(batch, copies, join(root, `${from}`));
    judging.catch(() => undefined);
  }
  await judging;
}, JUDGING_MS);
afterAll(() => rm(root, { recursive: true, force: true }));

async function copiesOf(batch: readonly Manipulation[], folder: string): Promise<string[]> {
  const vaults: string[] = [];
  for (const [at, { act }] of batch.entries()) {
    const copy = await ManipulatedVault.copy(evidence, join(folder, `${at}`));
    await act(copy);
    vaults.push(copy.vault);
  }
  return vaults;
}

async function judgeAll(
  batch: readonly Manipulation[],
  vaults: readonly string[],
  folder: string,
): Promise<void> {
  const said = await judgeWithProduct(vaults, { keys: evidence.dock1.keys });
  pointTried(batch.length);
  for (const [at, manipulation] of batch.entries()) judged.set(manipulation, said[at] as Judgement);
  await rm(folder, { recursive: true });
}

const codes = (manipulation: Manipulation): string[] =>
  codesOf(judged.get(manipulation) ?? { good: true, findings: [] });

test('the vault that manipulations start from is good, with every payload opened', async () => {
  const { vault, keys, identityFile: identity } = evidence.dock1;
  expect(await judgeWithProduct([vault], { keys, identity })).toEqual([{ good: true, findings: [] }]);
});

for (const [area, manipulations] of Object.entries(MANIPULATIONS))
  describe(`among the ${area}, is rejected for a right reason:`, () => {
    test.each(manipulations)('$name', (manipulation) => {
      const found = codes(manipulation);
      expect(judged.get(manipulation)?.good).toBe(false);
      expect({ found, saysWhy: saysWhy(manipulation.reason, found) }).toMatchObject({ saysWhy: true });
    });
  });

// Of a part of them some reasons are missing: only a run of all can say it.
test.runIf(ARE_ALL_TRIED)('no reason allows a code by which nothing is ever found', () => {
  const found = new Map<string, Set<string>>();
  for (const manipulation of ALL) {
    const known = found.get(manipulation.reason) ?? new Set();
    for (const code of codes(manipulation)) known.add(code);
    found.set(manipulation.reason, known);
  }
  const idle = Object.entries(VERIFY_REASONS).flatMap(([reason, wanted]) =>
    wanted.filter((code) => found.get(reason)?.has(code) !== true).map((code) => `${reason}: ${code}`),
  );
  expect(idle).toEqual([]);
});
