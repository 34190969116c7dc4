// Documents that the store's log says were dropped (SPEC 10.3.16 to 10.3.30): what was in order is named with its times, all else is a finding.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { droppedFacts } from '../../../fakes/dropped-facts.ts';
import type { BuiltRecording, VaultBuilder } from '../../../fakes/vault-builder.ts';
import { EVALUATORS } from '../../../fakes/vault-builder-orders.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { judgeDrops } from '../../../../agent/evidence/verify/drop-check.ts';
import { OrderBook } from '../../../../agent/evidence/verify/order-check.ts';
import { PlaceFacts } from '../../../../agent/evidence/verify/place-facts.ts';
import { StationLog } from '../../../../agent/evidence/verify/docking-log.ts';
import { LogAccount } from '../../../../agent/evidence/verify/log-account.ts';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import type { CustodyEntry, CustodyEventName } from '../../../../protocol/custody/custody-entry.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';
import { verdictOf } from './broken-vault.ts';

const DAY_MS = 86_400_000;
let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-dropped-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A store that announces how long documents stay, and a recording that it received since. */
async function announced(documentsDays = 730): Promise<[VaultBuilder, BuiltRecording]> {
  const [builder, first] = await recordedVault(join(root, String(++count)));
  if (documentsDays === 0) return [builder, first];
  await builder.receiver.announce(14, documentsDays);
  const one = await builder.record();
  await builder.undock();
  return [builder, one];
}

async function deleted(documentsDays?: number): Promise<[VaultBuilder, BuiltRecording]> {
  const [builder, one] = await announced(documentsDays);
  builder.clock.advance(30 * DAY_MS);
  await builder.receiver.delete(one);
  return [builder, one];
}

async function codesOf(builder: VaultBuilder, kind: 'findings' | 'notes'): Promise<readonly string[]> {
  await builder.close();
  const nowMs = Date.parse(builder.clock.now());
  return (await verdictOf(builder.vault, builder, { nowMs, identities: [] }))[kind];
}

test('are named with their times where their deletion is old enough, and counted', async () => {
  const [builder, one] = await deleted();
  builder.clock.advance(640 * DAY_MS);
  await builder.receiver.dropDocuments(one);
  const notes = await codesOf(builder, 'notes');
  expect(notes).toContain('drop.recording');
  expect(await findingsOf(builder)).toEqual([]);
});

test.each([
  ['sooner than was announced when it came', 730, 600],
  ['sooner than is announced at least where nothing was', 0, -5],
])('may not go %s', async (_, documentsDays, days) => {
  const [builder, one] = await deleted(documentsDays);
  // 90 days are added by the drop itself.
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  expect(await findingsOf(builder)).toEqual(['drop.too-early']);
});

test.each([
  [-5, ['drop.too-early']],
  [0, []],
])('may go after 90 days, however few were announced: %s days more', async (days, findings) => {
  const [builder, one] = await deleted(7);
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  expect(await findingsOf(builder)).toEqual(findings);
});

test('may not go after fewer days that were announced after it came', async () => {
  const [builder, one] = await deleted();
  await builder.receiver.announce(14, 30);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  expect(await findingsOf(builder)).toEqual(['drop.too-early']);
});

test('do not become old by an entry of a time that has not come', async () => {
  const [builder, one] = await deleted();
  builder.clock.advance(800 * DAY_MS);
  await builder.receiver.enter('clock-checked', {});
  builder.clock.advance(-800 * DAY_MS);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  expect(await findingsOf(builder)).toEqual(['drop.too-early']);
});

test('may not go without a deletion before', async () => {
  const [builder, one] = await announced();
  builder.clock.advance(800 * DAY_MS);
  await builder.receiver.enter('documents-dropped', { ...(droppedFacts(one) ?? expect.fail('no receipt')) });
  await rm(one.folder, { recursive: true });
  await builder.close();
  expect(await findingsOf(builder)).toEqual(['drop.not-deleted']);
});

