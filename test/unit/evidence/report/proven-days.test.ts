// Which days a report calls proven (SPEC 4.13.7): over all cameras in use, by listings from after the end of the day.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { report } from '../../../../agent/cli/report.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import type { PilotReport } from '../../../../agent/evidence/report/pilot-report.ts';
import { reportCsv } from '../../../../agent/evidence/report/report-csv.ts';
import { reportHtml } from '../../../../agent/evidence/report/report-html.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import { headOf } from '../../../fakes/vault-builder-tree.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

const roots: string[] = [];
afterAll(async () => {
  for (const each of roots) await rm(each, { recursive: true });
});

async function newVault(): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-proven-days-'));
  roots.push(root);
  return VaultBuilder.create(root);
}

async function reported({ vault }: VaultBuilder, from: number, to: number): Promise<PilotReport> {
  const days = ['--from', `2026-12-${from}`, '--to', `2026-12-${to}`, '--zone', 'UTC', '--json'];
  return (await runCommand(report, '--vault', vault, ...days)).json as PilotReport;
}

/** One word a day: what is known of it, and who is awaited. */
function toldOf({ calendar }: PilotReport): string[] {
  return calendar.map(({ day, state, awaited }) => [day.slice(8), state, ...awaited].join(' '));
}

async function told(builder: VaultBuilder, from: number, to: number): Promise<string[]> {
  await builder.close();
  return toldOf(await reported(builder, from, to));
}

const at = (day: number, time = '08:00'): string => `2026-12-${day}T${time}:00.000Z`;

/** A camera docks with nothing new on it, and is taken an hour later. */
async function emptyDocking(
  builder: VaultBuilder,
  camera: string,
  when: string,
  wish: Parameters<VaultBuilder['dock']>[0] = {},
): Promise<void> {
  builder.clock.moveTo(when);
  await builder.dock({ camera, ...wish });
  builder.clock.advance(3_600_000);
  await builder.undock({}, camera);
}

/** A film; `durationMs` null: it does not tell how long it is. */
const measured =
  (from: string, to = from, durationMs: number | null = 20_000) =>
  (manifest: Manifest): Manifest => ({
    ...manifest,
    capture: { earliest_at: from, latest_at: to, basis: 'clock-measured' },
    media: { container: 'mp4', duration_ms: durationMs, codec: 'h264', width_px: 320, height_px: 240 },
  });

