// A time-stamp authority of RFC 3161: `openssl ts` behind HTTP on a free loopback port.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { requireTool } from './stock-tools.ts';

const run = promisify(execFile);

const CONFIGURATION = `
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = Time of the tests
[stamping]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
digests = sha256
default_policy = 1.2.3.4.1
`;

export class TimestampAuthority {
  readonly url: string;
  readonly #folder: string;
  readonly #server: Server;
  /** Answers nothing good while true. */
  isBroken = false;

  private constructor(folder: string, url: string) {
    this.#folder = folder;
    this.url = url;
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (body) => response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(body),
        () => response.writeHead(500).end(),
      );
    });
  }

  static async open(): Promise<TimestampAuthority> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-tsa-'));
    await writeFile(join(folder, 'tsa.cnf'), CONFIGURATION);
    await writeFile(join(folder, 'serial'), '01\n');
    const files = ['-keyout', join(folder, 'tsa.key'), '-out', join(folder, 'tsa.pem')];
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', ...files];
    await run(requireTool('openssl'), [...words, '-config', join(folder, 'tsa.cnf')]);
    const port = await freePort();
    const authority = new TimestampAuthority(folder, `http://127.0.0.1:${port}/tsr`);
    await new Promise<void>((resolve) => authority.#server.listen(port, '127.0.0.1', resolve));
    return authority;
  }

  get certificate(): string {
    return join(this.#folder, 'tsa.pem');
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }

  /** What `openssl ts -verify` says of a response over data; rejects where it does not hold. */
  async verify(response: string, data: string): Promise<string> {
    const words = ['ts', '-verify', '-in', response, '-data', data, '-CAfile', this.certificate];
    const { stdout, stderr } = await run(requireTool('openssl'), words);
    return stdout + stderr;
  }

  async #answer(request: IncomingMessage): Promise<Uint8Array> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (this.isBroken) return Buffer.from('3003020102', 'hex');
    const [query, reply] = [join(this.#folder, 'query'), join(this.#folder, 'reply')];
    await writeFile(query, Buffer.concat(parts));
    const words = ['ts', '-reply', '-queryfile', query, '-out', reply, '-config', 'tsa.cnf'];
    await run(requireTool('openssl'), words, { cwd: this.#folder });
    return readFile(reply);
  }
}
