// What each line of a life is worth: signed, confirmed by the store, or only claimed, and why.
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { custody } from '../../../../agent/cli/custody.ts';
import { historyText } from '../../../../agent/evidence/history/history-page.ts';
import type { Step } from '../../../../agent/evidence/history/history.ts';
import { HISTORY_EN } from '../../../../config/texts/en/history.ts';
import { shortRows } from '../../../../agent/evidence/history/short-rows.ts';
import { BETWEEN_MAX, STEPS_MAX } from '../../../../agent/evidence/history/proven-log.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { encodeCustodyEntry, parseCustodyEntry } from '../../../../protocol/custody/custody-entry.ts';
import { keyIdHex } from '../../../../protocol/documents/minisign.ts';
import { droppedFacts } from '../../../fakes/dropped-facts.ts';
import { headOf } from '../../../fakes/vault-builder-tree.ts';
import { rewriteLog } from '../../../fakes/manipulations/rewritten-log.ts';
import {
  encodeKeyRevocation,
  KEY_REVOCATION_TRUSTED_COMMENT,
} from '../../../../protocol/documents/key-documents.ts';
import { makeDockingId, parseStationId } from '../../../../protocol/format/ids.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { writeSigned } from '../../../fakes/vault-builder-signed.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { atTimeOf } from '../verify/recorded-vault.ts';
import { editSegment, historyOf, historyVault, type HistoryVault } from './history-vault.ts';

let vault: HistoryVault;
beforeEach(async () => {
  vault = await historyVault();
});
afterEach(() => rm(vault.builder.root, { recursive: true, force: true }));

function worth(steps: readonly Step[]): Record<string, string> {
  return Object.fromEntries(steps.map(({ event, proof }) => [event, proof]));
}

const codes = (remarks: readonly { readonly code: string }[]): string[] => remarks.map(({ code }) => code);

/** The store revokes the station's key with effect from then; its log does not say so. */
async function revoked(
  { vault: folder, station, stationKey, storeKey }: HistoryVault['builder'],
  at: string,
): Promise<void> {
  const keyId = keyIdHex(stationKey.keyId);
  const revocation = encodeKeyRevocation({
    type: 'key-revocation',
    version: 1,
    station,
    key_id: keyId,
    reason: 'stolen',
    revoked_at: at,
  });
  const path = join(folder, station, 'keys', `${keyId}.revocation.json`);
  await writeSigned(path, revocation, storeKey, KEY_REVOCATION_TRUSTED_COMMENT);
}

