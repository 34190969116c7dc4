// A writer that drives the real spool, custody log and disk, and a checker that judges what a fault left of its claims.
//   node spool-target.js write DIR FAULTS COUNT    prints "CLAIM <recording> <what>" as soon as it may be claimed
//   node spool-target.js check DIR CLAIMS COUNT    recovers the spool and prints {"claims", "bad"}; exit code 1 where a claim is broken
// FAULTS is "good" or planted faults joined by "+": those of files-careless.ts, "early-claim", "delete-early".
// With CAMERA=folder the recordings are files there, on a disk that keeps everything, erased after their receipt is durable; the check
// then asks that each is whole on the camera, whole in the spool, or receipted.
import { readFileSync, unlinkSync, writeSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ITEM } from '../../agent/custody/ledger.ts';
import type { CustodyLog } from '../../agent/custody/custody-log.ts';
import type { Spool, SpooledRecording } from '../../agent/spool/spool.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { describeError } from '../../protocol/format/errors.ts';
import { makeRecordingId, type CameraId, type RecordingId } from '../../protocol/format/ids.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { CARELESS, carelessFiles, type Careless } from '../fakes/files-careless.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { prepareContent, sealInto, type Prepared } from '../unit/spool/scenario.ts';
import { openSpoolAndLog, type SpoolAndLog } from './spool-and-log.ts';

const CONTENT_BYTES = 20_000;
const CAMERA = 'cam-1' as CameraId;
const RESERVE_BYTES = 64 * 1024;
const camera = process.env['CAMERA'];

const silent: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

function open(dir: string, files: Files): Promise<SpoolAndLog> {
  const conditions = new MemoryConditions();
  return openSpoolAndLog(dir, { files, log: silent, conditions, reserveBytes: RESERVE_BYTES });
}

class Writer {
  readonly #spool: Spool;
  readonly #custody: CustodyLog;
  readonly #files: Files;
  readonly #faults: ReadonlySet<string>;

  constructor(spool: Spool, custody: CustodyLog, files: Files, faults: ReadonlySet<string>) {
    this.#spool = spool;
    this.#custody = custody;
    this.#files = files;
    this.#faults = faults;
  }

  /** The life of one recording: in, receipted, erased on the camera; every second one is reclaimed. */
  async live(number: number): Promise<void> {
    const content =
      camera === undefined ? randomBytes(CONTENT_BYTES) : readFileSync(join(camera, `v${number}`));
    const recording = makeRecordingId(nodeRandom());
    const prepared = prepareContent(recording, content, {
      camera: CAMERA,
      path: `v${number}`,
      previous: await this.#spool.lastManifestSha256(CAMERA),
    });
    if (this.#faults.has('early-claim')) claim(recording, `spooled ${sha256Hex(content)}`);
    if (this.#faults.has('delete-early') && camera !== undefined) unlinkSync(join(camera, `v${number}`));
    await this.#takeIn(prepared, sha256Hex(content));
    await this.#receive(prepared);
    if (camera !== undefined && !this.#faults.has('delete-early')) unlinkSync(join(camera, `v${number}`));
    if (number % 2 === 0) await this.#spool.reclaim(recording);
  }

  async #takeIn(prepared: Prepared, sha256: string): Promise<void> {
    const { recording } = prepared;
    const staging = await this.#spool.stage(recording);
    await sealInto(this.#files, staging, prepared);
    await this.#spool.commit(staging, prepared.documents);
    this.#custody.append({
      event: 'spooled',
      facts: { recording, manifest_sha256: sha256, sealed_size_bytes: CONTENT_BYTES },
    });
    await this.#custody.checkpoint();
    if (!this.#faults.has('early-claim')) claim(recording, `spooled ${sha256}`);
  }

  async #receive({ recording, receipt }: Prepared): Promise<void> {
    await this.#spool.storeReceipt(recording, receipt.bytes, receipt.signature);
    this.#custody.append({
      event: 'receipted',
      facts: { recording, receiver: 'r-store', receipt_sha256: sha256Hex(receipt.bytes) },
    });
    await this.#custody.checkpoint();
    claim(recording, 'receipted');
  }
}

function claim(recording: RecordingId, what: string): void {
  writeSync(1, `CLAIM ${recording} ${what}\n`);
}

