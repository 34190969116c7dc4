// The far end of the parties that speak HTTPS: a server of the bench's own on loopback, with a certificate of its own and an empty folder.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../fakes/free-port.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { until } from '../../fakes/until.ts';
import { listens } from './far-end.ts';
import { endProcess, treeCpuSeconds, type Far } from './shell.ts';

const START_MS = 20_000;
const LOG_CHARACTERS_MAX = 10_000;

/** What a server is started with. */
export interface TlsPlace {
  /** For whatever it needs; `files` in it is the one that it serves. */
  readonly folder: string;
  readonly files: string;
  readonly port: number;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsServer {
  readonly name: string;
  /** Path of the address that takes files. */
  readonly path: string;
  /** Starts it, with its standard error as a pipe. */
  readonly start: (place: TlsPlace) => Promise<ChildProcess>;
}

/** A server that runs. */
export class TlsFar implements Far {
  readonly url: string;
  readonly files: string;
  readonly caFile: string;
  readonly #folder: string;
  readonly #authority: TestAuthority;
  readonly #daemon: ChildProcess;

  private constructor(
    { folder, files, port }: TlsPlace,
    path: string,
    parts: { readonly authority: TestAuthority; readonly daemon: ChildProcess },
  ) {
    this.url = `https://127.0.0.1:${port}${path}`;
    this.files = files;
    this.caFile = parts.authority.caFile;
    this.#folder = folder;
    this.#authority = parts.authority;
    this.#daemon = parts.daemon;
  }

  /** Errors: that it ended or does not listen, with what it printed. */
  static async open({ name, path, start }: TlsServer): Promise<TlsFar> {
    const folder = await mkdtemp(join(tmpdir(), `bodydock-bench-${name}-`));
    const authority = await TestAuthority.open();
    const port = await freePort();
    const files = join(folder, 'files');
    await mkdir(files);
    const names = ['IP:127.0.0.1'];
    const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
    const place = { folder, files, port, ...server };
    const daemon = await start(place);
    const far = new TlsFar(place, path, { authority, daemon });
    let log = '';
    daemon.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (log = (log + text).slice(-LOG_CHARACTERS_MAX)));
    const ended = once(daemon, 'exit').then(() => Promise.reject(new Error('it ended')));
    ended.catch(() => undefined);
    try {
      await Promise.race([until(`${name} listens`, START_MS, () => listens(port)), ended]);
      return far;
    } catch (error) {
      await far.close();
      throw new Error(`the bench's own ${name} does not listen:\n${log}`, { cause: error });
    }
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
