// What each file of an inventory is to the others (SPEC 4.1): recording, sidecar of one, or other; and what is odd about it. Pure.
// The name decides, never the content: a camera's folder is sorted before a byte of it is read.
import { createHash } from 'node:crypto';
import type { Inventory, InventoryEntry } from '../../drivers/driver.ts';
import { inventoryLine } from '../../protocol/documents/docking-record.ts';
import { instantSchema } from '../../protocol/documents/document.ts';
import { type Manifest, SIDECARS_MAX } from '../../protocol/documents/manifest.ts';
import { bufferOf, parseUtf8 } from '../../protocol/format/bytes.ts';
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import { forEachSlowly, type Pause } from '../../protocol/format/slowly.ts';
import { pathDigest } from './entry.ts';

/** Why a file is odd, from its name and size alone; odd files are kept, sealed and signed anyway. */
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
  '264 265 hevc dav webm flv f4v 3g2 mxf vob dv divx ' +
  'wav mp3 m4a aac ogg opus flac amr jpg jpeg png dng heic lrv lrf'
).split(' ');
/** Small copies of films: beside the film a sidecar, alone the recording itself. */
const COPIES: ReadonlySet<string> = new Set(['lrv', 'lrf']);
/** Kinds that cameras write beside recordings or about themselves; alone in a folder they are known, and not odd. */
const OTHER_EXTENSIONS = (
  'gps nmea gpx kml log txt csv json xml srt vtt ass sub idx ' +
  'thm md5 sha1 sha256 sig cfg ini dat bin ctg mrk ver'
).split(' ');
const MEDIA_RANK: ReadonlyMap<string, number> = new Map(MEDIA_EXTENSIONS.map((text, rank) => [text, rank]));
const OTHER: ReadonlySet<string> = new Set(OTHER_EXTENSIONS);

const NOTHING: readonly string[] = [];
/** A dozen at most. */
const ALONE = new Map<string, EntryRole>();

/** A name taken apart. Texts are Latin-1, one character a byte, so that any bytes can be compared. */
interface Name {
  /** Folder and name without the extension. */
  readonly stem: string;
  /** In lower case, without its dot; empty where there is none. */
  readonly extension: string;
}

/** The recording that sidecars of a stem belong to. */
type RecordingOf = (stem: string) => ListedEntry | undefined;

/**
 * The role of every entry, in the order of the entries. Linear in their number.
 * A sidecar has the folder and stem of a recording and is no recording itself; FAT does not tell A from a, so stems that differ only
 * in case match where none is exactly the same. Beyond SIDECARS_MAX for one recording, files are "other".
 * Errors: those of `pause`.
 */
export async function assignRoles(entries: readonly ListedEntry[], pause: Pause): Promise<EntryRole[]> {
  const recordingOf = await recordingsByStem(entries, pause);
  const sidecars = new Map<ListedEntry, string[]>();
  const besideOf = (recording: ListedEntry): string[] => {
    const beside = sidecars.get(recording) ?? [];
    sidecars.set(recording, beside);
    return beside;
  };
  const roles: EntryRole[] = [];
  await forEachSlowly(entries, pause, (entry) => {
    roles.push(roleIn(entry, recordingOf, besideOf));
  });
  await forEachSlowly(entries, pause, (entry, at) => {
    const [role, beside] = [roles[at], sidecars.get(entry)];
    if (role !== undefined && beside !== undefined) roles[at] = { ...role, sidecars: beside.sort() };
  });
  return roles;
}

function roleIn(
  { listed, pathSha256 }: ListedEntry,
  recordingOf: RecordingOf,
  besideOf: (recording: ListedEntry) => string[],
): EntryRole {
  if (listed.kind !== 'file') return aloneAs('other', null);
  const { stem, extension } = nameOf(listed.path);
  const recording = MEDIA_RANK.has(extension) && !COPIES.has(extension) ? undefined : recordingOf(stem);
  if (MEDIA_RANK.has(extension) && (recording === undefined || isCopy(recording)))
    return aloneAs('media', oddness(listed, false));
  if (recording === undefined || besideOf(recording).length >= SIDECARS_MAX)
    return aloneAs('other', oddness(listed, !OTHER.has(extension)));
  besideOf(recording).push(pathSha256);
  return {
    role: 'sidecar',
    rejected: oddness(listed, false),
    sidecarOf: recording.pathSha256,
    sidecars: NOTHING,
  };
}

