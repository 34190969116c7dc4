// MQTT payloads of the transfer (SPEC 6): schemas, encode and parse. The only place that builds or parses one; what a station says of itself
// has its schemas in monitoring.ts.
// Nothing here verifies a signature: a signed message parses into its body text and what must be verified.
import * as z from 'zod';
import { encodeCanonical, parseCanonical } from '../format/canonical.ts';
import { ITEM_DOCUMENTS } from '../documents/item-documents.ts';
import { signedPolicyFields } from '../documents/policy.ts';
import * as d from '../documents/document.ts';
import { encodeBase64, encodeUtf8, parseBase64, parseUtf8 } from '../format/bytes.ts';
import { DockError } from '../format/errors.ts';
import { NONCE_PATTERN } from './topics.ts';
import {
  CONTROL_MESSAGE_BYTES_MAX,
  DOWN_MESSAGE_BYTES_MAX,
  HAVE_RANGES_MAX,
  JSON_DEPTH_MAX,
  MESSAGE_BYTES_MIN,
} from '../format/limits.ts';
import { PROOF_HASHES_MAX } from '../transparency/merkle.ts';

/** An origin has two ids, a vault's, and 16 digits. */
export const LOG_ORIGIN_LENGTH_MAX = 200;
/** A line of a custody log has at most 16 KiB. */
const LOG_ENTRY_LENGTH_MAX = 16_384;
/** A store's own signature alone stands below what travels: some 300 characters, and up to 64 hashes in a proof. */
const CHECKPOINT_LENGTH_MAX = 8192;

const base64Schema = z.base64();
const epochSchema = z.int().min(1);
/** Of a question, in its topic and in its answer: 64 random bits. */
const nonceSchema = z.string().regex(NONCE_PATTERN);
/** Units as [first, count], ascending, not touching. */
const rangesSchema = z.array(z.tuple([z.int().min(0), z.int().min(1)])).max(HAVE_RANGES_MAX);

/** Newest checkpoint of a store's log that a station has (SPEC 6.12). */
const logSizeSchema = z.object({
  origin: z.string().min(1).max(LOG_ORIGIN_LENGTH_MAX),
  size: z.int().min(0),
});
export type LogSize = z.infer<typeof logSizeSchema>;
const consistencySchema = z.array(base64Schema).max(PROOF_HASHES_MAX);
/** What shows that a receipt is in the store's log: texts of the line and of a tlog-proof, and base64 hashes (SPEC 6.12.1). */
const receiptLogSchema = z.object({
  entry: z.string().max(LOG_ENTRY_LENGTH_MAX),
  proof: z.string().max(CHECKPOINT_LENGTH_MAX),
  consistency: consistencySchema,
});
export type ReceiptLogField = z.infer<typeof receiptLogSchema>;

const offerSchema = z.object({
  message: z.literal('offer'),
  kind: z
    .string()
    .refine((kind) => ITEM_DOCUMENTS.has(kind), 'not a kind of document')
    .meta({ enum: [...ITEM_DOCUMENTS.keys()] }),
  session: d.sessionIdSchema,
  manifest: base64Schema,
  signature: z.string().max(16_384),
  log: logSizeSchema.optional(),
});
export type OfferMessage = z.infer<typeof offerSchema>;

const finSchema = z.object({ message: z.literal('fin'), epoch: epochSchema });
export type FinMessage = z.infer<typeof finSchema>;

const haveSchema = z.object({
  message: z.literal('have'),
  receiver: d.receiverIdSchema,
  session: d.sessionIdSchema,
  epoch: epochSchema,
  digests_bytes: z.int().min(0),
  received: rangesSchema,
  durable: rangesSchema,
  bad: z.array(z.int().min(0)).max(HAVE_RANGES_MAX),
  credit_bytes: z.int().min(0),
});
export type HaveMessage = z.infer<typeof haveSchema>;

const signedSchema = z.object({
  /** `again` comes from stores of 0.1.0 alone: nobody follows it. */
  message: z.enum(['claim', 'refuse', 'custody', 'log', 'again', 'held']),
  body: z.string().max(16_384),
  signature: base64Schema,
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
});
/** A signed message as it travels; `body` is verified as it is before it is parsed. */
export type SignedMessage = z.infer<typeof signedSchema>;

