// Anybody who can write into a vault or a spool and has no key can put lines after the last checkpoint of a log: they explain nothing.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { keyIdHex } from '../../../../protocol/documents/minisign.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { ManipulatedVault } from '../../../fakes/manipulations/manipulated-vault.ts';
import { appendUnsigned, cutLines, openUnsigned } from '../../../fakes/unsigned-lines.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { verify } from '../../../../agent/cli/verify.ts';
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

test('a recording that was taken away is missing, although a line that nobody signed calls it let go', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'recording'));
  const { middle } = evidence;
  const { station, recording } = middle.manifest;
  await rm(copy.at(middle), { recursive: true });
  expect(await findingsOf(copy.vault)).toContain('recording.missing');
  const manifest_sha256 = sha256Hex(middle.manifestBytes);
  await appendUnsigned(copy.storeSegment(-1), 'documents-dropped', { station, recording, manifest_sha256 });
  expect(await findingsOf(copy.vault)).toContain('recording.missing');
});

test('the beginning of a station’s log that was taken away is missing, although such a line calls it let go', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'segment'));
  const path = copy.segment(evidence.dock1, 0);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  await rm(path);
  await rm(`${path}.minisig`, { force: true });
  expect(await findingsOf(copy.vault)).toContain('custody.segment-missing');
  await appendUnsigned(copy.storeSegment(-1), 'segment-dropped', {
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
  await appendUnsigned(copy.segment(dock1, 1), 'key-changed', facts);
  expect(await findingsOf(copy.vault)).toContain('custody.segment-missing');
});

test('nor does a whole segment that nobody signed, with such a change in it', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'whole-segment'));
  const { dock1 } = evidence;
  const revoked = keyIdHex((dock1.stationKeys[0] ?? dock1.stationKey).keyId);
  const facts = { old_key_id: revoked, new_key_id: revoked, change_sha256: '0'.repeat(64) };
  const newest = copy.segment(dock1, -1);
  const whole = await readFile(newest);
  await appendUnsigned(newest, 'camera-refused', { bay: 'bay-1', reason: 'unknown' });
  const added = await openUnsigned(newest, `${'b'.repeat(25)}a`, 'dock-1');
  await appendUnsigned(added, 'key-changed', facts);
  await writeFile(newest, whole); // so it names an entry that is not here
  expect(await findingsOf(copy.vault)).toContain('custody.tail-missing');
});

test('a disclosure in such a line was not made', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'disclosure'));
  const { station, recording } = evidence.middle.manifest;
  await appendUnsigned(copy.storeSegment(-1), 'disclosed', {
    station,
    recording,
    disclosure: 'a'.repeat(26),
    command: 'open',
    reason: 'invented',
    asked_at: '2026-11-25T08:00:10.000Z',
  });
  const remarks = await remarksOf(evidence, copy.vault);
  expect(remarks.filter(({ message }) => message.includes('invented'))).toEqual([]);
});

test('a segment of a station’s log that nobody signed is told, and is found where another one follows it', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'segments'));
  const newest = copy.segment(evidence.dock1, -1);
  const first = await openUnsigned(newest, `${'b'.repeat(25)}a`, 'dock-1');
  await appendUnsigned(first, 'camera-refused', { bay: 'bay-1', reason: 'unknown' });
  expect(await findingsOf(copy.vault)).toEqual([]); // so does an append that a cut tore look
  await openUnsigned(first, `${'c'.repeat(25)}a`, 'dock-1');
  expect(await findingsOf(copy.vault)).toEqual(['custody.unsigned-end']);
});

test('logs whose last write was torn by a cut are good: nothing went before its checkpoint was durable', async () => {
  const copy = await ManipulatedVault.copy(evidence, join(root, 'torn'));
  await appendUnsigned(copy.storeSegment(-1), 'receiver-started', { version: '0.1.0' });
  await appendUnsigned(copy.segment(evidence.dock1, -1), 'camera-refused', {
    bay: 'bay-1',
    reason: 'unknown',
  });
  const remarks = await remarksOf(evidence, copy.vault);
  expect(remarks.filter(({ kind }) => kind === 'finding')).toEqual([]);
  expect(remarks.filter(({ code }) => code === 'custody.unsigned-tail')).toHaveLength(2);
});

