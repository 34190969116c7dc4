// Files as another user may change them: a process of that user does each step, for a command that root types. Node does not let a process change its
// own user where libuv may use io_uring (CVE-2024-22017; Debian 13's does), and a process that never had root's rights has none to give away.
//
// Invariants:
// 1. The process gets nothing of root's: an empty environment, no open file but the channel, no supplementary group, no terminal
//    (it could type into that one), the folder "/".
// 2. What it answers is text, never objects of this process: whoever is that user may stop it and speak in its place.
// 3. Every call settles: with the answer, when the process ended, or after CALL_MS.
import { fork } from 'node:child_process';
import { encodeBase64 } from '../bytes.ts';
import { DockError, isDockError } from '../errors.ts';
import type { Files, OpenFile } from '../ports.ts';
import { nodeClock } from './clock-node.ts';
import { WorkerCalls, type CallPeer, type CallRequest } from './worker-calls.ts';

/** The kernel gives a disk up after minutes; a folder that is removed may hold thousands of files. */
const CALL_MS = 300_000;

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
      const found = Buffer.from(await call('read', { file, sizeBytes: target.length, position }), 'base64');
      target.set(found);
      return found.length;
    },
    sync: () => call('sync', { file }),
    sizeBytes: () => call('sizeBytes', { file }),
    close: () => (closing ??= call('close', { file })),
  };
}

function startProcess({ uid, gid }: SystemUser): CallPeer {
  const isSource = import.meta.url.endsWith('.ts');
  const module = new URL('./files-of-user-main.js', import.meta.url);
  const entry = isSource ? module.href.replace(/js$/, 'ts') : module.href;
  const child = fork(new URL(entry), [], {
    uid,
    gid, // Node drops the other groups, too
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true, // a session of its own: no terminal
    execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [],
    serialization: 'json',
  });
  child.unref();
  child.channel?.unref(); // the deadline of a call keeps this process waiting for its answer, and nothing else
  return Object.assign(child, {
    postMessage: (request: CallRequest) => void child.send(request, () => undefined), // what cannot be sent ends with the process
    terminate: async () => child.kill('SIGKILL'),
  });
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
