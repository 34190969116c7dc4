// What each file of an inventory is to the others (SPEC 4.1): recording, sidecar of one, or other; and what is odd about it. Pure.
// The name decides, never the content: a camera's folder is sorted before a byte of it is read.
import { bufferOf, parseUtf8, sha256Hex } from '../../protocol/bytes.ts';
import { SIDECARS_MAX, type Manifest } from '../../protocol/manifest.ts';
import type { InventoryEntry } from '../../drivers/driver.ts';

/** Why a file is odd, from its name and size alone; odd files are kept, sealed and signed all the same. */
export type OddReason = 'empty' | 'unknown-kind' | 'odd-name';

/** Shape: digests are SHA-256 of path bytes; `sidecars` ascend, at most SIDECARS_MAX. Entries that are no file are "other" and not odd. */
export interface EntryRole {
  readonly role: Manifest['role'];
  readonly rejected: OddReason | null;
  readonly sidecarOf: string | null;
  readonly sidecars: readonly string[];
}

/** Extensions of recordings; where several lie beside one sidecar, it belongs to the first kind in this order. */
const MEDIA_EXTENSIONS = (
  'mp4 mov m4v avi mkv ts mts m2ts mpg mpeg 3gp asf wmv h264 h265 ' +
  'wav mp3 m4a aac ogg opus flac amr jpg jpeg png dng heic'
).split(' ');
/** Kinds that cameras write beside recordings or about themselves; alone in a folder they are known, and not odd. */
const OTHER_EXTENSIONS = (
  'gps nmea gpx kml log txt csv json xml srt vtt ass sub idx ' +
  'thm lrv lrf md5 sha1 sha256 sig cfg ini dat bin ctg mrk ver'
).split(' ');
const MEDIA_RANK: ReadonlyMap<string, number> = new Map(MEDIA_EXTENSIONS.map((text, rank) => [text, rank]));
const OTHER: ReadonlySet<string> = new Set(OTHER_EXTENSIONS);

/** A name taken apart. Texts are Latin-1, one character a byte, so that any bytes can be compared. */
interface Name {
  /** Folder and name without the extension. */
  readonly stem: string;
  /** In lower case, without its dot; empty where there is none. */
  readonly extension: string;
}

interface Recording {
  readonly index: number;
  readonly rank: number;
  readonly sidecars: string[];
}

/**
 * The role of every entry, in the order of the entries. Linear in their number.
 * A sidecar has the folder and stem of a recording and is no recording itself; FAT does not tell A from a, so stems that differ only
 * in case match where none is exactly the same. Beyond SIDECARS_MAX for one recording, files are "other".
 */
export function assignRoles(entries: readonly InventoryEntry[]): EntryRole[] {
  const names = entries.map((entry) => nameOf(entry.path));
  const recordings = recordingsByStem(entries, names);
  const roles = entries.map((entry, index) => {
    const name = names[index] ?? { stem: '', extension: '' };
    if (entry.kind !== 'file') return roleOf('other', null, null);
    if (MEDIA_RANK.has(name.extension)) return roleOf('media', oddness(entry, false), null);
    const recording = recordings.get(name.stem) ?? recordings.get(fold(name.stem));
    if (recording === undefined || recording.sidecars.length >= SIDECARS_MAX) {
      return roleOf('other', oddness(entry, !OTHER.has(name.extension)), null);
    }
    recording.sidecars.push(sha256Hex(entry.path));
    return roleOf('sidecar', oddness(entry, false), sha256Hex(entries[recording.index]?.path ?? entry.path));
  });
  return withSidecars(roles, recordings);
}

function withSidecars(roles: readonly EntryRole[], recordings: ReadonlyMap<string, Recording>): EntryRole[] {
  const all = [...roles];
  for (const { index, sidecars } of new Set(recordings.values())) {
    const role = all[index];
    if (role !== undefined) all[index] = { ...role, sidecars: [...sidecars].sort() };
  }
  return all;
}

/** The recording that sidecars of a stem belong to, by exact stem and, where no other took it first, by folded stem. */
function recordingsByStem(
  entries: readonly InventoryEntry[],
  names: readonly Name[],
): Map<string, Recording> {
  const exact = new Map<string, Recording>();
  names.forEach(({ stem, extension }, index) => {
    const rank = MEDIA_RANK.get(extension);
    if (rank === undefined || entries[index]?.kind !== 'file') return;
    const known = exact.get(stem);
    if (known === undefined || rank < known.rank) exact.set(stem, { index, rank, sidecars: [] });
  });
  const all = new Map(exact);
  for (const [stem, recording] of exact) if (!all.has(fold(stem))) all.set(fold(stem), recording);
  return all;
}

function roleOf(role: EntryRole['role'], rejected: OddReason | null, sidecarOf: string | null): EntryRole {
  return { role, rejected, sidecarOf, sidecars: [] };
}

function nameOf(path: Uint8Array): Name {
  const text = bufferOf(path).toString('latin1');
  const dot = text.lastIndexOf('.');
  const start = text.lastIndexOf('/') + 1;
  if (dot <= start) return { stem: text, extension: '' }; // none, or a hidden file's first character
  return { stem: text.slice(0, dot), extension: fold(text.slice(dot + 1)) };
}

/** Lower case for ASCII letters only: what the bytes beyond mean is not known. */
function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function oddness(entry: InventoryEntry, isUnknown: boolean): OddReason | null {
  if (isOddPath(entry.path)) return 'odd-name';
  if (entry.sizeBytes === 0) return 'empty';
  return isUnknown ? 'unknown-kind' : null;
}

/** True for a path that could lead elsewhere or harm who reads it: absolute, with empty, "." or ".." parts, control characters, no UTF-8. */
function isOddPath(path: Uint8Array): boolean {
  const text = parseUtf8(path);
  if (text === undefined || /\p{Cc}/u.test(text)) return true;
  return text.split('/').some((part) => part === '' || part === '.' || part === '..');
}
