// A plain upload with proof: curl puts each file to a stock nginx over TLS 1.3, one connection for all; every file is synced at the far end,
// which nginx does not do by itself, and both ends are digested. Nothing is sealed or signed.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../fakes/free-port.ts';
import { requireTool } from '../../fakes/stock-tools.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { until } from '../../fakes/until.ts';
import { listens } from './far-end.ts';
import type { Party } from './party.ts';
import { endProcess, measureShell, sameDigests, treeCpuSeconds, type Far } from './shell.ts';

const START_MS = 10_000;
const LOG_CHARACTERS_MAX = 10_000;

/** $1 source, $2 authority, $3 URL, $4 folder at the far end. Lists of digests lie beside that folder. */
const SCRIPT = `
(cd "$1" && sha256sum -- *) > "$4.near"
names=$(cd "$1" && printf '%s,' *)
(cd "$1" && curl --silent --show-error --fail --tlsv1.3 --cacert "$2" --upload-file "{\${names%,}}" "$3/")
(cd "$4" && sync -- * . && sha256sum -- *) > "$4.far"
cmp "$4.near" "$4.far"
`;

export function httpsParty(name: string, title: string): Party {
  return {
    name,
    title,
    tools: ['nginx', 'curl', 'openssl', 'sha256sum', 'sync', 'cmp', 'bash'],
    prepare: async (work) => {
      const far = await Nginx.open();
      return {
        run: (signal) => measureShell(SCRIPT, [work.folder, far.caFile, far.url, far.files], far, signal),
        verify: (signal) => sameDigests(work, far.files, signal),
        close: () => far.close(),
      };
    },
  };
}

/** A stock nginx of the bench's own that takes PUT into an empty folder. */
class Nginx implements Far {
  readonly #folder: string;
  readonly #authority: TestAuthority;
  readonly #port: number;
  readonly #daemon: ChildProcess;

  private constructor(folder: string, authority: TestAuthority, port: number, daemon: ChildProcess) {
    this.#folder = folder;
    this.#authority = authority;
    this.#port = port;
    this.#daemon = daemon;
  }

  static async open(): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-nginx-'));
    const authority = await TestAuthority.open();
    const port = await freePort();
    await mkdir(join(folder, 'files'));
    const server = await authority.issue({
      commonName: 'localhost',
      kind: 'server',
      names: ['IP:127.0.0.1'],
    });
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, server));
    const words = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    const daemon = spawn(requireTool('nginx'), words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const far = new Nginx(folder, authority, port, daemon);
    let log = '';
    daemon.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (log = (log + text).slice(-LOG_CHARACTERS_MAX)));
    try {
      await until('nginx listens', START_MS, () => listens(port));
      return far;
    } catch (error) {
      await far.close();
      throw new Error(`the bench's own nginx does not listen:\n${log}`, { cause: error });
    }
  }

  get files(): string {
    return join(this.#folder, 'files');
  }
  get caFile(): string {
    return this.#authority.caFile;
  }
  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }
  get pid(): number {
    return this.#daemon.pid ?? 0;
  }

  cpuSeconds(): Promise<number> {
    return Promise.resolve(treeCpuSeconds(this.pid));
  }

  async close(): Promise<void> {
    await endProcess(this.#daemon);
    await this.#authority.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Bodies are written beside the files, so that each is renamed into its place and not copied. */
function configuration(
  folder: string,
  port: number,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temporary-${name};`,
  );
  return `
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_max_body_size 0;
  ${temporary.join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.3;
    location / {
      root ${folder}/files;
      dav_methods PUT;
    }
  }
}
`;
}
