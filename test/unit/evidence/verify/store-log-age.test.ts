// The oldest part of a store's log is gone, and documents are here that are older: nothing is held against these.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../../fakes/manipulations/manipulated-vault.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { StoreBuilder } from '../../../fakes/vault-builder-store.ts';
import { verdictOf } from './broken-vault.ts';
import { remarksOf } from './remarks-of.ts';

const DAY_MS = 86_400_000;

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
  const all = await toldOf(copy.vault);
  // A store never drops anything of its own log: what is left of it is not the tree that others saw.
  expect(all.filter((each) => each.startsWith('finding'))).toEqual([
    'finding log.size',
    'finding log.shortened',
    'finding drop.segment',
  ]);
  expect(all).toEqual(
    expect.arrayContaining(['note custody.segment-dropped', 'note key-revocation.not-logged']),
  );
});

test('where the log does not say that it let its oldest part go, that part is missing', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'removed'));
  await withoutFirst(copy, false);
  expect(await toldOf(copy.vault)).toContain('finding custody.segment-missing');
});

test.each([
  ['r-a', 'r-store', 'note deletion.not-judged'],
  ['r-z', 'r-z', 'finding deletion.not-logged'],
])('beside the log of %s that goes further back, a deletion by %s is a %s', async (other, by, expected) => {
  const builder = await VaultBuilder.create(join(root, `two-${other}`));
  const { receiver, clock, vault, random } = builder;
  const beside = new StoreBuilder(vault, receiver.vaultId, random, clock, other);
  beside.key = receiver.key;
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  for (let starts = 0; starts < 2; starts++) await beside.start();
  clock.advance(30 * DAY_MS);
  await receiver.delete(recording, { change: (record) => ({ ...record, receiver: parseReceiverId(by) }) });
  clock.advance(30 * DAY_MS);
  await receiver.start();
  await builder.close();
  await beside.write();
  for (const { custody, log } of [receiver, beside])
    for (const suffix of ['.jsonl', '.jsonl.minisig'])
      await rm(join(custody, `${log.segments[0]}${suffix}`), { force: true });
  const nowMs = Date.parse(clock.now());
  const { remarks } = await verdictOf(vault, builder, { nowMs, identities: [] });
  const told = remarks.map(({ kind, code }) => `${kind} ${code}`);
  expect(told.filter((remark) => /deletion/.test(remark))).toEqual([expected]);
});
