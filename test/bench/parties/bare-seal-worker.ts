// The thread of the bare party that reads, digests, seals, digests and writes: each once, nothing else. Tells its parent each unit.
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { UnitTags, type TagMemory } from '../../../agent/seal/unit-tags.ts';
import { readFully } from '../../../agent/platform/read-at-once.ts';
import { AGE_CHUNK_BYTES, AGE_TAG_BYTES } from '../../../protocol/format/limits.ts';
import { KEY, nonceOf, UNIT_PLAIN_BYTES, UNIT_SEALED_BYTES, type BareUnit } from './bare-unit.ts';

/** What the thread is started with. */
export interface BareSealing {
  readonly spool: string;
  readonly tags: TagMemory;
}

/** A file that it is told to seal; numbers are never used twice. */
export interface BareSource {
  readonly file: number;
  readonly path: string;
}

/** What it tells: a unit that is written, and a file that is durable, with the SHA-256 of the original in hex. */
export type BareSealed = BareUnit | { readonly durable: number; readonly original: string };

const { spool, tags } = workerData as BareSealing;
const memory = new UnitTags(tags);
const plain = Buffer.allocUnsafeSlow(UNIT_PLAIN_BYTES);
const sealed = Buffer.allocUnsafeSlow(UNIT_SEALED_BYTES);

/** Seals what is in `plain` into `sealed`; returns its bytes. */
function sealUnit(file: number, number: number, sizeBytes: number): Buffer {
  let end = 0;
  for (let at = 0; at < sizeBytes; at += AGE_CHUNK_BYTES) {
    const chunk = plain.subarray(at, Math.min(at + AGE_CHUNK_BYTES, sizeBytes));
    const nonce = nonceOf(file, number * (UNIT_PLAIN_BYTES / AGE_CHUNK_BYTES) + at / AGE_CHUNK_BYTES);
    const cipher = createCipheriv('chacha20-poly1305', KEY, nonce, { authTagLength: AGE_TAG_BYTES });
    end += cipher.update(chunk).copy(sealed, end);
    cipher.final();
    end += cipher.getAuthTag().copy(sealed, end);
  }
  return sealed.subarray(0, end);
}

function tell(message: BareSealed): void {
  parentPort?.postMessage(message, []);
}

function sealFile({ file, path }: BareSource): void {
  const [from, to] = [openSync(path, 'r'), openSync(join(spool, `${file}`), 'wx')];
  const original = createHash('sha256');
  for (let number = 0, isLast = false; !isLast; number++) {
    const sizeBytes = readFully(from, plain, number * UNIT_PLAIN_BYTES);
    isLast = sizeBytes < plain.length;
    original.update(plain.subarray(0, sizeBytes));
    const unit = sealUnit(file, number, sizeBytes);
    const digest = createHash('sha256').update(unit).digest();
    memory.remember(digest, unit);
    writeSync(to, unit, 0, unit.length, number * UNIT_SEALED_BYTES);
    tell({ file, number, sizeBytes: unit.length, digest: digest.toString('hex'), isLast });
  }
  closeSync(from);
  const digest = original.digest('hex');
  fdatasync(to, (error) => {
    if (error !== null) throw error;
    closeSync(to);
    tell({ durable: file, original: digest });
  });
}

parentPort?.on('message', sealFile);
