// What a verification must accept: everything that stations and stores leave behind when nothing was altered, and what it says of it.
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chainGroups, type LooseEntry } from '../../../../protocol/custody/custody-chain.ts';
import { verifyFolder } from '../../../../agent/evidence/verify/verify-place.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import {
  CHAIN_START,
  followChain,
  encodeCustodyEntry,
  parseCustodyEntry,
  type ChainState,
} from '../../../../protocol/custody/custody-entry.ts';
import { makeSegmentId, type RecordingId } from '../../../../protocol/format/ids.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import {
  encodePublicKey,
  inlineSigner,
  makeSecretKey,
  publicKeyOf,
} from '../../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import {
  BrokenVault,
  FIRST,
  goodVault,
  MIDDLE,
  NEWEST,
  NOON_MS,
  verdictOf,
  type Verdict,
} from './broken-vault.ts';

const made: string[] = [];
afterEach(async () => {
  for (const root of made.splice(0)) await rm(root, { recursive: true, force: true });
});

async function freshBuilder(options: Parameters<typeof VaultBuilder.create>[1] = {}): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-good-'));
  made.push(root);
  return VaultBuilder.create(root, options);
}

async function copyOf(builder: VaultBuilder): Promise<BrokenVault> {
  const copy = await BrokenVault.copy(builder);
  made.push(copy.root);
  return copy;
}

describe('a good vault', () => {
  let good: VaultBuilder;
  beforeAll(async () => {
    good = await goodVault();
  });
  afterAll(() => rm(good.root, { recursive: true, force: true }));

  test('is accepted as a whole, with every payload opened and all counted', async () => {
    const { findings, notes, totals } = await verdictOf(good.vault, good);
    expect(findings).toEqual([]);
    expect(notes).toEqual([]);
    const sizes = good.recordings.map(({ manifest }) => manifest);
    expect(totals).toMatchObject({
      recordings: 6,
      good: 6,
      receipted: 6,
      opened: 6,
      rejected: { empty: 1 },
      original_bytes: sizes.reduce((sum, { original }) => sum + original.size_bytes, 0),
      sealed_bytes: sizes.reduce((sum, { sealed }) => sum + sealed.size_bytes, 0),
      units: 9,
      custody_segments: 3,
      findings: 0,
    });
    expect(totals.custody_checkpoints).toBeGreaterThanOrEqual(6);
  });

  test('is accepted without an identity, and then nothing is opened', async () => {
    expect(await verdictOf(good.vault, good, { identities: [] })).toMatchObject({
      findings: [],
      totals: { opened: 0, units: 9 },
    });
  });

  test('is accepted with the identity of the escrow', async () => {
    expect(await verdictOf(good.vault, good, { identities: [good.escrow] })).toMatchObject({
      findings: [],
      totals: { opened: 6 },
    });
  });

  test.each([
    ['its own folder', () => good.vault, 'vault', 6],
    ['a station’s folder', () => join(good.vault, good.station), 'station', 6],
    ['one recording', () => good.recordings[MIDDLE]?.folder ?? '', 'recording', 1],
  ])('is found through %s, with the keys that lie beside it', async (_, path, kind, recordings) => {
    const options = {
      files: nodeFiles(),
      keysFolder: undefined,
      identities: [],
      nowMs: NOON_MS,
      signal: new AbortController().signal,
    };
    const verified = await verifyFolder(path(), options, {
      recording: () => undefined,
      docking: () => undefined,
      remark: () => undefined,
    });
    expect(verified).toMatchObject({
      place: { kind },
      totals: { recordings, findings: 0 },
      keys: { folder: good.keys },
    });
  });

  test('may be handed over as single recordings: what is missing between them is told and is no finding', async () => {
    const loose = await mkdtemp(join(tmpdir(), 'bodydock-loose-'));
    made.push(loose);
    for (const at of [FIRST, NEWEST]) {
      const { id, folder } = good.recordings[at] ?? { id: '', folder: '' };
      await cp(folder, join(loose, id), { recursive: true });
    }
    await writeFile(join(loose, 'letter.txt'), 'to whom it may concern');
    const { findings, notes, remarks, totals } = await verdictOf(loose, good);
    expect({ findings, recordings: totals.recordings }).toEqual({ findings: [], recordings: 2 });
    expect(remarks.find(({ code }) => code === 'folder.not-checked')?.message).toBe(
      'not looked at: "letter.txt"',
    );
    expect(notes).toEqual([
      'chain.gap-elsewhere',
      'docking.record-elsewhere',
      'folder.not-checked',
      'sidecar.missing',
    ]);
  });

  test('is a vault without its id file too, if what is in it says so', async () => {
    const copy = await copyOf(good);
    await rm(join(copy.vault, 'vault.json'));
    expect(await copy.verdict()).toMatchObject({ findings: [], notes: ['vault.no-id'] });
  });

  test('may hold unfinished and refused things of the receiver, which are counted', async () => {
    const copy = await copyOf(good);
    await mkdir(join(copy.vault, '.incoming', 'dock-1', 'abcdefghijklmnopqrstuvwxya', '1.free'), {
      recursive: true,
    });
    await mkdir(join(copy.vault, '.incoming', 'dock-1', 'custody'), { recursive: true });
    await mkdir(join(copy.vault, '.leases'));
    await mkdir(join(copy.vault, '.quarantine', 'odd'), { recursive: true });
    await writeFile(copy.file(NEWEST, 'receipt.json.tmp'), '{');
    const { findings, notes, remarks } = await copy.verdict();
    expect({ findings, notes }).toEqual({
      findings: [],
      notes: ['folder.unfinished', 'vault.quarantined', 'vault.unfinished'],
    });
    expect(remarks.find(({ code }) => code === 'vault.unfinished')?.facts).toEqual({ entries: 1 });
  });

  test('may have lost something once: the marks of that are the receiver’s own', async () => {
    const copy = await copyOf(good);
    await mkdir(join(copy.vault, '.missing', 'dock-1'), { recursive: true });
    await writeFile(join(copy.vault, '.missing', 'dock-1', 'abcdefghijklmnopqrstuvwxya.asked'), '\n');
    expect(await copy.verdict()).toMatchObject({ findings: [], notes: [] });
  });

  test('may have a torn last line in the running custody segment', async () => {
    const copy = await copyOf(good);
    await appendFile(copy.segment(1), '{"at":"2026-11-25T09:');
    expect(await copy.verdict()).toMatchObject({ findings: [], notes: ['custody.torn-tail'] });
  });

  test('may hold keys of other stations and of an earlier store', async () => {
    const copy = await copyOf(good);
    const keys = join(copy.root, 'keys');
    const other = encodePublicKey(publicKeyOf(makeSecretKey(seededRandom(5))));
    await writeFile(join(keys, 'station-dock-7.pub'), other);
    await writeFile(
      join(keys, 'store-2024.pub'),
      encodePublicKey(publicKeyOf(makeSecretKey(seededRandom(6)))),
    );
    await writeFile(join(keys, 'station-dock-1.2026.pub'), await readFile(join(keys, 'station.pub')));
    expect((await verdictOf(copy.vault, good, { keysFolder: keys })).findings).toEqual([]);
  });
});

