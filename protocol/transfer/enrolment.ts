// Enrolment (SPEC 4.12): the two documents, and the one text file that each travels in. What must hold at either end is decided there.
import * as z from 'zod';
import { encodeUtf8, parseBase64, parseUtf8, sha256Hex } from '../format/bytes.ts';
import * as d from '../documents/document.ts';
import { DockError } from '../format/errors.ts';
import { fingerprintOf, publicKeySchema } from '../documents/key-documents.ts';
import { parsePublicKey, verifyDocument } from '../documents/minisign.ts';
import { BASE_PATTERN } from './topics.ts';

/** A chain of three authorities with RSA keys of 4096 bits is some 10 KiB. */
export const ENROLMENT_FILE_BYTES_MAX = 64 * 1024;
export const ENROLMENT_KEYS_MAX = 16;
export const CHAIN_CERTIFICATES_MAX = 8;
export const AUTHORITIES_MAX = 16;
const ROLE_KEYS_MAX = 64;
const ANSWER_VERSION = 2;
const STORE_NAME = /^[^\p{Cc}\p{Cf}\u2028\u2029]{1,64}$/u;
const URL_CHARACTERS_MAX = 1024;
const DAY_MS = 86_400_000;
/** A file that lay for longer was forgotten; nobody knows any more who asked. */
const REQUEST_DAYS_MAX = 30;

const derSchema = z
  .string()
  .min(4)
  .refine((text) => parseBase64(text) !== undefined, 'not base64');

export const enrolmentRequestSchema = z.strictObject({
  type: z.literal('enrolment-request'),
  version: z.literal(1),
  station: d.stationIdSchema,
  public_key: publicKeySchema,
  certificate_request: derSchema.nullable(),
  made_at: d.instantSchema,
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;

/** As many as a file may name. */
const roleKeysSchema = z.array(publicKeySchema).min(1).max(ROLE_KEYS_MAX);

const enrolmentAnswerFields = z.strictObject({
  type: z.literal('enrolment-answer'),
  /** 2 with the keys of both roles: one without says nothing that an older station does not know. */
  version: z.union([z.literal(1), z.literal(ANSWER_VERSION)]),
  station: d.stationIdSchema,
  request_sha256: d.sha256Schema,
  store: z.string().regex(STORE_NAME, 'not 1 to 64 printable characters'),
  receivers: distinct(d.receiverIdSchema),
  public_keys: distinct(publicKeySchema),
  broker: z.strictObject({
    url: z
      .string()
      .max(URL_CHARACTERS_MAX)
      .regex(/^mqtts?:\/\/[A-Za-z0-9.:[\]-]+\/?$/, 'not an address of a broker'),
    base: z.string().regex(BASE_PATTERN, 'not a base of topics'),
  }),
  certificates: z.array(derSchema).max(CHAIN_CERTIFICATES_MAX),
  authorities: z.array(derSchema).max(AUTHORITIES_MAX),
  /** Whose signatures count for the first policy; absent where the store has no keys of both. */
  roles: z.strictObject({ officers: roleKeysSchema, supervisors: roleKeysSchema }).optional(),
  made_at: d.instantSchema,
});
export const enrolmentAnswerSchema = enrolmentAnswerFields.refine(
  ({ version, roles }) => (version === 1) === (roles === undefined),
  'roles are of version 2',
);
export type EnrolmentAnswer = z.infer<typeof enrolmentAnswerSchema>;

const SCHEMAS = { 'enrolment-request': enrolmentRequestSchema, 'enrolment-answer': enrolmentAnswerSchema };
type Kind = keyof typeof SCHEMAS;

/** What a file held: its document, the digest of it, and what two people compare. */
export interface Enrolment<Document> {
  readonly document: Document;
  readonly sha256: string;
  readonly fingerprint: string;
}

/** Who signs, in the trusted comment. */
export function enrolmentComment(kind: Kind): string {
  return `bodydock ${kind}`;
}

/** Canonical bytes of a request. Errors: "document.refused". */
export function encodeEnrolmentRequest(request: EnrolmentRequest): Uint8Array {
  return d.encodeDocument(enrolmentRequestSchema, request);
}

/** Canonical bytes of an answer. Errors: "document.refused". */
export function encodeEnrolmentAnswer(answer: EnrolmentAnswer): Uint8Array {
  return d.encodeDocument(enrolmentAnswerSchema, answer);
}

/** The one file: the document in its first line, its signature file behind it. Errors: "enrolment.oversize". */
export function encodeEnrolmentFile(document: Uint8Array, signature: string): Uint8Array {
  const text = `${parseUtf8(document) ?? ''}\n${signature}`;
  const bytes = encodeUtf8(text);
  if (bytes.length <= ENROLMENT_FILE_BYTES_MAX) return bytes;
  throw refused(
    'enrolment.oversize',
    `it would have ${bytes.length} bytes, and ${ENROLMENT_FILE_BYTES_MAX} are allowed: name fewer certificates`,
  );
}

/** Whether a person typed that fingerprint: white space, "-", ":" and case do not count. Never throws. */
export function isFingerprint(typed: string, fingerprint: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s:-]/g, '');
  return plain(typed) === plain(fingerprint);
}