describe('a day is proven only when every camera in use has docked after its end', () => {
  test('days on which only another camera docked stay open, and name the one that is out', async () => {
    const builder = await newVault();
    builder.clock.moveTo(at(25));
    await builder.dock({ camera: 'cam-1' });
    await builder.record({ camera: 'cam-1', change: measured(at(25, '07:00')) });
    await builder.undock();
    await emptyDocking(builder, 'cam-2', at(26));
    await emptyDocking(builder, 'cam-2', at(27));
    expect(await told(builder, 25, 27)).toEqual([
      '25 with_recording',
      '26 open cam-1',
      '27 open cam-1 cam-2',
    ]);
  });

  test('once it is back with nothing of these days they are proven, and with a recording of one that one is not', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    await emptyDocking(builder, 'cam-2', at(24, '10:00'));
    await emptyDocking(builder, 'cam-2', at(28));
    builder.clock.moveTo(at(28, '10:00'));
    await builder.dock({ camera: 'cam-1' });
    await builder.record({ camera: 'cam-1', change: measured(at(26, '22:00'), at(26, '23:00')) });
    expect(await told(builder, 24, 28)).toEqual([
      '24 proven_without_recording',
      '25 proven_without_recording',
      '26 with_recording',
      '27 proven_without_recording',
      '28 open cam-1 cam-2',
    ]);
  });

  test('a docking at eight in the morning proves the time before it, not its day', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(25));
    await emptyDocking(builder, 'cam-1', at(26));
    expect(await told(builder, 24, 26)).toEqual([
      '24 no_camera_in_use',
      '25 proven_without_recording',
      '26 open cam-1',
    ]);
  });

  test('the end of a day is that of the zone that the report names', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(25, '08:00'));
    await emptyDocking(builder, 'cam-1', at(25, '23:30'));
    await builder.close();
    const days = ['--from', '2026-12-25', '--to', '2026-12-25', '--json'];
    const states: unknown[] = [];
    for (const zone of ['UTC', 'Europe/Berlin']) {
      const ran = await runCommand(report, '--vault', builder.vault, ...days, '--zone', zone);
      states.push((ran.json as PilotReport).calendar[0]?.state);
    }
    expect(states).toEqual(['open', 'proven_without_recording']);
  });

  test('a camera that never comes back leaves its days open', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(25));
    for (const day of [25, 26, 27, 28]) await emptyDocking(builder, 'cam-2', at(day, '10:00'));
    await builder.close();
    const made = await reported(builder, 25, 27);
    expect(toldOf(made)).toEqual(['25 open cam-1', '26 open cam-1', '27 open cam-1']);
    expect(made.awaited).toEqual([
      { camera: 'cam-1', last_listed_at: expect.stringMatching(/^2026-12-25T08:00/), open_days: 3 },
    ]);
  });

  test('until it is retired: the days up to then stay open, and those after it wait for it no more', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(25));
    for (const day of [25, 26]) await emptyDocking(builder, 'cam-2', at(day, '10:00'));
    builder.clock.moveTo(at(26, '12:00'));
    builder.log('camera-retired', { camera: 'cam-1', reason: 'lost' });
    for (const day of [27, 28]) await emptyDocking(builder, 'cam-2', at(day, '10:00'));
    await builder.close();
    const made = await reported(builder, 25, 27);
    expect(toldOf(made)).toEqual(['25 open cam-1', '26 open cam-1', '27 proven_without_recording']);
    expect(made.retired).toEqual([
      { camera: 'cam-1', at: expect.stringMatching(/^2026-12-26/), reason: 'lost' },
    ]);
    expect(reportHtml(made, 'de')).toContain('außer Betrieb seit');
    expect((await runCommand(verify, builder.vault)).exitCode).toBe(0);
  });

  test('one that docks again after it was retired is in use again, and its listing proves what it had missed', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    builder.clock.moveTo(at(25));
    builder.log('camera-retired', { camera: 'cam-1', reason: 'lost' });
    await emptyDocking(builder, 'cam-1', at(27));
    expect(await told(builder, 24, 28)).toEqual([
      '24 proven_without_recording',
      '25 proven_without_recording',
      '26 no_camera_in_use',
      '27 open cam-1',
      '28 open cam-1',
    ]);
  });

  test('a camera of the same id and another serial number does not stand for the one that is out', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24), { identity: { serial: 'A' } });
    await emptyDocking(builder, 'cam-1', at(25), { identity: { serial: 'B' } });
    await emptyDocking(builder, 'cam-1', at(26), { identity: { serial: 'B' } });
    expect(await told(builder, 24, 25)).toEqual(['24 open dock-1/cam-1', '25 open dock-1/cam-1']);
  });

  test('nor does one of the same id at another station, but the same camera there does', async () => {
    const builder = await newVault();
    const other = await builder.beside('dock-2');
    await emptyDocking(builder, 'cam-1', at(24), { identity: { serial: null } });
    await emptyDocking(builder, 'cam-2', at(24, '10:00'));
    await emptyDocking(other, 'cam-1', at(26), { identity: { serial: null } });
    await emptyDocking(other, 'cam-2', at(26, '10:00'));
    await other.close();
    expect((await told(builder, 24, 25))[0]).toBe('24 open dock-1/cam-1');
  });

  test('two of one id that are both out leave a day open once', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24), { identity: { serial: 'A' } });
    await emptyDocking(builder, 'cam-1', at(25), { identity: { serial: 'B' } });
    await builder.close();
    const made = await reported(builder, 26, 27);
    expect(toldOf(made)).toEqual(['26 open dock-1/cam-1', '27 open dock-1/cam-1']);
    expect(made.awaited).toEqual([
      { camera: 'dock-1/cam-1', last_listed_at: expect.stringMatching(/^2026-12-24/), open_days: 2 },
    ]);
  });

  test('a docking of which only the log was left tells no serial number, and is one of that camera', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    await emptyDocking(builder, 'cam-1', at(25), { identity: { serial: null } });
    await emptyDocking(builder, 'cam-1', at(26));
    expect(await told(builder, 24, 25)).toEqual([
      '24 proven_without_recording',
      '25 proven_without_recording',
    ]);
  });
});

