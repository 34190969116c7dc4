// The power helper with a folder in place of /sys: what it switches, and above all what it refuses to.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PowerHelper } from '../../../../agent/helpers/power/power-helper.ts';
import { listenAsHelper } from '../../../../agent/helpers/helper.ts';
import { parseHelperRequest } from '../../../../drivers/helper.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { helperPower, parsePowerAnswer, POWER_VERBS } from '../../../../drivers/usb/port-power-helper.ts';
import { parseBayId } from '../../../../protocol/format/ids.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { until } from '../../../fakes/until.ts';

const BAY = parseBayId('bay-1');
const OTHER = parseBayId('bay-2');
const PORT = '1-1.4';
const MINUTE_MS = 60_000;
const OFF_MS = 3000;
const WAIT_MS = 5000;

let base: string;
let root: string;
let folder: string;
let clock: ManualClock;
let log: MemoryLog;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'bodydock-power-'));
  root = join(base, 'devices');
  folder = join(base, 'run');
  await mkdir(folder);
  clock = new ManualClock();
  log = new MemoryLog();
  await hub('1-1:1.0', '1-1', 4);
  await device('1-1', '09');
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** A hub's ports, all of them on. */
async function hub(hubInterface: string, name: string, ports: number): Promise<void> {
  for (let port = 1; port <= ports; port++) {
    const at = join(root, hubInterface, `${name}-port${port}`);
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'disable'), '0\n');
  }
}

async function device(path: string, classCode = '00'): Promise<void> {
  await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, path, 'bDeviceClass'), `${classCode}\n`);
}

/** Ports that are off, by their folders' names. */
async function offNow(): Promise<string[]> {
  const off: string[] = [];
  for (const hubInterface of await readdir(root))
    for (const name of (await readdir(join(root, hubInterface))).filter((each) => each.includes('-port')))
      if ((await readFile(join(root, hubInterface, name, 'disable'), 'utf8').catch(() => '')).startsWith('1'))
        off.push(name);
  return off.sort();
}

function helper(bays: Readonly<Record<string, string>> = { [BAY]: PORT }): PowerHelper {
  const ports = new Map(Object.entries(bays).map(([bay, path]) => [parseBayId(bay), path]));
  return new PowerHelper({ root, folder, clock, log, bayPorts: async () => ports });
}

async function answered(made: PowerHelper, bay = BAY): Promise<unknown> {
  const answer = await passed(made.answer(bay));
  return answer.ok ? 'cycled' : answer.code;
}

/** What the work ends with; the clock goes on whenever something waits for it, not while files are read and written. */
async function passed<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  void work.finally(() => (isOver = true)).catch(() => undefined);
  await until('the end', WAIT_MS, async () => {
    if (clock.pending > 0) await clock.advance(OFF_MS);
    return isOver;
  });
  return work;
}

/** Ports that are off, once there are any and the helper waits to switch them on. */
async function untilOff(): Promise<string[]> {
  await until('a port to be off', WAIT_MS, () => clock.pending > 0);
  return offNow();
}

describe('the port of a bay', () => {
  test('is off for 3 s and on again, it alone; meanwhile a mark says which', async () => {
    await device(PORT);
    const answering = helper().answer(BAY);
    expect(await untilOff()).toEqual(['1-1-port4']);
    expect(await readFile(join(folder, 'bay-1.off'), 'utf8')).toBe('1-1.4\n');
    await clock.advance(2900);
    expect(await offNow()).toEqual(['1-1-port4']);
    expect(await passed(answering)).toEqual({ ok: true });
    expect([await offNow(), await readdir(folder)]).toEqual([[], []]);
  });

  test('is found at a root hub, and deep below one', async () => {
    await hub('3-0:1.0', 'usb3', 2);
    await hub('2-1.2.3:1.0', '2-1.2.3', 7);
    for (const [path, name] of [
      ['3-2', 'usb3-port2'],
      ['2-1.2.3.7', '2-1.2.3-port7'],
    ] as const) {
      const answering = helper({ [BAY]: path }).answer(BAY);
      expect(await untilOff()).toEqual([name]);
      expect(await passed(answering)).toEqual({ ok: true });
    }
  });

  test('is switched together with its companion, the same socket at the other speed', async () => {
    await hub('2-1:1.0', '2-1', 4);
    await symlink('../../2-1:1.0/2-1-port4', join(root, '1-1:1.0/1-1-port4/peer'));
    const answering = helper().answer(BAY);
    expect(await untilOff()).toEqual(['1-1-port4', '2-1-port4']);
    expect(await passed(answering)).toEqual({ ok: true });
    expect(await offNow()).toEqual([]);

    await device('2-1.4');
    expect(await answered(helper())).toBe('cycled'); // the camera came up at the other port
    await device(PORT);
    expect(await answered(helper())).toBe('power.refused');
    await rm(join(root, '2-1.4'), { recursive: true });
    expect(await answered(helper({ [BAY]: PORT, [OTHER]: '2-1.4' }))).toBe('power.refused');
  });
});