test('an empty vault is good: a day without recordings is the normal one', async () => {
  const builder = await freshBuilder();
  await builder.close();
  expect(await verdictOf(builder.vault, builder)).toMatchObject({
    findings: [],
    notes: [],
    totals: { recordings: 0 },
  });
});

test('a recording without a receipt is told, and is good', async () => {
  const builder = await freshBuilder();
  await builder.record({ receipted: false });
  await builder.close();
  const { findings, notes, totals } = await verdictOf(builder.vault, builder);
  expect({ findings, notes, receipted: totals.receipted }).toEqual({
    findings: [],
    notes: ['receipt.none'],
    receipted: 0,
  });
});

test('a gap is no finding while the custody log says that the recording between waits at the station', async () => {
  const builder = await freshBuilder();
  await builder.record();
  const waiting = await builder.record({ receipted: false });
  await builder.record();
  await builder.close();
  await rm(waiting.folder, { recursive: true });
  const { findings, notes } = await verdictOf(builder.vault, builder);
  expect({ findings, notes }).toEqual({
    findings: [],
    notes: ['chain.gap-waiting', 'docking.recording-waiting', 'recording.waiting'],
  });
});

test('a gap is no finding where the recording between was replaced by one that is here', async () => {
  const builder = await freshBuilder();
  const replaced = await builder.record({ receipted: false });
  await builder.record({ supersedes: [replaced.id] });
  await builder.close();
  await rm(replaced.folder, { recursive: true });
  const { findings, notes } = await verdictOf(builder.vault, builder);
  expect(findings).toEqual([]);
  expect(notes).toContain('chain.gap-superseded');
});

