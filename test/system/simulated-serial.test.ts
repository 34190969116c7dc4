// `bodydock simulate serial` as a process of its own: how it starts and ends, and that a client which shares no code with it can talk to it.
// The driver's contract over a real terminal stands here too: megabytes over a terminal take seconds.
import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { deviceAt } from '../../drivers/serial/line.ts';
import { systemLines } from '../../drivers/serial/serial-port.ts';
import { smpDriver } from '../../drivers/serial/smp/driver.ts';
import { driverContract } from '../contracts/driver-contract.ts';
import { type DriverSubject, patternBytes } from '../contracts/driver-subject.ts';
import { BODYDOCK, Program, runProgram } from '../fakes/program.ts';
import { SerialPtyDevice } from '../fakes/serial-pty.ts';
import { smpCameraOn, smpDoings, type SmpSubjectWish } from '../fakes/smp-subject.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const CLIENT = fileURLToPath(new URL('../fakes/smp_client.py', import.meta.url));
const run = promisify(execFile);

let folder: string;
let programs: Program[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock serial '));
  programs = [];
});
afterEach(async () => {
  for (const program of programs) await program.kill();
  await rm(folder, { recursive: true, force: true });
});

const port = (): string => join(folder, 'port');
const linkIsThere = (): Promise<boolean> =>
  lstat(port()).then(
    () => true,
    () => false,
  );

async function simulate(...more: readonly string[]): Promise<Program> {
  const program = new Program({
    file: BODYDOCK,
    args: ['simulate', 'serial', '--link', port(), ...more],
    logFile: join(folder, 'log'),
  });
  programs.push(program);
  expect(await program.start()).toEqual({ ready: true });
  return program;
}

const FILES: Readonly<Record<string, Uint8Array>> = {
  'DCIM/100MEDIA/KOD_0001.MP4': patternBytes(60_000),
  'DCIM/100MEDIA/KOD_0001.GPS': patternBytes(0),
  'DCIM/100MEDIA/KOD_0002 Ümläut.MP4': patternBytes(5000, 2),
  X: patternBytes(1, 3),
};

async function card(): Promise<string> {
  const root = join(folder, 'card');
  for (const [name, bytes] of Object.entries(FILES)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), bytes);
  }
  await symlink('/etc/passwd', join(root, 'link.MP4'));
  return root;
}