const receiptSchema = z.object({
  message: z.literal('receipt'),
  receiver: d.receiverIdSchema,
  receipt: base64Schema,
  signature: z.string().max(16_384),
  /** From a restored store: a signed `held` that names this receipt (SPEC 6.10). */
  held: signedSchema.optional(),
  /** Absent from stores of 0.1.0. */
  log: receiptLogSchema.optional(),
});
export type ReceiptMessage = z.infer<typeof receiptSchema>;

const restoredSchema = z.object({
  message: z.literal('restored'),
  receiver: d.receiverIdSchema,
  statement: base64Schema,
  signature: z.string().max(16_384),
  /** Once both roles have signed it: both or neither. */
  officer: signedPolicyFields.officer.optional(),
  supervisor: signedPolicyFields.supervisor.optional(),
});
/** The statement that the store was restored (SPEC 4.14), as it travels. */
export type RestoredMessage = z.infer<typeof restoredSchema>;

const policySchema = z.object({
  message: z.literal('policy'),
  receiver: d.receiverIdSchema,
  ...signedPolicyFields,
});
/** The policy in force (SPEC 4.16), as it travels. */
export type PolicyMessage = z.infer<typeof policySchema>;

const claimSchema = z.object({
  message: z.literal('claim'),
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  receiver: d.receiverIdSchema,
  session: d.sessionIdSchema,
  epoch: epochSchema,
  message_bytes_max: z.int().min(MESSAGE_BYTES_MIN),
  lease_ms: z.int().min(1000).max(3_600_000),
  manifest_sha256: d.sha256Schema,
});
export type ClaimBody = z.infer<typeof claimSchema>;

const refuseSchema = z.object({
  message: z.literal('refuse'),
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  receiver: d.receiverIdSchema,
  session: d.sessionIdSchema,
  verb: z.enum(['resend', 'restart', 'pause', 'never']),
  reason: z.string().max(256),
  retry_after_ms: z.int().min(0).max(86_400_000),
  manifest_sha256: d.sha256Schema,
});
export type RefuseBody = z.infer<typeof refuseSchema>;

const custodySchema = z.object({
  message: z.literal('custody'),
  station: d.stationIdSchema,
  recording: z.null(),
  receiver: d.receiverIdSchema,
  /** Null where nothing of the log is held at all. */
  segment: d.segmentIdSchema.nullable(),
  sequence: z.int().min(1).nullable(),
  sha256: d.sha256Schema.nullable(),
  /** That of the question, where it had one. */
  nonce: nonceSchema.optional(),
});
export type CustodyBody = z.infer<typeof custodySchema>;

const logSchema = z.object({
  message: z.literal('log'),
  station: d.stationIdSchema,
  recording: z.null(),
  receiver: d.receiverIdSchema,
  /** Of the question, as it came: a broker may have altered it, and the proof is from what it says. */
  nonce: nonceSchema,
  origin: z.string().max(LOG_ORIGIN_LENGTH_MAX),
  size: z.int().min(0),
  /** The newest note; null where there is none. */
  checkpoint: z.string().max(CHECKPOINT_LENGTH_MAX).nullable(),
  /** From the size of the question to that checkpoint; empty where that is another origin's, the same, or more. */
  consistency: consistencySchema,
});
export type LogBody = z.infer<typeof logSchema>;

/** A vault that was restored by that statement holds what that receipt was given for. */
const heldSchema = z.object({
  message: z.literal('held'),
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  receiver: d.receiverIdSchema,
  receipt_sha256: d.sha256Schema,
  restored_sha256: d.sha256Schema,
});
export type HeldBody = z.infer<typeof heldSchema>;

export const signedBodySchema = z.discriminatedUnion('message', [
  claimSchema,
  refuseSchema,
  custodySchema,
  logSchema,
  heldSchema,
]);
export type SignedBody = z.infer<typeof signedBodySchema>;

const downSchema = z.discriminatedUnion('message', [haveSchema, receiptSchema, signedSchema]);
/** What comes below `down/`. */
export type DownMessage = z.infer<typeof downSchema>;

