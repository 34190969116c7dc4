// Ours: the compiled agent and receiver as processes of their own, with the files that a technician writes, and a stock mosquitto.
import { execFile } from 'node:child_process';
import { link, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DockRig, STATION } from '../../fakes/dock-rig.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { BODYDOCK, compiled } from '../../fakes/program.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { processCpu } from '../cpu.ts';
import { peakBytes } from '../resident.ts';
import type { Work } from '../work.ts';
import type { Measured, Party, Repetition } from './party.ts';

const run = promisify(execFile);
const LOOK_MS = 20;
const REPORT_BYTES_MAX = 64 * 1024 * 1024;
/** The broker writes no line for each message: production does not either. */
const QUIET = ['log_type none', 'log_type error'];

export interface BodydockWish {
  readonly name: string;
  readonly title: string;
  /** The files are dealt out to this many cameras. */
  readonly cameras: number;
  /** TLS 1.3 with client certificates on both legs to the broker. */
  readonly tls: boolean;
}

export function bodydockParty({ name, title, cameras, tls }: BodydockWish): Party {
  const tools = ['mosquitto', ...(tls ? ['openssl'] : [])];
  return { name, title, tools, prepare: (work) => BodydockRepetition.open(work, cameras, tls) };
}

class BodydockRepetition implements Repetition {
  readonly #work: Work;
  readonly #rig: DockRig;
  readonly #broker: Mosquitto;
  readonly #authority: TestAuthority | undefined;

  private constructor(work: Work, rig: DockRig, broker: Mosquitto, authority: TestAuthority | undefined) {
    this.#work = work;
    this.#rig = rig;
    this.#broker = broker;
    this.#authority = authority;
  }

  /** The receiver runs and the cameras are in their bays; only the agent does not run yet. */
  static async open(work: Work, cameras: number, tls: boolean): Promise<BodydockRepetition> {
    const authority = tls ? await TestAuthority.open() : undefined;
    const broker = await openBroker(authority);
    const clients = authority === undefined ? {} : await clientTls(authority);
    // Erasing takes hard links away, never the source.
    const rig = await DockRig.open({ broker, cameras, release: 'after-receipt', ...clients });
    const repetition = new BodydockRepetition(work, rig, broker, authority);
    try {
      await dealOut(work, rig, cameras);
      await rig.receiver.start();
    } catch (error) {
      await repetition.close();
      throw error;
    }
    return repetition;
  }

  async run(signal: AbortSignal): Promise<Measured> {
    const { agent, receiver } = this.#rig;
    const others = { broker: this.#broker.pid ?? 0, receiver: receiver.pid ?? 0 };
    const before = { broker: cpuOf(others.broker), receiver: cpuOf(others.receiver) };
    const startedMs = performance.now();
    const child = agent.launch();
    let readyMs = Number.NaN;
    child.once('message', () => (readyMs = performance.now() - startedMs));
    await this.#lastReceipt(signal);
    const elapsedMs = performance.now() - startedMs;
    const pids = { agent: child.pid ?? 0, ...others };
    return {
      elapsedMs,
      readyMs,
      cpuSeconds: {
        agent: cpuOf(pids.agent),
        broker: cpuOf(pids.broker) - before.broker,
        receiver: cpuOf(pids.receiver) - before.receiver,
      },
      peakBytes: {
        agent: peakBytes(pids.agent),
        broker: peakBytes(pids.broker),
        receiver: peakBytes(pids.receiver),
      },
    };
  }

  /** Looks for receipts in the vault, each folder until it has one. */
  async #lastReceipt(signal: AbortSignal): Promise<void> {
    const parent = join(this.#rig.vault, STATION);
    const receipted = new Set<string>();
    while (receipted.size < this.#work.files.length) {
      if (signal.aborted || !this.#rig.agent.running || !this.#rig.receiver.running)
        throw new Error(
          `${receipted.size} of ${this.#work.files.length} recordings receipted when it ended\n${this.#rig.tails()}`,
          { cause: signal.reason },
        );
      for (const name of await readdir(parent).catch((): string[] => []))
        if (!receipted.has(name) && (await isFile(join(parent, name, 'receipt.json')))) receipted.add(name);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Every document, signature and unit by our own command, each payload opened, the digests compared with the source's. */
  async verify(signal: AbortSignal): Promise<void> {
    await this.#rig.stop();
    const words = [this.#rig.vault, '--identity', this.#rig.identityFile, '--json'];
    const options = { maxBuffer: REPORT_BYTES_MAX, signal };
    const { stdout } = await run(process.execPath, [compiled(BODYDOCK), 'verify', ...words], options);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as VerifyReport;
    const stored = report.folders.flatMap(({ recordings }) => recordings);
    if (!report.good || stored.some(({ opened, receipted }) => opened !== true || receipted !== true))
      throw new Error(`bodydock verify found: ${stdout.slice(0, 2000)}`);
    const digests = stored.map(({ original_sha256: digest }) => digest).sort();
    const wanted = this.#work.files.map(({ sha256 }) => sha256).sort();
    if (digests.join() !== wanted.join()) throw new Error('the vault holds other bytes than the cameras did');
  }

  async close(): Promise<void> {
    await this.#rig.close();
    await this.#broker.stop();
    await this.#authority?.close();
  }
}

/** What the bench reads of `bodydock verify --json`. */
interface VerifyReport {
  readonly good: boolean;
  readonly folders: readonly {
    readonly recordings: readonly {
      readonly original_sha256: string;
      readonly opened: unknown;
      readonly receipted: unknown;
    }[];
  }[];
}

async function openBroker(authority: TestAuthority | undefined): Promise<Mosquitto> {
  if (authority === undefined) return Mosquitto.open({ lines: QUIET });
  const server = await authority.issue({
    commonName: 'localhost',
    kind: 'server',
    names: ['IP:127.0.0.1'],
  });
  return Mosquitto.open({ lines: QUIET, tls: { caFile: authority.caFile, ...server, requireClient: true } });
}

async function clientTls(authority: TestAuthority): Promise<Record<'agentTls' | 'receiverTls', ClientFiles>> {
  const [agent, receiver] = [
    await authority.issue({ commonName: STATION, kind: 'client' }),
    await authority.issue({ commonName: 'r-archive', kind: 'client' }),
  ];
  const { caFile } = authority;
  return { agentTls: { caFile, ...agent }, receiverTls: { caFile, ...receiver } };
}

interface ClientFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Hard links: no bytes are copied, and the page cache has them already. */
async function dealOut(work: Work, rig: DockRig, cameras: number): Promise<void> {
  for (let number = 1; number <= cameras; number++)
    await mkdir(join(rig.camera(number), 'DCIM'), { recursive: true });
  for (const [index, file] of work.files.entries())
    await link(file.path, join(rig.camera((index % cameras) + 1), 'DCIM', file.name));
}

function cpuOf(pid: number): number {
  const { own, children } = processCpu(pid);
  return own + children;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