interface Seen {
  readonly items: readonly { readonly name: string; readonly len: number }[];
  readonly files: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

async function independentClient(framing: string, ...more: readonly string[]): Promise<Seen> {
  const out = join(folder, 'out');
  await mkdir(out);
  const { stdout } = await run(requireTool('python3'), [CLIENT, port(), framing, out, ...more], {
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Seen;
}

describe.skipIf(lacksTools('socat', 'python3'))('a client that shares no code with the product', () => {
  test.each(['console', 'raw'])(
    'over %s framing reads every file as it is, and erases only with its digest',
    async (framing) => {
      const root = await card();
      await simulate('--dir', root, '--erase', '--framing', framing, '--serial', 'KOD-7');
      const seen = await independentClient(framing, 'erase');
      expect(seen).toMatchObject({
        echo: { r: 'hello' },
        parameters: { buf_size: 2048, buf_count: 4 },
        identity: { vendor: 'Simulated', model: 'Serial', serial: 'KOD-7', firmware: '1.0' },
        condition: { battery_percent: 80, charging: true, temperature_c: 24 },
        indicator: {},
        unknown: { rc: 8 },
        missing: { err: { group: 8, rc: 3 } },
        types: { types: { sha256: { size: 32 }, crc32: { size: 4 } } },
        left: 0,
      });
      const names = Object.keys(FILES).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(seen.items.map(({ name }) => name)).toEqual(names);
      for (const [index, name] of names.entries()) {
        const bytes = FILES[name] ?? new Uint8Array();
        expect((await readFile(join(folder, 'out', String(index)))).equals(bytes), name).toBe(true);
        expect(seen.files[name]).toEqual({
          length: bytes.length,
          status: bytes.length,
          sha256_agrees: true,
          crc32_agrees: true,
          wrong_digest: { err: { group: 66, rc: 11 } },
          right_digest: {},
        });
      }
      expect(await readdir(root)).toEqual(['DCIM', 'link.MP4']);
    },
  );

  test('erases nothing of a folder that was not given to be erased', async () => {
    const root = await card();
    await simulate('--dir', root);
    const { files, left } = await independentClient('console', 'erase');
    expect(left).toBe(Object.keys(FILES).length);
    for (const name of Object.keys(FILES))
      expect(files[name]).toMatchObject({ right_digest: { err: { rc: 11 } } });
  });

  test('is spoken to at the speed of the line', async () => {
    const root = join(folder, 'card');
    await mkdir(root);
    await writeFile(join(root, 'a'), patternBytes(20_000));
    await simulate('--dir', root, '--baud', '115200');
    const startedMs = performance.now();
    await independentClient('console');
    const seconds = (performance.now() - startedMs) / 1000;
    expect(seconds).toBeGreaterThan((20_000 * 4) / 3 / 11_520);
  });
});

describe.skipIf(lacksTools('socat'))('the process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends well on %s and leaves neither link nor socat',
    async (signal) => {
      const program = await simulate();
      const pid = program.pid ?? 0;
      expect(await childrenOf(pid)).toHaveLength(1);
      const [socat = 0] = await childrenOf(pid);
      process.kill(pid, signal);
      await until('the process has ended', 5000, () => !program.running);
      expect(await linkIsThere()).toBe(false);
      expect(isRunning(socat)).toBe(false);
    },
  );

  test('that is killed takes its port with it', async () => {
    const program = await simulate();
    const [socat = 0] = await childrenOf(program.pid ?? 0);
    await program.kill();
    await until('the link is gone', 5000, async () => !(await linkIsThere()));
    await until('socat has ended', 5000, () => !isRunning(socat));
  });

  test('ends with words where its terminal is taken away', async () => {
    const program = await simulate();
    const [socat = 0] = await childrenOf(program.pid ?? 0);
    process.kill(socat, 'SIGKILL');
    await until('the process has ended', 5000, () => !program.running);
    expect(program.log()).toMatch(/taken away/);
    expect(await linkIsThere()).toBe(false);
  });

  test('never replaces what lies at the path', async () => {
    await writeFile(port(), 'mine');
    const { exitCode, stderr } = await runProgram(BODYDOCK, ['simulate', 'serial', '--link', port()]);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/exists; name a path that is free/)]);
    expect(await readFile(port(), 'utf8')).toBe('mine');
  });

  test.each([
    [[], /wants --link/],
    [['--link', 'x', '--framing', 'usb'], /console or raw/],
    [['--link', 'x', '--baud', '0'], /300 to 12000000/],
    [['--link', 'x', '--fault', 'nonsense=1'], /--help names them/],
    [['--link', 'x', '--fault', 'noise=0'], /--help names them/],
    [['--link', 'x', '--erase'], /goes with --dir/],
    [['--link', 'x', '--clock', 'noon'], /2026-11-25T08:00:00Z/],
  ])('%j is a usage error that says what is wanted', async (args, words) => {
    const { exitCode, stderr } = await runProgram(BODYDOCK, ['simulate', 'serial', ...args], { cwd: folder });
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});

test('without socat it says what to install', async () => {
  const program = new Program({
    file: BODYDOCK,
    args: ['simulate', 'serial', '--link', port()],
    logFile: join(folder, 'log'),
    environment: { PATH: folder },
  });
  programs.push(program);
  await expect(program.start()).rejects.toThrow(/sudo apt install socat/);
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const devices: SerialPtyDevice[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) await device.unplug();
});

async function onTerminal(wish: SmpSubjectWish): Promise<DriverSubject> {
  const device = await SerialPtyDevice.plugged();
  devices.push(device);
  const { files, line } = smpCameraOn({ write: (bytes) => device.send(bytes) }, wish);
  device.onBytes = (bytes) => line.take(bytes);
  const clock = nodeClock();
  return {
    ...smpDoings(files),
    driver: smpDriver({ openLine: systemLines(clock), deviceAt, clock }),
    place: { kind: 'serial', path: device.path, baud: 115_200, framing: wish.framing ?? 'console' },
    detach: () => device.unplug(),
  };
}

describe.skipIf(lacksTools('socat'))('a camera on a terminal', () =>
  driverContract({ test }, () => onTerminal({ bufSize: 8192, bufCount: 8 })),
);
