// What a report makes of keys that were revoked, and of what the signed logs say beside the documents.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { report } from '../../../../agent/cli/report.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import type { PilotReport } from '../../../../agent/evidence/report/pilot-report.ts';
import { reportHtml } from '../../../../agent/evidence/report/report-html.ts';
import { CUSTODY_SEGMENT_TRUSTED_COMMENT } from '../../../../protocol/custody/custody-entry.ts';
import { signDocument } from '../../../../protocol/documents/minisign.ts';
import { droppedFacts } from '../../../fakes/dropped-facts.ts';
import { appendUnsigned } from '../../../fakes/unsigned-line.ts';
import type { BuiltDocking } from '../../../fakes/vault-builder-dockings.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { atTimeOf } from '../verify/recorded-vault.ts';

const DAY = '2026-11-25';
const roots: string[] = [];
afterAll(async () => {
  for (const each of roots) await rm(each, { recursive: true });
});

async function newVault(): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-report-logs-'));
  roots.push(root);
  return VaultBuilder.create(root);
}

/** The report over some days, with the exit codes of `report` and of `verify`. */
async function reported(
  builder: VaultBuilder,
  from = DAY,
  to = from,
): Promise<{ readonly codes: readonly number[]; readonly made: PilotReport }> {
  const days = ['--from', from, '--to', to, '--zone', 'UTC', '--json'];
  const ran = await atTimeOf(builder, () => runCommand(report, '--vault', builder.vault, ...days));
  const verified = await atTimeOf(builder, () => runCommand(verify, builder.vault));
  const codes = [ran.exitCode, verified.exitCode];
  return { codes, made: ran.json as PilotReport };
}

const kindsIn = ({ failures }: PilotReport): string[] => failures.map(({ kind }) => kind);
const NO_DAY = {
  proven_without_recording: 0,
  with_recording: 0,
  open: 0,
  undecided: 0,
  no_camera_in_use: 0,
};
const UNDECIDED = { ...NO_DAY, undecided: 1 };
const OPEN = { ...NO_DAY, open: 1 };
const EMPTY = { ...NO_DAY, proven_without_recording: 1 };

/** Two days later all the cameras dock with nothing on them: but for what was built before, the days until then are proven. */
async function dockLater(builder: VaultBuilder, ...cameras: readonly string[]): Promise<void> {
  builder.clock.moveTo('2026-11-27');
  for (const camera of cameras) {
    await builder.dock({ camera });
    await builder.undock({}, camera);
  }
}

describe('of a key that was revoked as stolen', () => {
  test('only what the store had confirmed before is counted, and the rest is named', async () => {
    const builder = await newVault();
    await builder.record();
    await builder.undock();
    await revokeKey(builder.receiver, builder.station, builder.stationKey, { reason: 'stolen' });
    builder.clock.moveTo('2026-12-02');
    await builder.dock();
    const { id } = await builder.record({ receipted: false, path: 'F.MP4' });
    const late = await builder.undock({ receipted: false });
    await builder.close();
    const before = await reported(builder);
    expect(before.made.total).toMatchObject({ dockings: 1, recordings: 1 });
    const { codes, made } = await reported(builder, '2026-12-01', '2026-12-04');
    expect(codes).toEqual([1, 1]);
    expect(made.total).toMatchObject({ dockings: 0, recordings: 0 });
    expect(made.days).toMatchObject({ with_recording: 0, proven_without_recording: 0 });
    const where = [id, late.parts[0]?.record.record ?? ''].map((name) => `dock-1/${name}`);
    expect(made.unproven.where.toSorted()).toEqual(where.sort());
    expect(made.failures).toEqual([]);
  });
});

test('a revocation that was taken away is told: without it a stolen key looks good', async () => {
  const builder = await newVault();
  await builder.record();
  await builder.undock();
  const { key_id } = await revokeKey(builder.receiver, builder.station, builder.stationKey);
  await builder.close();
  expect((await reported(builder)).codes).toEqual([0, 0]);
  await rm(join(builder.vault, 'dock-1', 'keys'), { recursive: true });
  const { codes, made } = await reported(builder);
  expect([codes, made.unproven.where]).toEqual([[1, 1], [`dock-1/keys/${key_id}.revocation.json`]]);
});