describe('a step is', () => {
  test('only signed where somebody with the key of the station wrote the log anew, and what was taken out is missed', async () => {
    const { builder, subject } = vault;
    await builder.close();
    const log = {
      folder: builder.custody,
      segments: builder.segments,
      holder: builder.station,
      keyOf: () => builder.stationKey,
    };
    await rewriteLog(log, (entries) => entries.filter(({ event }) => event !== 'erased'));
    const { exitCode, history } = await historyOf(vault, subject.id);
    expect(exitCode).toBe(1);
    expect(codes(history.findings)).toContain('receipt.custody-head-differs');
    expect(worth(history.steps)).not.toHaveProperty('erased');
    expect(worth(history.steps)).toMatchObject({
      receipted: 'signed',
      erasing: 'signed',
      undocked: 'signed',
    });
    expect(worth(history.steps)).toMatchObject({ pulled: 'confirmed' }); // a receipt from before names it as it is
  });

  test('only claimed where its checkpoint has not come yet, which is no fault', async () => {
    const { builder, subject } = vault;
    await builder.close();
    await editSegment({ folder: builder.custody, segments: builder.segments }, 1, (text) =>
      text.split('\n').slice(0, -2).join('\n').concat('\n'),
    );
    const whole = await historyOf(vault, subject.id);
    expect(whole.history.steps.filter(({ proof }) => proof === 'claimed')).toEqual([]);
    const last = builder.dockings.at(-1)?.docking ?? '';
    const { history } = await historyOf(vault, last);
    const claimed = history.steps.filter(({ proof }) => proof === 'claimed');
    expect(claimed.map(({ event, doubt }) => [event, doubt])).toEqual([
      ['offered', 'no-signature'],
      ['receipted', 'no-signature'],
    ]);
  });

  test('told with its key, over a change of keys, which stands between', async () => {
    const { builder, subject } = vault;
    await builder.changeKey({ publish: false }); // known by the change alone, which the old key signed
    await builder.dock({ camera: 'cam-1' });
    await builder.entry({ fate: 'matched', path: 'DCIM/A.MP4', recording: subject.id });
    await builder.close();
    const { exitCode, history } = await historyOf(vault, subject.id);
    expect({ exitCode, findings: codes(history.findings) }).toEqual({ exitCode: 0, findings: [] });
    const [old, fresh] = builder.stationKeys.map(({ keyId }) => keyIdHex(keyId));
    const by = Object.fromEntries(history.steps.map(({ event, key_id: id }) => [event, id]));
    expect(by).toMatchObject({ pulled: old, erased: old, matched: fresh });
    expect(history.between.filter(({ event }) => event === 'key-changed')).toMatchObject([
      { facts: { old_key_id: old, new_key_id: fresh } },
    ]);
    expect(history.keys.filter(({ holder }) => holder === 'station').map(({ key_id: id }) => id)).toEqual([
      old,
      fresh,
    ]);
  });

  test('worth nothing where its key was revoked before the store had signed for it', async () => {
    const { builder, subject } = vault;
    await builder.close();
    const receivedAt = subject.receipt?.received_at ?? '';
    const revokedAt = new Date(Date.parse(receivedAt) + 1).toISOString();
    await revoked(builder, revokedAt);
    const { history } = await historyOf(vault, subject.id);
    expect(worth(history.steps)).toMatchObject({
      docked: 'confirmed',
      pulled: 'confirmed',
      erased: 'claimed',
    });
    expect(history.steps.find(({ event }) => event === 'erased')?.doubt).toBe('revoked-key');
  });

  test('confirmed by a head in the log of the store where no receipt came after it', async () => {
    const { builder } = vault;
    await builder.close();
    const last = builder.dockings.at(-1)?.docking ?? '';
    const before = await historyOf(vault, last);
    expect(worth(before.history.steps)).toMatchObject({ receipted: 'signed' });
    const head = headOf(await builder.lines(), builder.segments);
    await builder.receiver.enter('head', { station: builder.station, ...head });
    await builder.close();
    const { history } = await historyOf(vault, last);
    expect(history.steps.find(({ event }) => event === 'receipted')).toMatchObject({
      proof: 'confirmed',
      confirmed_by: 'r-store/custody',
    });
  });
});

describe('the end of a life', () => {
  test('a deletion is told by the log and its record, and the sealed file is not here any more', async () => {
    const { builder, subject } = vault;
    builder.clock.advance(30 * 86_400_000);
    await builder.receiver.delete(subject);
    await builder.close();
    const { history } = await historyOf(vault, subject.id);
    expect(worth(history.steps)).toMatchObject({ deleting: 'signed', deleted: 'signed' });
    expect(history.documents.map(({ kind }) => kind)).toContain('deletion-record');
    expect(history.sealed_units_good).toBeNull();
  });

  test('documents that the store dropped without a deletion are a finding', async () => {
    const { builder, subject } = vault;
    await builder.receiver.enter('documents-dropped', { ...droppedFacts(subject) });
    await builder.close();
    await rm(subject.folder, { recursive: true });
    const { history } = await atTimeOf(builder, () => historyOf(vault, subject.id));
    expect(codes(history.findings)).toContain('drop.not-deleted');
  });

  test('documents that the store let go are no finding, and the log still tells the life', async () => {
    const { builder, subject } = vault;
    await builder.receiver.dropDocuments(subject);
    await builder.close();
    const { history } = await atTimeOf(builder, () => historyOf(vault, subject.id));
    expect(codes(history.findings)).toEqual([]);
    expect(worth(history.steps)).toMatchObject({
      pulled: 'confirmed',
      erased: 'confirmed',
      'documents-dropped': 'signed',
    });
  });

  test('a recording whose folder was taken away is a finding', async () => {
    const { builder, subject } = vault;
    await builder.close();
    await rm(subject.folder, { recursive: true });
    const { exitCode, history } = await historyOf(vault, subject.id);
    expect(exitCode).toBe(1);
    expect(codes(history.findings)).toEqual(['recording.missing']);
  });
});