async function write(dir: string, faults: ReadonlySet<string>, count: number): Promise<void> {
  const careless = CARELESS.find((how: Careless) => faults.has(how));
  const files = careless === undefined ? nodeFiles() : carelessFiles(nodeFiles(), careless);
  const { spool, custody } = await open(dir, files);
  const writer = new Writer(spool, custody, files, faults);
  for (let number = 0; number < count; number++) await writer.live(number);
  await custody.close();
  await spool.close();
}

function contentOf(recording: SpooledRecording): string {
  return createHash('sha256').update(readFileSync(recording.payloadPath)).digest('hex');
}

/** What a claim says that is not so, or undefined. */
function broken(spool: Spool, recording: RecordingId, [what, sha256]: readonly string[]): string | undefined {
  const state = spool.stateOf(recording);
  if (state === undefined) return 'LOST';
  if (what === 'receipted') return state === 'spooled' ? 'RECEIPT-LOST' : undefined;
  const entry = spool.get(recording);
  return entry !== undefined && contentOf(entry) !== sha256 ? 'ALTERED' : undefined;
}

/** Conservation: each recording is whole on the camera, or durable in the spool, or receipted. */
async function nowhere(spool: Spool, number: number, sha256: string | undefined): Promise<boolean> {
  if (camera === undefined) return false;
  try {
    if (sha256Hex(readFileSync(join(camera, `v${number}`))) === sha256) return false;
  } catch {
    // erased there: then it must be here
  }
  const file = { pathSha256: sha256Hex(Buffer.from(`v${number}`)), sizeBytes: CONTENT_BYTES };
  const known = await spool.findContent(CAMERA, file, sha256 ?? '');
  return known === undefined || (known.state !== 'released' && contentOf(known) !== sha256);
}

/** Why what the spool shows as a recording cannot be sent, or undefined. */
async function unusable(spool: Spool, entry: SpooledRecording): Promise<string | undefined> {
  try {
    await spool.readManifest(entry.recording);
    await spool.readChunks(entry.recording);
    return contentOf(entry) === entry.originalSha256 ? undefined : 'PARTIAL-VISIBLE';
  } catch (error) {
    return `UNREADABLE ${describeError(error)}`;
  }
}

async function check(dir: string, claimsPath: string, count: number): Promise<void> {
  const { spool, custody, findings } = await open(dir, nodeFiles());
  const claims = readFileSync(claimsPath, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('CLAIM '))
    .map((line) => line.split(' ').slice(1) as [RecordingId, ...string[]]);
  const bad: string[] = [];
  for (const [recording, ...what] of claims) {
    const problem = broken(spool, recording, what);
    if (problem !== undefined) bad.push(`${recording} ${problem}`);
  }
  const missing = [...new Set(claims.map(([recording]) => recording))].filter(
    (recording) => !custody.isEntered(recording, ITEM.spooled),
  );
  bad.push(...missing.map((recording) => `${recording} NOT-IN-LOG`));
  for (const recording of [...spool.recordings()].map((each) => each.recording)) {
    const entry = spool.get(recording);
    const problem = entry === undefined ? 'GONE' : await unusable(spool, entry);
    if (problem !== undefined) bad.push(`${recording} ${problem}`);
  }
  const shas = process.env['CAMERA_SHA']?.split(',') ?? [];
  for (let number = 0; number < count; number++)
    if (await nowhere(spool, number, shas[number])) bad.push(`v${number} NOWHERE`);
  for (const finding of findings as { kind: string; name: string; reason: string }[])
    if (finding.kind === 'quarantined' || finding.kind === 'failed')
      bad.push(`${finding.name} ${finding.kind}: ${finding.reason}`);
  await custody.close();
  await spool.close();
  writeSync(1, `${JSON.stringify({ claims: claims.length, bad })}\n`);
  process.exitCode = bad.length > 0 ? 1 : 0;
}

const [, , command, dir = '', argument = '', count = '3'] = process.argv;
if (command === 'write') await write(dir, new Set(argument.split('+')), Number(count));
else if (command === 'check')
  await check(dir, argument, Number(count)).catch((error: unknown) => {
    writeSync(1, `${JSON.stringify({ claims: 0, bad: [`START-FAILED ${describeError(error)}`] })}\n`);
    process.exitCode = 1;
  });
else throw new Error('write or check is wanted');
