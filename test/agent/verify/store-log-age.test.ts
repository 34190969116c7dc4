// A store lets the oldest part of its log go, and keeps documents that are older: nothing is held against them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../fakes/manipulations/manipulated-vault.ts';
import { remarksOf } from './remarks-of.ts';

let root: string;
let evidence: EvidenceVault;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-log-age-'));
  evidence = await buildEvidenceVault(join(root, 'evidence'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function toldOf(vault: string): Promise<string[]> {
  const remarks = await remarksOf(evidence, vault);
  return remarks.map(({ kind, code }) => `${kind} ${code}`);
}

/** The first segment goes; the log says so in its last one, where `announced`. */
async function withoutFirst(copy: ManipulatedVault, announced: boolean): Promise<void> {
  const { segments } = evidence.dock1.receiver.log;
  const path = copy.storeSegment(0);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const facts = {
    segment: String(segments[0]),
    last_sequence: lines.length,
    last_sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')),
  };
  if (announced)
    await copy.rewriteStore((entries, number) => {
      const like = entries.at(-2);
      return number === segments.length - 1 && like !== undefined
        ? entries.toSpliced(-1, 0, { ...like, event: 'segment-dropped', facts })
        : entries;
    });
  await rm(path);
  await rm(`${path}.minisig`, { force: true });
}

test('a revocation and deletions from before are told as older than the log', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'dropped'));
  await withoutFirst(copy, true);
  const remarks = await toldOf(copy.vault);
  expect(remarks.filter((remark) => remark.startsWith('finding'))).toEqual([]);
  expect(remarks).toEqual(
    expect.arrayContaining(['note custody.segment-dropped', 'note key-revocation.not-logged']),
  );
});

test('where the log does not say that it let its oldest part go, that part is missing', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'removed'));
  await withoutFirst(copy, false);
  expect(await toldOf(copy.vault)).toContain('finding custody.segment-missing');
});
