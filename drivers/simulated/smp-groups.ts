// What the command groups of a simulated serial camera share: how a command answers, and how a request is read.
import { encode } from 'cborg';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { concatBytes, equalBytes } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { CameraCondition, CameraIdentity, CameraTime } from '../driver.ts';
import { cameraTimeText, parseCameraTime } from '../serial/smp/commands.ts';
import {
  RC_ACCESS_DENIED,
  RC_INVALID,
  RC_NO_ENTRY,
  RC_NOT_SUPPORTED,
  RC_UNKNOWN,
  type SmpMap,
} from '../serial/smp/packet.ts';
import type { SettableClock } from './clock.ts';
import type { SmpFile, SmpFiles } from './smp-files.ts';

/** An answer's map, or an error code. */
export type SmpReply = SmpMap | number;

/** One command; `room` is how many bytes the answer's map may take. */
export interface SmpCall {
  readonly op: 'read' | 'write';
  readonly command: number;
  readonly map: SmpMap;
  readonly room: number;
}

/** A group of commands. Never throws for what a station sends. */
export type SmpGroup = (call: SmpCall) => Promise<SmpReply>;

export function textOf(map: SmpMap, key: string): string | undefined {
  const value = map[key];
  return typeof value === 'string' ? value : undefined;
}