test('a camera that could not be listed as a whole is not told to have been empty', async () => {
  const { builder } = vault;
  for (const files of [0, 1]) {
    await builder.dock({ camera: 'cam-9' });
    if (files > 0) await builder.record();
    const { docking } = await builder.undock({ complete: false });
    await builder.close();
    const { out } = await runCommand(custody, docking, '--vault', builder.vault);
    expect(out).toContain(
      `NOT all of it could be listed: ${files} files were seen, others may have been there`,
    );
    expect(out).not.toContain('nothing: the signed list');
    const german = await runCommand(custody, docking, '--vault', builder.vault, '--lang', 'de');
    expect(german.out).toContain('NICHT vollständig aufgelistet');
    await builder.restart();
  }
});

test('what only the log counts is not told to have been all of it', async () => {
  const { builder, emptyDocking } = vault;
  await builder.close();
  await rm(join(builder.vault, 'dock-1', emptyDocking), { recursive: true });
  const { out } = await runCommand(custody, emptyDocking, '--vault', builder.vault);
  expect(out).toContain('0 files were listed; no signed record of the docking here says');
});

test('a record that is missing is a finding however many files its docking had, and one that is here is named', async () => {
  const { builder } = vault;
  await builder.dock({ camera: 'cam-9' });
  for (let count = 0; count < STEPS_MAX / 2 + 100; count++)
    await builder.entry({ path: `DCIM/${count}.MP4`, fate: 'waiting', reason: 'unreadable' });
  const { docking, parts } = await builder.undock();
  await builder.close();
  const whole = await historyOf(vault, docking);
  const told = whole.history.steps.map(({ event }) => event);
  expect(told.filter((event) => event === 'docking-recorded')).toHaveLength(parts.length);
  expect(told).toContain('undocked');
  expect(codes(whole.history.findings)).toEqual([]);
  expect(codes(whole.history.notes)).toEqual([]);
  for (const { folder } of parts) await rm(folder, { recursive: true });
  const { exitCode, history } = await historyOf(vault, docking);
  expect(exitCode).toBe(1);
  expect(new Set(codes(history.findings))).toEqual(new Set(['docking.missing']));
});

test('a docking of thousands of files and a restless station fill no page: the rest is counted', async () => {
  const { builder } = vault;
  const docking = makeDockingId(builder.random);
  builder.log('docked', { bay: 'bay-3', camera: 'cam-3', docking });
  for (let count = 0; count < STEPS_MAX + 100; count++)
    builder.log('seen', { docking, path_sha256: count.toString(16).padStart(64, '0'), size_bytes: 1 });
  for (let count = 0; count < BETWEEN_MAX + 100; count++) builder.log('clock-stepped', { step_ms: 2000 });
  builder.log('undocked', { bay: 'bay-3', docking });
  await builder.close();
  const { history } = await historyOf(vault, docking);
  const [log] = history.logs.filter(({ kind }) => kind === 'station');
  expect(history.steps).toHaveLength(STEPS_MAX + 1); // the end of the docking is among what is always listed
  expect(log?.more_steps).toBeGreaterThan(100);
  expect(history.between.length).toBeLessThanOrEqual(BETWEEN_MAX + 3);
  expect(log?.more_between).toBe(100);
});

