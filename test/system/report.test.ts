// A pilot of three days by real processes: broker, store and station run on two of them, the store alone on the third. What the report
// counts must be what happened.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAtTime } from '../fakes/fake-wall-clock.ts';
import { BODYDOCK, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const lacking = lacksTools('faketime');

let root: string;
let vault: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-pilot-'));
  if (lacking) return;
  vault = join(root, 'out', 'vault');
  for (const camera of ['one', 'two']) await mkdir(join(root, camera));
  await writeFile(join(root, 'one', '1.MP4'), seededRandom(5).bytes(300_000));
  await writeFile(join(root, 'one', '1.GPS'), 'here');
  await writeFile(join(root, 'two', 'E.MP4'), '');
  await docked('2026-11-22 09:00:00');
  await rm(join(root, 'two', 'E.MP4'), { force: true });
  await writeFile(join(root, 'two', '2.MP4'), seededRandom(6).bytes(1000));
  await docked('2026-11-22 17:00:00');
  await docked('2026-11-24 17:00:00');
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

/** At that time (UTC) each camera is docked once more; odd files end with exit code 3. */
async function docked(at: string): Promise<void> {
  const cameras = ['one', 'two'].flatMap((name) => ['--camera', join(root, name)]);
  const args = ['first-run', ...cameras, '--erase', '--out', join(root, 'out')];
  const { exitCode, stdout, stderr } = await runAtTime(at, BODYDOCK, args);
  expect([0, 3], `${stdout}${stderr}`).toContain(exitCode);
}

const command = (name: string, ...args: string[]): Promise<CommandOutcome> =>
  runProgram(BODYDOCK, [name, '--vault', vault, ...args]);

describe.skipIf(lacking)('the report on a pilot by real processes', () => {
  test('counts dockings, days with proof of no recording, recordings and receipts, per camera and per week', async () => {
    const out = join(root, 'report');
    const period = ['--from', '2026-11-21', '--to', '2026-11-26', '--zone', 'UTC'];
    const made = await command('report', ...period, '--out', out, '--lang', 'de');
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Record<string, unknown>;
    expect(report).toMatchObject({
      days: {
        days: 6,
        proven_without_recording: 1,
        with_recording: 1,
        open: 3,
        undecided: 0,
        no_camera_in_use: 1,
      },
      failures: [{ kind: 'odd but kept: empty', count: 1 }],
      unproven: { count: 0, where: [] },
      orders_not_judged: 0,
      times_fixed_from_outside: false,
    });
    expect(report['total']).toMatchObject({
      recordings: 3,
      other_files: 1,
      bytes: 301_004,
      not_receipted: 0,
    });
    const weeks = await readFile(join(out, 'weeks.csv'), 'utf8');
    expect(
      weeks.split('\r\n').map((line) =>
        line
          .split(',')
          .slice(0, 1)
          .concat(line.split(',')[3] ?? ''),
      ),
    ).toEqual([
      ['week', 'recordings'],
      ['2026-W47', '3'],
      ['2026-W48', '0'],
      ['', ''],
    ]);
    const { cameras, docking_to_receipt_s: spread } = report as {
      cameras: { camera: string; dockings: number; dockings_without_recording: number; recordings: number }[];
      docking_to_receipt_s: { count: number; worst: number };
    };
    expect(cameras.map(({ camera, recordings }) => [camera, recordings])).toEqual([
      ['cam-1', 1],
      ['cam-2', 2],
    ]);
    for (const { dockings, dockings_without_recording: empty } of cameras) {
      expect(dockings).toBe(1); // they stay in their bays from the first day to the last
      expect(dockings - empty).toBeGreaterThanOrEqual(1);
    }
    expect(spread.count).toBe(4);
    expect(spread.worst).toBeLessThan(60);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).toContain('auffällig, aber aufbewahrt: leere Datei');
    expect(page).toContain('Zeiten nicht von außen bestätigt');
    expect(page).not.toMatch(/<script|src=|href=/);
  });
});
