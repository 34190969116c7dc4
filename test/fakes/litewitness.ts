// litewitness on a free loopback port: a witness of C2SP tlog-witness by somebody else's hand, which serves logs of any origin and keeps its
// key in an ssh-agent. It is of Debian's package `torchwood`, which .ci/lib takes from the release after 13. Debian 13 has an earlier one,
// `litetlog` 0.4.3, which can cosign nothing: its source binds a tree's root to SQL as an array (witness.go:249, persistTreeHead), Debian built
// it with go-llsqlite/crawshaw for crawshaw.io/sqlite, and that one ends with "reflect.Value.Bytes of unaddressable byte array" (sqlitex/exec.go:331)
// where the other wrote text. No flag, key or request changes it: upstream's own first example ends the same way.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import { originKey } from '../../protocol/transparency/checkpoint.ts';
import { formatNoteKey, type NoteKey, parseNoteKey } from '../../protocol/transparency/signed-note.ts';
import { freePort } from './free-port.ts';
import { requireTool } from './stock-tools.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const START_MS = 10_000;
const NAME = 'witness.example/litewitness';
/** What it is run with. */
export const LITEWITNESS = ['litewitness', 'witnessctl', 'ssh-agent', 'ssh-add', 'ssh-keygen'];

export class LiteWitness {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #agent: ChildProcess | undefined;
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** One that knows no log yet. */
  static async open(): Promise<LiteWitness> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-witness-'));
    const [key, socket] = [join(folder, 'key'), join(folder, 'agent')];
    const witness = new LiteWitness(folder, await freePort());
    await run(requireTool('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    witness.#agent = spawn(requireTool('ssh-agent'), ['-D', '-a', socket], { stdio: 'ignore' });
    await until('a key agent', START_MS, () => existsSync(socket));
    await run(requireTool('ssh-add'), ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    await witness.start();
    return witness;
  }

  /** As it says it at its start. */
  get key(): NoteKey {
    return parseNoteKey(/vkey=(\S+)/.exec(this.#said)?.[1] ?? '');
  }

  originOf({ keyId }: PublicKey): string {
    return `log.test/${keyIdHex(keyId)}`;
  }

  knows(key: PublicKey): Promise<void> {
    return this.serves(originKey(this.originOf(key), key.key));
  }

  /** From now on it serves this log, too. */
  async serves(log: NoteKey): Promise<void> {
    const words = ['-db', join(this.#folder, 'db'), '-origin', log.name];
    await run(requireTool('witnessctl'), ['add-log', ...words]);
    await run(requireTool('witnessctl'), ['add-key', ...words, '-key', formatNoteKey(log)]);
  }

  async start(): Promise<void> {
    const printed = await run(requireTool('ssh-keygen'), ['-l', '-f', join(this.#folder, 'key.pub')]);
    const [, fingerprint = ''] = printed.stdout.split(' ');
    const files = ['-db', join(this.#folder, 'db'), '-ssh-agent', join(this.#folder, 'agent')];
    const words = [...files, '-name', NAME, '-key', fingerprint, '-listen', `127.0.0.1:${this.#port}`];
    this.#said = '';
    this.#process = spawn(requireTool('litewitness'), words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (data: Buffer) => (this.#said += data.toString()));
    await until('a witness that listens', START_MS, () => this.#answers());
  }

  async #answers(): Promise<boolean> {
    return fetch(this.url).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async stop(): Promise<void> {
    await end(this.#process, 'SIGINT');
    this.#process = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await end(this.#agent, 'SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill(signal);
  await over;
}
