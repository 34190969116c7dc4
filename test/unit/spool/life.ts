// The whole life of some recordings on a disk that forgets, claim by claim, and what must hold of the claims after any cut.
import { join } from 'node:path';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { ITEM } from '../../../agent/custody/ledger.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import {
  CAMERA,
  openSpool,
  prepare,
  ROOT,
  sealInto,
  STATION,
  stationKey,
  type Opened,
  type Prepared,
} from './scenario.ts';

/** What may be claimed of a recording, in the order of its life; `quarantined` and `discarded` end it. */
export type Claim = 'spooled' | 'logged' | 'receipted' | 'released' | 'quarantined' | 'discarded';
const STATES = ['spooled', 'receipted', 'released'];

const signer = fastSigner(stationKey);

/** Opens the log; verifying signatures takes most of the time of a start, so only some starts do. */
export function openCustody(
  files: Files,
  seed: number,
  {
    verify = false,
    conditions = new MemoryConditions(),
    ...more
  }: { verify?: boolean; conditions?: MemoryConditions; snapshot?: Spool['snapshot'] } = {},
): Promise<CustodyLog> {
  return CustodyLog.open({
    folder: join(ROOT, 'custody'),
    ...more,
    station: STATION,
    version: '0.1.0',
    files,
    clock: new ManualClock(),
    random: seededRandom(seed),
    signer,
    bootId: null,
    log: new MemoryLog(),
    conditions,
    stationKeys: verify ? [publicKeyOf(stationKey)] : [],
  });
}

/** Recordings for a scenario; each names the one before it, as the committer does. */
export function cast(count: number, seed: number): Prepared[] {
  const random = seededRandom(seed);
  const all: Prepared[] = [];
  for (let at = 0; at < count; at++) all.push(prepare(random, { sizeBytes: 200 + 50 * at }));
  return all;
}

export type OnClaim = (recording: RecordingId, claim: Claim) => void;

/** Stages, seals, commits and logs one recording. */
export async function takeIn(
  files: Files,
  spool: Spool,
  custody: CustodyLog,
  prepared: Prepared,
  onClaim: OnClaim,
): Promise<void> {
  const { recording, documents } = prepared;
  const staging = await spool.stage(recording);
  try {
    await sealInto(files, staging, prepared);
    await spool.commit(staging, documents);
  } catch (error) {
    await spool.discard(staging);
    throw error;
  }
  onClaim(recording, 'spooled');
  custody.append({
    event: 'spooled',
    facts: {
      recording,
      manifest_sha256: spool.get(recording)?.manifestSha256 ?? '',
      sealed_size_bytes: prepared.payload.length,
    },
  });
  await custody.checkpoint();
  onClaim(recording, 'logged');
}

/** A life of four recordings: two go the whole way, one is given up while it is sealed, one ends in the quarantine. */
export async function liveLife(
  files: Files,
  recordings: readonly Prepared[],
  onClaim: OnClaim,
): Promise<void> {
  const { spool } = await openSpool(files);
  const custody = await openCustody(files, 1);
  const [first, second, third, fourth] = recordings;
  if (!first || !second || !third || !fourth) throw new Error('four recordings are needed');
  await takeIn(files, spool, custody, first, onClaim);
  await Promise.all([second, third].map((each) => takeIn(files, spool, custody, each, onClaim)));
  const staging = await spool.stage(fourth.recording);
  await sealInto(files, staging, fourth);
  await spool.discard(staging);
  onClaim(fourth.recording, 'discarded');
  for (const each of [first, second]) {
    await spool.storeReceipt(each.recording, each.receipt.bytes, each.receipt.signature);
    onClaim(each.recording, 'receipted');
    await spool.reclaim(each.recording);
    onClaim(each.recording, 'released');
  }
  onClaim(third.recording, 'quarantined');
  await spool.quarantine(third.recording, 'test');
  await spool.close();
  await custody.close();
}

/** The same life under a failing disk, by a caller that gives up a failed step and goes on with the next recording. */
export async function liveRoughLife(
  files: Files,
  recordings: readonly Prepared[],
  onClaim: OnClaim,
): Promise<void> {
  const opened = await openSpool(files).catch(() => undefined);
  const custody = await openCustody(files, 1).catch(() => undefined);
  if (opened !== undefined && custody !== undefined) {
    for (const each of recordings) await roughOne(files, opened.spool, custody, each, onClaim);
    await Promise.all([opened.spool.close(), custody.close()]);
  } else await Promise.all([opened?.spool.close(), custody?.close()]);
}

