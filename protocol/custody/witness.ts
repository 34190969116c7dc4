// The daily witness (SPEC 4.10): one root over all documents of a day, the line that is printed of it, and the days themselves. Which
// documents a day has is witness-day.ts.
import * as z from 'zod';
import { encodeUtf8 } from '../format/bytes.ts';
import * as d from '../documents/document.ts';
import { merkleRoot } from '../transparency/merkle.ts';
import { custodyHeadSchema } from '../documents/receipt.ts';

export const WITNESS_TRUSTED_COMMENT = 'bodydock witness';
/** 1,024 stations at some 300 bytes. */
export const WITNESS_BYTES_MAX = 512 * 1024;
/** A day has a witness not sooner than this after its end: what was begun in it is durable then, at other receivers too. */
export const WITNESS_AFTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/** UTC day, as in 2026-11-25. */
export const daySchema = z.iso.date();

const keeperSchema = z
  .strictObject({
    keeper: z.union([d.stationIdSchema, d.receiverIdSchema]),
    documents: z.int().min(0),
    custody_head: custodyHeadSchema.nullable(),
    root: d.sha256Schema,
  })
  .refine(({ documents, custody_head: head }) => documents > 0 || head !== null, 'a keeper with nothing');

export const witnessSchema = z
  .strictObject({
    type: z.literal('witness'),
    version: z.literal(1),
    receiver: d.receiverIdSchema,
    vault: d.sessionIdSchema,
    day: daySchema,
    previous_sha256: d.sha256Schema.nullable(),
    keepers: z.array(keeperSchema).min(1),
    root: d.sha256Schema,
    made_at: d.instantSchema,
  })
  .refine(
    ({ keepers }) => keepers.every(({ keeper }, at) => at === 0 || (keepers[at - 1]?.keeper ?? '') < keeper),
    'keepers are not ascending',
  )
  .refine(({ keepers, root }) => root === witnessRoot(keepers), 'the root is not that of the keepers');
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
  return `bodydock-witness 1 ${witness.day} ${witness.receiver} documents=${documentsOf(witness)} root=${witness.root} previous=${witness.previous_sha256 ?? '-'}`;
}

/** Documents of all keepers together. */
export function documentsOf({ keepers }: Pick<Witness, 'keepers'>): number {
  return keepers.reduce((sum, keeper) => sum + keeper.documents, 0);
}

/** Root over keepers: their texts `<keeper> <root>` in the order of the list. */
export function witnessRoot(keepers: readonly { readonly keeper: string; readonly root: string }[]): string {
  return merkleRoot(keepers.map(({ keeper, root }) => encodeUtf8(`${keeper} ${root}`)));
}

/** The UTC day of an instant (RFC 3339 UTC, or ms since 1970). */
export function dayOf(instant: string | number): string {
  return (typeof instant === 'number' ? new Date(instant).toISOString() : instant).slice(0, 10);
}

/** The day so many days after another; negative for days before. */
export function dayAfter(day: string, days = 1): string {
  return dayOf(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS);
}
