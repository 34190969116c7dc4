// What the same bytes take at least on this machine, on the way that ours must go: read, digested, sealed, digested, written and synced; read again,
// compared with their tags and sent through mosquitto; digested, written and synced at the far end. Each byte is touched as often as in ours, in as
// few threads, with no library in between. No camera is noticed, nothing is signed, logged, offered, resumed, limited or released: nobody can run
// this, and ours cannot cost less. Two cores give two seconds of theirs a second: what its CPU seconds a GB leave no room for, no program of this
// design reaches there, however busy it keeps both. Its own rate is no such bound, for it lets a core rest now and then.
import { fork, type ChildProcess } from 'node:child_process';
import { createDecipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGE_CHUNK_BYTES, AGE_TAG_BYTES } from '../../../protocol/format/limits.ts';
import type { Mosquitto } from '../../fakes/mosquitto.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { ProcessUse } from '../process-use.ts';
import { unitEnvironment } from '../unit-environment.ts';
import { makeWork, type Work } from '../work.ts';
import type { BareFar } from './bare-far-main.ts';
import type { BareBegin, BareNear } from './bare-near-main.ts';
import { KEY, nonceOf } from './bare-unit.ts';
import type { BareBroker } from './bare-wire.ts';
import { earlierFiles, openQuietBroker } from './bodydock-rig.ts';
import type { Measured, Party, Repetition } from './party.ts';
import { endProcess } from './shell.ts';

const START_MS = 20_000;
const EARLIER_MS = 5 * 60_000;

export function bareParty(name: string, title: string, tls: boolean): Party {
  const tools = ['mosquitto', ...(tls ? ['openssl'] : [])];
  return { name, title, tools, prepare: (work) => openRepetition(work, tls) };
}

/** Both ends run, and took as much before as what is measured: ours does, too. */
async function openRepetition(work: Work, tls: boolean): Promise<Repetition> {
  const bare = await Bare.open(tls);
  try {
    const earlier = await bare.earlier(work, AbortSignal.timeout(EARLIER_MS));
    return {
      run: (signal) => bare.measure(work, signal),
      verify: (signal) => bare.verify(work, earlier, signal),
      close: () => bare.close(),
    };
  } catch (error) {
    await bare.close();
    throw error;
  }
}

/** Both ends as processes of their own, with their broker. */
class Bare {
  readonly #folder: string;
  readonly #broker: Mosquitto;
  readonly #authority: TestAuthority | undefined;
  readonly #ends: ChildProcess[] = [];

  private constructor(folder: string, broker: Mosquitto, authority: TestAuthority | undefined) {
    this.#folder = folder;
    this.#broker = broker;
    this.#authority = authority;
  }

  static async open(tls: boolean): Promise<Bare> {
    const authority = tls ? await TestAuthority.open() : undefined;
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-bare-'));
    const bare = new Bare(folder, await openQuietBroker(authority), authority);
    try {
      await bare.#start();
      return bare;
    } catch (error) {
      await bare.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    for (const each of [this.#spool, this.#far]) await mkdir(each);
    const broker: BareBroker = { port: this.#broker.port, ...(await clientTls(this.#authority)) };
    const far: BareFar = { broker, folder: this.#far };
    const near: BareNear = { broker, spool: this.#spool };
    for (const [end, words] of Object.entries({ far, near })) {
      const child = await forkEnd(end, JSON.stringify(words));
      this.#ends.push(child);
      await said(child, AbortSignal.timeout(START_MS));
    }
  }

  /** How many files that were. */
  async earlier({ sizeBytes }: Work, signal: AbortSignal): Promise<number> {
    const folder = join(this.#folder, 'earlier');
    const { count, mib } = earlierFiles(sizeBytes);
    const work = await makeWork(folder, count, mib, signal, 'EARLIER');
    await this.#take(work, signal);
    await rm(folder, { recursive: true });
    return count;
  }

  async measure(work: Work, signal: AbortSignal): Promise<Measured> {
    const [far, near] = this.#ends.map(({ pid }) => pid ?? 0);
    const use = new ProcessUse({ agent: near ?? 0, broker: this.#broker.pid ?? 0, receiver: far ?? 0 });
    const startedMs = performance.now();
    await this.#take(work, signal);
    return { elapsedMs: performance.now() - startedMs, ...use.take() };
  }

  async #take({ files }: Work, signal: AbortSignal): Promise<void> {
    const near = this.#ends[1];
    if (near === undefined) throw new Error('the near end does not run');
    const begin: BareBegin = files.map(({ path }) => path);
    near.send(begin);
    const originals = await said(near, signal);
    if (String(originals) !== files.map(({ sha256 }) => sha256).join())
      throw new Error('the near end read other bytes than the source has');
  }

  async verify({ files }: Work, before: number, signal: AbortSignal): Promise<void> {
    for (const [index, { name, sha256 }] of files.entries()) {
      const file = before + index;
      if ((await openedDigest(join(this.#far, `${file}`), file, signal)) !== sha256)
        throw new Error(`${name}: the far end holds other bytes than the source`);
    }
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await endProcess(end);
    await this.#broker.stop();
    await this.#authority?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #spool(): string {
    return join(this.#folder, 'spool');
  }
  get #far(): string {
    return join(this.#folder, 'far');
  }
}

async function clientTls(authority: TestAuthority | undefined): Promise<Pick<BareBroker, 'tls'>> {
  if (authority === undefined) return {};
  const { certFile, keyFile } = await authority.issue({ commonName: 'bare', kind: 'client' });
  return { tls: { caFile: authority.caFile, certFile, keyFile } };
}

async function forkEnd(end: string, words: string): Promise<ChildProcess> {
  const file = fileURLToPath(new URL(`./bare-${end}-main.js`, import.meta.url));
  const unit = end === 'near' ? 'bodydock.service' : 'bodydock-receiver.service';
  return fork(file, [words], { env: { ...process.env, ...(await unitEnvironment(unit)) } });
}

/** Its next message. Errors: that it ended; the signal's reason. */
async function said(child: ChildProcess, signal: AbortSignal): Promise<unknown> {
  const ended = once(child, 'exit', { signal }).then(() =>
    Promise.reject(new Error('an end of the bare party ended')),
  );
  ended.catch(() => undefined);
  const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown];
  return message;
}

/** SHA-256 in hex of what was sealed. Errors: a chunk whose tag is wrong. */
async function openedDigest(path: string, file: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  let chunk = 0;
  for await (const sealed of pieces(path, AGE_CHUNK_BYTES + AGE_TAG_BYTES, signal)) {
    const decipher = createDecipheriv('chacha20-poly1305', KEY, nonceOf(file, chunk++), {
      authTagLength: AGE_TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(sealed.length - AGE_TAG_BYTES));
    hash.update(decipher.update(sealed.subarray(0, sealed.length - AGE_TAG_BYTES)));
    decipher.final();
  }
  return hash.digest('hex');
}

/** Each of exactly that many bytes, the last one of fewer: a file stream fills its buffer wherever the file has the bytes. */
function pieces(path: string, sizeBytes: number, signal: AbortSignal): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: sizeBytes, signal });
}
