// The far end of the parties that speak ssh: a stock sshd of the bench's own on loopback, with keys of its own, and the client's settings.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../fakes/free-port.ts';
import { requireTool } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';
import { processCpu } from '../cpu.ts';
import { treePids } from '../processes.ts';
import { endProcess, type Far } from './shell.ts';

const run = promisify(execFile);
const START_MS = 10_000;
const SETTLE_MS = 5_000;
const LOG_CHARACTERS_MAX = 10_000;
/** Debian makes it when its own sshd starts; sshd as root refuses to start without it. */
const PRIVILEGE_FOLDER = '/run/sshd';

/** Programs that every party over ssh needs. */
export const SSH_TOOLS = ['ssh', 'sshd', 'ssh-keygen'];

/** A running sshd and an empty folder behind it. */
export class FarEnd implements Far {
  /** Everything of this end: keys, settings, and `files`. */
  readonly folder: string;
  readonly #daemon: ChildProcess;
  readonly #madePrivilegeFolder: boolean;

  private constructor(folder: string, daemon: ChildProcess, madePrivilegeFolder: boolean) {
    this.folder = folder;
    this.#daemon = daemon;
    this.#madePrivilegeFolder = madePrivilegeFolder;
  }

  static async open(): Promise<FarEnd> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-ssh-'));
    const made = await makePrivilegeFolder();
    const port = await freePort();
    await writeSettings(folder, port);
    const words = ['-D', '-e', '-f', join(folder, 'sshd_config')];
    const daemon = spawn(requireTool('sshd'), words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const far = new FarEnd(folder, daemon, made);
    let log = '';
    daemon.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (log = (log + text).slice(-LOG_CHARACTERS_MAX)));
    try {
      await until('sshd listens', START_MS, () => listens(port));
      await run('ssh', ['-F', far.clientFile, 'far', 'true'], { timeout: START_MS });
      return far;
    } catch (error) {
      await far.close();
      throw new Error(`the bench's own sshd does not let us in:\n${log}`, { cause: error });
    }
  }

  /** Empty at the start. */
  get files(): string {
    return join(this.folder, 'files');
  }
  /** For `ssh -F`; the host is called "far". */
  get clientFile(): string {
    return join(this.folder, 'ssh_config');
  }
  get pid(): number {
    return this.#daemon.pid ?? 0;
  }

  /** CPU seconds of the daemon and of all connections that are over. Waits until every one is. */
  async cpuSeconds(): Promise<number> {
    await until('connections end', SETTLE_MS, () => treePids([this.pid]).get(this.pid)?.length === 1);
    const { own, children } = processCpu(this.pid);
    return own + children;
  }

  async close(): Promise<void> {
    await endProcess(this.#daemon);
    await rm(this.folder, { recursive: true, force: true });
    // Left where another sshd uses it by now: it is that one's as well.
    if (this.#madePrivilegeFolder) await rmdir(PRIVILEGE_FOLDER).catch(() => undefined);
  }
}

/** True where it was made now. Only root's sshd wants it. */
async function makePrivilegeFolder(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return mkdir(PRIVILEGE_FOLDER, { mode: 0o755 }).then(
    () => true,
    () => false,
  );
}

async function writeSettings(folder: string, port: number): Promise<void> {
  const at = (name: string): string => join(folder, name);
  await mkdir(at('files'));
  for (const name of ['host', 'client'])
    await run(requireTool('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  const server = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('client.pub')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    // What somebody's .bashrc does at each connection is not the party's cost.
    `SetEnv HOME=${folder}`,
    'LogLevel ERROR',
  ];
  const client = [
    'Host far',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${at('client')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${at('known_hosts')}`,
    'StrictHostKeyChecking accept-new',
    'BatchMode yes',
    'LogLevel ERROR',
  ];
  await writeFile(at('sshd_config'), `${server.join('\n')}\n`);
  await writeFile(at('ssh_config'), `${client.join('\n')}\n`);
}

/** Whether somebody takes connections there on the loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