describe('one stay', () => {
  test('of four days that is listed each day proves the days that were over', async () => {
    const builder = await newVault();
    builder.clock.moveTo(at(24, '17:00'));
    await builder.dock({ camera: 'cam-1' });
    for (const day of [25, 26, 27, 28]) {
      builder.clock.moveTo(at(day, '00:05'));
      await builder.relist();
    }
    builder.clock.moveTo(at(28, '09:00'));
    await builder.undock();
    await builder.close();
    const made = await reported(builder, 24, 28);
    expect(toldOf(made)).toEqual([
      '24 proven_without_recording',
      '25 proven_without_recording',
      '26 proven_without_recording',
      '27 proven_without_recording',
      '28 open cam-1',
    ]);
    expect(made.total).toMatchObject({ dockings: 1, dockings_without_recording: 1 });
    expect(made.cameras[0]?.points).toHaveLength(5);
  });

  test('is counted as one docking over starts and a cut, on the day on which it began, and not as an empty one with a recording', async () => {
    const builder = await newVault();
    builder.clock.moveTo(at(24, '17:00'));
    await builder.dock({ camera: 'cam-1' });
    await builder.restart({ stays: true });
    await builder.record({ camera: 'cam-1', later: true });
    builder.clock.moveTo(at(25, '01:00'));
    await builder.cut({ stays: true });
    await builder.undock();
    await emptyDocking(builder, 'cam-1', at(25, '09:00'));
    await builder.close();
    const [first, second] = [await reported(builder, 24, 24), await reported(builder, 25, 25)];
    expect(first.total).toMatchObject({ dockings: 1, dockings_without_recording: 0, recordings: 1 });
    expect(second.total).toMatchObject({ dockings: 1, dockings_without_recording: 1 });
  });

  test('of a station of 0.1.0, which knew of none, is each docking', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24, '09:00'), { version: 1 });
    await emptyDocking(builder, 'cam-1', at(24, '12:00'), { version: 1 });
    await builder.close();
    expect((await reported(builder, 24, 24)).total).toMatchObject({ dockings: 2 });
  });
});

describe('a listing proves days', () => {
  test('only where it is whole: else the camera is awaited', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    builder.clock.moveTo(at(25));
    await builder.dock({ camera: 'cam-1' });
    await builder.undock({ complete: false });
    expect(await told(builder, 24, 24)).toEqual(['24 open cam-1']);
  });

  test('only where the station knew the time', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    await emptyDocking(builder, 'cam-1', at(25), { clockSynchronised: false });
    expect(await told(builder, 24, 25)).toEqual(['24 open cam-1', '25 open cam-1']);
  });

  test('a recording of a docking at which the station did not know the time is placed by what is sure', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(23));
    builder.clock.moveTo(at(25));
    await builder.dock({ camera: 'cam-1', clockSynchronised: false });
    await builder.record({ camera: 'cam-1' });
    await builder.undock();
    await emptyDocking(builder, 'cam-1', at(27));
    expect(await told(builder, 22, 27)).toEqual([
      '22 no_camera_in_use',
      '23 undecided',
      '24 undecided',
      '25 undecided',
      '26 proven_without_recording',
      '27 open cam-1',
    ]);
  });
});

