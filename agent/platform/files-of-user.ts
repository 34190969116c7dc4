// Files as another user may change them: a process of that user does each step, for a command that root types. Node does not let a process change its
// own user where libuv may use io_uring (CVE-2024-22017; Debian 13's does), and a process that never had root's rights has none to give away.
//
// Invariants:
// 1. The process gets nothing of root's: an empty environment, no open file but two pipes, no supplementary group, no terminal
//    (it could type into that one), the folder "/".
// 2. Anybody who is that user may stop it and speak in its place. So it answers in lines of text, of bounded length, one for each call that waits;
//    any other ends it. Node's own channel between processes takes lines without end and throws past every handler at odd ones.
// 3. Every call settles: with the answer, when the process ended, or after CALL_MS.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { encodeBase64 } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';
import { nodeClock } from './clock-node.ts';
import { WorkerCalls, type CallAnswer, type CallPeer, type CallRequest } from './worker-calls.ts';

/** The kernel gives a disk up after minutes; a folder that is removed may hold thousands of files. */
const CALL_MS = 300_000;
/** Read by one call; the answer is a third longer. */
const READ_BYTES_MAX = 256 * 1024;
const ANSWER_BYTES_MAX = 2 * READ_BYTES_MAX;

const answerSchema = z.object({
  id: z.int(),
  value: z.union([z.number(), z.string()]).optional(),
  error: z.object({ message: z.string(), system: z.record(z.string(), z.unknown()) }).optional(),
});

/** Who does it. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** What a process of a user does. Bytes travel in base64; an open file is a number. */
export type FileCalls = {
  makeFolder: { args: { path: string }; result: void };
  create: { args: { path: string }; result: number };
  openToWrite: { args: { path: string }; result: number };
  rename: { args: { from: string; to: string }; result: void };
  unlink: { args: { path: string }; result: void };
  removeTree: { args: { path: string }; result: void };
  write: { args: { file: number; base64: string; position: number }; result: void };
  read: { args: { file: number; sizeBytes: number; position: number }; result: string };
  sync: { args: { file: number }; result: void };
  sizeBytes: { args: { file: number }; result: number };
  close: { args: { file: number }; result: void };
};

/** The steps that change a file system. */
export type ChangingFiles = Pick<Files, 'makeFolder' | 'create' | 'rename' | 'unlink' | 'removeTree'> & {
  openToWrite(path: string): Promise<OpenFile>;
};

/** One process for each user, started at its first call; all of them end with this process. */
const processes = new Map<string, WorkerCalls<FileCalls>>();

/**
 * The files of this machine, with no more rights than that user has. For root.
 * Errors: the system's, as those of nodeFiles(); "user.process" where the process of the user cannot work.
 */
export function filesOfUser(user: SystemUser): ChangingFiles {
  const key = `${user.uid}:${user.gid}`;
  const calls = processes.get(key) ?? new WorkerCalls<FileCalls>(() => startProcess(user));
  processes.set(key, calls);
  const call: Call = (name, args) => within(calls.call(name, args), user);
  return {
    makeFolder: (path) => call('makeFolder', { path }),
    create: async (path) => openFile(call, await call('create', { path })),
    openToWrite: async (path) => openFile(call, await call('openToWrite', { path })),
    rename: (from, to) => call('rename', { from, to }),
    unlink: (path) => call('unlink', { path }),
    removeTree: (path) => call('removeTree', { path }),
  };
}

type Call = <Name extends keyof FileCalls>(
  name: Name,
  args: FileCalls[Name]['args'],
) => Promise<FileCalls[Name]['result']>;

function openFile(call: Call, file: number): OpenFile {
  let closing: Promise<void> | undefined;
  return {
    write: (bytes, position) => call('write', { file, base64: encodeBase64(bytes), position }),
    read: async (target, position) => {
      for (let done = 0; ;) {
        const sizeBytes = Math.min(READ_BYTES_MAX, target.length - done);
        const base64 = await call('read', { file, sizeBytes, position: position + done });
        const found = Buffer.from(base64, 'base64').subarray(0, sizeBytes);
        target.set(found, done);
        done += found.length;
        if (found.length < READ_BYTES_MAX) return done;
      }
    },
    sync: () => call('sync', { file }),
    sizeBytes: () => call('sizeBytes', { file }),
    close: () => (closing ??= call('close', { file })),
  };
}

function startProcess({ uid, gid }: SystemUser): CallPeer {
  const isSource = import.meta.url.endsWith('.ts');
  const module = new URL('./files-of-user-main.js', import.meta.url);
  const entry = fileURLToPath(isSource ? module.href.replace(/js$/, 'ts') : module);
  const loader = isSource ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(process.execPath, [...loader, entry], {
    uid,
    gid, // Node drops the other groups, too
    env: {},
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true, // a session of its own: no terminal
  });
  child.unref();
  // The deadline of a call keeps this process waiting for its answer, and nothing else.
  for (const pipe of [child.stdin, child.stdout]) if (pipe instanceof Socket) pipe.unref();
  return peerOf(child);
}

/** A process that is trusted with nothing, as the other end of calls. */
export function peerOf(child: ChildProcessByStdio<Writable, Readable, null>): CallPeer {
  const { stdin, stdout } = child;
  const peer = new EventEmitter();
  const asked = new Set<number>();
  const lines = new PipeLines(ANSWER_BYTES_MAX);
  stdin.on('error', () => undefined); // what cannot be sent ends with the process
  child.on('error', (error) => peer.emit('error', error));
  child.on('close', (code) => peer.emit('exit', code)); // what it said before is read by then
  stdout.on('data', (chunk: Buffer) => {
    try {
      for (const line of lines.push(chunk)) peer.emit('message', answerIn(line, asked));
    } catch (error) {
      stdout.destroy();
      peer.emit('messageerror', error);
    }
  });
  return Object.assign(peer, {
    postMessage: (request: CallRequest) => {
      asked.add(request.id);
      stdin.write(`${JSON.stringify(request)}\n`);
    },
    terminate: async () => child.kill('SIGKILL'),
  });
}

/** Errors: of what is no answer to a call that waits. */
function answerIn(line: string, asked: Set<number>): CallAnswer {
  const { id, value, error } = answerSchema.parse(JSON.parse(line));
  if (!asked.delete(id)) throw new Error(`an answer to call ${id}, which does not wait`);
  if (error === undefined) return { id, value };
  const { message, system } = error;
  return { id, error: { message, system, stack: undefined, dock: undefined, cause: undefined } };
}

/** What comes over a pipe, in lines. */
export class PipeLines {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Lines that end in this chunk. Errors: where one is longer than `bytesMax`. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      this.#keep(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.#parts).toString());
      [this.#parts, this.#bytes] = [[], 0];
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) throw new Error(`a line of more than ${this.#bytesMax} bytes`);
    this.#parts.push(part);
  }
}

async function within<T>(answer: Promise<T>, user: SystemUser): Promise<T> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = nodeClock().after(CALL_MS, () => reject(broken(user, `no answer in ${CALL_MS / 1000} s`)));
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw isDockError(error, 'worker.died') ? broken(user, 'it ended', error) : error;
  } finally {
    cancel();
  }
}

function broken({ uid }: SystemUser, why: string, cause?: unknown): DockError {
  const message = `a process of user ${uid}, who owns the folder, could not do it (${why}): see that this user may read the program, and that the disk answers; then type the same again`;
  return new DockError('user.process', message, { retry: 'person', cause });
}
