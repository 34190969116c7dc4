// A pilot of four weeks in a vault, counted: the real documents, the real command's parts.
import { appendFile, copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report as reportCommand } from '../../../../agent/cli/report.ts';
import { Calendar, parsePeriod } from '../../../../agent/evidence/report/calendar.ts';
import { readQuestions, STANDARD } from '../../../../config/questions.ts';
import { makeReport } from '../../../../agent/evidence/report/make-report.ts';
import type { PilotReport } from '../../../../agent/evidence/report/pilot-report.ts';
import { reportCsv } from '../../../../agent/evidence/report/report-csv.ts';
import { reportHtml } from '../../../../agent/evidence/report/report-html.ts';
import { makeRecordingId, parseDockingId } from '../../../../protocol/format/ids.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

const NO_STAFF = { questions: readQuestions(STANDARD), identities: [] };

const HOUR_MS = 3_600_000;
let root: string;
let vault: VaultBuilder;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'report-'));
  vault = await VaultBuilder.create(root, { seed: 11, station: 'dock-1' });
  await pilot(vault);
});
afterAll(() => rm(root, { recursive: true }));

/** Days with nothing, one with two recordings and a sidecar, one whose camera was not read to its end, one cut off. */
async function pilot(builder: VaultBuilder): Promise<void> {
  for (const [day, percent] of [
    ['2026-11-25T10:00:00.000Z', 90],
    ['2026-11-26T10:00:00.000Z', 80],
    ['2026-12-02T10:00:00.000Z', 70],
  ] as const) {
    builder.clock.moveTo(day);
    await builder.dock({ camera: 'cam-1', clock: clockOf(day, -3000), condition: conditionOf(percent) });
    builder.clock.advance(HOUR_MS);
    await builder.undock();
  }
  builder.clock.moveTo('2026-12-03');
  await builder.dock({ camera: 'cam-2' });
  const capture = {
    earliest_at: '2026-12-03T06:00:00.000Z',
    latest_at: '2026-12-03T06:00:02.000Z',
    basis: 'clock-measured',
  } as const;
  const change = (manifest: Manifest): Manifest => ({ ...manifest, capture });
  await builder.record({ camera: 'cam-2', path: 'DCIM/1.MP4', sidecars: ['DCIM/1.GPS'], change });
  await builder.record({ camera: 'cam-2', path: 'DCIM/1.GPS', role: 'sidecar', sidecarOf: 'DCIM/1.MP4' });
  await builder.record({ camera: 'cam-2', path: 'DCIM/2.MP4', rejected: 'odd-name', change });
  await builder.undock();
  builder.clock.moveTo('2026-12-09');
  await builder.dock({ camera: 'cam-1' });
  await builder.entry({ fate: 'waiting', path: 'DCIM/3.MP4', reason: 'unreadable' });
  await builder.undock({ ended: 'failed' });
  builder.clock.moveTo('2026-12-10');
  await builder.dock({ camera: 'cam-2' });
  await builder.undock({ complete: false });
  await builder.close();
}

function clockOf(day: string, offsetMs: number): NonNullable<PilotClock> {
  const readAt = day;
  const claimed_at = new Date(Date.parse(readAt) + offsetMs).toISOString();
  return {
    read_at: readAt,
    claimed_at,
    offset_ms: offsetMs,
    uncertainty_ms: 500,
    zone_minutes: null,
    set: null,
  };
}
type PilotClock = NonNullable<Parameters<VaultBuilder['dock']>[0]>['clock'];
type PilotCondition = NonNullable<NonNullable<Parameters<VaultBuilder['dock']>[0]>['condition']>;

function conditionOf(percent: number): PilotCondition {
  return {
    battery_percent: percent,
    battery_mv: null,
    battery_cycles: null,
    charging: true,
    temperature_c: null,
    storage_total_bytes: null,
    storage_free_bytes: null,
    power_ons: null,
  };
}

function make(
  wish: { from?: string; to?: string; notes?: string; vault?: string } = {},
): Promise<PilotReport> {
  return makeReport({
    files: nodeFiles(),
    vault: wish.vault ?? vault.vault,
    keysFolder: undefined,
    notesFolder: wish.notes,
    ...NO_STAFF,
    period: parsePeriod(wish.from ?? '2026-11-25', wish.to ?? '2026-12-15'),
    calendar: new Calendar('UTC'),
    madeAt: '2026-12-16T08:00:00.000Z',
    handing: 'not-told',
    signal: new AbortController().signal,
  });
}