describe('a day stays undecided', () => {
  test.each([
    ['claims the next morning, as stations of 0.1.0 wrote it', 'clock-unmeasured'],
    ['is bounded by two dockings', 'docking-interval'],
  ] as const)('where a recording came later whose time %s', async (_, basis) => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    await emptyDocking(builder, 'cam-1', at(25));
    builder.clock.moveTo(at(26));
    await builder.dock({ camera: 'cam-1' });
    const claimed = at(26, '07:30');
    const capture = { earliest_at: claimed, latest_at: claimed, basis };
    const change = (manifest: Manifest): Manifest => ({ ...manifest, capture });
    await builder.record({ camera: 'cam-1', modifiedAt: claimed, change });
    await builder.undock();
    await emptyDocking(builder, 'cam-1', at(27));
    expect(await told(builder, 24, 26)).toEqual([
      '24 proven_without_recording',
      '25 undecided',
      '26 undecided',
    ]);
  });

  test('where it is between two listings of one day it is surely of that day', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(25));
    builder.clock.moveTo(at(25, '18:00'));
    await builder.dock({ camera: 'cam-1' });
    await builder.record({ camera: 'cam-1', modifiedAt: null });
    await builder.undock();
    expect(await told(builder, 25, 25)).toEqual(['25 with_recording']);
  });

  test('from the listing before, where a docking has no record here and the store let it go', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(23));
    builder.clock.moveTo(at(25));
    await builder.dock({ camera: 'cam-1' });
    const { parts } = await builder.undock();
    await builder.receiver.dropDocking(parts, { afterMs: 0 });
    await emptyDocking(builder, 'cam-1', at(27));
    expect(await told(builder, 22, 27)).toEqual([
      '22 no_camera_in_use',
      '23 undecided',
      '24 undecided',
      '25 undecided',
      '26 proven_without_recording',
      '27 open cam-1',
    ]);
  });

  test('and is open where the record only has not come yet', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(23));
    builder.clock.moveTo(at(24));
    await builder.dock({ camera: 'cam-1' });
    await builder.undock({ sent: false });
    await emptyDocking(builder, 'cam-1', at(26));
    expect(await told(builder, 23, 25)).toEqual([
      '23 open cam-1',
      '24 open cam-1',
      '25 proven_without_recording',
    ]);
  });

  test('where a file was left on the camera that may be from any day since the listing before', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(23));
    builder.clock.moveTo(at(25));
    await builder.dock({ camera: 'cam-1' });
    await builder.entry({ fate: 'waiting', path: 'DCIM/1.MP4', reason: 'unreadable' });
    await builder.undock();
    await emptyDocking(builder, 'cam-1', at(27));
    expect(await told(builder, 23, 26)).toEqual([
      '23 undecided',
      '24 undecided',
      '25 undecided',
      '26 proven_without_recording',
    ]);
  });

  test('where a camera was refused that nobody knows', async () => {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    builder.log('camera-refused', { bay: 'bay-2', reason: 'unknown' });
    await emptyDocking(builder, 'cam-1', at(25));
    expect(await told(builder, 24, 24)).toEqual(['24 undecided']);
  });

  test.each([
    ['whose content is a film', { kind: 'mp4' }, 'undecided'],
    ['of more than 64 KiB', { size: 65_537 }, 'undecided'],
    ['of 64 KiB', { size: 65_536 }, 'proven_without_recording'],
  ] as const)(
    'where a file %s came under another name',
    async (_, { kind, size = 2000 }: { kind?: string; size?: number }, state) => {
      const builder = await newVault();
      await emptyDocking(builder, 'cam-1', at(24));
      builder.clock.moveTo(at(24, '20:00'));
      await builder.dock({ camera: 'cam-1' });
      const media = { container: 'mp4', duration_ms: 20_000, codec: 'h264', width_px: 320, height_px: 240 };
      await builder.record({
        camera: 'cam-1',
        path: 'DCIM/C.BIN',
        role: 'other',
        original: new Uint8Array(size),
        change: (manifest) => ({ ...manifest, media: kind === undefined ? null : media }),
      });
      await builder.undock();
      await emptyDocking(builder, 'cam-1', at(25));
      expect(await told(builder, 24, 24)).toEqual([`24 ${state}`]);
    },
  );
});

