// A person's word that the differences which this station shows were looked at: a file in the spool that `bodydock custody --acknowledge`
// writes and that the running agent enters into the custody log and removes.
//
// Why a file: only the agent writes the log, no message may change what it shows, and whoever may write here may replace the spool anyway.
import * as z from 'zod';
import { encodeDocument, instantSchema, parseDocument } from '../../protocol/documents/document.ts';
import { readIfThere, replaceDurable, unlinkIfThere } from '../../protocol/format/durable.ts';
import { reasonCodeSchema } from '../../protocol/documents/order.ts';
import type { Files } from '../../protocol/format/ports.ts';

const BYTES_MAX = 4096;

const acknowledgementSchema = z.strictObject({
  type: z.literal('difference-acknowledgement'),
  version: z.literal(1),
  /** A code, never words: a name could stand in words. */
  reason: reasonCodeSchema,
  made_at: instantSchema,
});
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/** Puts it where the agent looks; durable once the folder was synced. Errors: "document.refused" for a reason that is no code; the system's. */
export async function writeAcknowledgement(
  files: Files,
  path: string,
  word: Pick<Acknowledgement, 'reason' | 'made_at'>,
): Promise<void> {
  const document = { type: 'difference-acknowledgement', version: 1, ...word } as const;
  await replaceDurable(files, path, encodeDocument(acknowledgementSchema, document));
}

/** What lies there; undefined where nothing does. Errors: "canonical.refused", "document.*"; the system's. */
export async function readAcknowledgement(
  files: Pick<Files, 'readAll'>,
  path: string,
): Promise<Acknowledgement | undefined> {
  const bytes = await readIfThere(files, path, BYTES_MAX);
  return bytes && parseDocument(acknowledgementSchema, bytes, BYTES_MAX);
}

/** Takes it away. Errors: the system's. */
export function removeAcknowledgement(files: Files, path: string): Promise<void> {
  return unlinkIfThere(files, path);
}