/** The JSON messages of a transfer by name, for the description of the topics. */
export const TRANSFER_SCHEMAS = {
  offer: offerSchema,
  fin: finSchema,
  have: haveSchema,
  receipt: receiptSchema,
  restored: restoredSchema,
  policy: policySchema,
  signed: signedSchema,
} as const;

/** What a bay and a station say of themselves; their schemas stand with the other monitoring documents. */
export type { BayDocument, StatusDocument } from './monitoring.ts';

/** UTF-8 JSON of a message. */
export function encodeMessage(
  message:
    | OfferMessage
    | FinMessage
    | HaveMessage
    | ReceiptMessage
    | RestoredMessage
    | PolicyMessage
    | SignedMessage,
): Uint8Array {
  return encodeUtf8(JSON.stringify(message));
}

/**
 * UTF-8 JSON of what the station says of itself. Errors: "message.refused" where it does not fit its schema (broken code of ours): what
 * no schema names never leaves the station.
 */
export function encodeMonitoring<T>(schema: z.ZodType<T>, document: T): Uint8Array {
  return encodeUtf8(JSON.stringify(checked(schema, document)));
}

/** Canonical text of a body that is going to be signed. */
export function encodeSignedBody(body: SignedBody): string {
  return new TextDecoder().decode(encodeCanonical(body));
}

/** The offer in a payload. Errors: "message.refused". */
export function parseOffer(payload: Uint8Array): OfferMessage {
  return parseMessage(offerSchema, payload);
}

/** The fin in a payload. Errors: "message.refused". */
export function parseFin(payload: Uint8Array): FinMessage {
  return parseMessage(finSchema, payload);
}

/** The message in a payload that came below `down/`. Errors: "message.refused". */
export function parseDown(payload: Uint8Array): DownMessage {
  return parseMessage(downSchema, payload, DOWN_MESSAGE_BYTES_MAX);
}

/** The statement in a payload that came at `down/restored`. Errors: "message.refused". */
export function parseRestoredMessage(payload: Uint8Array): RestoredMessage {
  return parseMessage(restoredSchema, payload, DOWN_MESSAGE_BYTES_MAX);
}

/** The policy in a payload that came at `down/policy`. Errors: "message.refused". */
export function parsePolicyMessage(payload: Uint8Array): PolicyMessage {
  return parseMessage(policySchema, payload, DOWN_MESSAGE_BYTES_MAX);
}

/** The body of a signed message whose signature was verified. Errors: "message.refused". */
export function parseSignedBody(signed: SignedMessage): SignedBody {
  const result = signedBodySchema.safeParse(parseCanonical(encodeUtf8(signed.body), 16_384));
  if (!result.success || result.data.message !== signed.message) return refuse('its body does not fit');
  return result.data;
}

/** Bytes of a base64 field that passed the schema. Errors: "message.refused" for another spelling of the same bytes. */
export function messageBytes(base64: string): Uint8Array {
  return parseBase64(base64) ?? refuse('a base64 text is not in its canonical spelling');
}

/** Base64 field from bytes. */
export const messageField = encodeBase64;

function parseMessage<T>(schema: z.ZodType<T>, payload: Uint8Array, bytesMax = CONTROL_MESSAGE_BYTES_MAX): T {
  if (payload.length > bytesMax) refuse(`${payload.length} bytes, at most ${bytesMax}`);
  const text = parseUtf8(payload) ?? refuse('not UTF-8');
  if (deeperThan(text, JSON_DEPTH_MAX)) refuse(`deeper than ${JSON_DEPTH_MAX} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DockError('message.refused', 'message refused: not JSON', { cause: error, retry: 'never' });
  }
  return checked(schema, value);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  return refuse(
    result.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .join('; '),
  );
}

/** Counts brackets before JSON.parse recurses: text in strings can only make it refuse more, and ours holds no brackets there. */
function deeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth > depthMax) return true;
  }
  return false;
}

function refuse(why: string): never {
  throw new DockError('message.refused', `message refused: ${why}`, { retry: 'never' });
}