test('recordings whose custody entries did not arrive yet are told, and are good', async () => {
  const builder = await freshBuilder();
  await builder.record();
  await builder.close();
  const log = (await readFile(join(builder.custody, `${builder.segments[0]}.jsonl`), 'utf8')).split('\n');
  await writeFile(join(builder.custody, `${builder.segments[0]}.jsonl`), `${log.slice(0, 2).join('\n')}\n`);
  const { id, folder, receipt } = builder.recordings[0] ?? {};
  if (folder === undefined || receipt === undefined) throw new Error('no receipt');
  await builder.writeReceipt(folder, { ...receipt, custody_head: null });
  const part = builder.dockings[0]?.parts[0];
  if (part?.receipt === undefined) throw new Error('no receipt of the docking record');
  await builder.writeReceipt(part.folder, { ...part.receipt, custody_head: null });
  const { findings, notes, remarks } = await verdictOf(builder.vault, builder);
  expect({ findings, notes }).toEqual({
    findings: [],
    notes: ['custody.unsigned-tail', 'docking.not-logged', 'recording.not-logged'],
  });
  expect(remarks.some(({ message }) => message.includes(id as RecordingId))).toBe(true);
});

test('two stations may share a vault, each with its own keys, chains and custody log', async () => {
  const builder = await freshBuilder();
  await builder.record();
  await builder.close();
  const other = await builder.beside('dock-2', 2);
  await other.record();
  await other.close();
  const { findings, notes, totals } = await verdictOf(builder.vault, builder, {
    identities: [builder.store, other.store],
  });
  expect({ findings, notes }).toEqual({ findings: [], notes: [] });
  expect(totals).toMatchObject({ recordings: 2, opened: 2, custody_segments: 3 });
});

describe('a failed write of the custody log', () => {
  /** Two segments: the second follows an earlier entry of the first, with or without the events behind it. */
  async function repeated(again: boolean, excused = false): Promise<Verdict> {
    const builder = await freshBuilder();
    await builder.close();
    const path = join(builder.custody, `${builder.segments[0]}.jsonl`);
    const lines = (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => Buffer.from(line));
    const state = lines.reduce<ChainState>((at, line) => followChain(at, line).state, CHAIN_START);
    const stamp = { at: '2026-11-25T09:00:00.000Z', boot: null, monotonic_ms: 5 };
    const lost: LooseEntry = {
      ...stamp,
      event: 'clock-stepped',
      facts: { step_ms: 5000 },
    };
    const first = parseCustodyEntry(lines[0] ?? Buffer.alloc(0)).facts['segment'] as never;
    const signer = inlineSigner(builder.stationKey);
    const context = { station: builder.station, signer, stamp: () => stamp };
    const more = await chainGroups(state, [lost], { ...context, segment: first });
    await appendFile(path, more.bytes);
    const segment = makeSegmentId(seededRandom(9));
    const link = { last_segment: first, last_sequence: state.sequence, last_sha256: state.sha256 };
    const facts = { segment, station: builder.station, version: '0.1.0', ...link };
    const opening: LooseEntry = { ...stamp, event: 'segment-opened', facts };
    const next = await chainGroups(CHAIN_START, again ? [opening, lost] : [opening], { ...context, segment });
    const end = Buffer.from(next.bytes).toString('utf8').trimEnd().split('\n').at(-1) ?? '';
    const { sequence } = parseCustodyEntry(Buffer.from(end));
    const broken = encodeCustodyEntry({
      ...stamp,
      sequence: sequence + 1,
      previous: sha256Hex(Buffer.from(end)),
      event: 'chain-broken',
      facts: { segment: first, sequence: state.sequence, reason: 'altered' },
    });
    const excuse = excused ? [broken, Buffer.from('\n')] : [];
    await writeFile(join(builder.custody, `${segment}.jsonl`), Buffer.concat([next.bytes, ...excuse]));
    expect(sha256Hex(lines.at(-1) ?? Buffer.alloc(0))).toBe(state.sha256);
    return verdictOf(builder.vault, builder);
  }

  test('is good where its events stand again in the next segment', async () => {
    expect(await repeated(true)).toMatchObject({ findings: [], notes: ['custody.repeated'] });
  });

  test('is a fork where they do not: an older state of the station was put back', async () => {
    expect(await repeated(false)).toMatchObject({ findings: ['custody.fork'] });
  });

  test('is one as well where a line that nobody signed calls the segment before broken', async () => {
    expect(await repeated(false, true)).toMatchObject({ findings: ['custody.fork'] });
  });
});
