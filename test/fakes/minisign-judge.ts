// Verifies minisign signatures of the prehashed kind with node:crypto alone, as a second opinion. Shares no line with our own code.
import { createHash, hash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key of one side. */
export interface JudgeKey {
  readonly id: Buffer;
  readonly key: KeyObject;
  readonly file: string;
  /** What was found of signatures by this key, where many are looked at again and again. */
  readonly known?: Map<string, string | undefined>;
}

/** Reads a minisign public key file. */
export function readJudgeKey(file: string): JudgeKey {
  const bytes = Buffer.from(readFileSync(file, 'latin1').split('\n')[1] ?? '', 'base64');
  if (bytes.length !== 42) throw new Error(`${file} is no minisign public key`);
  return { ...judgeKeyOf({ keyId: bytes.subarray(2, 10), key: bytes.subarray(10) }), file };
}

/** The same from the bytes of a key that lies in no file. */
export function judgeKeyOf({
  keyId,
  key,
}: {
  readonly keyId: Uint8Array;
  readonly key: Uint8Array;
}): JudgeKey {
  const der = Buffer.concat([SPKI_ED25519, key]);
  return {
    id: Buffer.from(keyId),
    key: createPublicKey({ key: der, format: 'der', type: 'spki' }),
    file: '',
  };
}

/** Undefined where the signature holds and its trusted comment is `bodydock <type>`; else why not. */
export function signatureFault(
  document: Buffer,
  signature: string,
  type: string,
  by: JudgeKey,
): string | undefined {
  if (by.known === undefined) return lookedAt(document, signature, type, by);
  const name = `${type} ${hash('sha256', document, 'hex')} ${signature}`;
  if (!by.known.has(name)) by.known.set(name, lookedAt(document, signature, type, by));
  return by.known.get(name);
}

function lookedAt(
  document: Buffer,
  signature: string,
  type: string,
  { id, key }: JudgeKey,
): string | undefined {
  const [, body = '', comment = '', global = ''] = signature.split('\n');
  const blob = Buffer.from(body, 'base64');
  if (blob.length !== 74 || blob.subarray(0, 2).toString('latin1') !== 'ED') return 'no prehashed signature';
  if (!blob.subarray(2, 10).equals(id)) return 'signed by another key';
  const prefix = 'trusted comment: ';
  if (comment !== `${prefix}bodydock ${type}`) return `trusted comment ${JSON.stringify(comment)}`;
  const digest = createHash('blake2b512').update(document).digest();
  if (!verify(null, digest, key, blob.subarray(10))) return 'signature does not hold';
  const trusted = Buffer.concat([blob.subarray(10), Buffer.from(comment.slice(prefix.length))]);
  return verify(null, trusted, key, Buffer.from(global, 'base64')) ? undefined : 'trusted comment is altered';
}
