// The independent verifier in Python, which knows SPEC.md alone: it takes what is good, and rejects each manipulation for the right reason.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEvidenceVault, type EvidenceVault } from '../fakes/manipulations/evidence-vault.ts';
import { judgeCopies } from '../fakes/manipulations/judged.ts';
import { codesOf, judgeWithPython, type PythonSaid } from '../fakes/manipulations/judges.ts';
import { ManipulatedVault, type Manipulation } from '../fakes/manipulations/manipulated-vault.ts';
import { MANIPULATIONS_OF_THIS_RUN as MANIPULATIONS } from '../fakes/manipulations/of-this-run.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { VaultBuilder } from '../fakes/vault-builder.ts';

const ALL = Object.values(MANIPULATIONS).flat();
/** To manipulate and judge all copies, or to build a large vault, on cores that others use as well. */
const JUDGING_MS = 240_000;
/** For one vault of 1,000 recordings, which takes some 5 s of one core: how long an expert may have to wait. */
const THOUSAND_MS = 60_000;

describe.skipIf(lacksTools('python3', 'age', 'minisign'))('the independent verifier', () => {
  let root: string;
  let evidence: EvidenceVault;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-verifier-'));
    evidence = await buildEvidenceVault(root);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test('takes the vault that every manipulation starts from, with each payload and name opened', async () => {
    const { vault, keys, identityFile: identity } = evidence.dock1;
    const [said] = await judgeWithPython([vault], { keys, identity });
    expect(said).toMatchObject({ good: true, findings: [] });
    expect(said?.notes.map(({ code }) => code)).toEqual(['vault.own']);
    expect(said?.stations).toMatchObject({
      'dock-1': { recordings: 7, receipts: 7, receipted_in_log: 7, deleted: 0, differences: [] },
      'dock-2': { recordings: 5, receipts: 5, receipted_in_log: 5, deleted: 3, differences: [] },
    });
  });

  describe('rejects for its reason', () => {
    const judged = new Map<Manipulation, PythonSaid>();
    beforeAll(async () => {
      const make = async (manipulation: Manipulation, folder: string): Promise<string> => {
        const copy = await ManipulatedVault.copy(evidence, folder);
        await manipulation.act(copy);
        return copy.vault;
      };
      const { keys } = evidence.dock1;
      const said = await judgeCopies(ALL, make, (vaults) => judgeWithPython(vaults, { keys }));
      for (const [at, each] of said.entries()) judged.set(ALL[at] as Manipulation, each);
    }, JUDGING_MS);

    for (const [area, manipulations] of Object.entries(MANIPULATIONS))
      describe(`among the ${area}:`, () => {
        test.each(manipulations)('$name', (manipulation) => {
          const said = judged.get(manipulation);
          expect(said?.good).toBe(false);
          expect(codesOf(said ?? { good: true, findings: [] })).toContain(manipulation.reason);
        });
      });
  });

  test('says of a vault the same whether it is judged alone or behind an altered one', async () => {
    const { keys, vault } = evidence.dock1;
    const altered = await ManipulatedVault.copy(evidence);
    await writeFile(altered.at(evidence.fresh, 'manifest.json'), '{}');
    const together = await judgeWithPython([vault, altered.vault, vault], { keys });
    const alone = [
      ...(await judgeWithPython([vault], { keys })),
      ...(await judgeWithPython([altered.vault], { keys })),
    ];
    expect(together).toEqual([alone[0], alone[1], alone[0]]);
    expect(together.map(({ good }) => good)).toEqual([true, false, true]);
    await altered.remove();
  });
});

describe.skipIf(lacksTools('python3'))('a vault of 1,000 recordings', () => {
  let big: VaultBuilder;
  beforeAll(async () => {
    big = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-thousand-')), { seed: 1000 });
    for (let docking = 0; docking < 50; docking++) {
      await big.dock({ camera: `cam-${1 + (docking % 4)}` });
      for (let number = 0; number < 20; number++)
        await big.record({
          original: big.random.bytes(1 + big.random.below(3000)),
          path: `DCIM/${docking}/${number}.MP4`,
          erased: number % 2 === 0,
        });
      await big.undock();
      if (docking % 10 === 9) await big.restart();
    }
    await big.close();
  }, JUDGING_MS);
  afterAll(() => rm(big.root, { recursive: true, force: true }));

  test('is taken whole, with its log, in less than a minute', async () => {
    const startedMs = performance.now();
    const [said] = await judgeWithPython([big.vault], { keys: big.keys });
    expect(performance.now() - startedMs).toBeLessThan(THOUSAND_MS);
    expect(said).toMatchObject({ good: true, findings: [], notes: [] });
    expect(said?.stations).toMatchObject({
      'dock-1': { recordings: 1000, receipts: 1000, receipted_in_log: 1000, differences: [] },
    });
  });

  test('is refused for what was altered in three of them, and each is named', async () => {
    const [flipped, renamed, gone] = [big.recordings[7], big.recordings[444], big.recordings[999]];
    if (flipped === undefined || renamed === undefined || gone === undefined) throw new Error('not built');
    const payload = join(flipped.folder, 'payload.age');
    const bytes = await readFile(payload);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(payload, bytes);
    const manifest = join(renamed.folder, 'manifest.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace(/"camera":\{"id":"cam-\d"/, '"camera":{"id":"cam-9"'));
    await rm(gone.folder, { recursive: true });
    const [said] = await judgeWithPython([big.vault], { keys: big.keys });
    expect(said?.good).toBe(false);
    const findings = said?.findings ?? [];
    const seen = findings.map(({ code, place }) => `${code} ${place}`);
    expect(seen).toContain(`payload.unit dock-1/${flipped.id}/payload.age`);
    expect(seen).toContain(`manifest.signature-wrong dock-1/${renamed.id}/manifest.json.minisig`);
    expect(findings.find(({ code }) => code === 'recording.missing')?.detail).toContain(gone.id);
    expect(said?.stations['dock-1']?.differences).toEqual([gone.id]);
    // Beside these three only the one that follows the altered manifest in its camera's chain.
    const named = new Set(findings.map(({ place }) => place.split('/')[1]));
    const recordings = big.recordings.filter(({ id }) => named.has(id));
    expect(recordings).toEqual([flipped, renamed, big.recordings[445]]);
  });
});
