// The socket of a running agent: who gets which answer, and what a client can cost.
import { lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAgent, type Asked } from '../../../agent/monitoring/control-client.ts';
import {
  CONTROL_ANSWER_BYTES_MAX,
  controlSocketPath,
  encodeAnswer,
  parseAnswer,
  STATUS_REQUEST,
} from '../../../agent/monitoring/control-protocol.ts';
import { openControlServer } from '../../../agent/monitoring/control-server.ts';
import type { LineSocket } from '../../../agent/platform/line-socket.ts';
import { lockSpool } from '../../../agent/spool/lock.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { until } from '../../fakes/until.ts';
import { bay, condition, documentsOf, says } from './station-says.ts';

const STATION = says({
  bays: [bay(), bay({ bay: 'bay-2', camera: 'Kamera "2"', state: 'pulling', light: 'do-not-take' })],
  conditions: [condition('broker.unreachable')],
});

let spool: string;
let server: LineSocket | undefined;
let made: number;

beforeEach(async () => {
  spool = await mkdtemp(join(tmpdir(), 'bodydock-control-'));
  made = 0;
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(spool, { recursive: true, force: true });
});

function answer(): Promise<string> {
  made++;
  const { kind: _kind, ...agent } = STATION.agent;
  return Promise.resolve(encodeAnswer(agent, documentsOf(STATION)));
}

async function open(clock: Clock = nodeClock(), text = answer): Promise<string> {
  const path = controlSocketPath(spool);
  server = await openControlServer({ path, answer: text, clock, log: new MemoryLog() });
  return path;
}

const ask = (): Promise<Asked> => askAgent(spool, nodeClock(), new AbortController().signal);

/** Sends and gives what came back until the other end hung up. */
function exchange(path: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    socket.on('error', () => undefined); // a write that came too late
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}

/** A process that was killed leaves the name of its socket behind. */
async function leaveStale(path: string): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(`${path}.live`, resolve));
  const { rename } = await import('node:fs/promises');
  await rename(`${path}.live`, path);
  await new Promise((resolve) => other.close(resolve));
  expect((await lstat(path)).isSocket()).toBe(true);
}

describe('a running agent', () => {
  test('says everything that monitoring sees to whoever asks, over a socket for its own group', async () => {
    const path = await open();
    expect((await lstat(path)).mode & 0o777).toBe(0o660);
    expect(await ask()).toEqual({ kind: 'answered', says: STATION });
  });

  test('makes its answer once for many who ask at a time', async () => {
    await open();
    const all = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(all.map(({ kind }) => kind)).toEqual(Array(4).fill('answered'));
    expect(made).toBe(1);
  });

  test('takes the place of an agent that was killed', async () => {
    await leaveStale(controlSocketPath(spool));
    await open();
    expect((await ask()).kind).toBe('answered');
  });

  test('never takes the socket of another one that lives, nor something that is no socket', async () => {
    const path = await open();
    const second = openControlServer({ path, answer, clock: nodeClock(), log: new MemoryLog() });
    await expect(second).rejects.toMatchObject({ code: 'control.taken' });
    expect((await ask()).kind).toBe('answered');
    await server?.close();
    await writeFile(path, 'a file');
    await expect(open()).rejects.toMatchObject({ code: 'control.taken' });
    expect((await lstat(path)).size).toBe(6);
  });

  test('takes its name away when it ends', async () => {
    const path = await open();
    await server?.close();
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a hostile client', () => {
  test.each([
    ['nonsense', 'GET / HTTP/1.1\r\n\r\n'],
    ['another question', '{"ask":"erase"}\n'],
    ['JSON that is no question', '[["ask"]]\n'],
    ['a question that is too long', `${' '.repeat(300)}${STATUS_REQUEST}`],
    ['10 MB without an end of line', Buffer.alloc(10_000_000, 0x20)],
    ['bytes', Buffer.from([0, 255, 10])],
  ])('that sends %s gets nothing and costs nothing', async (_what, bytes) => {
    const path = await open(new ManualClock()); // no deadline helps: it is dropped for what it sent
    expect(await exchange(path, bytes)).toBe('');
    expect(made).toBe(0);
    expect((await ask()).kind).toBe('answered');
  });

  test('that says nothing, or takes no answer, is let go after a while', async () => {
    const clock = new ManualClock();
    const huge = `${'x'.repeat(CONTROL_ANSWER_BYTES_MAX)}\n`;
    const path = await open(clock, () => Promise.resolve(huge));
    const mute = connect(path);
    const deaf = connect(path).pause();
    deaf.write(STATUS_REQUEST);
    for (const socket of [mute, deaf]) socket.on('error', () => undefined);
    const closed = (socket: Socket): Promise<void> =>
      new Promise((resolve) => socket.on('close', () => resolve()));
    const both = Promise.all([closed(mute), closed(deaf)]);
    deaf.on('end', () => undefined);
    await until('two clients waited for', 5000, () => clock.pending === 2);
    await clock.advance(1999);
    expect(clock.pending).toBe(2);
    await clock.advance(10_000);
    deaf.resume();
    await both;
    expect(clock.pending).toBe(0);
  });

  test('that opens 1,000 connections does not keep the agent from answering once they are let go', async () => {
    const clock = new ManualClock();
    const path = await open(clock);
    const sockets = Array.from({ length: 1000 }, () => connect(path).on('error', () => undefined));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => closed++);
    await until('all but 16 turned away', 10_000, () => closed === 1000 - 16);
    await clock.advance(2000);
    await until('all let go', 10_000, () => closed === 1000);
    expect(await exchange(path, STATUS_REQUEST)).toContain('"kind":"end"');
    await until('nothing is waited for', 5000, () => clock.pending === 0);
  });
});

describe('whoever asks', () => {
  test('is told that no agent runs, or that one is just starting', async () => {
    expect(await ask()).toEqual({ kind: 'absent' });
    await leaveStale(controlSocketPath(spool));
    expect(await ask()).toEqual({ kind: 'absent' });
    const lock = await lockSpool(spool);
    expect(await ask()).toEqual({ kind: 'busy' });
    await lock.release();
  });

  test('is told where the answer is cut off, or is no answer', async () => {
    const whole = await answer();
    for (const text of [whole.slice(0, -5), 'hello\n', '', 'y'.repeat(CONTROL_ANSWER_BYTES_MAX + 1)]) {
      await open(nodeClock(), () => Promise.resolve(text));
      expect(await ask()).toEqual({ kind: 'silent' });
      await server?.close();
    }
  });

  test('does not stumble over kinds that a newer agent adds', async () => {
    const text = (await answer()).replace('{"kind":"end"', '{"kind":"weather","document":{}}\n{"kind":"end"');
    expect(parseAnswer(text)).toEqual(STATION);
  });

  test('hears of the limit where the folder of the spool has too long a name', async () => {
    const deep = join(spool, 'x'.repeat(100));
    await mkdir(deep);
    await expect(askAgent(deep, nodeClock(), new AbortController().signal)).rejects.toMatchObject({
      code: 'control.path-length',
      message: expect.stringContaining('choose a shorter spool.path') as string,
    });
  });
});

test('an answer that grows too long is cut between two documents, and says so', () => {
  const many = Array.from({ length: 8000 }, () => ({ kind: 'bay', json: JSON.stringify(bay()) }));
  const text = encodeAnswer(STATION.agent, [...documentsOf(STATION), ...many]);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(CONTROL_ANSWER_BYTES_MAX);
  expect(parseAnswer(text)).toMatchObject({ cut: true, status: STATION.status });
});
