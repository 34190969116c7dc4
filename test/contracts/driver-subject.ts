// A camera under test, as the driver contract sees it, and what its suites share.
import assert from 'node:assert/strict';
import type { CameraSession, Driver, InventoryEntry, Place } from '../../drivers/driver.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';

/** One camera, empty and attached, and what a person or the camera itself can do to it behind the driver's back. */
export interface DriverSubject {
  readonly driver: Driver;
  readonly place: Place;
  /** What names can be on this camera; any bytes, 255 of them, unless told. */
  readonly names?: { readonly kind: 'text'; readonly charactersMax: number };
  /** Creates a file, or gives it this content; folders come as needed. */
  readonly put: (path: Uint8Array, bytes: Uint8Array) => Promise<void>;
  readonly remove: (path: Uint8Array) => Promise<void>;
  /** Something that is no file, where the camera can have that. */
  readonly putOddity?: (path: Uint8Array) => Promise<void>;
  /** Where the camera has such a switch. */
  readonly protect?: () => Promise<void>;
  readonly detach: () => Promise<void>;
  /** Every file with its content, by path as Latin-1 text. */
  readonly contents: () => Promise<Map<string, Buffer>>;
}

/** For cameras that do not compare what they erase with a digest. */
export const ANY_SHA256 = new Uint8Array(32);
/** A signal that is never aborted. */
export const live = (): AbortSignal => new AbortController().signal;
/** Path bytes of a text. */
export const path = encodeUtf8;
/** One character a byte, to compare and to show. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Bytes of which no two stretches are alike, so that a wrong offset shows. */
export function patternBytes(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at + 4 <= count; at += 4)
    bytes.writeUInt32LE(Math.imul(at + seed * 7, 0x9e3779b1) >>> 0, at);
  return bytes;
}

/** The file's bytes from an offset on; unreadable ranges are zeros. */
export async function readBytes(
  session: CameraSession,
  entry: InventoryEntry,
  offset = 0,
  signal = live(),
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of session.read(entry, offset, signal)) {
    parts.push(piece.kind === 'bytes' ? piece.bytes : new Uint8Array(piece.sizeBytes));
  }
  return Buffer.concat(parts);
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** For assert.rejects: the code of the error. */
export function hasCode(...codes: string[]): (error: unknown) => boolean {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    assert.ok(codes.includes(String(code)), `${String(code)} is none of ${codes.join(', ')}`);
    return true;
  };
}

/** A subject with files on it, a session, and its inventory's entry by name. */
export interface OpenedSubject extends DriverSubject {
  readonly session: CameraSession;
  readonly entry: (name: string) => Promise<InventoryEntry>;
}

/** Makes a camera, puts the files there and opens it. */
export async function openedWith(
  make: () => Promise<DriverSubject>,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<OpenedSubject> {
  const subject = await make();
  for (const [name, bytes] of Object.entries(files)) await subject.put(path(name), bytes);
  const session = await subject.driver.open(subject.place, live());
  const entry = async (name: string): Promise<InventoryEntry> => {
    const { entries } = await session.inventory(live());
    const found = entries.find((entry) => latin1(entry.path) === latin1(path(name)));
    return found ?? assert.fail(`${name} is not in the inventory`);
  };
  return { ...subject, session, entry };
}
