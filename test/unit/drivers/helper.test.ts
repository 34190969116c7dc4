// What is said where a helper cannot be asked, or does not answer: each for what happened.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askHelper } from '../../../drivers/helper.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { live } from '../../contracts/driver-subject.ts';

let folder: string;
let path: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-ask-'));
  path = join(folder, 'control.sock');
});
afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function serve(take: (socket: Socket) => void): Promise<void> {
  const made = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    take(socket);
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(path, resolve));
}

/** The answer, or "KIND: words". */
function asked(answerMs = 2000): Promise<string> {
  return askHelper(
    {
      socket: path,
      line: 'mount-ro bay-1\n',
      answerBytesMax: 64,
      answerMs,
      who: 'the mount helper',
      service: 'bodydock-mount',
      clock: nodeClock(),
      fail: (kind, words) => new Error(`${kind}: ${words}`),
    },
    live(),
  ).catch((error: unknown) => (error as Error).message);
}

const HUNG_UP =
  'hung-up: the mount helper hung up before it answered: it was restarted, or this machine is too busy';

test('an answer is given as it is', async () => {
  await serve((socket) => socket.on('data', () => socket.end('{"ok":true}\n')));
  expect(await asked()).toBe('{"ok":true}\n');
});

test('a helper that hangs up was there: nobody is sent to look at its service or its group', async () => {
  await serve((socket) => socket.on('data', () => socket.end()));
  expect(await asked()).toBe(HUNG_UP);
});

test('so does one that goes away in the middle', async () => {
  await serve((socket) => socket.destroy());
  expect(await asked()).toBe(HUNG_UP);
});

test('one that does not answer in time is late, one that is not there does not run', async () => {
  await serve(() => undefined);
  expect(await asked(50)).toBe('late: the mount helper gave no answer in 50 ms');
  path = join(folder, 'nobody.sock');
  expect(await asked()).toBe(
    `refused: the mount helper cannot be asked at ${path} (ENOENT): it does not run, see \`systemctl status bodydock-mount\``,
  );
});
