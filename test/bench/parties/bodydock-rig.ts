// What every measurement of ours begins and ends with: a dock with a quiet mosquitto and the work dealt out to its cameras; receipts counted in
// the vault; the vault verified and compared with the source.
import { execFile } from 'node:child_process';
import { existsSync, opendirSync, readdirSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RigWish } from '../../fakes/dock-rig-config.ts';
import { DockRig, STATION } from '../../fakes/dock-rig.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { BODYDOCK, compiled } from '../../fakes/program.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { pause } from '../../fakes/until.ts';
import { unitEnvironment } from '../unit-environment.ts';
import { makeWork, type Work } from '../work.ts';

const run = promisify(execFile);
const LOOK_MS = 20;
const MIB = 1024 * 1024;
/** Of the docking before: behind that much V8 has compiled what there is to compile. */
const EARLIER_BYTES_MAX = 1024 * MIB;
const EARLIER_FILE_BYTES = 16 * MIB;
const COPIES = 3;
/** Pause between two looks, as a multiple of how long the one before lasted: at many folders looking would be work of its own. */
const LOOK_SHARE = 10;
const REPORT_BYTES_MAX = 64 * 1024 * 1024;
/** The broker writes no line for each message: production does not either. Its memory is as our drop-in for its unit sets it. */
const QUIET = ['log_type none', 'log_type error'];

/** A dock with its broker, and the environment that the units give our programs; nothing else runs yet. `close` ends and removes all of it. */
export interface BenchRig {
  readonly rig: DockRig;
  readonly broker: Mosquitto;
  close(): Promise<void>;
}

/** `tls`: TLS 1.3 with client certificates on both legs to the broker. */
export async function openBenchRig(tls: boolean, wish: RigWish): Promise<BenchRig> {
  const authority = tls ? await TestAuthority.open() : undefined;
  const broker = await openQuietBroker(authority);
  const end = async (): Promise<void> => {
    await broker.stop();
    await authority?.close();
  };
  try {
    const clients = authority === undefined ? {} : await clientTls(authority);
    const rig = await DockRig.open({
      broker,
      ...clients,
      ...wish,
      agentEnvironment: { ...(await unitEnvironment('bodydock.service')), ...wish.agentEnvironment },
      receiverEnvironment: await unitEnvironment('bodydock-receiver.service'),
    });
    const close = async (): Promise<void> => {
      await rig.close();
      await end();
    };
    return { rig, broker, close };
  } catch (error) {
    await end();
    throw error;
  }
}

/** As production runs it; with an authority only over TLS 1.3 and with client certificates. */
export async function openQuietBroker(authority: TestAuthority | undefined): Promise<Mosquitto> {
  const common = { lines: QUIET, environment: await unitEnvironment('mosquitto/bodydock.conf') };
  if (authority === undefined) return Mosquitto.open(common);
  const server = await authority.issue({
    commonName: 'localhost',
    kind: 'server',
    names: ['IP:127.0.0.1'],
  });
  return Mosquitto.open({
    ...common,
    tls: { caFile: authority.caFile, ...server, requireClient: true },
  });
}

async function clientTls(authority: TestAuthority): Promise<Pick<RigWish, 'agentTls' | 'receiverTls'>> {
  const [agent, receiver] = [
    await authority.issue({ commonName: STATION, kind: 'client' }),
    await authority.issue({ commonName: 'r-archive', kind: 'client' }),
  ];
  const { caFile } = authority;
  return { agentTls: { caFile, ...agent }, receiverTls: { caFile, ...receiver } };
}

/** Takes the cameras out that are in their bays and deals the files out to all. Hard links: no bytes are copied, and the page cache has them already. */
export async function dealOut(work: Work, rig: DockRig): Promise<void> {
  for (let number = 1; number <= rig.cameraCount; number++) {
    if (existsSync(rig.camera(number))) await rig.takeOut(number);
    await mkdir(join(rig.drawer(number), 'DCIM'), { recursive: true });
  }
  for (const [index, file] of work.files.entries())
    await link(file.path, join(rig.drawer((index % rig.cameraCount) + 1), 'DCIM', file.name));
}

/** Disk that measuring a docking of that size takes: source, sealed and far end, of it and of the one before. It is free again behind it. */
export function spaceBytes(measuredBytes: number): number {
  return COPIES * (measuredBytes + earlierBytes(measuredBytes));
}

/** What anybody who runs all day took before what is measured: as much, up to a gigabyte, in more files. */
export function earlierFiles(measuredBytes: number): { readonly count: number; readonly mib: number } {
  const sizeBytes = earlierBytes(measuredBytes);
  return { count: Math.ceil(sizeBytes / EARLIER_FILE_BYTES), mib: sizeBytes / MIB };
}