test.each([
  ['into the day before, where its file has the time of its end', '00:10', 1_800_000, ['24', '25 undecided']],
  ['not into it, where it is shorter', '00:40', 1_800_000, ['24', '25']],
  [
    'into the day after, where its file has the time of its beginning',
    '23:50',
    1_800_000,
    ['24', '25', '27 undecided'],
  ],
  [
    'as far as a day, where it does not tell how long it is',
    '12:00',
    null,
    ['24', '25 undecided', '27 undecided'],
  ],
] as const)('a recording reaches %s', async (_, time, durationMs, expected) => {
  const builder = await newVault();
  await emptyDocking(builder, 'cam-1', at(24));
  builder.clock.moveTo(at(28));
  await builder.dock({ camera: 'cam-1' });
  await builder.record({ camera: 'cam-1', change: measured(at(26, time), at(26, time), durationMs) });
  await builder.undock();
  const days = await told(builder, 24, 27);
  expect(days[2]).toBe('26 with_recording');
  const states = new Map(expected.map((each) => [each.slice(0, 2), each.slice(3)]));
  for (const day of [24, 25, 27])
    expect(days[day - 24]).toBe(`${day} ${states.get(String(day)) || 'proven_without_recording'}`);
});

describe('where a part of a station’s log is not here, a camera may have come into use that nobody knows of', () => {
  /** A camera that came on the 25th with a recording, in the second of three segments; of its documents none is left. */
  async function emptied(): Promise<VaultBuilder> {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(24));
    await builder.restart();
    builder.clock.moveTo(at(25, '10:00'));
    await builder.dock({ camera: 'cam-9' });
    const { folder } = await builder.record({ camera: 'cam-9', change: measured(at(25, '09:00')) });
    const { parts } = await builder.undock();
    await builder.restart();
    await emptyDocking(builder, 'cam-1', at(27));
    await builder.close();
    for (const each of [folder, ...parts.map((part) => part.folder)]) await rm(each, { recursive: true });
    return builder;
  }

  async function without({ custody, segments }: VaultBuilder, gone: readonly number[]): Promise<void> {
    for (const each of gone)
      for (const suffix of ['jsonl', 'jsonl.minisig'])
        await rm(join(custody, `${segments[each] ?? ''}.${suffix}`), { force: true });
  }

  test.each([
    ['between two of its segments', [1], ['undecided', 'undecided', 'proven_without_recording']],
    ['from a segment on to its end', [1, 2], ['undecided', 'undecided', 'undecided']],
    ['from its beginning to its end', [0, 1, 2], ['undecided', 'undecided', 'undecided']],
  ] as const)('%s', async (_, gone, states) => {
    const builder = await emptied();
    await without(builder, gone);
    const made = await reported(builder, 24, 26);
    expect(made.calendar.map(({ state }) => state)).toEqual(states);
    expect(made.unproven.count).toBeGreaterThan(0);
  });

  test.each([
    ['of a station that the log of the store alone names', 'all'],
    ['after the last receipt that is left, as the log of the store says', 'tail'],
  ])('%s', async (_, what) => {
    const builder = await newVault();
    const other = await builder.beside('dock-2');
    await emptyDocking(builder, 'cam-1', at(24));
    await emptyDocking(other, 'cam-9', at(24, '10:00'));
    await other.restart();
    builder.clock.moveTo(at(25));
    await other.dock({ camera: 'cam-9' });
    const { folder } = await other.record({ camera: 'cam-9', change: measured(at(24, '12:00')) });
    const { parts } = await other.undock();
    await emptyDocking(builder, 'cam-1', at(27));
    await other.close();
    await builder.close();
    const { vault, receiver } = builder;
    await receiver.enter('head', { station: 'dock-2', ...headOf(await other.lines(), other.segments) });
    await builder.close();
    if (what === 'all') await rm(join(vault, 'dock-2'), { recursive: true });
    else {
      for (const each of [folder, ...parts.map((part) => part.folder)]) await rm(each, { recursive: true });
      await without(other, [1]);
    }
    const made = await reported(builder, 24, 26);
    expect(made.calendar.map(({ state }) => state)).toEqual(['undecided', 'undecided', 'undecided']);
    expect(made.unproven.count).toBeGreaterThan(0);
  });

  test('also on a day on which no other camera was in use', async () => {
    const builder = await newVault();
    builder.clock.moveTo(at(25));
    await builder.restart();
    await emptyDocking(builder, 'cam-1', at(26));
    await builder.close();
    await without(builder, [0]);
    const { calendar } = await reported(builder, 22, 22);
    expect(calendar.map(({ state }) => state)).toEqual(['undecided']);
  });
});