/** A count of the request; `otherwise` where it is left out, undefined where it is no count. */
export function countOf(map: SmpMap, key: string, otherwise?: number): number | undefined {
  const value = map[key] ?? otherwise;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function bytesOf(map: SmpMap, key: string): Uint8Array | undefined {
  const value = map[key];
  return value instanceof Uint8Array ? value : undefined;
}

// CBOR as MCUmgr's usual build writes it: maps and arrays begin without a count and end with a break. Pure.

const ARRAY = 0x9f;
const MAP = 0xbf;
const BREAK = 0xff;

/** Bytes of a value made of maps with text keys, arrays, and what is in them. */
export function mcumgrCbor(value: unknown): Uint8Array {
  if (Array.isArray(value)) return between(ARRAY, value.map(mcumgrCbor));
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    return between(
      MAP,
      Object.entries(value).flatMap(([key, item]) => [encode(key), mcumgrCbor(item)]),
    );
  return encode(value);
}

function between(begin: number, parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes([Uint8Array.of(begin), ...parts, Uint8Array.of(BREAK)]);
}

// Group 0 of a simulated serial camera: echo, date-time, reset, parameters (SPEC 11.5).

const MINUTE_MS = 60_000;

interface SmpOsWish {
  /** undefined: this camera has no clock that it tells. */
  readonly clock: SettableClock | undefined;
  /** Units: bytes of header and data. Undefined: this camera does not know the command. */
  readonly parameters: { readonly bufSize: number; readonly bufCount: number } | undefined;
  readonly onReset: () => void;
}

export function smpOsGroup({ clock, parameters, onReset }: SmpOsWish): SmpGroup {
  return async ({ op, command, map }) => {
    if (command === 0) return echo(textOf(map, 'd'));
    if (command === 4 && clock !== undefined)
      return op === 'read' ? tell(clock) : set(clock, map['datetime']);
    if (command === 5 && op === 'write') {
      onReset();
      return {};
    }
    if (command === 6 && op === 'read' && parameters !== undefined)
      return { buf_size: parameters.bufSize, buf_count: parameters.bufCount };
    return RC_NOT_SUPPORTED;
  };
}

function echo(text: string | undefined): SmpReply {
  return text === undefined ? RC_INVALID : { r: text };
}

function tell(clock: SettableClock): SmpReply {
  return { datetime: shownText(clock.read()) };
}

/** A camera's time as it writes it: no finer than it shows, with a zone where it knows one. */
function shownText({ claimedMs, zoneMinutes, resolutionMs }: CameraTime): string {
  const text = cameraTimeText({ utcMs: claimedMs, localMs: claimedMs }, zoneMinutes);
  return resolutionMs < 1000 ? text : text.replace(/\.\d+/, '');
}

function set(clock: SettableClock, text: unknown): SmpReply {
  const time = typeof text === 'string' ? parseCameraTime(text) : undefined;
  if (time === undefined) return RC_INVALID;
  const localMs = time.claimedMs + (time.zoneMinutes ?? 0) * MINUTE_MS;
  const setting = clock.set({ utcMs: time.claimedMs, localMs });
  if (setting === 'set') return {};
  return setting === 'refused' ? RC_ACCESS_DENIED : RC_NOT_SUPPORTED;
}

// Group 8 of a simulated serial camera: download, status, hash, hash types (SPEC 11.6). Reads files in pieces.

const HASH_PIECE_BYTES = 64 * 1024;
/** What stands around the bytes of a download at most: as MCUmgr, each answer but the last has the same length. */
const AROUND_BYTES = mcumgrCbor({ off: 2 ** 40, len: 2 ** 40, data: new Uint8Array(256) }).length - 256;

interface SmpFileWish {
  readonly files: SmpFiles;
  /** Empty: this camera cannot compute digests for a station. */
  readonly hashTypes: readonly ('sha256' | 'crc32')[];
  /** Length of the answer at an offset, where `most` would fit. */
  readonly lengthAt: (off: number, most: number) => number;
}

export function smpFileGroup({ files, hashTypes, lengthAt }: SmpFileWish): SmpGroup {
  return async ({ op, command, map, room }) => {
    if (op !== 'read') return RC_NOT_SUPPORTED;
    if (command === 3 && hashTypes.length > 0) return { types: typesMap(hashTypes) };
    if (command > 2 || (command === 2 && hashTypes.length === 0)) return RC_NOT_SUPPORTED;
    const name = textOf(map, 'name');
    const file = name === undefined ? undefined : await files.find(name);
    if (file === undefined) return name === undefined ? RC_INVALID : RC_NO_ENTRY;
    if (command === 1) return { len: file.sizeBytes };
    return command === 0 ? download(files, file, map, { room, lengthAt }) : hash(files, file, map, hashTypes);
  };
}

async function download(
  files: SmpFiles,
  file: SmpFile,
  map: SmpMap,
  { room, lengthAt }: { readonly room: number } & Pick<SmpFileWish, 'lengthAt'>,
): Promise<SmpReply> {
  const off = countOf(map, 'off');
  if (off === undefined || off > file.sizeBytes) return RC_INVALID;
  const head = off === 0 ? { off, len: file.sizeBytes } : { off };
  return { ...head, data: await files.read(file.name, off, lengthAt(off, room - AROUND_BYTES)) };
}

async function hash(
  files: SmpFiles,
  file: SmpFile,
  map: SmpMap,
  hashTypes: readonly string[],
): Promise<SmpReply> {
  const type = map['type'] ?? hashTypes[0];
  const off = countOf(map, 'off', 0);
  const len = countOf(map, 'len', Math.max(0, file.sizeBytes - (off ?? 0)));
  if (off === undefined || len === undefined || off + len > file.sizeBytes) return RC_INVALID;
  if (typeof type !== 'string' || !hashTypes.includes(type)) return RC_NOT_SUPPORTED;
  const output =
    type === 'sha256'
      ? await sha256Of(files, file.name, off, len)
      : await crc32Of(files, file.name, off, len);
  return { type, off, len, output };
}

/** SHA-256 over a part of a file, as the camera computes it itself. */
async function sha256Of(files: SmpFiles, name: string, off: number, len: number): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const bytes of pieces(files, name, off, len)) hash.update(bytes);
  return new Uint8Array(hash.digest());
}

async function crc32Of(files: SmpFiles, name: string, off: number, len: number): Promise<number> {
  let crc = 0;
  for await (const bytes of pieces(files, name, off, len)) crc = crc32(bytes, crc);
  return crc;
}

