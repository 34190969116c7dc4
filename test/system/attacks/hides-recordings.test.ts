// Recordings that hide from the rule of a proven day (SPEC 4.13.7), by real processes: real films under names that tell of none, and a file
// whose date was set to after the night on a camera that has no clock.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PilotReport } from '../../../agent/evidence/report/pilot-report.ts';
import { BODYDOCK, compiled, runProgram } from '../../fakes/program.ts';
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

/** At that time (UTC) the camera's folder is docked; odd files end with exit code 3. A failure shows what the program printed. */
async function docked(at: string): Promise<void> {
  const args = [compiled(BODYDOCK), 'first-run', '--camera', camera, '--out', join(root, 'out')];
  const fake = ['-m', '--exclude-monotonic', '-f', `@${at}`, process.execPath, ...args];
  const env = { ...process.env, TZ: 'UTC' };
  const said = await open(join(root, `said-${at.replaceAll(/\W/gu, '-')}`), 'w+');
  const child = spawn(requireTool('faketime'), fake, {
    env,
    detached: true,
    stdio: ['ignore', said.fd, said.fd],
  });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGTERM'), PROGRAM_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  const words = await readFile(join(root, `said-${at.replaceAll(/\W/gu, '-')}`), 'utf8');
  await said.close();
  expect([0, 3], words).toContain(code);
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
      for (const each of extensions.split(' ')) await copyFile(film, join(camera, 'DCIM', `${each}.${each}`));
      await docked('2026-11-24 18:00:00');
      await docked('2026-11-25 08:00:00');
      const made = await reported('2026-11-24', '2026-11-24');
      expect([statesOf(made), made.total.recordings]).toEqual([[state], recordings]);
    });

    test('where a file was made on it and dated on the next morning, by a camera without a clock', async () => {
      await makeFilm();
      await docked('2026-11-24 08:00:00');
      const file = join(camera, 'DCIM', 'C.MP4');
      await copyFile(film, file);
      const dated = new Date('2026-11-25T07:30:00.000Z');
      await utimes(file, dated, dated);
      await docked('2026-11-25 08:00:00');
      await docked('2026-11-26 08:00:00');
      expect(statesOf(await reported('2026-11-24', '2026-11-25'))).toEqual(['undecided', 'undecided']);
    });
  },
);
