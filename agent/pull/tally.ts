// How often the agent ended without a word while a file of a camera was taken, and what follows from it (SPEC 15). Pure.
//
// Invariants:
// 1. A file is set aside only behind BROKEN_OFF_MAX tries that broke off, the last of which was the only try of the station at that moment:
//    a file that was taken beside the guilty one is never set aside.
// 2. From ALONE_FROM on a file is taken alone, so the next end proves which one it is: no file ends the agent more than BROKEN_OFF_MAX times.
// 3. Counts never fall but by `taken`, `tryAgain`, another version of the agent, and TALLIED_MAX.
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
import { readIfThere, replaceDurable, unlinkIfThere } from '../../protocol/format/durable.ts';
import type { BayId, CameraId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';

/** Ends of the agent behind which a file is not tried any more. */
export const BROKEN_OFF_MAX = 3;
/** ... and from which on it is tried only while nothing else is. */
export const ALONE_FROM = 2;
/** Files that are remembered. Each cost an end of the agent, so only a station that ends all the time gets there. */
export const TALLIED_MAX = 256;

/** What names a file over starts: no handle and no time, which a camera may give anew. */
export interface TriedFile {
  readonly camera: CameraId;
  readonly pathSha256: string;
  readonly sizeBytes: number;
}

/** A try that nobody ended. */
export interface BrokenOff extends TriedFile {
  readonly bay: BayId;
}

/** A file with what is remembered of it: the bay and the time of the last try that broke off, and how many did. */
export interface Tallied extends BrokenOff {
  readonly brokenOff: number;
  /** When the start behind it found that out, RFC 3339. */
  readonly at: string;
}

/** Counts of one station and one version of its agent. */
export class Tally {
  readonly #files = new Map<string, Tallied>();

  constructor(files: Iterable<Tallied> = []) {
    for (const file of files) this.#files.set(keyOf(file), file);
  }

  /** All that is remembered, oldest first. */
  get files(): readonly Tallied[] {
    return [...this.#files.values()];
  }

  isSetAside(file: TriedFile): boolean {
    return this.#countOf(file) >= BROKEN_OFF_MAX;
  }

  /** True where it may be taken only while nothing else is. */
  isAlone(file: TriedFile): boolean {
    return this.#countOf(file) >= ALONE_FROM;
  }

  /** These tries were under way when the agent ended: all of that moment. Gives what is remembered of each. */
  ended(tries: readonly BrokenOff[], at: string): Tallied[] {
    const files = new Map(tries.map((each) => [keyOf(each), each]));
    const most = files.size === 1 ? BROKEN_OFF_MAX : ALONE_FROM;
    return [...files.values()].map(({ bay, camera, pathSha256, sizeBytes }) => {
      const file = { camera, pathSha256, sizeBytes };
      const before = this.#countOf(file);
      const counted = { ...file, bay, at, brokenOff: Math.max(before, Math.min(before + 1, most)) };
      this.#files.delete(keyOf(file));
      this.#makeRoom();
      this.#files.set(keyOf(file), counted);
      return counted;
    });
  }

  /** It is durable in the spool. True where it was remembered. */
  taken(file: TriedFile): boolean {
    return this.#files.delete(keyOf(file));
  }

  /** A person wants those that are set aside to be tried once more. Gives how many there are. */
  tryAgain(): number {
    const aside = this.files.filter((file) => this.isSetAside(file));
    for (const file of aside) this.#files.set(keyOf(file), { ...file, brokenOff: BROKEN_OFF_MAX - 1 });
    return aside.length;
  }

  #countOf(file: TriedFile): number {
    return this.#files.size === 0 ? 0 : (this.#files.get(keyOf(file))?.brokenOff ?? 0);
  }

  /** The oldest of those with the fewest ends gives way. */
  #makeRoom(): void {
    if (this.#files.size < TALLIED_MAX) return;
    const [first] = this.files.toSorted((a, b) => a.brokenOff - b.brokenOff);
    if (first !== undefined) this.#files.delete(keyOf(first));
  }
}

function keyOf({ camera, pathSha256, sizeBytes }: TriedFile): string {
  return `${camera} ${pathSha256} ${sizeBytes}`;
}

// The tally on the disk, and a person's word that what is set aside is to be tried once more: a file that `bodydock spool tries --again`
// writes and that the running agent, or its next start, does and removes.
//
// Why a file: no message may make the station read what ends it, and whoever may write here may take the tally away anyway.

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
interface StoredTally {
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

// A note that says: at this moment this file is being taken. It is there for the next start, should the process end without a word.
//
// It is never synced. What a killed process wrote stays in the machine's memory, and the end of the machine itself is no fault of a file:
// a note of another boot counts for nothing, so a power cut may take it or leave half of it.

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
