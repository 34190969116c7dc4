// The tally on the disk, and a person's word that what is set aside is to be tried once more: a file that `bodydock spool tries --again`
// writes and that the running agent, or its next start, does and removes.
//
// Why a file: no message may make the station read what ends it, and whoever may write here may take the tally away anyway.
import { join } from 'node:path';
import * as z from 'zod';
import {
  bayIdSchema,
  bytesCountSchema,
  cameraIdSchema,
  encodeDocument,
  instantSchema,
  parseDocument,
  sha256Schema,
} from '../../protocol/documents/document.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { readIfThere, replaceDurable, unlinkIfThere } from '../../protocol/format/durable.ts';
import { BROKEN_OFF_MAX, TALLIED_MAX, type Tallied } from './tally.ts';

/** TALLIED_MAX files of some 250 bytes. */
const TALLY_BYTES_MAX = 256 * 1024;
const WORD_BYTES_MAX = 4096;
const TALLY_NAME = 'tally.json';
const WORD_NAME = 'again.json';

const tallySchema = z.strictObject({
  type: z.literal('tries'),
  version: z.literal(1),
  agent: z.string().max(128),
  files: z
    .array(
      z.strictObject({
        bay: bayIdSchema,
        camera: cameraIdSchema,
        path_sha256: sha256Schema,
        size_bytes: bytesCountSchema,
        broken_off: z.int().min(1).max(BROKEN_OFF_MAX),
        at: instantSchema,
      }),
    )
    .max(TALLIED_MAX),
});

const wordSchema = z.strictObject({
  type: z.literal('try-again'),
  version: z.literal(1),
  made_at: instantSchema,
});

/** What the agent of that version remembers. */
export interface StoredTally {
  readonly agent: string;
  readonly files: readonly Tallied[];
}

/** The tally in that folder; undefined where there is none. Errors: "canonical.refused", "document.*"; the system's. */
export async function readTally(
  files: Pick<Files, 'readAll'>,
  folder: string,
): Promise<StoredTally | undefined> {
  const bytes = await readIfThere(files, join(folder, TALLY_NAME), TALLY_BYTES_MAX);
  if (bytes === undefined) return undefined;
  const stored = parseDocument(tallySchema, bytes, TALLY_BYTES_MAX);
  return {
    agent: stored.agent,
    files: stored.files.map(({ bay, camera, path_sha256, size_bytes, broken_off, at }) => ({
      bay,
      camera,
      pathSha256: path_sha256,
      sizeBytes: size_bytes,
      brokenOff: broken_off,
      at,
    })),
  };
}

/** Durable when it resolves. Errors: the system's; the old one stays then. */
export async function writeTally(files: Files, folder: string, tally: StoredTally): Promise<void> {
  const bytes = encodeDocument(tallySchema, {
    type: 'tries',
    version: 1,
    agent: tally.agent,
    files: tally.files.map(({ bay, camera, pathSha256, sizeBytes, brokenOff, at }) => ({
      bay,
      camera,
      path_sha256: pathSha256,
      size_bytes: sizeBytes,
      broken_off: brokenOff,
      at,
    })),
  });
  await replaceDurable(files, join(folder, TALLY_NAME), bytes);
  await files.syncFolder(folder);
}

/** Where the word lies. */
function againFile(folder: string): string {
  return join(folder, WORD_NAME);
}

/** Puts the word where the agent looks; durable once the folder was synced. Errors: the system's. */
export async function writeAgain(files: Files, folder: string, madeAt: string): Promise<void> {
  const word = { type: 'try-again', version: 1, made_at: madeAt } as const;
  await replaceDurable(files, againFile(folder), encodeDocument(wordSchema, word));
}

/** True where somebody gave that word. Errors: "canonical.refused", "document.*"; the system's. */
export async function readAgain(files: Pick<Files, 'readAll'>, folder: string): Promise<boolean> {
  const bytes = await readIfThere(files, againFile(folder), WORD_BYTES_MAX);
  return bytes !== undefined && parseDocument(wordSchema, bytes, WORD_BYTES_MAX).version === 1;
}

/** Takes it away. Errors: the system's. */
export function removeAgain(files: Files, folder: string): Promise<void> {
  return unlinkIfThere(files, againFile(folder));
}