describe('what happened when a station did not know the time, and only its log tells, may be of any day until it did', () => {
  /** The clock of the station shows the 23rd for three days, while something happens; then both cameras come with nothing. */
  async function lived(happens: (builder: VaultBuilder) => Promise<void>): Promise<string[]> {
    const builder = await newVault();
    await emptyDocking(builder, 'cam-1', at(22));
    await emptyDocking(builder, 'cam-2', at(22, '10:00'));
    builder.clock.moveTo(at(23));
    builder.log('clock-state', { synchronised: false });
    await happens(builder);
    builder.clock.moveTo(at(26));
    builder.log('clock-state', { synchronised: true });
    await emptyDocking(builder, 'cam-1', at(27));
    await emptyDocking(builder, 'cam-2', at(27, '10:00'));
    return told(builder, 21, 26);
  }
  const days = (state: string): string[] => [22, 23, 24, 25, 26].map((day) => `${day} ${state}`);

  test.each([
    ['was let go', 'undecided'],
    ['has not come yet', 'open cam-1'],
  ])('a docking whose record %s', async (why, state) => {
    const found = await lived(async (builder) => {
      await builder.dock({ camera: 'cam-1', clockSynchronised: false });
      const { parts } = await builder.undock({ sent: why === 'was let go' });
      if (why === 'was let go') await builder.receiver.dropDocking(parts, { afterMs: 0 });
    });
    expect(found).toEqual(['21 no_camera_in_use', ...days(state)]);
  });

  test('a camera that was refused', async () => {
    const found = await lived((builder) => {
      builder.log('camera-refused', { bay: 'bay-2', reason: 'no-serial' });
      return Promise.resolve();
    });
    expect(found).toEqual(['21 no_camera_in_use', ...days('undecided')]);
  });
});

test('every form of the report tells open days and who is awaited', async () => {
  const builder = await newVault();
  await emptyDocking(builder, 'cam-1', at(25));
  await emptyDocking(builder, 'cam-2', at(27));
  await builder.close();
  const made = await reported(builder, 25, 26);
  expect(made.days).toMatchObject({ days: 2, proven_without_recording: 0, open: 2 });
  expect(reportCsv(made).get('days.csv')).toBe(
    'day,state,awaited\r\n2026-12-25,open,cam-1\r\n2026-12-26,open,cam-1\r\n',
  );
  const german = reportHtml(made, 'de');
  expect(german).toContain('Kameras, die Tage offen lassen');
  expect(german).toContain('25. Dezember 2026');
  expect(reportHtml(made, 'en')).toContain('Cameras that leave days open');
  const days = ['--from', '2026-12-25', '--to', '2026-12-26', '--zone', 'UTC', '--lang', 'de'];
  const { out } = await runCommand(report, '--vault', builder.vault, ...days);
  expect(out).toContain('offen wegen cam-1: Tage 2, zuletzt vollständig gelesen: 25. Dezember 2026');
});

test('what is older than the part of a station’s log that is here is not proven', async () => {
  const builder = await newVault();
  await emptyDocking(builder, 'cam-1', at(24));
  builder.clock.moveTo(at(26));
  await builder.restart();
  await emptyDocking(builder, 'cam-1', at(27));
  await builder.close();
  expect(toldOf(await reported(builder, 24, 26))).toEqual([
    '24 proven_without_recording',
    '25 proven_without_recording',
    '26 proven_without_recording',
  ]);
  for (const suffix of ['jsonl', 'jsonl.minisig'])
    await rm(join(builder.custody, `${builder.segments[0] ?? ''}.${suffix}`), { force: true });
  const made = await reported(builder, 24, 26);
  expect(made.calendar.map(({ state }) => state)).toEqual(['undecided', 'undecided', 'undecided']);
});
