// Finds out what a folder is that somebody wants verified: one recording, a station's folder, a vault, a spool, or loose recordings.
import { basename, dirname, join } from 'node:path';
import { DockError } from '../../protocol/errors.ts';
import { isRecordingId, isStationId } from '../../protocol/ids.ts';
import { RECORDING_NAMES } from './folder-names.ts';
import { diskError, listSorted, type ReadFiles } from './read-files.ts';

/** Names in a vault and a spool that tell what they are. */
export const VAULT_ID = 'vault.json';
export const CUSTODY = 'custody';
const SPOOL_ID = 'spool.json';
/** Entries of a folder without an id file that are looked into. */
const LOOKED_INTO_MAX = 64;

/** What lies at a path. */
export interface Place {
  readonly kind: 'recording' | 'collection' | 'station' | 'vault' | 'spool';
  /** Absolute. */
  readonly path: string;
  /** Where the public keys lie if nobody says otherwise. */
  readonly keysFolder: string;
}

/**
 * What the folder is. `path` is absolute. The folder of a first run is its vault.
 * Errors: "verify.missing", "verify.unreadable", "verify.not-recognised".
 */
export async function findPlace(files: ReadFiles, path: string): Promise<Place> {
  const names = await listPlace(files, path);
  const has = (...wanted: readonly string[]): boolean => wanted.every((name) => names.includes(name));
  if (names.some((name) => RECORDING_NAMES.has(name)) || isRecordingId(basename(path)))
    return recordingPlace(files, path);
  if (has(VAULT_ID)) return { kind: 'vault', path, keysFolder: join(dirname(path), 'keys') };
  if (has(SPOOL_ID) || has('ready', 'released') || has('ready', CUSTODY))
    return { kind: 'spool', path, keysFolder: join(dirname(path), 'keys') };
  if (has('vault', 'keys'))
    return { ...(await findPlace(files, join(path, 'vault'))), keysFolder: join(path, 'keys') };
  return (await groupOf(files, path, names)) ?? notRecognised(path);
}

async function listPlace(files: ReadFiles, path: string): Promise<string[]> {
  let names: string[] | undefined;
  try {
    names = await listSorted(files, path);
  } catch (error) {
    const message = `${path} cannot be read (${diskError(error)})`;
    throw new DockError('verify.unreadable', message, { cause: error, retry: 'person' });
  }
  if (names !== undefined) return names;
  throw new DockError(
    'verify.missing',
    `${path} is not a folder: name a vault, a spool or the folder of a recording`,
    {
      retry: 'person',
    },
  );
}

async function isVault(files: ReadFiles, path: string): Promise<boolean> {
  return (await files.stat(join(path, VAULT_ID)))?.kind === 'file';
}

/** Keys are never looked for inside a vault: who can write there could vouch for himself. */
async function recordingPlace(files: ReadFiles, path: string): Promise<Place> {
  const vault = dirname(dirname(path));
  const beside = (await isVault(files, vault)) ? dirname(vault) : dirname(path);
  return { kind: 'recording', path, keysFolder: join(beside, 'keys') };
}

async function groupOf(files: ReadFiles, path: string, names: readonly string[]): Promise<Place | undefined> {
  const parent = dirname(path);
  const inVault = isStationId(basename(path)) && (await isVault(files, parent));
  if (inVault) return { kind: 'station', path, keysFolder: join(dirname(parent), 'keys') };
  if (isStationId(basename(path)) && names.includes(CUSTODY))
    return { kind: 'station', path, keysFolder: join(parent, 'keys') };
  if (names.some(isRecordingId)) return { kind: 'collection', path, keysFolder: join(path, 'keys') };
  for (const name of names.filter(isStationId).slice(0, LOOKED_INTO_MAX)) {
    const inside = (await listSorted(files, join(path, name)).catch(() => undefined)) ?? [];
    if (inside.includes(CUSTODY) || inside.some(isRecordingId))
      return { kind: 'vault', path, keysFolder: join(parent, 'keys') };
  }
  return undefined;
}

function notRecognised(path: string): never {
  const message = `${path} is no vault, no spool and no recording: nothing in it could be verified`;
  throw new DockError('verify.not-recognised', message, { retry: 'person' });
}