async function roughOne(
  files: Files,
  spool: Spool,
  custody: CustodyLog,
  prepared: Prepared,
  onClaim: OnClaim,
): Promise<void> {
  const { recording, receipt } = prepared;
  try {
    await takeIn(files, spool, custody, prepared, onClaim);
    await spool.storeReceipt(recording, receipt.bytes, receipt.signature);
    onClaim(recording, 'receipted');
    await spool.reclaim(recording);
    onClaim(recording, 'released');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.from(a).equals(b);

/** What is wrong with one recording that a recovered spool shows or should show; undefined where nothing is. */
function problemOf(
  disk: CrashDisk,
  { spool }: Opened,
  prepared: Prepared,
  claims: ReadonlySet<string>,
): string | undefined {
  const { recording, payload, chunks, documents, receipt } = prepared;
  const state = spool.stateOf(recording);
  const claimed = (claim: Claim): boolean => claims.has(`${recording} ${claim}`);
  if (state === undefined) {
    if (!claimed('spooled')) return undefined;
    return claimed('quarantined') && disk.peek(`${ROOT}/quarantine/${recording}/payload.age`)
      ? undefined
      : 'claimed, but not there';
  }
  const at = (name: string): Uint8Array | undefined =>
    disk.peek(`${ROOT}/${state === 'released' ? 'released' : 'ready'}/${recording}/${name}`);
  const reached = STATES.findLastIndex((state) => claimed(state as Claim));
  if (STATES.indexOf(state) < reached) return `${state}, but more was claimed`;
  if (!same(at('manifest.json'), documents.manifestBytes)) return 'manifest is not whole';
  if (!same(at('manifest.json.minisig'), Buffer.from(documents.signature))) return 'signature is not whole';
  if (state !== 'spooled' && !same(at('receipt.json'), receipt.bytes)) return 'receipt is not whole';
  if (state !== 'spooled' && !same(at('receipt.json.minisig'), Buffer.from(receipt.signature)))
    return 'receipt signature is not whole';
  if (state === 'released') return at('payload.age') || at('chunks.bin') ? 'payload still there' : undefined;
  return same(at('payload.age'), payload) && same(at('chunks.bin'), chunks)
    ? undefined
    : 'payload is not whole';
}

/** All that is wrong on a disk with a recovered spool, in words. */
export async function problems(
  disk: CrashDisk,
  opened: Opened,
  recordings: readonly Prepared[],
  claims: readonly string[],
): Promise<string[]> {
  const said = new Set(claims);
  const found: string[] = [];
  for (const prepared of recordings) {
    const problem = problemOf(disk, opened, prepared, said);
    if (problem !== undefined) found.push(`${prepared.recording}: ${problem}`);
  }
  const known = new Set<string>(recordings.map(({ recording }) => recording));
  for (const { recording } of opened.spool.recordings())
    if (!known.has(recording)) found.push(`${recording}: from nowhere`);
  for (const path of disk.tree(`${ROOT}/quarantine`).keys()) {
    const [name = ''] = path.slice(`${ROOT}/quarantine/`.length).split('/');
    if (!said.has(`${name} quarantined`)) found.push(`${name}: quarantined without a reason`);
  }
  if (disk.tree(`${ROOT}/staging`).size > 0) found.push('staging is not empty');
  const head = await opened.spool.lastManifestSha256(CAMERA);
  const anyReady = recordings.some(({ recording }) => opened.spool.stateOf(recording) !== undefined);
  if (anyReady && head === null) found.push('the chain has no end although recordings are there');
  return found;
}

/** Recordings that the log was claimed to name, and does not. */
export async function unlogged(
  custody: CustodyLog,
  recordings: readonly Prepared[],
  claims: readonly string[],
): Promise<string[]> {
  const said = new Set(claims);
  const logged = recordings
    .map(({ recording }) => recording)
    .filter((recording) => said.has(`${recording} logged`));
  return logged
    .filter((recording) => !custody.isEntered(recording, ITEM.spooled))
    .map((recording) => `${recording}: not in the log`);
}
