// Whoever can write into a vault and has no key can put lines behind the last checkpoint of the store's log: they explain nothing.
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { encodeCustodyEntry, parseCustodyEntry } from '../../../protocol/custody-entry.ts';
import { keyIdHex } from '../../../protocol/minisign.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../fakes/manipulations/manipulated-vault.ts';
import { remarksOf } from './remarks-of.ts';

let root: string;
let evidence: EvidenceVault;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-excuse-'));
  evidence = await buildEvidenceVault(join(root, 'evidence'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function findingsOf(vault: string): Promise<string[]> {
  const remarks = await remarksOf(evidence, vault);
  return [...new Set(remarks.filter(({ kind }) => kind === 'finding').map(({ code }) => code))].sort();
}

/** Puts an entry behind the end of a log, that of the store unless told otherwise, chained as it should be and without a checkpoint. */
async function append(
  copy: ManipulatedVault,
  event: 'documents-dropped' | 'segment-dropped' | 'key-changed',
  facts: Readonly<Record<string, string | number>>,
  path = copy.storeSegment(-1),
): Promise<void> {
  await rm(`${path}.minisig`, { force: true }); // the newest segment of a running store has none
  const last = Buffer.from((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? '');
  const { sequence, at, boot, monotonic_ms } = parseCustodyEntry(last);
  const place = { sequence: sequence + 1, previous: sha256Hex(last), at, boot, monotonic_ms };
  await appendFile(path, Buffer.concat([encodeCustodyEntry({ ...place, event, facts }), Buffer.from('\n')]));
}

test('a recording that was taken away is missing, although a line that nobody signed calls it let go', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'recording'));
  const { middle } = evidence;
  const { station, recording } = middle.manifest;
  await rm(copy.at(middle), { recursive: true });
  expect(await findingsOf(copy.vault)).toContain('recording.missing');
  const manifest_sha256 = sha256Hex(middle.manifestBytes);
  await append(copy, 'documents-dropped', { station, recording, manifest_sha256 });
  expect(await findingsOf(copy.vault)).toContain('recording.missing');
});

test('the beginning of a station’s log that was taken away is missing, although such a line calls it let go', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'segment'));
  const path = copy.segment(evidence.dock1, 0);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  await rm(path);
  await rm(`${path}.minisig`, { force: true });
  expect(await findingsOf(copy.vault)).toContain('custody.segment-missing');
  await append(copy, 'segment-dropped', {
    segment: String(evidence.dock1.segments[0]),
    last_sequence: lines.length,
    last_sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')),
  });
  expect(await findingsOf(copy.vault)).toContain('custody.segment-missing');
});

test('nor does such a line behind the next segment, which tells a change away from a revoked key', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'key-change'));
  const { dock1 } = evidence;
  await rm(copy.segment(dock1, 0));
  await rm(`${copy.segment(dock1, 0)}.minisig`, { force: true });
  const revoked = keyIdHex((dock1.stationKeys[0] ?? dock1.stationKey).keyId);
  const facts = { old_key_id: revoked, new_key_id: revoked, change_sha256: '0'.repeat(64) };
  await append(copy, 'key-changed', facts, copy.segment(dock1, 1));
  expect(await findingsOf(copy.vault)).toContain('custody.segment-missing');
});