describe('nothing is switched', () => {
  afterEach(async () => expect([await offNow(), await readdir(folder)]).toEqual([[], []]));

  test('for a bay that the file does not give a USB port, or while there is no file', async () => {
    expect(await answered(helper(), OTHER)).toBe('power.refused');
    const without = new PowerHelper({ root, folder, clock, log, bayPorts: async () => undefined });
    expect(await answered(without)).toBe('power.refused');
  });

  test('at a path that is no port', async () => {
    for (const path of ['', '1', '1-', '../1-1.4', '1-1.4/../..', '1-1:1.0', '1-1.', '1-1..4', 'usb1'])
      expect(await answered(helper({ [BAY]: path })), path).toBe('power.refused');
  });

  test('where a hub hangs at the port, or something below it', async () => {
    await device(PORT, '09');
    expect(await answered(helper())).toBe('power.refused');
    await device(PORT, '00');
    await device('1-1.4.2');
    expect(await answered(helper())).toBe('power.refused');
  });

  test('where another bay has the same port, or one below it; one beside it, or above it, is none of it', async () => {
    for (const path of [PORT, '1-1.4.2'])
      expect(await answered(helper({ [BAY]: PORT, [OTHER]: path })), path).toBe('power.refused');
    for (const path of ['1-1.3', '1-1.41', '1-1'])
      expect(await answered(helper({ [BAY]: PORT, [OTHER]: path })), path).toBe('cycled');
  });

  test('where the kernel has no switch, and no file is made', async () => {
    await rm(join(root, '1-1:1.0/1-1-port4/disable'));
    expect(await answered(helper())).toBe('power.unsupported');
    expect(await readdir(join(root, '1-1:1.0/1-1-port4'))).toEqual([]);
    expect(await answered(helper({ [BAY]: '7-1.4' }))).toBe('power.unsupported');
  });

  test('for who asks when the helper is asked to end, or just before: nobody would switch it on again', async () => {
    const ending = helper();
    const before = ending.answer(BAY);
    await ending.end();
    expect(await passed(before)).toMatchObject({ ok: false, code: 'power.failed' });
    expect(await answered(ending)).toBe('power.failed');
  });

  test('a second time in 10 minutes, or a seventh time in a day; a refusal does not count, another bay does not either', async () => {
    const made = helper({ [BAY]: PORT, [OTHER]: '1-1.3' });
    await device(PORT, '09');
    expect(await answered(made)).toBe('power.refused');
    await device(PORT);
    for (let times = 1; times <= 6; times++) {
      expect(await answered(made), `${times}`).toBe('cycled');
      await clock.advance(9.9 * MINUTE_MS - OFF_MS);
      expect(await answered(made)).toBe('power.too-soon');
      await clock.advance(MINUTE_MS);
    }
    expect(await answered(made)).toBe('power.too-soon');
    expect(await answered(made, OTHER)).toBe('cycled');
    await clock.advance(24 * 60 * MINUTE_MS);
    expect(await answered(made)).toBe('cycled');
  });

  test('twice at a time', async () => {
    const made = helper();
    const both = Promise.all([made.answer(BAY), made.answer(BAY)]);
    expect((await passed(both)).map((answer) => (answer.ok ? 'cycled' : answer.code)).sort()).toEqual([
      'cycled',
      'power.too-soon',
    ]);
  });
});

