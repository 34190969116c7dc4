// A store lets the oldest part of its log go, and keeps documents that are older: nothing is held against them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Remark } from '../../../agent/verify/remark.ts';
import { verifyFolder } from '../../../agent/verify/verify-folder.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { nodeFiles } from '../../../protocol/io/files-node.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../fakes/manipulations/manipulated-vault.ts';

let root: string;
let evidence: EvidenceVault;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-log-age-'));
  evidence = await buildEvidenceVault(join(root, 'evidence'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function remarksOf(vault: string): Promise<string[]> {
  const remarks: Remark[] = [];
  const report = {
    recording: (checked: { readonly remarks: readonly Remark[] }) => void remarks.push(...checked.remarks),
    docking: (checked: { readonly remarks: readonly Remark[] }) => void remarks.push(...checked.remarks),
    remark: (remark: Remark) => void remarks.push(remark),
  };
  const { keys: keysFolder, clock } = evidence.dock1;
  const nowMs = Date.parse(clock.now());
  const { signal } = new AbortController();
  await verifyFolder(vault, { files: nodeFiles(), keysFolder, identities: [], nowMs, signal }, report);
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
  const remarks = await remarksOf(copy.vault);
  expect(remarks.filter((remark) => remark.startsWith('finding'))).toEqual([]);
  expect(remarks).toEqual(
    expect.arrayContaining(['note custody.segment-dropped', 'note key-revocation.not-logged']),
  );
});

test('where the log does not say that it let its oldest part go, that part is missing', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'removed'));
  await withoutFirst(copy, false);
  expect(await remarksOf(copy.vault)).toContain('finding custody.segment-missing');
});