/**
 * A request whose signature by the key in it holds. That the key is the station's, a person says who compares.
 * Errors: "enrolment.malformed", "enrolment.kind", "enrolment.truncated", "enrolment.signature", "canonical.refused", "document.*".
 */
export function openEnrolmentRequest(bytes: Uint8Array): Enrolment<EnrolmentRequest> {
  return open('enrolment-request', bytes, (request) => request.public_key);
}

/** An answer whose signature by the first key in it holds. Errors: as of openEnrolmentRequest. */
export function openEnrolmentAnswer(bytes: Uint8Array): Enrolment<EnrolmentAnswer> {
  return open('enrolment-answer', bytes, (answer) => answer.public_keys[0] ?? '');
}

/** Errors: "enrolment.old", "enrolment.clock": a request that lay too long, or of a clock that is wrong. */
export function checkRequestAge(madeAt: string, nowMs: number): void {
  const days = (nowMs - Date.parse(madeAt)) / DAY_MS;
  if (days > REQUEST_DAYS_MAX)
    throw refused(
      'enrolment.old',
      `it was made at ${madeAt}, more than ${REQUEST_DAYS_MAX} days ago: make a new one at the station (bodydock keys enrol); if it is new, the clock of the station is wrong (bodydock doctor)`,
    );
  if (days < -1)
    throw refused(
      'enrolment.clock',
      `it was made at ${madeAt}, which is still to come: the clock of the station is wrong, or the one here`,
    );
}

function distinct<Item extends z.ZodType<string>>(item: Item): z.ZodArray<Item> {
  return z
    .array(item)
    .min(1)
    .max(ENROLMENT_KEYS_MAX)
    .refine((items) => new Set(items).size === items.length, 'one stands twice');
}

function open<K extends Kind>(
  kind: K,
  bytes: Uint8Array,
  keyOf: (document: z.infer<(typeof SCHEMAS)[K]>) => string,
): Enrolment<z.infer<(typeof SCHEMAS)[K]>> {
  const { body, signature } = partsOf(kind, bytes);
  const schema = SCHEMAS[kind] as unknown as z.ZodType<z.infer<(typeof SCHEMAS)[K]>>;
  const newest = kind === 'enrolment-answer' ? ANSWER_VERSION : 1;
  const document = d.parseDocument(schema, body, ENROLMENT_FILE_BYTES_MAX, newest);
  try {
    verifyDocument(body, signature, enrolmentComment(kind), [parsePublicKey(keyOf(document))]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(
      'enrolment.signature',
      `it was altered on the way, or damaged: ${why}. Take it again`,
      error,
    );
  }
  const sha256 = sha256Hex(body);
  return { document, sha256, fingerprint: fingerprintOf(sha256) };
}

/** The first line and the rest, where the file is of that kind at all and has its five lines. */
function partsOf(kind: Kind, bytes: Uint8Array): { body: Uint8Array; signature: string } {
  if (bytes.length > ENROLMENT_FILE_BYTES_MAX)
    throw refused(
      'enrolment.oversize',
      `it has more than ${ENROLMENT_FILE_BYTES_MAX} bytes: ${wanted(kind)}`,
    );
  const text = parseUtf8(bytes)?.replaceAll('\r\n', '\n');
  const [body = '', ...rest] = (text ?? '').replace(/\n$/, '').split('\n');
  const isCut = body.startsWith('{') && !body.endsWith('}');
  if (isCut) throw refused('enrolment.truncated', 'it ends within its first line: take it again');
  const found = /"type":"(enrolment-(?:request|answer))"/.exec(body)?.[1];
  if (found === undefined || !body.startsWith('{'))
    throw refused('enrolment.malformed', `it is another kind of file: ${wanted(kind)}`);
  if (found !== kind) throw refused('enrolment.kind', `it is an ${found}: ${wanted(kind)}`);
  if (rest.length < 4)
    throw refused('enrolment.truncated', `it has ${rest.length + 1} lines of 5: take it again`);
  if (rest.length > 4)
    throw refused('enrolment.malformed', 'there is something behind its five lines: take it again');
  return { body: encodeUtf8(body), signature: `${rest.join('\n')}\n` };
}

function wanted(kind: Kind): string {
  return kind === 'enrolment-request'
    ? 'name the file that `bodydock keys enrol` wrote at the station'
    : 'name the file that `bodydock-receiver enrol` wrote at the store';
}

function refused(code: string, message: string, cause?: unknown): DockError {
  return new DockError(code, message, { retry: 'person', cause });
}
