// Recordings that hide from the rule of a proven day (SPEC 4.13.7), by real processes: real films under names that tell of none, and a file
// whose date was set to after the night on a camera that has no clock.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PilotReport } from '../../../agent/evidence/report/pilot-report.ts';
import { runAtTime } from '../../fakes/fake-wall-clock.ts';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

const PROGRAM_MS = 60_000;
const execFileAsync = promisify(execFile);

let root: string;
let film: string;
let camera: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-hidden-'));
  film = join(root, 'film.mp4');
  camera = join(root, 'camera');
  await mkdir(join(camera, 'DCIM'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A test picture of 20 s, H.264 in MP4. */
async function makeFilm(): Promise<void> {
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10', '-t', '20', '-pix_fmt', 'yuv420p'];
  const timeout = PROGRAM_MS;
  await execFileAsync(requireTool('ffmpeg'), ['-loglevel', 'error', ...source, film], { timeout });
}

async function filmed(name: string, dated: string): Promise<void> {
  const file = join(camera, 'DCIM', name);
  await copyFile(film, file);
  await utimes(file, new Date(dated), new Date(dated));
}

/** At that time (UTC) the camera's folder is docked; odd files end with exit code 3. */
async function docked(at: string): Promise<void> {
  const args = ['first-run', '--camera', camera, '--out', join(root, 'out')];
  const { exitCode, stdout, stderr } = await runAtTime(at, BODYDOCK, args);
  expect([0, 3], `${stdout}${stderr}`).toContain(exitCode);
}

async function reported(from: string, to: string): Promise<PilotReport> {
  const days = ['--from', from, '--to', to, '--zone', 'UTC', '--json'];
  const { stdout } = await runProgram(BODYDOCK, ['report', '--vault', join(root, 'out', 'vault'), ...days]);
  return JSON.parse(stdout) as PilotReport;
}

const statesOf = ({ calendar }: PilotReport): string[] => calendar.map(({ state }) => state);

describe.skipIf(lacksTools('faketime', 'ffmpeg', 'mosquitto'))(
  'a day is not proven without recording',
  () => {
    test.each([
      ['BIN DAT SUB TXT XML', 'undecided', 0],
      ['LRV LRF BIN DAT SUB TXT XML', 'with_recording', 2],
    ])('where films were named %s between two empty dockings', async (extensions, state, recordings) => {
      await makeFilm();
      await docked('2026-11-24 08:00:00');
      for (const each of extensions.split(' ')) await filmed(`${each}.${each}`, '2026-11-24T12:00:00.000Z');
      await docked('2026-11-24 18:00:00');
      await docked('2026-11-25 08:00:00');
      const made = await reported('2026-11-24', '2026-11-24');
      expect([statesOf(made), made.total.recordings]).toEqual([[state], recordings]);
    });

    test('where a file of 100,000 bytes that nobody can read was made on it', async () => {
      await writeFile(film, randomBytes(100_000));
      await docked('2026-11-24 08:00:00');
      await filmed('A.BIN', '2026-11-24T12:00:00.000Z');
      await docked('2026-11-24 18:00:00');
      await docked('2026-11-25 08:00:00');
      expect(statesOf(await reported('2026-11-24', '2026-11-24'))).toEqual(['undecided']);
    });

    test('where a file was made on it and dated on the next morning, by a camera without a clock', async () => {
      await makeFilm();
      await docked('2026-11-24 08:00:00');
      await filmed('C.MP4', '2026-11-25T07:30:00.000Z');
      await docked('2026-11-25 08:00:00');
      await docked('2026-11-26 08:00:00');
      expect(statesOf(await reported('2026-11-24', '2026-11-25'))).toEqual(['undecided', 'undecided']);
    });
  },
);
