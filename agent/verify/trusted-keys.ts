// The public keys that a verification trusts: files `station*.pub` and `store*.pub` of one folder. Where the folder comes from is the
// caller's business; a verification is worth as much as the way by which these keys came.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPublicKeyFile } from '../../config/keys.ts';
import { DockError, systemCode } from '../../protocol/errors.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { isStationId, type StationId } from '../../protocol/ids.ts';
import { keyIdHex, type PublicKey } from '../../protocol/minisign.ts';

/** Key files of one folder: stations of a town, with some to change over. */
const KEY_FILES_MAX = 10_000;

/** A key with the file that it came from. */
export interface NamedKey {
  readonly file: string;
  readonly key: PublicKey;
  /** The station that the file's name pins it to: `station-<id>.pub` or `station-<id>.<any text>.pub`; else null. */
  readonly station: StationId | null;
}

/** Whom a verification trusts. */
export interface TrustedKeys {
  /** Where they came from, for the report. */
  readonly folder: string;
  readonly station: readonly NamedKey[];
  readonly store: readonly NamedKey[];
}

/**
 * The keys of a folder.
 * Errors: "key.missing" where the folder or every `station*.pub` is missing; "key.conflict" where one key id stands for two keys or one
 * key for both roles; those of readPublicKeyFile.
 */
export async function readTrustedKeys(folder: string): Promise<TrustedKeys> {
  const names = (await listKeys(folder)).sort();
  const station = await readAll(folder, names, /^station[^/]*\.pub$/);
  const store = await readAll(folder, names, /^store[^/]*\.pub$/);
  if (station.length === 0)
    fail('key.missing', `${folder} holds no station*.pub: name the folder with the public keys with --keys`);
  refuseConflicts(folder, station, store);
  return { folder, station, store };
}

/** Keys that may sign for a station: those pinned to it by their file's name, else all. */
export function stationKeys(keys: TrustedKeys, station: string | undefined): readonly PublicKey[] {
  const pinned = keys.station.filter((named) => named.station !== null && named.station === station);
  return (pinned.length > 0 ? pinned : keys.station).map(({ key }) => key);
}

/** Keys that may sign for the store. */
export function storeKeys(keys: TrustedKeys): readonly PublicKey[] {
  return keys.store.map(({ key }) => key);
}

async function listKeys(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pub'));
    if (names.length <= KEY_FILES_MAX) return names;
    return fail('key.oversize', `${folder} holds ${names.length} keys, at most ${KEY_FILES_MAX} are read`);
  } catch (error) {
    if (error instanceof DockError) throw error;
    const code = systemCode(error) ?? 'unknown error';
    return fail(
      'key.missing',
      `no public keys at ${folder} (${code}): name the folder that holds station.pub and store.pub with --keys`,
      error,
    );
  }
}

async function readAll(folder: string, names: readonly string[], wanted: RegExp): Promise<NamedKey[]> {
  const keys: NamedKey[] = [];
  for (const file of names.filter((name) => wanted.test(name)))
    keys.push({ file, key: await readPublicKeyFile(join(folder, file)), station: pinnedStation(file) });
  return keys;
}

function pinnedStation(file: string): StationId | null {
  const id = /^station-([a-z0-9-]+)(?:\.[^/]*)?\.pub$/.exec(file)?.[1];
  return id !== undefined && isStationId(id) ? id : null;
}

/** The key is looked up by its id, so an id must mean one key; and who signs for both ends confirms himself. */
function refuseConflicts(folder: string, station: readonly NamedKey[], store: readonly NamedKey[]): void {
  const known = new Map<string, NamedKey>();
  for (const named of [...station, ...store]) {
    const id = keyIdHex(named.key.keyId);
    const other = known.get(id);
    known.set(id, named);
    if (other === undefined) continue;
    const same = equalBytes(other.key.key, named.key.key);
    if (same && station.includes(other) === station.includes(named)) continue;
    const why = same ? 'are one key in both roles' : `are different keys with the one id ${id}`;
    fail('key.conflict', `${join(folder, other.file)} and ${named.file} ${why}: take the wrong one away`);
  }
}

function fail(code: string, message: string, cause?: unknown): never {
  throw new DockError(code, message, { retry: 'person', cause });
}
