// Debian's sigsum-witness on a free loopback port: a witness of C2SP tlog-witness by somebody else's hand. It serves one log at a time, whose
// origin Sigsum makes of its key.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PublicKey, keyIdHex } from '../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { type NoteKey, parseNoteKey } from '../../protocol/transparency/signed-note.ts';
import { freePort } from './free-port.ts';
import { requireTool } from './stock-tools.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const START_MS = 10_000;
/** Debian builds it without modules, which leaves the patterns of its paths to a compatibility that they do not fit. */
const ENVIRONMENT = { GODEBUG: 'httpmuxgo121=0' };

export class SigsumWitness {
  readonly url: string;
  readonly key: NoteKey;
  readonly #folder: string;
  readonly #port: number;
  #log: string | undefined;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, key: NoteKey) {
    this.#folder = folder;
    this.#port = port;
    this.key = key;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async open(): Promise<SigsumWitness> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-witness-'));
    const tool = requireTool('sigsum-key');
    const file = join(folder, 'witness');
    await run(tool, ['generate', '-o', file]);
    await run(tool, ['to-hash', '-k', `${file}.pub`, '-o', `${file}.hash`]);
    const name = `sigsum.org/v1/witness/${(await readFile(`${file}.hash`, 'utf8')).trim()}`;
    const { stdout } = await run(tool, ['to-vkey', '-k', `${file}.pub`, '-n', name, '-t', 'cosignature/v1']);
    return new SigsumWitness(folder, await freePort(), parseNoteKey(stdout.trim()));
  }

  originOf({ key }: PublicKey): string {
    return `sigsum.org/v1/tree/${sha256Hex(key)}`;
  }

  /** From now on it serves this log; what it saw of it before it remembers. */
  async knows(key: PublicKey): Promise<void> {
    await this.stop();
    this.#log = join(this.#folder, keyIdHex(key.keyId));
    await writeFile(`${this.#log}.hex`, Buffer.from(key.key).toString('hex'));
    await run(requireTool('sigsum-key'), ['from-hex', '-k', `${this.#log}.hex`, '-o', `${this.#log}.pub`]);
    await this.start();
  }

  async start(): Promise<void> {
    const files = ['-k', join(this.#folder, 'witness'), '--log-key', `${this.#log}.pub`];
    const words = [...files, '--state-file', `${this.#log}.state`, `127.0.0.1:${this.#port}`];
    const options = { stdio: 'ignore', env: { ...process.env, ...ENVIRONMENT } } as const;
    this.#process = spawn(requireTool('sigsum-witness'), words, options);
    await until('a witness that listens', START_MS, () => listens(this.#port));
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill('SIGTERM');
    await over;
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.end());
  });
}
