// Copies of one vault, each changed in its own way, and what both verifiers say of each. Copies are made while earlier ones are judged.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeWithProduct, judgeWithPython, type Judgement, type PythonSaid, type Trust } from './judges.ts';

/** Vaults that one call of a verifier judges: enough that its start does not count, few enough to keep on disk. */
const BATCH = 30;
/** Batches that are being judged at a time: one on each of two cores. */
const JUDGED_AT_ONCE = 2;

/** What was said of one vault. */
export interface Judged {
  readonly python: PythonSaid;
  readonly product: Judgement;
}

/**
 * Has every copy judged, in the order of `changes`. `make` makes a copy in an empty folder, changed so, and gives the path of its vault.
 * Errors: what `make` and `judge` throw.
 */
export async function judgeCopies<Change, Verdict>(
  changes: readonly Change[],
  make: (change: Change, folder: string) => Promise<string>,
  judge: (vaults: readonly string[]) => Promise<Verdict[]>,
): Promise<Verdict[]> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-judged-'));
  const judged: Promise<Verdict[]>[] = [];
  try {
    for (let from = 0; from < changes.length; from += BATCH) {
      const vaults: string[] = [];
      for (const [at, change] of changes.slice(from, from + BATCH).entries())
        vaults.push(await make(change, join(root, `${from + at}`)));
      judged.push(judge(vaults));
      await judged.at(-JUDGED_AT_ONCE);
    }
    return (await Promise.all(judged)).flat();
  } finally {
    await Promise.allSettled(judged);
    await rm(root, { recursive: true, force: true });
  }
}

/** Both verifiers on the same vaults, one after the other. */
export async function judgeWithBoth(vaults: readonly string[], trust: Trust): Promise<Judged[]> {
  const python = await judgeWithPython(vaults, trust);
  const product = await judgeWithProduct(vaults, trust);
  return python.map((said, at) => {
    const other = product[at];
    if (other === undefined) throw new Error('a vault was judged by one verifier alone');
    return { python: said, product: other };
  });
}
