// What all signed documents share: schema pieces, and one way to encode and parse with every problem named.
import * as z from 'zod';
import { encodeCanonical, parseCanonical } from '../format/canonical.ts';
import { DockError } from '../format/errors.ts';
import * as ids from '../format/ids.ts';

function refined<Id extends string>(is: (text: string) => text is Id, words: string): z.ZodType<Id, string> {
  return z.string().refine(is, words) as z.ZodType<Id, string>;
}

export const recordingIdSchema = refined(ids.isRecordingId, 'not a recording id');
export const dockingIdSchema = refined(ids.isDockingId, 'not a docking id');
export const segmentIdSchema = refined(ids.isSegmentId, 'not a segment id');
export const sessionIdSchema = refined(ids.isSessionId, 'not a session id');
export const stationIdSchema = refined(ids.isStationId, 'not a station id');
export const bayIdSchema = refined(ids.isBayId, 'not a bay id');
export const cameraIdSchema = refined(ids.isCameraId, 'not a camera id');
export const receiverIdSchema = refined(ids.isReceiverId, 'not a receiver id');
/** 64 lower-case hex digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in lower-case hex');
/** RFC 3339 UTC with milliseconds. */
export const instantSchema = z.iso.datetime({
  precision: 3,
  error: 'not an instant in UTC with milliseconds',
});
/** An age recipient (X25519). */
export const recipientSchema = z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/);
export const bytesCountSchema = z.int().min(0);

/**
 * The canonical bytes of a document.
 * Errors: "document.refused" where the value does not fit its schema (broken code of ours).
 */
export function encodeDocument<T>(schema: z.ZodType<T>, value: T): Uint8Array {
  return encodeCanonical(check(schema, value, Number.MAX_SAFE_INTEGER));
}

/**
 * A document from its bytes. `newest`: the highest version that the schema takes.
 * Errors: "canonical.refused"; "document.version" for another version of the same type; "document.refused" with all problems.
 */
export function parseDocument<T>(
  schema: z.ZodType<T>,
  bytes: Uint8Array,
  bytesMax: number,
  newest: number = 1,
): T {
  return check(schema, parseCanonical(bytes, bytesMax), newest);
}

function check<T>(schema: z.ZodType<T>, value: unknown, newest: number = 1): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const version =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && !(version >= 1 && version <= newest)) {
    throw new DockError(
      'document.version',
      `document of version ${version}; this program reads ${newest === 1 ? 'version 1' : `versions 1 to ${newest}`}: use a newer one`,
      { retry: 'person' },
    );
  }
  const problems = result.error.issues
    .slice(0, 20)
    .map((issue) => `${issue.path.join('.') || '(document)'}: ${issue.message}`);
  throw new DockError('document.refused', `document refused: ${problems.join('; ')}`, { retry: 'never' });
}