test('dockings, days and recordings are counted by what the documents prove', async () => {
  const report = await make();
  expect(report.stations).toEqual(['dock-1']);
  expect(report.total).toMatchObject({
    dockings: 6,
    dockings_without_recording: 3,
    recordings: 2,
    other_files: 1,
    recordings_without_duration: 2,
    bytes: 6000,
    not_receipted: 0,
  });
  expect(report.days).toEqual({
    days: 21,
    proven_without_recording: 7, // of cam-1 alone, until it failed and until cam-2 came
    with_recording: 1,
    open: 6,
    undecided: 7,
    no_camera_in_use: 0,
  });
  expect(report.unproven).toEqual({ count: 0, where: [] });
});

test.each([
  ['by a station on another machine', 'other', 'store', undefined, true],
  ['by nobody where the station is on the machine of the store', 'store', 'store', undefined, false],
  ['by a witness', 'store', 'store', '2026-11-25T10:00:00.000Z', true],
  ['by nobody where a witness said it long before', 'store', 'store', '2026-10-01T10:00:00.000Z', false],
] as const)('times are fixed from outside %s', async (_by, station, store, saidAt, isFixed) => {
  const folder = await mkdtemp(join(tmpdir(), 'report-times-'));
  const builder = await VaultBuilder.create(folder, { seed: 12, station: 'dock-1' });
  builder.clock.boot = store;
  await builder.receiver.enter('receiver-started', { version: '1' });
  const word = { by: 'witness', name: 'witness.test', boot: null };
  if (saidAt !== undefined) await builder.receiver.enter('outside-time', { ...word, said_at: saidAt });
  builder.clock.boot = station;
  builder.clock.moveTo('2026-11-25T10:00:00.000Z');
  await builder.dock({ camera: 'cam-1' });
  await builder.undock();
  await builder.close();
  const report = await make({ vault: builder.vault });
  expect([report.unproven.where, report.times_fixed_from_outside]).toEqual([[], isFixed]);
  expect(reportHtml(report, 'en').includes('Times not fixed from outside')).toBe(!isFixed);
  await rm(folder, { recursive: true });
});

test('weeks without a docking stand there as well, and cameras have their own counts', async () => {
  const report = await make({ to: '2026-12-20' });
  expect(report.weeks.map(({ week, dockings, recordings }) => [week, dockings, recordings])).toEqual([
    ['2026-W48', 2, 0],
    ['2026-W49', 2, 2],
    ['2026-W50', 2, 0],
    ['2026-W51', 0, 0],
  ]);
  expect(report.cameras.map(({ camera, dockings, recordings }) => [camera, dockings, recordings])).toEqual([
    ['cam-1', 4, 0],
    ['cam-2', 2, 2],
  ]);
});

test('clock and battery of a camera are told with their trend', async () => {
  const [first, second] = (await make()).cameras;
  expect(first).toMatchObject({ offset_ms_median: -3000, offset_ms_worst: 3000 });
  expect(first?.battery_change_percent_per_30_days).toBeLessThan(-50);
  expect(second).toMatchObject({ offset_ms_median: null, battery_change_percent_per_30_days: null });
});

test('what went wrong is counted by its kind', async () => {
  const kinds = new Map((await make()).failures.map(({ kind, count }) => [kind, count]));
  expect(Object.fromEntries(kinds)).toMatchObject({
    'docking failed': 1,
    'inventory not complete': 1,
    'waiting: unreadable': 1,
    'odd but kept: odd-name': 1,
  });
});

test('times from docking to receipt have their quantiles and their histogram', async () => {
  const { docking_to_receipt_s: spread, docking_to_receipt_histogram: histogram } = await make();
  expect(spread?.count).toBe(3);
  expect(spread?.worst).toBeLessThan(120);
  const { record_to_receipt_s: records } = await make();
  expect(records?.count).toBe(6);
  expect(records?.worst).toBeLessThan(60);
  expect(histogram.reduce((sum, each) => sum + each, 0)).toBe(3);
});

test('a period takes in only what lies in it', async () => {
  const report = await make({ from: '2026-12-03', to: '2026-12-03' });
  expect(report.total).toMatchObject({ dockings: 1, recordings: 2 });
  expect(report.days).toMatchObject({ days: 1, with_recording: 1 });
});

