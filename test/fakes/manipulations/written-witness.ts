// Witnesses (SPEC 4.10) for built vaults, made from what lies there by the written format alone: the product's own maker is not asked.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import { writeSigned } from '../vault-builder-signed.ts';

/** Newest entry of a log. */
export interface Head {
  readonly segment: string;
  readonly sequence: number;
  readonly sha256: string;
}

/** What a witness is made of. */
export interface WitnessWish {
  readonly vault: string;
  readonly vaultId: string;
  readonly receiver: string;
  /** UTC day: `2026-11-25`. */
  readonly day: string;
  readonly madeAt: string;
  readonly previousSha256: string | null;
  /** Heads of the logs by keeper, as they are when it is made. */
  readonly heads: ReadonlyMap<string, Head>;
  readonly key: SecretKey;
}

/** Writes the witness of a day and gives its digest; does nothing on a day without documents. */
export async function writeWitness(wish: WitnessWish): Promise<string | undefined> {
  const { vault, receiver, day, heads } = wish;
  const keepers = [];
  for (const keeper of [...heads.keys()].sort()) {
    const documents = keeper === receiver ? [] : await documentsOf(join(vault, keeper), day);
    if (documents.length === 0 && keeper !== receiver) continue;
    const head = heads.get(keeper) ?? null;
    const digests = [...documents, ...(head === null ? [] : [head.sha256])].sort();
    const root = merkleRoot(digests.map((digest) => Buffer.from(digest, 'hex'))).toString('hex');
    keepers.push({ keeper, documents: documents.length, custody_head: head, root });
  }
  if (keepers.every(({ documents }) => documents === 0)) return undefined;
  const root = merkleRoot(keepers.map(({ keeper, root: own }) => Buffer.from(`${keeper} ${own}`)));
  const bytes = encodeCanonical({
    type: 'witness',
    version: 1,
    receiver,
    vault: wish.vaultId,
    day,
    previous_sha256: wish.previousSha256,
    keepers,
    root: root.toString('hex'),
    made_at: wish.madeAt,
  });
  await writeSigned(join(vault, receiver, 'witness', `${day}.json`), bytes, wish.key, 'bodydock witness');
  return sha256(bytes).toString('hex');
}

/** The newest entry of a log, from its lines and the ids of its segments. */
export function headOf(lines: readonly string[], segments: readonly string[]): Head {
  const line = lines.at(-1) ?? '';
  const { sequence } = JSON.parse(line) as { sequence: number };
  return { segment: segments.at(-1) ?? '', sequence, sha256: sha256(Buffer.from(line)).toString('hex') };
}

/** Digests of a station's documents of a day. */
async function documentsOf(station: string, day: string): Promise<string[]> {
  const digests: string[] = [];
  for (const name of (await readdir(station).catch(() => [])).filter((each) => each.length === 26)) {
    const bytesOf = (file: string): Promise<Buffer | undefined> =>
      readFile(join(station, name, file)).catch(() => undefined);
    const receipt = await bytesOf('receipt.json');
    if (receipt !== undefined && dayIn(receipt, 'received_at') === day)
      for (const bytes of [receipt, await bytesOf('manifest.json'), await bytesOf('docking.json')])
        if (bytes !== undefined) digests.push(sha256(bytes).toString('hex'));
    const deletion = await bytesOf('deletion.json');
    if (deletion !== undefined && dayIn(deletion, 'deleted_at') === day)
      digests.push(sha256(deletion).toString('hex'));
  }
  return digests;
}

function dayIn(bytes: Buffer, field: string): string {
  const value = JSON.parse(bytes.toString('utf8')) as Record<string, string>;
  return (value[field] ?? '').slice(0, 10);
}

/** RFC 9162, section 2.1.1. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (leaves.length === 0 || only === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return sha256(Buffer.from([0]), only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