test('the store’s own log is told where it does not hold', async () => {
  const builder = await newVault();
  const one = await builder.record();
  await builder.undock();
  await builder.receiver.disclose(one);
  await builder.close();
  const path = join(builder.receiver.custody, `${builder.receiver.log.segments[0]}.jsonl`);
  await writeFile(path, (await readFile(path, 'utf8')).replace('court-request', 'court-requesx'));
  const { codes, made } = await reported(builder);
  expect([codes, made.unproven.where[0]]).toEqual([[1, 1], expect.stringMatching(/^r-store\/custody\//)]);
});

/** Two cameras on one day: nothing on the first one, a recording on the second. */
async function twoDockings(): Promise<{
  readonly builder: VaultBuilder;
  readonly second: BuiltDocking;
  readonly folder: string;
}> {
  const builder = await newVault();
  await builder.dock({ camera: 'cam-1' });
  await builder.undock();
  await builder.dock({ camera: 'cam-2' });
  const { folder } = await builder.record({ camera: 'cam-2' });
  const second = await builder.undock();
  await dockLater(builder, 'cam-1', 'cam-2');
  await builder.close();
  return { builder, second, folder };
}

describe('a docking that the log names and whose record is not here', () => {
  test('leaves its day undecided, and is told where the store had it', async () => {
    const { builder, second, folder } = await twoDockings();
    expect((await reported(builder)).codes).toEqual([0, 0]);
    await rm(folder, { recursive: true });
    for (const part of second.parts) await rm(part.folder, { recursive: true });
    const { codes, made } = await reported(builder);
    expect([codes, made.days]).toEqual([[1, 1], { days: 1, ...UNDECIDED }]);
    expect(made.unproven.where).toContain(`dock-1/${second.parts[0]?.record.record}`);
    expect(kindsIn(made)).toContain('docking record is missing');
  });

  test('does so whatever docking another station names in a record', async () => {
    const { builder, second, folder } = await twoDockings();
    const other = await builder.beside('dock-0');
    await other.dock({ camera: 'cam-9' });
    await other.undock({
      change: (record) => ({ ...record, docking: second.docking, record: second.docking }),
    });
    await other.close();
    await rm(folder, { recursive: true });
    for (const part of second.parts) await rm(part.folder, { recursive: true });
    const { made } = await reported(builder);
    expect(made.days).toMatchObject({ proven_without_recording: 0, undecided: 1 });
    expect(kindsIn(made)).toContain('docking record is missing');
    expect(reportHtml(made, 'de')).toContain('Andockprotokoll fehlt');
  });

  test('leaves it open while the camera is still there, and nothing is wrong', async () => {
    const builder = await newVault();
    await builder.dock({ camera: 'cam-1' });
    await builder.undock();
    await builder.dock({ camera: 'cam-2' });
    await builder.close({ docked: true });
    const { codes, made } = await reported(builder);
    expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...OPEN }]);
    expect(made.calendar[0]?.awaited).toEqual(['cam-1', 'cam-2']);
    expect(kindsIn(made)).toEqual(['docking record has not come yet']);
  });

  test('leaves it open while the record and its recording wait at the station', async () => {
    const builder = await newVault();
    const { folder } = await builder.record({ receipted: false });
    await builder.undock({ sent: false });
    await dockLater(builder, 'cam-1');
    await builder.close();
    await rm(folder, { recursive: true });
    const { codes, made } = await reported(builder);
    expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...OPEN }]);
    expect(kindsIn(made)).toEqual(['docking record has not come yet']);
  });

  test('is no fault where the store let the record go in order', async () => {
    const builder = await newVault();
    await builder.dock();
    const { parts } = await builder.undock();
    await dockLater(builder, 'cam-1');
    await builder.receiver.dropDocking(parts);
    await builder.close();
    const { codes, made } = await reported(builder);
    expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...UNDECIDED }]);
    expect(kindsIn(made)).toEqual(['docking record was let go in order']);
  });
});

