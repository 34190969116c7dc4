// A fixed few of the manipulations, one of each area; test/system/verify-manipulations.test.ts has them all.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Remark } from '../../../../agent/evidence/verify/remark.ts';
import { verifyFolder, type VerifyReport } from '../../../../agent/evidence/verify/verify-place.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../../fakes/manipulations/manipulated-vault.ts';
import { MANIPULATIONS } from '../../../fakes/manipulations/manipulations.ts';
import { saysWhy, VERIFY_REASONS } from '../../../fakes/manipulations/verify-reasons.ts';

const ALL = Object.values(MANIPULATIONS).flat();
const SAMPLE = [
  'one bit of the last unit of a payload turned around',
  'another capture time, signed by the station itself after the receipt',
  'a signature of the kind that is not prehashed, by the right key',
  'receipts of two recordings exchanged, with their signatures',
  'a recording in the folders of two stations',
  'a receipt that the store dated back afterwards',
  'a station that enters another digest of an original',
  'a station that erased before the receipt came',
  'an entry that was erased, where the log knows of no erasure',
  'an entry of which nobody could see whether it went, where the log says what became of it',
  'an entry that was not erased, where the log says that it was',
  'a payload put back beside its deletion record',
  'an order that the roles signed anew after it was entered',
  'an evaluation that its evaluator changed afterwards',
  'an evaluation taken away',
  'a revocation with another reason than the log’s',
  'the newest docking taken away with all traces of it; only the store’s log knows how much it had',
];

let root: string;
let evidence: EvidenceVault;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-sample-'));
  evidence = await buildEvidenceVault(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function findingsOf(vault: string): Promise<string[]> {
  const remarks: Remark[] = [];
  const report: VerifyReport = {
    recording: (checked) => void remarks.push(...checked.remarks),
    docking: (checked) => void remarks.push(...checked.remarks),
    remark: (remark) => void remarks.push(remark),
  };
  const { keys: keysFolder, clock } = evidence.dock1;
  const nowMs = Date.parse(clock.now());
  const { signal } = new AbortController();
  await verifyFolder(vault, { files: nodeFiles(), keysFolder, identities: [], nowMs, signal }, report);
  return remarks.filter(({ kind }) => kind === 'finding').map(({ code }) => code);
}

test('the vault that manipulations start from is good', async () => {
  expect(await findingsOf(evidence.dock1.vault)).toEqual([]);
});

test('each reason of a manipulation has codes that say why', () => {
  const reasons = [...new Set(ALL.map(({ reason }) => reason))].sort();
  expect(Object.keys(VERIFY_REASONS).sort()).toEqual(reasons);
});

describe('is rejected for a right reason:', () => {
  test.each(SAMPLE)('%s', async (wanted) => {
    const manipulation = ALL.find(({ name }) => name === wanted);
    if (manipulation === undefined) throw new Error(`no manipulation is called ${wanted}`);
    const copy = await ManipulatedVault.copy(evidence);
    try {
      await manipulation.act(copy);
      const codes = await findingsOf(copy.vault);
      expect({ codes, saysWhy: saysWhy(manipulation.reason, codes) }).toMatchObject({ saysWhy: true });
    } finally {
      await copy.remove();
    }
  });
});
