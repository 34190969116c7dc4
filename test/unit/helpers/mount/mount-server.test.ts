import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenAsHelper } from '../../../../agent/helpers/helper.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import {
  MOUNT_VERBS,
  type MountAnswer,
  type MountRequest,
} from '../../../../drivers/mass-storage/volumes.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { until } from '../../../fakes/until.ts';

const DONE: MountAnswer = { ok: true, report: null };
let folder: string;
let socket: string;
let asked: MountRequest[];
let stops: (() => Promise<void>)[];
let log: MemoryLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-socket-'));
  socket = join(folder, 'control.sock');
  asked = [];
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(clock = nodeClock(), answer = async (): Promise<MountAnswer> => DONE): Promise<void> {
  const gid = process.getgid?.() ?? 0;
  const take = (request: MountRequest): Promise<MountAnswer> => {
    asked.push(request);
    return answer();
  };
  log = new MemoryLog();
  const server = await listenAsHelper(
    { kind: 'mount', socket, gid, verbs: MOUNT_VERBS, answer: take, clock, log },
    async () => undefined,
  );
  stops.push(() => server.close());
}

interface Client {
  readonly raw: Socket;
  text: string;
  isClosed: boolean;
}

function client(...pieces: readonly (string | Uint8Array)[]): Client {
  const raw = connect(socket);
  const made: Client = { raw, text: '', isClosed: false };
  raw.on('data', (piece) => (made.text += piece.toString()));
  raw.on('error', () => undefined);
  raw.on('close', () => (made.isClosed = true));
  for (const piece of pieces) raw.write(piece);
  return made;
}

const closed = (one: Client): Promise<unknown> => until('the end', 5000, () => one.isClosed);

test('its socket is for its owner and its group alone', async () => {
  await start();
  const { mode, gid } = await stat(socket);
  expect([mode & 0o777, gid]).toEqual([0o660, process.getgid?.()]);
});

test('a request is answered with one line and the end, however it was cut', async () => {
  await start();
  const one = client('mount-', 'ro b', 'ay-1\n');
  await closed(one);
  expect(asked).toEqual([{ verb: 'mount-ro', bay: 'bay-1' }]);
  expect(one.text).toBe('{"ok":true,"report":null}\n');
});

test.each<[string, readonly (string | Uint8Array)[]]>([
  ['nonsense', ['GET / HTTP/1.1\r\n\r\n']],
  ['a path', ['mount-ro /dev/sda\n']],
  ['bytes', [new Uint8Array(1000).fill(0xff)]],
  ['a line without an end', ['mount-ro '.repeat(100)]],
  ['a request behind 64 bytes', [`${' '.repeat(60)}mount-ro bay-1\n`]],
])('%s is no request: the end, without an answer', async (_, pieces) => {
  await start();
  const one = client(...pieces);
  await closed(one);
  expect([one.text, asked]).toEqual(['', []]);
});

test('only the first line counts', async () => {
  await start();
  const one = client('unmount bay-1\nmount-rw bay-1\n');
  await closed(one);
  expect(asked).toEqual([{ verb: 'unmount', bay: 'bay-1' }]);
});

test('a client that says nothing is let go, and one that asks meanwhile is served', async () => {
  const clock = new ManualClock();
  await start(clock);
  const silent = Array.from({ length: 10 }, () => client());
  await until('they are there', 5000, () => clock.pending === silent.length);
  const one = client('unmount bay-1\n');
  await closed(one);
  expect(one.text).toContain('"ok":true');
  expect(silent.some(({ isClosed }) => isClosed)).toBe(false);
  await clock.advance(10_000); // a busy machine is slow between connecting and sending
  const slow = silent.pop();
  slow?.raw.write('unmount bay-2\n');
  await until('it is answered', 5000, () => slow?.text.includes('"ok":true') === true);
  expect(silent.some(({ isClosed }) => isClosed)).toBe(false);
  await clock.advance(5000);
  for (const each of silent) await closed(each);
  expect(log.lines.filter(({ message }) => message.includes('without a complete request'))).toHaveLength(9);
});

test('a client that leaves before its answer disturbs nobody', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await start(nodeClock(), async () => {
    await held;
    return DONE;
  });
  const one = client('unmount bay-1\n');
  await until('it is asked', 5000, () => asked.length === 1);
  one.raw.destroy();
  letGo();
  const next = client('unmount bay-2\n');
  await closed(next);
  expect(next.text).toContain('"ok":true');
});

/** A process that is killed leaves the name of its socket behind. */
async function listenAndDie(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
}

test('a second helper does not start, and the socket of a dead one does not hinder', async () => {
  await start();
  await expect(start()).rejects.toMatchObject({ code: 'mount.taken' });
  await stops.pop()?.();
  await listenAndDie(socket);
  expect((await stat(socket)).isSocket()).toBe(true);
  await start();
  const one = client('unmount bay-1\n');
  await closed(one);
  expect(asked).toHaveLength(1);
});

test('what lies there and is no socket is left alone', async () => {
  await writeFile(socket, 'somebody else’s');
  await expect(start()).rejects.toMatchObject({ code: 'mount.taken' });
  expect(await readFile(socket, 'utf8')).toBe('somebody else’s');
});