test.each([
  ['where the log had announced its retention', 90, false, ['deletion.missing']],
  ['where it is a tree', 0, true, ['deletion.missing']],
  ['but for a store of 0.1.0, which did neither', 0, false, []],
])('leave their deletion record, %s', async (_, documentsDays, isTree, found) => {
  const [builder, one] = await deleted(documentsDays);
  if (isTree) await TreeBuilder.begin(builder.receiver);
  await builder.receiver.dropDocuments(one);
  await rm(join(builder.vault, builder.station, 'deletions'), { recursive: true });
  const notes = await codesOf(builder, 'notes');
  expect(notes.includes('drop.unrecorded')).toBe(found.length === 0);
  expect(await findingsOf(builder)).toEqual(found);
});

test.each([
  ['are held by the signatures of both roles', ['hold'], ['drop.held'], false],
  ['are not judged where both lifted that', ['hold', 'unhold'], [], true],
] as const)('%s, though no key of a role is given', async (_, verbs, findings, isOpen) => {
  const [builder, one] = await deleted(90);
  for (const verb of verbs) await builder.orders.give(one, { verb });
  await builder.receiver.dropDocuments(one);
  await builder.close();
  for (const name of await readdir(builder.keys))
    if (/^(officer|supervisor)/.test(name)) await rm(join(builder.keys, name));
  expect(await findingsOf(builder)).toEqual(findings);
  expect((await codesOf(builder, 'notes')).includes('drop.hold-not-judged')).toBe(isOpen);
});

test('a deletion record that was due at another time, or is of another recording, is a finding', async () => {
  const [builder, one] = await announced(90);
  builder.clock.advance(30 * DAY_MS);
  const early = {
    days: 14,
    basis: 'capture',
    from_at: '2026-01-01T00:00:00.000Z',
    due_at: '2026-01-02T00:00:00.000Z',
  };
  await builder.receiver.delete(one, { change: (record) => ({ ...record, retention: early as never }) });
  await builder.receiver.dropDocuments(one);
  await builder.close();
  expect(await findingsOf(builder)).toContain('deletion.wrong-due');
});

test('what does not belong into the folder of deletion records is a finding', async () => {
  const [builder, one] = await deleted(90);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  const kept = join(builder.vault, builder.station, 'deletions');
  await writeFile(join(kept, one.id, 'notes.txt'), '');
  await writeFile(join(kept, 'notes.txt'), '');
  expect(await findingsOf(builder)).toEqual(['folder.unexpected-entry']);
});

test.each([[{}], [{ settled: true as const }]])(
  'may have been entered by their station a second time, long after they came: %o',
  async (also) => {
    const [builder, one] = await announced(90);
    builder.clock.advance(3 * DAY_MS);
    builder.log('spooled', {
      recording: one.id,
      manifest_sha256: sha256Hex(one.manifestBytes),
      sealed_size_bytes: one.manifest.sealed.size_bytes,
      ...also,
    });
    await builder.receiver.dropDocuments(one);
    await builder.close();
    expect(await findingsOf(builder)).toEqual([]);
  },
);

const DIGEST = 'a'.repeat(64);
const RECORD = 'a'.repeat(26);
const ENTRY = { sequence: 1, previous: DIGEST, boot: null, monotonic_ms: 0 };
const entry = (event: CustodyEventName, at: string, facts: CustodyEntry['facts']): CustodyEntry => ({
  ...ENTRY,
  event,
  at,
  facts,
});
const RECEIVED_AT = '2026-01-01T00:00:00.000Z';
const ABOUT = { station: 'dock-01', recording: RECORD, receipt_sha256: DIGEST };
/** Facts of documents without a deletion record. */
const GONE = {
  ...ABOUT,
  manifest_sha256: DIGEST,
  received_at: RECEIVED_AT,
  deletion_sha256: null,
  deleted_at: null,
};

