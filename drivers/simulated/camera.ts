// Writes what a docked body camera shows as a folder: for a first run without a camera, for demonstrations and tests.
// It only adds to a folder; what is there already is neither changed nor removed.
import { createWriteStream } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { FILM, makeFilm } from './film.ts';
import { makeEventLog, makeGpsTrack } from './sidecar.ts';

/**
 * What the camera holds: "two-clips" two short clips with sidecars (some 1.5 MB); "long-clip" three short ones with sidecars and one
 * of `longClipBytes`; "empty" an empty DCIM, the normal day.
 */
export type CameraKind = 'two-clips' | 'long-clip' | 'empty';

export interface CameraWish {
  readonly kind: CameraKind;
  /** Any integer; the same wish writes the same bytes and times. */
  readonly seed: number;
  /** When the first clip began, ms since 1970. */
  readonly startedAtMs: number;
  /** Size of the long clip; LONG_CLIP_BYTES unless given. */
  readonly longClipBytes?: number;
}

/** Long enough to see a pull going on. */
export const LONG_CLIP_BYTES = 100_000_000;
const FOLDER = join('DCIM', '100MEDIA');
const PAUSE_BETWEEN_CLIPS_MS = 15 * 60_000;
const SHORT_CLIP_BYTES = 700_000;

interface ClipWish {
  readonly sizeBytes: number;
  readonly seed: number;
  readonly recordedAtMs: number;
}

/** One file as it is to be written; `content` in pieces. */
export interface CameraFile {
  readonly name: string;
  readonly modifiedAtMs: number;
  readonly sizeBytes: number;
  make(): Iterable<Uint8Array>;
}

/** The files of such a camera in its DCIM/100MEDIA, in the order of their making; none of it in memory. */
export function simulatedFiles(wish: CameraWish): CameraFile[] {
  return clipsOf(wish).flatMap((clip, index) => filesOf(clip, `KOD_${String(index + 1).padStart(4, '0')}`));
}

/**
 * Writes the camera's files below the folder, which is made where it is missing.
 * Errors: "simulated.taken" where a file of that name is there already (nothing of it is changed); system errors; the signal's reason.
 */
export async function makeSimulatedCamera(
  folder: string,
  wish: CameraWish,
  signal: AbortSignal,
): Promise<void> {
  const files = simulatedFiles(wish);
  const place = files.length === 0 ? join(folder, 'DCIM') : join(folder, FOLDER);
  await mkdir(place, { recursive: true });
  for (const file of files) await writeNew(join(place, file.name), file, signal);
}

async function writeNew(path: string, file: CameraFile, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(file.make(), createWriteStream(path, { flags: 'wx' }), { signal });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    const words = `${path} exists; a simulated camera is written into a folder of its own: name another, or remove it`;
    throw new DockError('simulated.taken', words, { cause: error, retry: 'person' });
  }
  await utimes(path, file.modifiedAtMs / 1000, file.modifiedAtMs / 1000);
}

function clipsOf(wish: CameraWish): ClipWish[] {
  if (wish.kind === 'empty') return [];
  const short = Array.from({ length: wish.kind === 'two-clips' ? 2 : 3 }, () => SHORT_CLIP_BYTES);
  const sizes = wish.kind === 'two-clips' ? short : [...short, wish.longClipBytes ?? LONG_CLIP_BYTES];
  return sizes.map((sizeBytes, index) => ({
    sizeBytes,
    seed: wish.seed * 16 + index,
    recordedAtMs: wish.startedAtMs + index * PAUSE_BETWEEN_CLIPS_MS,
  }));
}

/** The film differs by seed and time. */
function filesOf({ sizeBytes, seed, recordedAtMs }: ClipWish, stem: string): CameraFile[] {
  const { durationS } = FILM;
  const film = makeFilm(sizeBytes, seed ^ Math.floor(recordedAtMs / 1000));
  const modifiedAtMs = recordedAtMs + durationS * 1000;
  const sidecar = (extension: string, bytes: Uint8Array): CameraFile => {
    return { name: `${stem}.${extension}`, modifiedAtMs, sizeBytes: bytes.length, make: () => [bytes] };
  };
  return [
    { name: `${stem}.MP4`, modifiedAtMs, ...film },
    sidecar('GPS', makeGpsTrack({ recordedAtMs, durationS, seed })),
    sidecar('LOG', makeEventLog({ recordedAtMs, durationS, seed })),
  ];
}
