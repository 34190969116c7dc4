// Bare TCP over the loopback between two processes, in pieces as large as a unit: what the way through a broker is held against. This program is
// the sender, and with "sink" as its first word the other end. Prints one JSON document.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';

export interface LoopbackRun {
  readonly elapsedMs: number;
  /** Of both processes. */
  readonly cpuS: number;
}

const SELF = fileURLToPath(import.meta.url);

function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Tells its port, takes one connection, and answers its end with the CPU seconds that it used. */
function sink(): void {
  const server = createServer((socket) => {
    const before = cpuS();
    socket.on('data', () => undefined);
    socket.on('end', () => socket.end(`${cpuS() - before}`));
    server.close();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function send(bytes: number): Promise<LoopbackRun> {
  const child = fork(SELF, ['sink']);
  const [port] = (await once(child, 'message')) as [number];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  const ended = once(socket, 'end');
  const piece = Buffer.alloc(UNIT_BYTES, 'recorded');
  const before = cpuS();
  const startedMs = performance.now();
  for (let sent = 0; sent < bytes; sent += piece.length)
    if (!socket.write(piece)) await once(socket, 'drain');
  socket.end();
  await ended;
  const elapsedMs = performance.now() - startedMs;
  child.disconnect();
  return { elapsedMs, cpuS: cpuS() - before + Number(answer) };
}

const [word = ''] = process.argv.slice(2);
if (word === 'sink') sink();
else process.stdout.write(`${JSON.stringify(await send(Number(word)))}\n`);