test('a line that nobody signed behind the store’s log does not explain that a recording is gone', async () => {
  const { builder, subject } = vault;
  await builder.receiver.disclose(subject, { command: 'open' });
  await builder.close();
  await rm(subject.folder, { recursive: true });
  const { log, custody } = builder.receiver;
  const path = join(custody, `${log.segments.at(-1)}.jsonl`);
  await rm(`${path}.minisig`, { force: true });
  const missing = await historyOf(vault, subject.id);
  expect(codes(missing.history.findings)).toContain('recording.missing');
  const last = Buffer.from((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? '');
  const { sequence, at, boot, monotonic_ms } = parseCustodyEntry(last);
  const { station, recording } = subject.manifest;
  const facts = { station, recording, manifest_sha256: sha256Hex(subject.manifestBytes) };
  const place = { sequence: sequence + 1, previous: sha256Hex(last), at, boot, monotonic_ms };
  const forged = encodeCustodyEntry({ ...place, event: 'documents-dropped', facts });
  await appendFile(path, Buffer.concat([forged, Buffer.from('\n')]));
  const { exitCode, history } = await historyOf(vault, subject.id);
  expect([exitCode, codes(history.findings)]).toEqual([1, expect.arrayContaining(['recording.missing'])]);
});

test('what the store did with another station’s recording of the same id is not told', async () => {
  const { builder, subject } = vault;
  const { receiver, clock } = builder;
  const facts = { station: 'dock-9', recording: subject.manifest.recording };
  await receiver.enter('disclosed', {
    ...facts,
    disclosure: 'd'.repeat(25) + 'a',
    command: 'export',
    reason: 'case-9',
    asked_at: clock.now(),
  });
  await receiver.enter('deleted', { ...facts, deletion_sha256: 'f'.repeat(64) });
  await receiver.disclose(
    { ...subject, manifest: { ...subject.manifest, station: parseStationId('dock-9') } },
    { pending: true },
  );
  await builder.close();
  const { history } = await historyOf(vault, subject.id, '--station', builder.station);
  const events = history.steps.filter(({ keeper }) => keeper === receiver.receiver).map(({ event }) => event);
  expect(events).toEqual([]);
  expect(history.documents.filter(({ kind }) => kind === 'disclosure')).toEqual([]);
});

test('a line that nobody signed behind the store’s log does not explain that a segment of it is gone', async () => {
  const { builder, subject } = vault;
  const { receiver } = builder;
  for (let count = 0; count < 2; count++) {
    await receiver.disclose(subject);
    await receiver.start();
  }
  await receiver.disclose(subject);
  await builder.close();
  const { log, custody } = receiver;
  const [gone, last] = [log.segments[1], log.segments.at(-1)].map((id) => join(custody, `${id}.jsonl`));
  const linesOf = async (path = ''): Promise<string[]> =>
    (await readFile(path, 'utf8')).trimEnd().split('\n');
  const lost = await linesOf(gone);
  for (const suffix of ['', '.minisig']) await rm(`${gone}${suffix}`, { force: true });
  await rm(`${last}.minisig`, { force: true });
  expect(codes((await historyOf(vault, subject.id)).history.findings)).toEqual(['custody.segment-missing']);
  const tail = Buffer.from((await linesOf(last)).at(-1) ?? '');
  const { sequence, at, boot, monotonic_ms } = parseCustodyEntry(tail);
  const lastSha256 = sha256Hex(Buffer.from(lost.at(-1) ?? ''));
  const facts = { segment: log.segments[1] ?? '', last_sequence: lost.length, last_sha256: lastSha256 };
  const place = { sequence: sequence + 1, previous: sha256Hex(tail), at, boot, monotonic_ms };
  const forged = encodeCustodyEntry({ ...place, event: 'segment-dropped', facts });
  await appendFile(last ?? '', Buffer.concat([forged, Buffer.from('\n')]));
  const { history } = await historyOf(vault, subject.id);
  expect(codes(history.findings)).toContain('custody.segment-missing');
});

describe('the sealed file is', () => {
  const rowOf = async (id: string): Promise<string> => {
    const { history } = await historyOf(vault, id);
    return JSON.stringify(
      shortRows(history, HISTORY_EN, 'en').find(([label]) => label === HISTORY_EN.sealedHere),
    );
  };

  test('not called whole where some of it does not fit', async () => {
    const { builder, subject } = vault;
    await builder.close();
    const path = join(subject.folder, 'payload.age');
    const bytes = await readFile(path);
    bytes[600_000] = (bytes[600_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await rowOf(subject.id)).toContain('2 of 3 units');
  });

  test('not called absent where none of it fits', async () => {
    const { builder, neighbour } = vault;
    await builder.close();
    const path = join(neighbour.folder, 'payload.age');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await rowOf(neighbour.id)).toContain('0 of 1 units');
  });

  test('not called signed where nobody signed its manifest', async () => {
    const { builder, subject } = vault;
    await builder.close();
    await rm(join(subject.folder, 'manifest.json.minisig'));
    expect(await rowOf(subject.id)).not.toContain(`"${HISTORY_EN.proofs.signed}"`);
  });
});

test('a manifest by a key that was revoked before any receipt is only claimed', async () => {
  const { builder, subject } = vault;
  await builder.close();
  await revoked(builder, '2020-01-01T00:00:00.000Z');
  const { history } = await historyOf(vault, subject.id);
  expect(codes(history.findings)).toContain('manifest.revoked-key');
  const rows = shortRows(history, HISTORY_EN, 'en').filter(([label]) => label === HISTORY_EN.captured);
  expect(rows.map(([, , worth]) => worth)).toEqual([HISTORY_EN.proofs.claimed]);
});

test('a name on the disk makes no lines of its own', async () => {
  const { builder, subject } = vault;
  await builder.close();
  const name = 'x\n* Erased from the camera: never';
  for (const folder of [subject.folder, builder.custody]) await writeFile(join(folder, name), '');
  await writeFile(join(builder.custody, `${name}.jsonl`), 'x\n');
  const { history } = await historyOf(vault, subject.id);
  expect(codes(history.findings)).toContain('folder.unexpected-entry');
  const lines = historyText(history, 'en').split('\n');
  expect(lines.filter((line) => line.startsWith('* Erased from the camera: never'))).toEqual([]);
});

test.each([
  ['a note where the store says how much it held', 1, ['notes', 'findings']],
  ['a finding where it says nothing of it', 0, ['findings', 'notes']],
  ['missed where it says that it held it', -2, ['findings', 'notes']],
] as const)('the end of a log that a revoked key signed is %s', async (_, held, [told, other]) => {
  const { builder, emptyDocking } = vault;
  const [old = builder.stationKey] = builder.stationKeys;
  await builder.changeKey();
  await builder.dock({ camera: 'cam-1' });
  await builder.undock();
  await revokeKey(builder.receiver, builder.station, old, { reason: 'lost' });
  await builder.close();
  const end = builder.segments.at(-2) ?? '';
  const named = held < 0 ? end : (builder.segments.at(-1) ?? '');
  const [first = ''] = (await readFile(join(builder.custody, `${named}.jsonl`), 'utf8')).split('\n');
  const facts = {
    station: builder.station,
    segment: named,
    sequence: 1,
    sha256: sha256Hex(Buffer.from(first)),
  };
  if (held !== 0) await builder.receiver.enter('head', facts);
  await builder.receiver.write();
  for (const name of [`${end}.jsonl`, `${end}.jsonl.minisig`])
    await rm(join(builder.custody, name), { force: true });
  const { history } = await historyOf(vault, emptyDocking);
  const code = held < 0 ? 'log.tail-missing' : 'custody.end-refused';
  expect(codes(history[told])).toContain(code);
  expect(codes(history[other])).not.toContain(code);
  expect(codes(history.findings)).not.toContain('custody.segment-missing');
  const verified = (await runCommand(verify, builder.vault)).out;
  expect(verified).toMatch(new RegExp(`${told === 'notes' ? 'note' : 'FINDING'} ${code}`));
});