async function* pieces(files: SmpFiles, name: string, off: number, len: number): AsyncGenerator<Uint8Array> {
  for (let at = off; at < off + len;) {
    const bytes = await files.read(name, at, Math.min(HASH_PIECE_BYTES, off + len - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

function typesMap(hashTypes: readonly string[]): SmpMap {
  const size = (type: string): SmpMap => ({
    format: type === 'sha256' ? 1 : 0,
    size: type === 'sha256' ? 32 : 4,
  });
  return Object.fromEntries(hashTypes.map((type) => [type, size(type)]));
}

// Group 66 of a simulated serial camera: identity, recordings, erase, condition, USB mode, indicator (SPEC 11.7).

/** "keeps": answers that it is done and keeps the file; "errors": erases it and answers an error. */
export type SmpErasing = 'honest' | 'keeps' | 'errors';

interface SmpCameraGroupWish {
  readonly files: SmpFiles;
  readonly identity: CameraIdentity;
  /** null: this camera does not know the command. */
  readonly condition: () => CameraCondition | null;
  readonly erasing: () => SmpErasing;
  /** True where the camera has such a thing and took it. */
  readonly onIndicator: (state: 'wait' | 'safe' | 'help') => boolean;
  readonly onUsbMode: (mode: 'charge' | 'storage' | 'mtp') => boolean;
}

export function smpCameraGroup(wish: SmpCameraGroupWish): SmpGroup {
  return async ({ op, command, map, room }) => {
    if (op === 'read') {
      if (command === 0) return withoutNulls({ ...wish.identity });
      if (command === 1) return recordings(wish.files, map, room);
      if (command === 3) return conditionMap(wish.condition());
    } else {
      if (command === 2) return erase(wish, map);
      if (command === 4) return chosen(map['mode'], ['charge', 'storage', 'mtp'], wish.onUsbMode);
      if (command === 5) return chosen(map['state'], ['wait', 'safe', 'help'], wish.onIndicator);
    }
    return RC_NOT_SUPPORTED;
  };
}

async function recordings(files: SmpFiles, map: SmpMap, room: number): Promise<SmpReply> {
  const off = countOf(map, 'off', 0);
  const max = countOf(map, 'max', 1);
  if (off === undefined || max === undefined) return RC_INVALID;
  const all = await files.list();
  const items: SmpMap[] = [];
  let used = mcumgrCbor({ total: all.length, items: [] }).length;
  for (const file of all.slice(off, off + max)) {
    const item = itemOf(file);
    used += mcumgrCbor(item).length;
    if (used > room && items.length > 0) break;
    items.push(item);
  }
  return { total: all.length, items };
}

function itemOf({ name, sizeBytes, at, kind, locked }: SmpFile): SmpMap {
  return { ...withoutNulls({ name, len: sizeBytes, at, kind }), ...(locked ? { locked } : {}) };
}

async function erase({ files, erasing }: SmpCameraGroupWish, map: SmpMap): Promise<SmpReply> {
  const name = textOf(map, 'name');
  const sha256 = bytesOf(map, 'sha256');
  if (name === undefined || sha256?.length !== 32) return RC_INVALID;
  const file = await files.find(name);
  if (file === undefined) return RC_NO_ENTRY;
  if (!equalBytes(await sha256Of(files, name, 0, file.sizeBytes), sha256)) return RC_ACCESS_DENIED;
  if (erasing() === 'keeps') return {};
  try {
    await files.erase(name);
  } catch (error) {
    if (isDockError(error, 'simulated.protected')) return RC_ACCESS_DENIED;
    throw error;
  }
  return erasing() === 'errors' ? RC_UNKNOWN : {};
}

function conditionMap(condition: CameraCondition | null): SmpReply {
  if (condition === null) return RC_NOT_SUPPORTED;
  return withoutNulls({
    battery_percent: condition.batteryPercent,
    battery_mv: condition.batteryMv,
    battery_cycles: condition.batteryCycles,
    charging: condition.charging,
    temperature_c: condition.temperatureC,
    storage_total: condition.storageTotalBytes,
    storage_free: condition.storageFreeBytes,
    power_ons: condition.powerOns,
  });
}

function chosen<T extends string>(
  value: unknown,
  known: readonly T[],
  take: (value: T) => boolean,
): SmpReply {
  const found = known.find((each) => each === value);
  if (found === undefined) return RC_INVALID;
  return take(found) ? {} : RC_NOT_SUPPORTED;
}

function withoutNulls(map: SmpMap): SmpMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}