test('what a cut left without a checkpoint counts once the next segment, which names it, has one', async () => {
  const builder = await VaultBuilder.create(join(root, 'named'));
  const shown = await builder.record();
  await builder.undock();
  const { receiver } = builder;
  await receiver.disclose(shown, { reason: 'in-the-first' });
  await receiver.log.cutCheckpoint();
  await receiver.start();
  await builder.close();
  const { exitCode, out } = await runCommand(verify, builder.vault);
  expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
  expect(out).toContain('in-the-first');
});

describe('in a spool', () => {
  /** One whose last recording has no receipt. */
  async function spoolWith(name: string): Promise<{ spool: string; log: string; lost: BuiltRecording }> {
    const builder = await VaultBuilder.create(join(root, name));
    await builder.record();
    await builder.undock();
    await builder.dock();
    const lost = await builder.record({ receipted: false });
    await builder.undock();
    await builder.close();
    const spool = await builder.spool();
    return { spool, log: join(spool, 'custody', `${builder.segments.at(-1)}.jsonl`), lost };
  }

  test('such a line does not set a recording aside that was taken out', async () => {
    const { spool, log, lost } = await spoolWith('aside');
    await rm(join(spool, 'ready', lost.id), { recursive: true });
    await appendUnsigned(log, 'quarantined', { name: lost.id, reason: 'x' });
    expect((await runCommand(verify, spool)).out).toContain('FINDING recording.missing');
  });

  test('nor does it say that its documents went behind a receipt', async () => {
    const { spool, log, lost } = await spoolWith('let-go');
    await rm(join(spool, 'ready', lost.id), { recursive: true });
    const receipt_sha256 = '1'.repeat(64);
    await appendUnsigned(log, 'receipted', { recording: lost.id, receiver: 'r-store', receipt_sha256 });
    const manifest_sha256 = sha256Hex(lost.manifestBytes);
    await appendUnsigned(log, 'spool-documents-dropped', {
      recording: lost.id,
      manifest_sha256,
      receipt_sha256,
    });
    expect((await runCommand(verify, spool)).out).toContain('FINDING recording.missing');
  });

  test('nor does it let the beginning of the log go', async () => {
    const builder = await VaultBuilder.create(join(root, 'beginning'));
    await builder.record();
    await builder.restart();
    await builder.record();
    await builder.close();
    const spool = await builder.spool();
    const path = (at: number): string => join(spool, 'custody', `${builder.segments.at(at)}.jsonl`);
    const lines = (await readFile(path(0), 'utf8')).trimEnd().split('\n');
    for (const file of [path(0), `${path(0)}.minisig`]) await rm(file);
    await appendUnsigned(path(-1), 'segment-dropped', {
      segment: String(builder.segments[0]),
      last_sequence: lines.length,
      last_sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')),
    });
    expect((await runCommand(verify, spool)).out).toContain('FINDING custody.segment-missing');
  });

  test('a last write that a cut tore is told, and what it speaks of is good', async () => {
    const { spool, log } = await spoolWith('torn-spool');
    await cutLines(log, 1);
    const { exitCode, out } = await runCommand(verify, spool);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
    expect(out).toContain('custody.unsigned-tail');
  });

  test.each([false, true])(
    'the sealed file of a recording that the store asked for again is missing, unless it had gone before: %s',
    async (gone) => {
      const builder = await VaultBuilder.create(join(root, `asked-${gone}`));
      const one = await builder.record();
      await builder.undock();
      if (gone) builder.log('spool-reclaimed', { recording: one.id });
      const receipt_sha256 = sha256Hex(await readFile(join(one.folder, 'receipt.json')));
      builder.log('asked-again', { recording: one.id, receiver: 'r-store', receipt_sha256 });
      await builder.close();
      const spool = await builder.spool([one.id]);
      const { exitCode, out } = await runCommand(verify, spool);
      expect({ exitCode, out }).toMatchObject({ exitCode: gone ? 0 : 1 });
      expect(out.includes('FINDING payload.asked-again')).toBe(!gone);
    },
  );

  test('behind another receipt the sealed file may go', async () => {
    const builder = await VaultBuilder.create(join(root, 'asked-and-given'));
    const one = await builder.record();
    await builder.undock();
    const receipt_sha256 = sha256Hex(await readFile(join(one.folder, 'receipt.json')));
    const facts = { recording: one.id, receiver: 'r-store', receipt_sha256 };
    builder.log('asked-again', facts);
    builder.log('receipted', facts);
    await builder.close();
    const spool = await builder.spool([one.id]);
    expect((await runCommand(verify, spool)).exitCode).toBe(0);
  });
});
