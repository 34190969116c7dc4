// Golden vectors of the sealed file and its digests (SPEC 3): whole, split at each boundary, byte by byte.
import { Decrypter } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { UnitBuffers, UnitWriter } from '../../../agent/seal/unit-writer.ts';
import { openSealed } from '../../../protocol/age/sealed-file-open.ts';
import { beginSeal } from '../../../protocol/age/sealed-file.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { AGE_CHUNK_BYTES, AGE_TAG_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { readVectors } from '../../fakes/vectors.ts';

/** A sealing with fixed randomness; `sealed` only where it is short. */
interface SealVector {
  readonly about: string;
  readonly expect: 'opens';
  readonly identities: readonly string[];
  readonly recipients: readonly string[];
  readonly random: string;
  readonly plaintext_bytes: number;
  readonly sealed_bytes: number;
  readonly sealed_sha256: string;
  readonly chunks: string;
  readonly sealed?: string;
}

/** What became of the sealed file of another vector. */
interface ChangeVector {
  readonly about: string;
  readonly expect: string;
  readonly identities: readonly string[];
  readonly from: string;
  readonly change: {
    readonly cut_to?: number;
    readonly append?: string;
    readonly append_from?: string;
    readonly flip_at?: number;
  };
}

const vectors = readVectors<SealVector | ChangeVector>('sealed-file');
const seals = [...vectors].filter((entry): entry is [string, SealVector] => 'random' in entry[1]);
const changes = [...vectors].filter((entry): entry is [string, ChangeVector] => 'from' in entry[1]);

/** Byte number n of every plaintext. */
function countingBytes(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + (at >> 8)) & 255);
}

function sealOf(vector: SealVector, cuts: readonly number[]): Buffer {
  const drawn = Uint8Array.from(Buffer.from(vector.random, 'base64'));
  const random = { bytes: (count: number) => (count === drawn.length ? drawn : new Uint8Array()) };
  const sealer = beginSeal(vector.recipients, random);
  const parts: Uint8Array[] = [sealer.header];
  for (const piece of piecesOf(countingBytes(vector.plaintext_bytes), cuts))
    sealer.seal(piece, (part) => parts.push(part));
  sealer.finish((part) => parts.push(part));
  return Buffer.concat(parts);
}

function sealed(name: string): Buffer {
  const vector = vectors.get(name);
  if (vector === undefined || !('random' in vector)) throw new Error(`no sealing is called ${name}`);
  return vector.sealed === undefined ? sealOf(vector, []) : Buffer.from(vector.sealed, 'base64');
}

function changed({ from, change }: ChangeVector): Buffer {
  const bytes = sealed(from);
  if (change.flip_at !== undefined) bytes[change.flip_at] = (bytes[change.flip_at] ?? 0) ^ 1;
  const tail =
    change.append_from === undefined
      ? Buffer.from(change.append ?? '', 'base64')
      : sealed(change.append_from);
  return Buffer.concat([bytes.subarray(0, change.cut_to ?? bytes.length), tail]);
}

function* piecesOf(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function outcomeOf(
  bytes: Uint8Array,
  cuts: readonly number[],
  identities: readonly string[],
): Promise<string | Buffer> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* piecesOf(bytes, cuts);
  }
  const parts: Uint8Array[] = [];
  try {
    for await (const part of openSealed(source(), identities)) parts.push(part);
    return Buffer.concat(parts);
  } catch (error) {
    if (!isDockError(error)) throw error;
    return error.code;
  }
}

/** Long files come byte by byte at their end only: there the last chunk and the last unit are. */
function everyByte(bytes: number): number[] {
  const from = Math.max(0, bytes - 20_000);
  return Array.from({ length: bytes - from }, (_, at) => from + at);
}

/** Places at which something ends, and one byte to either side: chunks and units, from a given start on. */
function boundaries(bytes: number, starts: readonly number[], step: number): number[][] {
  const places = new Set<number>([UNIT_BYTES]);
  for (const start of starts) for (let at = start; at <= bytes; at += step) places.add(at);
  return [...places]
    .flatMap((at) => [at - 1, at, at + 1])
    .filter((at) => at >= 0 && at <= bytes)
    .map((at) => [at]);
}

describe.each(seals)('sealing "%s"', (_, vector) => {
  const plaintext = countingBytes(vector.plaintext_bytes);
  const headerBytes = vector.recipients.length * 98 + 22 + 48;

  test('gives the same bytes: whole, split at each boundary, byte by byte', () => {
    const cuts = boundaries(plaintext.length, [0], AGE_CHUNK_BYTES);
    for (const cut of [[], ...cuts, everyByte(plaintext.length)]) {
      const bytes = sealOf(vector, cut);
      expect(bytes.length).toBe(vector.sealed_bytes);
      expect(sha256Hex(bytes)).toBe(vector.sealed_sha256);
    }
    if (vector.sealed !== undefined) expect(sealOf(vector, []).toString('base64')).toBe(vector.sealed);
  });

  test('opens: whole, split at each boundary, byte by byte, and for npm age', async () => {
    const bytes = sealOf(vector, []);
    const chunk = AGE_CHUNK_BYTES + AGE_TAG_BYTES;
    const cuts = boundaries(bytes.length, [0, headerBytes, headerBytes + 16], chunk);
    for (const cut of [[], ...cuts, everyByte(bytes.length)])
      expect(Buffer.compare((await outcomeOf(bytes, cut, vector.identities)) as Buffer, plaintext)).toBe(0);
    const judge = new Decrypter();
    for (const identity of vector.identities) judge.addIdentity(identity);
    expect(Buffer.compare(await judge.decrypt(bytes), plaintext)).toBe(0);
  });

  test('is written with the same digests: whole, split at each boundary, byte by byte', async () => {
    const bytes = sealOf(vector, []);
    for (const cut of [[], ...boundaries(bytes.length, [0], AGE_CHUNK_BYTES), everyByte(bytes.length)]) {
      const disk = new CrashDisk();
      const files = [await disk.create('/payload.age'), await disk.create('/chunks.bin')] as const;
      const writer = new UnitWriter(...files, { buffers: new UnitBuffers(() => undefined) });
      for (const piece of piecesOf(bytes, cut))
        for (let at = 0; at < piece.length; at += UNIT_BYTES) {
          while (!writer.hasRoom) await writer.room();
          writer.put(piece.subarray(at, at + UNIT_BYTES));
        }
      const { sizeBytes, chunksSha256 } = await writer.finish();
      expect(sizeBytes).toBe(bytes.length);
      expect(bytes.equals(disk.peek('/payload.age') ?? new Uint8Array(0))).toBe(true);
      const chunks = disk.peek('/chunks.bin') ?? new Uint8Array(0);
      expect(Buffer.from(chunks).toString('base64')).toBe(vector.chunks);
      expect(sha256Hex(chunks)).toBe(chunksSha256);
    }
  });
});

test.each(changes)('a sealed file is judged as "%s" says, however it comes', async (_, vector) => {
  const bytes = changed(vector);
  for (const cuts of [[], ...boundaries(bytes.length, [168, 184], 65_552), everyByte(bytes.length)])
    expect(await outcomeOf(bytes, cuts, vector.identities)).toBe(vector.expect);
});
