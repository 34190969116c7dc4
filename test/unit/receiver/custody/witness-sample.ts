// For tests of witnesses: a vault in memory with documents of many days, and what its witnesses must say, computed without our code.
import { createHash } from 'node:crypto';
import { encodeCanonical } from '../../../../protocol/format/canonical.ts';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import { NO_CHUNKS_SHA256 } from '../../../../protocol/documents/item-documents.ts';
import {
  makeWitnesses,
  type MadeWitnesses,
  type WitnessDeps,
} from '../../../../agent/receiver/custody/witness-maker.ts';
import type { ManualClock } from '../../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLocks } from '../../../fakes/locks-memory.ts';
import type { MemoryLog } from '../../../fakes/log-memory.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { depsOn, VAULT } from './log-scenario.ts';

export const WITNESSES = `${VAULT}/r-store/witness`;
export const vaultId = makeSessionId(seededRandom(77));

/** The n-th id. */
export function idOf(number: number): string {
  return makeSessionId(seededRandom(5000 + number));
}

/** Bytes of a receipt that was given at that instant. */
export function receiptBytes(number: number, receivedAt: string, kind: 'recording' | 'docking'): Uint8Array {
  const docking = kind === 'docking';
  return encodeCanonical({
    type: 'receipt',
    version: 1,
    kind,
    recording: idOf(number),
    station: 'kod-1',
    manifest_sha256: '5'.repeat(64),
    sealed_size_bytes: docking ? 0 : 200,
    chunks_sha256: docking ? NO_CHUNKS_SHA256 : '3'.repeat(64),
    receiver: 'r-store',
    vault: vaultId,
    custody_head: null,
    received_at: receivedAt,
  });
}

/** Puts a receipted recording or docking record into the vault; gives its two documents. */
export function plantReceipted(
  disk: CrashDisk,
  number: number,
  receivedAt: string,
  { station = 'kod-1', kind = 'recording' }: { station?: string; kind?: 'recording' | 'docking' } = {},
): Uint8Array[] {
  const folder = `${VAULT}/${station}/${idOf(number)}`;
  const receipt = receiptBytes(number, receivedAt, kind);
  const document = Buffer.from(`document ${number}`);
  disk.plant(`${folder}/receipt.json`, receipt);
  disk.plant(`${folder}/${kind === 'docking' ? 'docking' : 'manifest'}.json`, document);
  return [receipt, document];
}

/** The definition of RFC 9162, section 2.1.1, over SHA-256 digests of documents in ascending order. */
export function rootOf(...documents: readonly Uint8Array[]): string {
  const digests = documents.map((document) => createHash('sha256').update(document).digest('hex')).sort();
  return treeHash(digests.map((digest) => Buffer.from(digest, 'hex'))).toString('hex');
}

/** The same over the entries in their order. */
export function treeHash(entries: readonly Uint8Array[]): Buffer {
  const hash = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const [first] = entries;
  if (first === undefined) return hash();
  if (entries.length === 1) return hash(Buffer.from([0]), first);
  const split = 2 ** (Math.ceil(Math.log2(entries.length)) - 1);
  return hash(Buffer.from([1]), treeHash(entries.slice(0, split)), treeHash(entries.slice(split)));
}

/** A process that makes witnesses. */
export type MakerDeps = WitnessDeps & { readonly clock: ManualClock; readonly log: MemoryLog };

/** One whose wall clock shows that instant. */
export function makerOn(files: Files, seed: number, at: string, locks = new MemoryLocks()): MakerDeps {
  const deps = { ...depsOn(files, seed, { locks }), vault: vaultId };
  deps.clock.jumpWall(Date.parse(at) - deps.clock.wallMs());
  return deps;
}

/** Makes what is due while the clock runs, since a lock may have to be waited for. */
export async function make(deps: MakerDeps): Promise<MadeWitnesses> {
  const state = { done: false };
  const made = makeWitnesses(deps).finally(() => {
    state.done = true;
  });
  made.catch(() => undefined);
  while (!state.done) await deps.clock.advance(10);
  return made;
}