function judged(log: StoreLog, at: string, stations: readonly StationLog[] = [], facts = new PlaceFacts()) {
  const orders = new OrderBook([], new PlaceFacts(), log);
  const basis = { facts, log, orders, kept: [], stations };
  return judgeDrops({ ...basis, nowMs: Date.parse(at) });
}

test.each([
  ['its own log', 'drop.segment'],
  ['a head in the log of the store', 'drop.segment'],
  ['the log of the store as its own', 'drop.segment'],
  ['nothing', undefined],
])('an entry of one log lets no segment of another go, where %s names it', (what, expected) => {
  const [log, dropped] = [new StoreLog(), 's'.repeat(26)];
  const take = (event: 'segment-dropped' | 'head', at: string, more: object): void =>
    log.take('r-a', entry(event, at, { segment: dropped, ...more }));
  const named = { segment: 't'.repeat(26), sequence: 1, sha256: DIGEST };
  take('head', '2026-01-02T00:00:00.000Z', { station: 'dock-1', ...named });
  if (what.startsWith('a head'))
    take('head', '2026-01-03T00:00:00.000Z', { station: 'dock-2', sequence: 1, sha256: DIGEST });
  take('segment-dropped', '2026-09-01T00:00:00.000Z', { last_sequence: 1, last_sha256: DIGEST });
  const station = new StationLog('dock-1/custody', 'dock-1');
  station.segments = new Map([[named.segment, undefined]]);
  const other = new StationLog('dock-2/custody', 'dock-2');
  other.segments = new Map([['u'.repeat(26), undefined]]);
  if (what === 'its own log') other.follows = new Set([dropped]);
  if (what.endsWith('as its own')) log.ownSegments.push({ segment: dropped, receiver: 'r-a' });
  const [found] = judged(log, '2026-10-01T00:00:00.000Z', [station, other]).findings;
  expect(found?.code).toBe(expected);
});

test('a head that a receiver entered counts from when stations know it', () => {
  for (const [since, expected] of [
    ['2025-12-01T00:00:00.000Z', []],
    ['2026-04-01T00:00:00.000Z', []],
    ['2026-06-01T00:00:00.000Z', ['drop.segment']],
  ] as const) {
    const [log, dropped] = [new StoreLog(), 's'.repeat(26)];
    const named = { segment: 't'.repeat(26), sequence: 1, sha256: DIGEST };
    log.take('r-a', entry('head', '2026-01-02T00:00:00.000Z', { station: 'dock-1', ...named }));
    const gone = { segment: dropped, last_sequence: 1, last_sha256: DIGEST };
    log.take('r-b', entry('segment-dropped', '2026-09-01T00:00:00.000Z', gone));
    log.receivers.station(entry('receipted', '2026-01-01T00:00:00.000Z', { receiver: 'r-b' }));
    log.receivers.station(entry('receipted', since, { receiver: 'r-a' }));
    const station = new StationLog('dock-1/custody', 'dock-1');
    station.segments = new Map([[named.segment, undefined]]);
    const { findings } = judged(log, '2026-10-01T00:00:00.000Z', [station]);
    expect(
      findings.map(({ code }) => code),
      since,
    ).toEqual(expected);
  }
});

test('a head counts from the first entry of its segment on, by the time of the station', () => {
  for (const [begunAt, expected] of [
    ['2026-01-01T00:00:00.000Z', []],
    ['2026-08-01T00:00:00.000Z', ['drop.segment']],
  ] as const) {
    const [log, dropped] = [new StoreLog(), 's'.repeat(26)];
    const named = { segment: 't'.repeat(26), sequence: 1, sha256: DIGEST };
    log.take('r-a', entry('head', '2026-01-02T00:00:00.000Z', { station: 'dock-1', ...named }));
    const gone = { segment: dropped, last_sequence: 1, last_sha256: DIGEST };
    log.take('r-a', entry('segment-dropped', '2026-09-01T00:00:00.000Z', gone));
    const station = new StationLog('dock-1/custody', 'dock-1');
    station.segments = new Map([[named.segment, begunAt]]);
    const { findings } = judged(log, '2026-10-01T00:00:00.000Z', [station]);
    expect(
      findings.map(({ code }) => code),
      begunAt,
    ).toEqual(expected);
  }
});

