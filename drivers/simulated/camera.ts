// Writes what a docked body camera shows as a folder: for a first run without a camera, for demonstrations and tests.
// It only adds to a folder; what is there already is neither changed nor removed.
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { concatBytes, encodeUtf8 } from '../../protocol/format/bytes.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { noiseSource } from './noise.ts';

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
const LONG_CLIP_BYTES = 100_000_000;
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

// Makes the small files that a body camera writes beside a recording: where it was (NMEA 0183) and what happened (JSON lines).

/** `recordedAtMs` since 1970. The same wish gives the same bytes. */
interface SidecarWish {
  readonly recordedAtMs: number;
  readonly durationS: number;
  readonly seed: number;
}

/** A walk begins here, on a market place, in degrees; a seed moves it by some hundred metres. */
const START = { latitude: 51.5136, longitude: 7.4653 };
const METRES_PER_DEGREE = 111_320;
const WALK_M_PER_S = 1.4;
const KNOTS_PER_M_PER_S = 1.943_844;

/** One RMC sentence a second, ending in CR LF, with its sum. Source: NMEA 0183, RMC. */
export function makeGpsTrack(wish: SidecarWish): Uint8Array {
  const seconds = Math.floor(wish.durationS) + 1;
  return encodeUtf8(Array.from({ length: seconds }, (_, second) => positionAt(wish, second)).join(''));
}

/** Start, battery once in ten seconds, stop; one JSON object a line. */
export function makeEventLog(wish: SidecarWish): Uint8Array {
  const at = (second: number): string => new Date(wish.recordedAtMs + second * 1000).toISOString();
  const lines = [{ at: at(0), event: 'record-start', trigger: 'button' } as object];
  for (let second = 0; second < wish.durationS; second += 10) {
    lines.push({
      at: at(second),
      event: 'battery',
      percent: 90 - Math.floor(second / 60) - (Math.abs(wish.seed) % 20),
    });
  }
  lines.push({
    at: at(wish.durationS),
    event: 'record-stop',
    duration_ms: Math.round(wish.durationS * 1000),
  });
  return encodeUtf8(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function positionAt({ recordedAtMs, seed }: SidecarWish, second: number): string {
  const heading = Math.abs(seed * 37) % 360;
  const radians = (heading * Math.PI) / 180;
  const north = ((seed % 7) * 100 + second * WALK_M_PER_S * Math.cos(radians)) / METRES_PER_DEGREE;
  const east = ((seed % 5) * 100 + second * WALK_M_PER_S * Math.sin(radians)) / METRES_PER_DEGREE;
  const latitude = START.latitude + north;
  const longitude = START.longitude + east / Math.cos((START.latitude * Math.PI) / 180);
  const time = new Date(recordedAtMs + second * 1000).toISOString();
  const speed = (WALK_M_PER_S * KNOTS_PER_M_PER_S).toFixed(1);
  const date = time.slice(8, 10) + time.slice(5, 7) + time.slice(2, 4);
  const place = `${degreesAndMinutes(latitude, 2)},N,${degreesAndMinutes(longitude, 3)},E`;
  return sentence(
    `GPRMC,${time.slice(11, 19).replaceAll(':', '')},A,${place},${speed},${heading.toFixed(1)},${date},,,A`,
  );
}

function degreesAndMinutes(degrees: number, digits: number): string {
  const whole = Math.floor(degrees);
  return String(whole).padStart(digits, '0') + ((degrees - whole) * 60).toFixed(4).padStart(7, '0');
}

/** With "$" before and the exclusive-or of all characters behind. */
function sentence(text: string): string {
  const sum = encodeUtf8(text).reduce((sum, byte) => sum ^ byte, 0);
  return `$${text}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

// Makes recordings for simulated cameras: one film that any player plays (FILM.md), made different and larger by noise after its last box.

/** What film.mp4 shows. */
export const FILM = { durationS: 12, widthPx: 320, heightPx: 180 } as const;
const BOX_HEADER_BYTES = 8;
const NOISE_BYTES = 65_536;

/** Bytes that can be made any number of times; little of them is in memory at a time. */
interface MadeFilm {
  readonly sizeBytes: number;
  make(): Iterable<Uint8Array>;
}

/**
 * The same bytes for the same size and seed (an integer); no two units of a film are alike.
 * Shape: the film, then a box "free" (ISO/IEC 14496-12, 8.1.2), which players skip.
 * Errors: RangeError for a size below that of the film with an empty box, or above 4 GiB; the system's where film.mp4 is not installed.
 */
export function makeFilm(sizeBytes: number, seed: number): MadeFilm {
  const film = readFilm();
  const boxBytes = sizeBytes - film.length;
  if (!(boxBytes >= BOX_HEADER_BYTES && boxBytes < 2 ** 32))
    throw new RangeError(`a film of ${sizeBytes} bytes cannot be made: the shortest has ${film.length + 8}`);
  return { sizeBytes, make: () => filmThenNoise(film, boxBytes, seed) };
}

function* filmThenNoise(film: Uint8Array, boxBytes: number, seed: number): Generator<Uint8Array, void> {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, boxBytes);
  yield concatBytes([film, header, encodeUtf8('free')]);
  const noise = noiseSource(seed)(NOISE_BYTES);
  for (let left = boxBytes - BOX_HEADER_BYTES, count = 0; left > 0; left -= NOISE_BYTES, count++) {
    const piece = new Uint8Array(noise);
    new DataView(piece.buffer).setUint32(0, count);
    yield piece.subarray(0, left);
  }
}

/** From this file as source, as compiled (dist/drivers/simulated), and as part of a program (dist/programs/drivers/simulated). */
const PLACES = ['./', '../../../drivers/simulated/', '../../../../drivers/simulated/'];

function readFilm(): Uint8Array {
  let missing: unknown;
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(`${place}film.mp4`, import.meta.url));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      missing = error;
    }
  }
  throw missing;
}
