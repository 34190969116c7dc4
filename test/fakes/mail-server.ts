// A mail server (aiosmtpd of Debian, mail-server.py) that keeps what it takes, parsed by Python's own mail reader.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

/** Debian's own, which has its packages. */
const PYTHON = '/usr/bin/python3';
const PROGRAM = fileURLToPath(new URL('mail-server.py', import.meta.url));
/** Headers as name and value, decoded, and the text: by a reader that is none of ours. */
const READER = `
import sys, json, email, email.policy
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.SMTP)
print(json.dumps({"headers": [[name.lower(), str(value)] for name, value in message.items()], "text": message.get_content().replace("\\r\\n", "\\n")}))`;

export interface MailServerWish {
  readonly tls: 'tls' | 'starttls' | 'plain';
  readonly cert?: string;
  readonly key?: string;
  readonly username?: string;
  readonly password?: string;
  /** Addresses that it does not take. */
  readonly refused?: readonly string[];
  readonly port?: number;
}

export interface TakenMail {
  readonly tls: boolean;
  readonly login: string | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

/** One server. */
export class TestMailServer {
  readonly port: number;
  readonly taken: TakenMail[] = [];
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async open(wish: MailServerWish): Promise<TestMailServer> {
    const port = wish.port ?? (await freePort());
    const whole = { cert: '', key: '', username: '', password: '', refused: [], ...wish, port };
    const child = spawn(PYTHON, [PROGRAM, JSON.stringify(whole)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = new TestMailServer(port, child);
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        const said = JSON.parse(line) as { port?: number } & Omit<TakenMail, 'headers' | 'text'> & {
            content: string;
          };
        if (said.port !== undefined) return resolve();
        const { content, ...envelope } = said;
        const parsed = execFileSync(PYTHON, ['-c', READER], { input: Buffer.from(content, 'base64') });
        server.taken.push({
          ...envelope,
          ...(JSON.parse(parsed.toString()) as Pick<TakenMail, 'headers' | 'text'>),
        });
      });
      child.once('exit', () => reject(new Error('mail-server.py did not begin')));
    });
    return server;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.kill('SIGKILL')) await ended;
  }
}
