// A note that says: at this moment this file is being taken. It is there for the next start, should the process end without a word.
//
// It is never synced. What a killed process wrote stays in the machine's memory, and the end of the machine itself is no fault of a file:
// a note of another boot counts for nothing, so a power cut may take it or leave half of it.
import * as z from 'zod';
import {
  bayIdSchema,
  bytesCountSchema,
  cameraIdSchema,
  encodeDocument,
  parseDocument,
  sha256Schema,
} from '../../protocol/documents/document.ts';
import type { BrokenOff } from './tally.ts';

/** A note has some 300 bytes. */
export const NOTE_BYTES_MAX = 4096;
const NAME_PATTERN = /^[a-z0-9-]+\.\d+\.try$/;

const noteSchema = z.strictObject({
  type: z.literal('try'),
  version: z.literal(1),
  bay: bayIdSchema,
  camera: cameraIdSchema,
  path_sha256: sha256Schema,
  size_bytes: bytesCountSchema,
  boot: z.string().max(64),
  agent: z.string().max(128),
});

/** Who wrote a note: another boot, or another version of the agent, has nothing to do with what is tried now. */
export interface TryRun {
  readonly boot: string;
  readonly agent: string;
}

/** What a note is called; `number` grows with each try of a process. */
export function noteName({ bay }: Pick<BrokenOff, 'bay'>, number: number): string {
  return `${bay}.${number}.try`;
}

/** True for a name that `noteName` gives. Never throws. */
export function isNoteName(name: string): boolean {
  return NAME_PATTERN.test(name);
}

/** Errors: "document.refused" (broken code of ours). */
export function encodeNote({ bay, camera, pathSha256, sizeBytes }: BrokenOff, run: TryRun): Uint8Array {
  const file = { bay, camera, path_sha256: pathSha256, size_bytes: sizeBytes };
  return encodeDocument(noteSchema, { type: 'try', version: 1, ...file, ...run });
}

/** The try, or undefined where the note is of another run's boot or version, or is none. Never throws. */
export function parseNote(bytes: Uint8Array, run: TryRun): BrokenOff | undefined {
  try {
    const { bay, camera, path_sha256, size_bytes, boot, agent } = parseDocument(
      noteSchema,
      bytes,
      NOTE_BYTES_MAX,
    );
    if (boot !== run.boot || agent !== run.agent) return undefined;
    return { bay, camera, pathSha256: path_sha256, sizeBytes: size_bytes };
  } catch {
    return undefined;
  }
}