function earlierBytes(measuredBytes: number): number {
  return Math.min(measuredBytes, EARLIER_BYTES_MAX);
}

/**
 * The docking before the one that is measured: both programs run all day, and neither their start nor the first gigabyte of their lives, while
 * V8 still compiles them, is what a station does all day. As large as the other one, up to a gigabyte, in more files, and to all cameras. Ends with all of them
 * empty beside their bays: the station erases nothing for ten seconds, which each repetition would wait for.
 * Shape: SHA-256 of its files, in lower-case hex. Errors: those of the programs; the signal's reason.
 */
export async function earlierDocking(
  rig: DockRig,
  { sizeBytes: measuredBytes }: Work,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const folder = join(rig.folder, 'earlier');
  const { count, mib } = earlierFiles(measuredBytes);
  const work = await makeWork(folder, count, mib, signal, 'EARLIER');
  await dealOut(work, rig);
  await dockAll(rig);
  await untilReceipts(rig, count, signal);
  for (let number = 1; number <= rig.cameraCount; number++) {
    await rig.takeOut(number);
    await rm(join(rig.drawer(number), 'DCIM'), { recursive: true });
  }
  await rm(folder, { recursive: true });
  return work.files.map(({ sha256 }) => sha256);
}

/** Puts all cameras into their bays. */
export async function dockAll(rig: DockRig): Promise<void> {
  for (let number = 1; number <= rig.cameraCount; number++) await rig.putBack(number);
}

/** Until so many recordings have a receipt in the vault; each folder is looked at until it has one. Errors: a program that ended; the signal's reason. */
export async function untilReceipts(rig: DockRig, count: number, signal: AbortSignal): Promise<void> {
  const parent = join(rig.vault, STATION);
  const receipted = new Set<string>();
  while (receipted.size < count) {
    assertRuns(rig, signal, () => `${receipted.size} of ${count} recordings receipted`);
    const lookedMs = performance.now();
    for (const name of namesIn(parent))
      if (!receipted.has(name) && isRecordingWithReceipt(join(parent, name))) receipted.add(name);
    await pause(Math.max(LOOK_MS, LOOK_SHARE * (performance.now() - lookedMs)));
  }
}

/** Until all files of all cameras were erased. Errors: a program that ended; the signal's reason. */
export async function untilEmpty(rig: DockRig, signal: AbortSignal): Promise<void> {
  for (let number = 1; number <= rig.cameraCount; number++)
    while (!isEmpty(join(rig.camera(number), 'DCIM'))) {
      assertRuns(rig, signal, () => `camera ${number} not empty`);
      await pause(LOOK_MS);
    }
}

function assertRuns(rig: DockRig, signal: AbortSignal, state: () => string): void {
  if (!signal.aborted && rig.agent.running && rig.receiver.running) return;
  throw new Error(`${state()} when it ended\n${rig.tails()}`, { cause: signal.reason });
}

/** Without reading all of it: it may hold 100,000 files. */
function isEmpty(folder: string): boolean {
  const entries = opendirSync(folder);
  try {
    return entries.readSync() === null;
  } finally {
    entries.closeSync();
  }
}

/** Looked at without a thread of its own: a twentieth of a core less while others are measured. */
function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isRecordingWithReceipt(folder: string): boolean {
  return existsSync(join(folder, 'receipt.json')) && existsSync(join(folder, 'manifest.json'));
}

/** Every document, signature and unit by our own command, each payload opened, the digests compared with the source's. Stop first. */
export async function verifyVault(
  rig: DockRig,
  work: Work,
  signal: AbortSignal,
  earlier: readonly string[] = [],
): Promise<void> {
  const words = [rig.vault, '--identity', rig.identityFile, '--json'];
  const options = { maxBuffer: REPORT_BYTES_MAX, signal };
  const { stdout } = await run(process.execPath, [compiled(BODYDOCK), 'verify', ...words], options);
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as VerifyReport;
  const stored = report.folders.flatMap(({ recordings }) => recordings);
  if (!report.good || stored.some(({ opened, receipted }) => opened !== true || receipted !== true))
    throw new Error(`bodydock verify found: ${stdout.slice(0, 2000)}`);
  const digests = stored.map(({ original_sha256: digest }) => digest).sort();
  const wanted = [...work.files.map(({ sha256 }) => sha256), ...earlier].sort();
  if (digests.join() !== wanted.join()) throw new Error('the vault holds other bytes than the cameras did');
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