/** By exact stem and, where no other took it first, by folded stem. */
async function recordingsByStem(entries: readonly ListedEntry[], pause: Pause): Promise<RecordingOf> {
  const exact = new Map<string, ListedEntry>();
  let hasOthers = false;
  await forEachSlowly(entries, pause, (entry) => {
    if (entry.listed.kind !== 'file') return;
    const { stem, extension } = nameOf(entry.listed.path);
    const rank = MEDIA_RANK.get(extension);
    const known = exact.get(stem);
    if (rank === undefined) hasOthers = true;
    if (rank !== undefined && (known === undefined || rank < rankOf(known))) exact.set(stem, entry);
  });
  const folded = new Map<string, ListedEntry>();
  if (hasOthers)
    await forEachSlowly(exact, pause, ([stem, recording]) => {
      const key = fold(stem);
      if (!exact.has(key) && !folded.has(key)) folded.set(key, recording);
    });
  return (stem) => exact.get(stem) ?? exact.get(fold(stem)) ?? folded.get(fold(stem));
}

/** Of an entry that is a recording: its kind's place in the order. */
function rankOf({ listed }: ListedEntry): number {
  return MEDIA_RANK.get(nameOf(listed.path).extension) ?? Infinity;
}

function isCopy({ listed }: ListedEntry): boolean {
  return COPIES.has(nameOf(listed.path).extension);
}

/** Without sidecars, and none itself: one value for all that are alike. */
function aloneAs(role: EntryRole['role'], rejected: OddReason | null): EntryRole {
  const key = `${role} ${rejected}`;
  const known = ALONE.get(key) ?? { role, rejected, sidecarOf: null, sidecars: NOTHING };
  ALONE.set(key, known);
  return known;
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

// A listing as the station works with it, whatever a camera or a driver makes of it: bounded, no path twice, sizes and times that every
// document of ours can hold. Pure. What had to be changed is a problem, so that the listing does not pass for a complete one.

const modifiedSchema = instantSchema.nullable();

/** One entry with the SHA-256 of its path. */
export interface ListedEntry {
  readonly listed: InventoryEntry;
  readonly pathSha256: string;
}

/** A checked listing. */
export interface Listing {
  readonly entries: readonly ListedEntry[];
  /** Digests of their paths. */
  readonly paths: ReadonlySet<string>;
  /** Places of the camera that are not in it, and entries that had to be changed. */
  readonly problems: number;
  /** Sum of all sizes. */
  readonly bytes: number;
  /** Over one line an entry (SPEC 4.3). */
  readonly sha256: string;
}

/** `pause` is awaited now and then: 100,000 digests in one go would hold up everything else. Errors: those of `pause`. */
export async function checkListing(inventory: Inventory, pause: Pause): Promise<Listing> {
  const hash = createHash('sha256');
  const entries: ListedEntry[] = [];
  const paths = new Set<string>();
  let problems = inventory.problems.length;
  let bytes = 0;
  await forEachSlowly(inventory.entries.slice(0, INVENTORY_ENTRIES_MAX), pause, (entry) => {
    const pathSha256 = pathDigest(entry.path);
    const listed = wellFormed(entry);
    if (paths.has(pathSha256) || listed !== entry) problems++;
    if (paths.has(pathSha256)) return;
    paths.add(pathSha256);
    entries.push({ listed, pathSha256 });
    bytes = Math.min(bytes + listed.sizeBytes, Number.MAX_SAFE_INTEGER);
    hash.update(inventoryLine(pathSha256, listed.sizeBytes, listed.modifiedAt));
  });
  problems += Math.max(0, inventory.entries.length - INVENTORY_ENTRIES_MAX);
  return { entries, paths, problems, bytes, sha256: hash.digest('hex') };
}

/**
 * The same entry where nothing about it is odd. A size that is none is 0, and the stamp another one than the camera's: whatever would be read or
 * erased by it is not what was listed, as every driver says, so that no file counts as empty that is not.
 */
function wellFormed(entry: InventoryEntry): InventoryEntry {
  const isSize = Number.isSafeInteger(entry.sizeBytes) && entry.sizeBytes >= 0;
  const modifiedAt = modifiedSchema.safeParse(entry.modifiedAt).data ?? null;
  if (isSize && modifiedAt === entry.modifiedAt) return entry;
  const { path, kind, modifiedStepMs, locked, vendor } = entry; // by name: what a driver gives may make some of it when asked
  const sizeBytes = isSize ? entry.sizeBytes : 0;
  const stamp = isSize ? entry.stamp : `no size: ${entry.stamp}`;
  return { path, kind, sizeBytes, modifiedAt, modifiedStepMs, stamp, locked, vendor };
}