test('what came by a slow clock of the store goes by the time of its station', () => {
  const madeAt = '2026-08-01T00:00:00.000Z';
  for (const [event, kind, days, expected] of [
    ['docking-recorded', 'docking', 88, ['drop.too-early']],
    ['docking-recorded', 'docking', 90, []],
    ['document-recorded', 'staff-report', 88, ['drop.too-early']],
    ['document-recorded', 'staff-report', 90, []],
  ] as const) {
    const log = new StoreLog();
    log.take('r-a', entry('receipt', RECEIVED_AT, { kind, ...ABOUT }));
    const at = new Date(Date.parse(madeAt) + days * DAY_MS).toISOString();
    log.take('r-a', entry('documents-dropped', at, GONE));
    const station = new StationLog('dock-01/custody', 'dock-01');
    const docked = { docking: RECORD, bay: 'bay-1', camera: 'cam-1', stay: RECORD };
    if (kind === 'docking') station.take(entry('docked', madeAt, docked));
    const recorded = { docking: RECORD, record: RECORD, kind, sha256: DIGEST, part: 1, parts: 1 };
    station.take(entry(event, madeAt, recorded));
    const { findings } = judged(log, at, [station]);
    expect(
      findings.map(({ code }) => code),
      `${kind} after ${days} days`,
    ).toEqual(expected);
  }
});

test.each(['receipt', 'order', 'expiry-warned'] as const)(
  'a recording that an entry "%s" knows does not go as a docking record',
  (event) => {
    const log = new StoreLog();
    const at = '2026-09-01T00:00:00.000Z';
    const said = { kind: 'recording', order: 'o'.repeat(26), role: 'officer', verb: 'hold' };
    log.take('r-a', entry(event, at, { ...ABOUT, ...said }));
    log.take('r-a', entry('documents-dropped', at, GONE));
    expect(judged(log, at).findings.map(({ code }) => code)).toContain('drop.not-deleted');
  },
);

test('were deleted when the first of several logs says so, whichever of them is read first', () => {
  const log = new StoreLog();
  const take = (receiver: string, event: 'deleting' | 'deleted', at: string): void =>
    log.take(receiver, entry(event, at, { station: 'dock-01', recording: 'r', deletion_sha256: DIGEST }));
  take('r-a', 'deleting', '2026-01-09T00:00:00.000Z');
  take('r-a', 'deleted', '2026-01-09T00:00:00.001Z');
  take('r-b', 'deleting', '2026-01-02T00:00:00.000Z');
  take('r-b', 'deleted', '2026-01-05T00:00:00.000Z');
  expect(log.deletions.get('r')?.times.get(DIGEST)).toEqual({
    begunAt: '2026-01-02T00:00:00.000Z',
    overAt: '2026-01-05T00:00:00.000Z',
    receivers: new Set(['r-a', 'r-b']),
  });
});

test('were warned of at the times of the log, whatever its entries say themselves', () => {
  const log = new StoreLog();
  log.take('r-a', entry('receiver-started', '2026-03-01T00:00:00.000Z', { version: '1' }));
  log.take('r-a', entry('expiry-warned', '2026-01-09T00:00:00.000Z', { station: 'dock-01', recording: 'r' }));
  log.take('r-b', entry('expiry-warned', '2026-02-01T00:00:00.000Z', { station: 'dock-01', recording: 'r' }));
  expect(log.deletions.get('r')?.warnedAt).toBe('2026-02-01T00:00:00.000Z');
});