describe('a port that is off', () => {
  test('is switched on by the next run where one was killed in between, and by this one where it is asked to end', async () => {
    const killed = helper();
    void killed.answer(BAY);
    await untilOff();
    await writeFile(join(folder, 'no-mark'), '1-1.3\n');
    await helper().restore();
    expect([await offNow(), await readdir(folder)]).toEqual([[], ['no-mark']]);
    expect(log.lines.map(({ message }) => message)).toContain('port left off by an earlier run switched on');
    await passed(killed.end());
  });

  test('and whose hub left meanwhile is no failure; a mark with nonsense switches nothing', async () => {
    const answering = helper().answer(BAY);
    await untilOff();
    await rm(join(root, '1-1:1.0'), { recursive: true });
    expect(await passed(answering)).toEqual({ ok: true });
    await writeFile(join(folder, 'bay-1.off'), '../../etc\n\0\n9-9\n');
    await helper().restore();
    expect(await readdir(folder)).toEqual([]);
  });

  test('and cannot be switched on is told, keeps its mark, and is tried by the next run', async () => {
    const answering = helper().answer(BAY);
    await untilOff();
    const file = join(root, '1-1:1.0/1-1-port4/disable');
    await rm(file);
    await symlink('/proc/self/mem', file); // may be opened, and refuses to be written at its start
    expect(await passed(answering)).toMatchObject({
      ok: false,
      code: 'power.failed',
      message: /cannot be switched on/,
    });
    expect(await readdir(folder)).toEqual(['bay-1.off']);
    await rm(file);
    await writeFile(file, '1\n');
    await helper().restore();
    expect([await offNow(), await readdir(folder)]).toEqual([[], []]);
  });
});

test('a request is a verb and a bay, and nothing else', () => {
  expect(parseHelperRequest('power-cycle bay-1', POWER_VERBS)).toEqual({ verb: 'power-cycle', bay: 'bay-1' });
  for (const line of [
    '',
    'power-cycle',
    'power-cycle ',
    'power-cycle bay-1 ',
    'power-cycle bay-1 1-1.3',
    'power-cycle 1-1.4',
    'power-cycle ../x',
    'power-off bay-1',
    'POWER-CYCLE bay-1',
    'power-cycle\tbay-1',
  ])
    expect(parseHelperRequest(line, POWER_VERBS), line).toBeUndefined();
});

test('an answer of any other shape is none', () => {
  expect(parsePowerAnswer('{"ok":true}\n')).toEqual({ ok: true });
  for (const text of [
    '',
    '{}',
    'null',
    '{"ok":true,"more":1}',
    '{"ok":false}',
    '{"ok":false,"code":"x","message":""}',
  ])
    expect(parsePowerAnswer(text), text).toBeUndefined();
});

describe('the agent', () => {
  test('is answered over the socket for the bay at its port; what is refused it tells, with the reason', async () => {
    await device(PORT);
    const socket = join(base, 'control.sock');
    const real = nodeClock();
    const made = new PowerHelper({ root, folder, clock, log, bayPorts: async () => new Map([[BAY, PORT]]) });
    const gid = process.getgid?.() ?? 0;
    const server = await listenAsHelper(
      {
        kind: 'power',
        socket,
        gid,
        verbs: POWER_VERBS,
        answer: ({ bay }) => made.answer(bay),
        clock: real,
        log,
      },
      () => made.restore(),
    );
    const told: string[] = [];
    const cycle = helperPower({
      socket,
      bayAt: (path) => (path === PORT ? BAY : path === '1-1.3' ? OTHER : undefined),
      clock: real,
      onRefused: (path, code) => told.push(`${path} ${code}`),
    });
    const cycling = cycle(PORT, live());
    await untilOff();
    await clock.advance(OFF_MS);
    expect(await cycling).toBe('cycled');
    for (const path of [PORT, '1-1.3', '1-1.2']) expect(await cycle(path, live())).toBe('refused');
    await server.close();
    expect(await cycle(PORT, live())).toBe('refused');
    expect(told).toEqual([
      '1-1.4 power.too-soon',
      '1-1.3 power.refused',
      '1-1.2 power.refused',
      '1-1.4 power.absent',
    ]);
    const ending = AbortSignal.abort(new Error('the docking ended'));
    await expect(cycle(PORT, ending)).rejects.toThrow('the docking ended');
  });
});