test('a document whose signature does not hold is counted nowhere and named', async () => {
  const folder = vault.recordings[0]?.folder ?? '';
  const signature = join(folder, 'manifest.json.minisig');
  const before = await nodeFiles().readAll(signature, 10_000);
  await appendFile(join(folder, 'manifest.json'), ' ');
  const report = await make();
  await writeFile(join(folder, 'manifest.json'), vault.recordings[0]?.manifestBytes ?? new Uint8Array());
  await writeFile(signature, before);
  expect(report.unproven).toEqual({ count: 1, where: [`dock-1/${vault.recordings[0]?.id ?? ''}`] });
  expect(report.total.recordings).toBe(1);
  expect(report.days.with_recording).toBe(1);
  expect(report.failures).toContainEqual({ kind: 'recording of a docking record is missing', count: 1 });
});

test('the page holds the numbers in both languages, no script, and nothing from elsewhere', async () => {
  const notes = join(root, 'notes');
  await nodeFiles().makeFolder(notes);
  const text =
    '---\ndate: 2026-12-03\nshift: late\nuse: <b>worn</b>\n---\n**Good.** <script>alert(1)</script> [x](javascript:alert(1))\n';
  await writeFile(join(notes, '1.md'), text);
  const report = await make({ notes });
  const [english, german] = [reportHtml(report, 'en'), reportHtml(report, 'de')];
  const { week } = report.weeks[0] ?? { week: '' };
  expect(english).toContain(`>${week}<`);
  expect(german).toContain(`>${week.replace(/^(\d+)-W(\d+)$/, 'KW\u{A0}$2/$1')}<`);
  for (const html of [english, german]) {
    expect(html).not.toMatch(/<script|href="javascript|src=|https?:/i);
    expect(html).toContain('<strong>Good.</strong>');
    expect(html).toContain('&lt;b&gt;worn&lt;/b&gt;');
    expect(html.match(/<svg/g)?.length).toBeGreaterThanOrEqual(4);
  }
  expect(english).toContain('with proof that nothing was recorded');
  expect(german).toContain('mit dem Nachweis, dass nichts aufgezeichnet wurde');
  expect(german).toContain('auffällig, aber aufbewahrt: ungewöhnlicher Name');
});

describe('whether the figures of a camera are about a person', () => {
  test('only people know: the page says what they said, or whom to ask', async () => {
    const made = await make();
    expect(reportHtml(made, 'en')).not.toContain('handed out again in each shift');
    expect(reportHtml(made, 'de')).toContain('die Datenschutzbeauftragte');
    const pooled = reportHtml({ ...made, cameras_are: 'pooled' }, 'de');
    expect(pooled).toContain('gab an, dass die Kameras in jeder Schicht neu ausgegeben werden');
    expect(pooled).not.toContain('Datenschutzbeauftragte');
  });

  test('they can be left out: then no camera is named in any form', async () => {
    const out = join(root, 'no-cameras');
    const period = ['--from', '2026-11-25', '--to', '2026-12-15', '--zone', 'UTC'];
    const asked = ['--vault', vault.vault, ...period, '--out', out, '--without-cameras', '--json'];
    const ran = await runCommand(reportCommand, ...asked);
    expect(ran).toMatchObject({ exitCode: 0, json: { cameras: [], awaited: [], days: { open: 6 } } });
    const names = await readdir(out);
    expect(names).not.toContain('cameras.csv');
    for (const name of names) expect(await readFile(join(out, name), 'utf8')).not.toMatch(/cam-\d/);
    const said = await runCommand(reportCommand, '--vault', vault.vault, ...period, '--lang', 'en');
    expect(said.out).toContain('times not fixed from outside');
    const both = await runCommand(reportCommand, ...asked, '--pooled');
    expect([both.exitCode, both.err]).toEqual([2, expect.stringContaining('one of them')]);
  });
});

test('of the users’ notes the page says what was looked for, and that other names are not found', async () => {
  const notes = join(root, 'named-notes');
  await nodeFiles().makeFolder(notes);
  await writeFile(
    join(notes, '1.md'),
    '---\ndate: 2026-12-03\nshift: late\nuse: worn\n---\nHans Müller was calm.\n',
  );
  const made = await make({ notes });
  expect(made.notes).toHaveLength(1); // no program knows all names
  expect(reportHtml(made, 'en')).toContain('It does not find other names: somebody must read the reports');
  expect(reportHtml(made, 'de')).toContain('Andere Namen findet es nicht: Jemand muss die Berichte lesen');
  for (const language of ['en', 'de'] as const)
    expect(reportHtml(made, language)).not.toMatch(
      /without names|ohne Namen|holds no name|enthält keinen Namen/,
    );
});

test('no serial number of a camera and no path is in any form of the report', async () => {
  const report = await make();
  const all = [reportHtml(report, 'de'), JSON.stringify(report), ...reportCsv(report).values()].join('\n');
  expect(all).not.toContain('serial of');
  expect(all).not.toContain('DCIM');
});

test('tables as CSV have one line a row and no formula', async () => {
  const report = await make();
  const files = reportCsv({ ...report, failures: [{ kind: '=1+1, "x"', count: 1 }] });
  expect(files.get('weeks.csv')?.split('\r\n')).toHaveLength(report.weeks.length + 2);
  expect(files.get('failures.csv')).toBe('kind,count\r\n"\'=1+1, ""x""",1\r\n');
});

test('a folder that is no vault is refused', async () => {
  const wish = {
    files: nodeFiles(),
    notesFolder: undefined,
    ...NO_STAFF,
    period: parsePeriod('2026-11-25', '2026-11-25'),
  };
  const calendar = new Calendar('UTC');
  const options = {
    ...wish,
    calendar,
    madeAt: '',
    handing: 'not-told' as const,
    signal: new AbortController().signal,
    keysFolder: vault.keys,
  };
  await expect(makeReport({ ...options, vault: join(vault.vault, 'dock-1') })).rejects.toMatchObject({
    code: 'verify.not-recognised',
  });
});

describe('what is kept as evidence', () => {
  let evidence: EvidenceVault;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-evidence-'));
    evidence = await buildEvidenceVault(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const reportOf = (to: string, madeAt: string, keysFolder?: string): Promise<PilotReport> =>
    makeReport({
      files: nodeFiles(),
      vault: evidence.dock1.vault,
      keysFolder,
      notesFolder: undefined,
      ...NO_STAFF,
      period: parsePeriod('2026-10-21', to),
      calendar: new Calendar('Europe/Berlin'),
      madeAt,
      handing: 'not-told',
      signal: new AbortController().signal,
    });

  test('is what both roles hold: not what one of them held, what was released, or what is deleted', async () => {
    const report = await reportOf('2026-12-31', '2027-01-10T00:00:00.000Z');
    expect(report.total).toMatchObject({ kept_as_evidence: 1, deleted: 3 });
    expect(report.cameras.map(({ camera, kept_as_evidence: kept }) => [camera, kept])).toEqual([
      ['cam-1', 0],
      ['cam-2', 0],
      ['cam-3', 1],
      ['cam-4', 0],
    ]);
    expect(report).toMatchObject({ orders_not_judged: 0, unproven: { count: 0 } });
  });

  test('is told as of the end of the period, or of the making where that comes first', async () => {
    const before = '2026-10-27T00:00:00.000Z';
    expect((await reportOf('2026-10-26', '2027-01-10T00:00:00.000Z')).total.kept_as_evidence).toBe(0);
    expect((await reportOf('2026-12-31', before)).total.kept_as_evidence).toBe(0);
  });

  test('may be more than is counted where the keys of the roles are missing, and the page says so', async () => {
    const keys = join(folder, 'other-keys');
    await cp(join(folder, 'keys'), keys, { recursive: true });
    for (const role of ['officer', 'supervisor']) await rm(join(keys, `${role}.pub`));
    const report = await reportOf('2026-12-31', '2027-01-10T00:00:00.000Z', keys);
    expect(report.total.kept_as_evidence).toBe(0);
    expect(report.orders_not_judged).toBeGreaterThan(3);
    expect(report.unproven.count).toBe(0);
    expect(reportHtml(report, 'de')).toContain('ließen sich nicht prüfen');
  });

  test('counts an order whose signature does not hold as odd', async () => {
    const copy = join(folder, 'forged');
    await cp(evidence.dock1.vault, copy, { recursive: true });
    const order = join(
      copy,
      'dock-2',
      'orders',
      evidence.holdOrder.order.order,
      'order.json.officer.minisig',
    );
    await copyFile(order.replace('officer', 'supervisor'), order);
    const report = await makeReport({
      files: nodeFiles(),
      vault: copy,
      keysFolder: join(folder, 'keys'),
      notesFolder: undefined,
      ...NO_STAFF,
      period: parsePeriod('2026-10-21', '2026-12-31'),
      calendar: new Calendar('UTC'),
      madeAt: '2027-01-10T00:00:00.000Z',
      handing: 'not-told',
      signal: new AbortController().signal,
    });
    expect(report.total.kept_as_evidence).toBe(0);
    expect(report.failures).toContainEqual({ kind: 'order that does not hold', count: 1 });
    expect(report.unproven.where).toEqual([
      expect.stringMatching(`^dock-2/orders/${evidence.holdOrder.order.order}/`),
    ]);
  });

  test('a clock that a station set and read again tells how it goes', async () => {
    const [first] = (await reportOf('2026-12-31', '2027-01-10T00:00:00.000Z')).cameras;
    expect(first).toMatchObject({ offset_ms_worst: 5000, clock_drift_ppm: null, clock_resets: 0 });
  });
});

test('documents of a key that only a change of keys introduces count', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-key-'));
  try {
    const changed = await VaultBuilder.create(folder);
    await changed.dock();
    await changed.record();
    await changed.changeKey({ publish: false });
    await changed.dock();
    await changed.record();
    await changed.close();
    const report = await makeReport({
      files: nodeFiles(),
      vault: changed.vault,
      keysFolder: undefined,
      notesFolder: undefined,
      ...NO_STAFF,
      period: parsePeriod('2026-10-21', '2026-12-31'),
      calendar: new Calendar('UTC'),
      madeAt: '2027-01-10T00:00:00.000Z',
      handing: 'not-told',
      signal: new AbortController().signal,
    });
    expect(report.total).toMatchObject({ dockings: 2, recordings: 2 });
    expect(report.unproven.count).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a day is no proof that nothing was recorded', () => {
  async function daysOf(
    build: (builder: VaultBuilder) => Promise<void>,
    docking: Parameters<VaultBuilder['dock']>[0] = {},
  ): Promise<PilotReport['days']> {
    const folder = await mkdtemp(join(tmpdir(), 'report-proof-'));
    try {
      const builder = await VaultBuilder.create(folder);
      await builder.dock(docking);
      await build(builder);
      if (builder.dockings.length === 0) await builder.undock();
      builder.clock.moveTo('2026-11-27T05:00:00.000Z');
      await builder.dock(); // with nothing on it: but for what was built the day would be proven
      await builder.close();
      const report = await makeReport({
        files: nodeFiles(),
        vault: builder.vault,
        keysFolder: undefined,
        notesFolder: undefined,
        ...NO_STAFF,
        period: parsePeriod('2026-11-25', '2026-11-25'),
        calendar: new Calendar('UTC'),
        madeAt: '2027-01-10T00:00:00.000Z',
        handing: 'not-told',
        signal: new AbortController().signal,
      });
      return report.days;
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('where a part of the docking record is not here: nobody knows what it lists', async () => {
    const days = await daysOf(async (builder) => {
      await builder.entry({ fate: 'not-a-file', path: 'DCIM/link' });
      await builder.entry({ fate: 'waiting', path: 'DCIM/1.MP4', reason: 'unreadable' });
      await builder.undock({ entriesPerPart: 1 });
      await rm(builder.dockings[0]?.parts[1]?.folder ?? '', { recursive: true });
    });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
  });

  test('where a file was on the camera, vanished, and is nowhere', async () => {
    const days = await daysOf(async (builder) => {
      await builder.entry({ fate: 'vanished', path: 'DCIM/1.MP4', sizeBytes: 1_000_000 });
      await builder.undock();
    });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
  });

  test('where a recording of it is missing and another one was sealed twice', async () => {
    const days = await daysOf(async (builder) => {
      const kept = await builder.record({ path: 'LOG.TXT', role: 'other' });
      const missing = await builder.record({ path: 'DCIM/1.MP4' });
      await builder.undock();
      const again = makeRecordingId(builder.random);
      const folder = join(builder.vault, builder.station, again);
      await nodeFiles().makeFolder(folder);
      await builder.writeManifest(folder, { ...kept.manifest, recording: again, supersedes: [kept.id] });
      await rm(missing.folder, { recursive: true });
    });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
  });

  test('where a part of the docking record is not here, and another one is here twice', async () => {
    const days = await daysOf(async (builder) => {
      for (const path of ['a', 'b']) await builder.entry({ fate: 'not-a-file', path });
      await builder.entry({ fate: 'waiting', path: 'DCIM/1.MP4', reason: 'unreadable' });
      const [, second, third] = (await builder.undock({ entriesPerPart: 1 })).parts;
      if (second === undefined || third === undefined) throw new Error('too few parts');
      const again = makeRecordingId(builder.random);
      const folder = join(builder.vault, builder.station, again);
      await nodeFiles().makeFolder(folder);
      await builder.writeDockingRecord(folder, { ...second.record, record: parseDockingId(again) });
      await rm(third.folder, { recursive: true });
    });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
  });

  test.each([
    ['an unknown kind', 'DCIM/VIDEO1.DAV', 'unknown-kind'],
    ['a name that tells no kind', 'DCIM/new\nline', 'odd-name'],
  ] as const)('where a file of %s was taken: it may be a recording', async (_, path, rejected) => {
    const days = await daysOf(async (builder) => {
      await builder.record({ path, role: 'other', rejected });
      await builder.undock();
    });
    expect(days).toMatchObject({ proven_without_recording: 0, with_recording: 0, undecided: 1 });
  });

  test('but is one where what was taken is known to be none, or has no byte', async () => {
    const days = await daysOf(async (builder) => {
      await builder.record({ path: 'LOG.TXT', role: 'other' });
      await builder.record({
        path: 'new\nline',
        role: 'other',
        rejected: 'odd-name',
        original: new Uint8Array(),
      });
      await builder.undock();
    });
    expect(days).toMatchObject({ proven_without_recording: 1, undecided: 0 });
  });

  test('where the record says of more files than it lists', async () => {
    const days = await daysOf(async (builder) => {
      await builder.entry({ fate: 'not-a-file', path: 'a' });
      const [part] = (await builder.undock()).parts;
      if (part === undefined) throw new Error('no part');
      await builder.writeDockingRecord(part.folder, { ...part.record, later: 100_001 });
    });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
  });

  test('where the station did not know the time: it may have been any other day', async () => {
    const days = await daysOf(() => Promise.resolve(), { clockSynchronised: false });
    expect(days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
    const untold = await daysOf(() => Promise.resolve(), { clockSynchronised: null });
    expect(untold).toMatchObject({ proven_without_recording: 1, undecided: 0 });
  });

  test.each([
    ['was made on it and came a day later', '2026-11-25T21:00:00.000Z', { with_recording: 1, undecided: 0 }],
    ['may have been made on it', '2026-11-24T21:00:00.000Z', { with_recording: 0, undecided: 1 }],
  ])('where a recording %s', async (_, earliest_at, told) => {
    const days = await daysOf(async (builder) => {
      await builder.undock();
      builder.clock.moveTo('2026-11-26T05:00:00.000Z');
      await builder.dock();
      const capture = {
        earliest_at,
        latest_at: '2026-11-25T22:00:00.000Z',
        basis: 'clock-measured',
      } as const;
      await builder.record({ change: (manifest) => ({ ...manifest, capture }) });
    });
    expect(days).toMatchObject({ proven_without_recording: 0, ...told });
  });
});

test('a receipt or a deletion record whose signature does not hold is told, not only left out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-receipt-'));
  try {
    const builder = await VaultBuilder.create(folder);
    const { id, folder: place } = await builder.record();
    await builder.close();
    await appendFile(join(place, 'receipt.json'), ' ');
    await writeFile(join(place, 'deletion.json'), '{}');
    const ran = await runCommand(
      reportCommand,
      '--vault',
      builder.vault,
      '--from',
      '2026-11-25',
      '--to',
      '2026-11-25',
      '--zone',
      'UTC',
      '--json',
    );
    const where = ['deletion.json', 'receipt.json'].map((name) => `dock-1/${id}/${name}`);
    expect(ran).toMatchObject({ exitCode: 1, json: { total: { recordings: 1, not_receipted: 1 } } });
    expect((ran.json as PilotReport).unproven.where.toSorted()).toEqual(where);
  } finally {
    await rm(folder, { recursive: true });
  }
});