test('are judged in one pass over what is here, however many of them went', () => {
  const log = new StoreLog();
  const at = '2030-01-01T00:00:00.000Z';
  for (const end of 'abcdefgh')
    log.take('r-a', entry('documents-dropped', at, { ...GONE, recording: end.padEnd(26, 'a') }));
  const facts = new PlaceFacts();
  let passes = 0;
  const recordings = { values: () => (passes++, facts.recordings.values()) };
  const documents = () => (passes++, facts.documents());
  const seen = { dockings: facts.dockings, recordings, documents, headsOf: () => [] };
  expect(judged(log, at, [], seen as unknown as PlaceFacts).dockings).toBe(8);
  expect(passes).toBeLessThanOrEqual(2);
});

/** Codes, and what was counted, where the store's log says `kind` of what went ten days after its receipt. */
function judgedAs(kind: string, made?: CustodyEventName, what: CustodyEntry['facts'] = {}) {
  const log = new StoreLog();
  log.take('r-a', entry('receipt', RECEIVED_AT, { kind, ...ABOUT }));
  log.take('r-a', entry('documents-dropped', '2026-01-11T00:00:00.000Z', GONE));
  const documents = new LogAccount();
  if (made !== undefined) documents.take(entry(made, RECEIVED_AT, { record: RECORD, ...what }));
  const dockings = { all: () => [] };
  const station = { station: 'dock-01', documents, dockings, segments: new Set(), follows: [] };
  const at = '2026-02-01T00:00:00.000Z';
  const { findings, staff, dockings: others } = judged(log, at, [station as unknown as StationLog]);
  return { codes: findings.map(({ code }) => code), staff, dockings: others };
}

test('a text of the staff may go at any time, a report only with its days', () => {
  expect(judgedAs('staff-text', 'document-recorded', { kind: 'staff-text', sha256: DIGEST })).toEqual({
    codes: [],
    staff: 1,
    dockings: 0,
  });
  const report = judgedAs('staff-report', 'document-recorded', { kind: 'staff-report', sha256: DIGEST });
  expect(report).toMatchObject({ codes: ['drop.too-early'], staff: 1 });
});

test('what a document was, the store says only where the station says nothing', () => {
  expect(judgedAs('staff-text')).toMatchObject({ codes: [], staff: 1 });
  const docking = { docking: RECORD, sha256: DIGEST, part: 1, parts: 1 };
  const docked = judgedAs('staff-text', 'docking-recorded', docking);
  expect(docked).toMatchObject({ codes: ['drop.too-early'], dockings: 1 });
  for (const other of [
    { kind: 'staff-report', sha256: DIGEST },
    { kind: 'staff-text', sha256: 'b'.repeat(64) },
  ])
    expect(judgedAs('staff-text', 'document-recorded', other).codes).toEqual(['drop.too-early']);
});

test('evaluations go with them, and none is called missing; one that stays is one of nothing', async () => {
  const [builder, one] = await announced();
  for (const [at, key] of EVALUATORS.entries()) await builder.publish(`evaluator${at}.pub`, key);
  const [first, second] = [
    await builder.orders.evaluate(one),
    await builder.orders.evaluate(one, { by: 1, answers: { effect: 'worse' } }),
  ];
  builder.clock.advance(30 * DAY_MS);
  await builder.receiver.delete(one);
  await builder.close();
  expect(await findingsOf(builder)).toEqual([]);
  builder.clock.advance(640 * DAY_MS);
  await builder.receiver.dropDocuments(one);
  await rm(first.folder, { recursive: true });
  await builder.close();
  expect(await findingsOf(builder)).toEqual(['evaluation.no-recording']);
  await rm(second.folder, { recursive: true });
  expect(await findingsOf(builder)).toEqual([]);
});

test('without a key of evaluators a verification says that it does not judge them, and finds nothing', async () => {
  const [builder, one] = await announced();
  await builder.orders.evaluate(one);
  expect(await codesOf(builder, 'notes')).toContain('evaluation.not-judged');
  expect(await findingsOf(builder)).toEqual([]);
});
