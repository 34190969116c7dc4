// The daily witness (SPEC 4.10): one root over all documents of a day, and the Merkle tree that it stands on. Which documents those are
// is decided by the receiver.
import * as z from 'zod';
import { bufferOf, encodeUtf8 } from './bytes.ts';
import * as d from './document.ts';
import { createHash } from 'node:crypto';

export const WITNESS_TRUSTED_COMMENT = 'bodydock witness';
/** 1,024 stations at some 130 bytes. */
export const WITNESS_BYTES_MAX = 256 * 1024;
/** UTC day, as in 2026-11-25. */
export const daySchema = z.iso.date();

export const witnessSchema = z.strictObject({
  type: z.literal('witness'),
  version: z.literal(1),
  receiver: d.receiverIdSchema,
  vault: d.sessionIdSchema,
  day: daySchema,
  previous_sha256: d.sha256Schema.nullable(),
  keepers: z
    .array(
      z.strictObject({
        keeper: z.union([d.stationIdSchema, d.receiverIdSchema]),
        documents: z.int().min(1),
        root: d.sha256Schema,
      }),
    )
    .min(1),
  root: d.sha256Schema,
  made_at: d.instantSchema,
});
export type Witness = z.infer<typeof witnessSchema>;

/** Canonical bytes of a witness. Errors: "document.refused". */
export function encodeWitness(witness: Witness): Uint8Array {
  return d.encodeDocument(witnessSchema, witness);
}

/** A witness from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseWitness(bytes: Uint8Array): Witness {
  return d.parseDocument(witnessSchema, bytes, WITNESS_BYTES_MAX);
}

/** The one line that is printed and hung up. */
export function witnessLine(witness: Witness): string {
  const documents = witness.keepers.reduce((sum, keeper) => sum + keeper.documents, 0);
  return `bodydock-witness 1 ${witness.day} ${witness.receiver} documents=${documents} root=${witness.root} previous=${witness.previous_sha256 ?? '-'}`;
}

/** Root over keepers: their texts `<keeper> <root>` in the order of the list. */
export function witnessRoot(keepers: Witness['keepers']): string {
  return merkleRoot(keepers.map(({ keeper, root }) => encodeUtf8(`${keeper} ${root}`)));
}

/**
 * Merkle Tree Hash over entries in the order given, in hex. A stack of subtrees, so that memory is their number of levels.
 * Source: RFC 9162, section 2.1.1 (SHA-256; leaves behind 0x00, nodes behind 0x01; no entry gives the SHA-256 of nothing).
 */
export function merkleRoot(entries: Iterable<Uint8Array>): string {
  const stack: { height: number; hash: Buffer }[] = [];
  for (const entry of entries) {
    let node = { height: 0, hash: hashOf(Buffer.from([0]), bufferOf(entry)) };
    for (let left = stack.at(-1); left?.height === node.height; left = stack.at(-1)) {
      stack.pop();
      node = { height: node.height + 1, hash: hashOf(Buffer.from([1]), left.hash, node.hash) };
    }
    stack.push(node);
  }
  let root = stack.pop()?.hash ?? hashOf();
  for (let left = stack.pop(); left !== undefined; left = stack.pop())
    root = hashOf(Buffer.from([1]), left.hash, root);
  return root.toString('hex');
}

function hashOf(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