test('a recording that the store dropped and nobody deleted makes the report name that', async () => {
  const builder = await newVault();
  const one = await builder.record();
  await builder.undock();
  await builder.receiver.enter('documents-dropped', { ...droppedFacts(one) });
  await builder.close();
  await rm(one.folder, { recursive: true });
  expect((await reported(builder)).codes).toEqual([1, 1]);
});

test('a recording that was deleted and let go in order is not told as missing, and its day proves nothing', async () => {
  const builder = await newVault();
  const one = await builder.record();
  await builder.undock();
  builder.clock.moveTo('2026-12-20');
  await builder.receiver.delete(one);
  await builder.receiver.dropDocuments(one);
  await builder.close();
  const { codes, made } = await reported(builder);
  expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...UNDECIDED }]);
  expect(made.failures).toEqual([]);
});

test('an honest change of keys is counted on both sides of it', async () => {
  const builder = await newVault();
  await builder.dock();
  await builder.changeKey({ publish: false });
  await builder.dock();
  await builder.undock();
  await dockLater(builder, 'cam-1');
  await builder.close();
  const { codes, made } = await reported(builder);
  expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...EMPTY }]);
  expect(made.total.dockings).toBe(2);
});

describe('a line of a log', () => {
  const REFUSED = { event: 'camera-refused', facts: { bay: 'bay-1', reason: 'unknown' } } as const;
  const pathOf = (builder: VaultBuilder): string =>
    join(builder.custody, `${builder.segments[0] ?? ''}.jsonl`);

  test('that no signature stands behind counts for nothing', async () => {
    const builder = await newVault();
    await builder.dock();
    await builder.undock();
    await dockLater(builder, 'cam-1');
    await builder.close();
    await appendUnsigned(pathOf(builder), REFUSED);
    await appendUnsigned(pathOf(builder), {
      event: 'docked',
      facts: { bay: 'bay-2', camera: 'cam-2', docking: 'a'.repeat(26) },
    });
    const { codes, made } = await reported(builder);
    expect([codes, made.days]).toEqual([[0, 0], { days: 1, ...EMPTY }]);
    expect(made.failures).toEqual([]);
  });

  test('counts where the signature over the whole file stands behind it', async () => {
    const builder = await newVault();
    await builder.dock();
    await builder.undock();
    await builder.close();
    const path = pathOf(builder);
    await appendUnsigned(path, REFUSED);
    const whole = await readFile(path);
    const signature = signDocument(builder.stationKey, whole, CUSTODY_SEGMENT_TRUSTED_COMMENT);
    await writeFile(`${path}.minisig`, signature);
    const { codes, made } = await reported(builder);
    expect([codes, made.failures]).toEqual([[0, 0], [{ kind: 'camera refused', count: 1 }]]);
  });

  test.each([
    ['unknown', { undecided: 2 }],
    ['no-serial', { undecided: 2 }],
    ['other-camera', { proven_without_recording: 2 }], // it is one of the station's: what it holds shows when it is docked
  ] as const)(
    'of a camera that was refused as %s, on which nobody looked, says as much of the day',
    async (reason, days) => {
      const builder = await newVault();
      await builder.dock();
      await builder.undock();
      builder.log('camera-refused', { bay: 'bay-1', reason });
      builder.clock.moveTo('2026-11-26');
      builder.log('camera-refused', { bay: 'bay-1', reason });
      await dockLater(builder, 'cam-1');
      await builder.close();
      const { codes, made } = await reported(builder, DAY, '2026-11-26');
      expect([codes, kindsIn(made)]).toEqual([[0, 0], ['camera refused']]);
      expect(made.days).toEqual({ days: 2, ...NO_DAY, ...days });
    },
  );

  test('that is missing behind what the store signed for is told', async () => {
    const { builder } = await twoDockings();
    const lines = (await readFile(pathOf(builder), 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.includes('"event":"checkpoint"'));
    await writeFile(pathOf(builder), `${lines.slice(0, at + 1).join('\n')}\n`);
    const { codes, made } = await reported(builder);
    expect(codes).toEqual([1, 1]);
    expect(made.unproven.where[0]).toMatch(/^dock-1\/.*\/receipt\.json$/);
  });
});
