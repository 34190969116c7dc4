// Finds out what a folder is that somebody wants verified: one recording, a station's folder, a vault, a spool, or loose recordings.
import { basename, dirname, join } from 'node:path';
import { parseVaultId, VAULT_ID_BYTES_MAX } from '../../../protocol/documents/vault-document.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  CUSTODY,
  KEYS,
  LOG,
  ORDERS,
  POLICIES,
  RECORDING_NAMES,
  VAULT_ID,
  WITNESS,
} from '../../../protocol/format/file-names.ts';
import { isReceiverId, isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { diskError, listSorted, type ReadFiles, readSmall } from './read-files.ts';
import { finding, note, type Remark } from './remark.ts';

/** Names in a vault and a spool that tell what they are. */
const SPOOL_ID = 'spool.json';
/** Entries of a folder without an id file that are looked into. */
const LOOKED_INTO_MAX = 64;

/** What lies at a path. */
export interface Place {
  readonly kind: 'recording' | 'collection' | 'station' | 'vault' | 'spool';
  /** Absolute. */
  readonly path: string;
  /**
   * Where the public keys lie if nobody says otherwise: never where anybody who can write into the vault could vouch for himself, whatever he
   * removes or adds there. Errors: "key.unnamed" where no such folder is known.
   */
  readonly keysFolder: string;
}

/** What of everything should be there: in a spool what the station still has, in a kit what belongs to a few recordings. */
export type Extent = 'vault' | 'spool' | 'kit';

/** How much of everything a place has. */
export function extentOf({ kind }: Place): Extent {
  if (kind === 'spool') return kind;
  return kind === 'collection' ? 'kit' : 'vault';
}

/** Folders of a spool. */
const SPOOL_FOLDERS: ReadonlySet<string> = new Set([
  'ready',
  'released',
  'reports',
  'texts',
  'dockings',
  'docked',
  'asked',
  'tries',
  'quarantine',
  'staging',
  'proofs',
  CUSTODY,
]);
/** Inclusion proofs in a kit. */
export const KIT_PROOFS = 'proofs';
/** Folders of a kit beside its recordings (SPEC 4.13). */
export const KIT_FOLDERS: ReadonlySet<string> = new Set([KEYS, LOG, ORDERS, POLICIES, WITNESS, KIT_PROOFS]);

/**
 * What the folder is. `path` is absolute. A folder with a vault and keys beside it, such as that of a first run, is its vault.
 * Errors: "verify.missing", "verify.unreadable", "verify.not-recognised".
 */
export async function findPlace(files: ReadFiles, path: string): Promise<Place> {
  const names = await listPlace(files, path);
  const has = (...wanted: readonly string[]): boolean => wanted.every((name) => names.includes(name));
  if (names.some((name) => RECORDING_NAMES.has(name)) || isRecordingId(basename(path)))
    return recordingPlace(files, path);
  if (has(VAULT_ID)) return placeOf('vault', path, dirname(path));
  if (has(SPOOL_ID) || has('ready', 'released') || has('ready', CUSTODY))
    return spoolPlace(files, path, names);
  if (has('vault', 'keys')) {
    const { kind, path: inside } = await findPlace(files, join(path, 'vault'));
    return placeOf(
      kind,
      inside,
      undefined,
      `name ${inside} if the keys in ${path} are those that you trust, or `,
    );
  }
  return (await groupOf(files, path, names)) ?? notRecognised(path);
}

/** `beside`: the folder with the keys' folder. */
function placeOf(kind: Place['kind'], path: string, beside: string | undefined, hint = ''): Place {
  return {
    kind,
    path,
    get keysFolder() {
      if (beside !== undefined) return join(beside, 'keys');
      const message = `no trusted keys given for ${path}: ${hint}name the folder with the public keys with --keys (keys that come with the evidence prove nothing)`;
      throw new DockError('key.unnamed', message, { retry: 'person' });
    },
  };
}

/** A folder of a kit, whatever lies in it. */
export function kitPlace(path: string): Place {
  return placeOf('collection', path, undefined);
}

/** A vault with its id file exchanged must not pass for a spool in which nothing lies. */
async function spoolPlace(files: ReadFiles, path: string, names: readonly string[]): Promise<Place> {
  await refuseKeepers(files, path, names, 'a spool', SPOOL_FOLDERS);
  return placeOf('spool', path, dirname(path));
}

/** Nor one without its id file for a few recordings, of which nothing else is looked at. */
async function collectionPlace(files: ReadFiles, path: string, names: readonly string[]): Promise<Place> {
  await refuseKeepers(files, path, names, 'a folder of recordings', KIT_FOLDERS);
  return kitPlace(path);
}

/** Errors: "verify.not-recognised" where the folder of a station or a receiver is among the names, `own` left out. */
async function refuseKeepers(
  files: ReadFiles,
  path: string,
  names: readonly string[],
  looksLike: string,
  own: ReadonlySet<string>,
): Promise<void> {
  for (const name of names.filter((each) => (isStationId(each) || isReceiverId(each)) && !own.has(each)))
    if (!isRecordingId(name) && (await isKeepersFolder(files, join(path, name)))) {
      const message = `${path} looks like ${looksLike} and holds ${name}, the folder of a station or a receiver as only a vault does: somebody put it together, or took its id file away`;
      throw new DockError('verify.not-recognised', message, { retry: 'person' });
    }
}

/** A log lies in it, or recordings. */
async function isKeepersFolder(files: ReadFiles, path: string): Promise<boolean> {
  const inside = (await listSorted(files, path).catch(() => undefined)) ?? [];
  return inside.includes(CUSTODY) || inside.some(isRecordingId);
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

/** Without the id file of a vault around it, any folder above may be part of one. */
async function recordingPlace(files: ReadFiles, path: string): Promise<Place> {
  const vault = dirname(dirname(path));
  return placeOf('recording', path, (await isVault(files, vault)) ? dirname(vault) : undefined);
}

async function groupOf(files: ReadFiles, path: string, names: readonly string[]): Promise<Place | undefined> {
  const parent = dirname(path);
  const inVault = isStationId(basename(path)) && (await isVault(files, parent));
  if (inVault) return placeOf('station', path, dirname(parent));
  if (isStationId(basename(path)) && names.includes(CUSTODY)) return placeOf('station', path, undefined);
  if (names.some(isRecordingId)) return collectionPlace(files, path, names);
  for (const name of names.filter(isStationId).slice(0, LOOKED_INTO_MAX))
    if (await isKeepersFolder(files, join(path, name))) return placeOf('vault', path, parent);
  return undefined;
}

function notRecognised(path: string): never {
  const message = `${path} is no vault, no spool and no recording: nothing in it could be verified`;
  throw new DockError('verify.not-recognised', message, { retry: 'person' });
}

// Reads which vault a folder is. The id file is written by the receiver; here it is only read.

/** The id of the vault that the place is or lies in; undefined where there is none or it cannot be read. */
export async function readVaultId(
  files: ReadFiles,
  place: Pick<Place, 'kind' | 'path'>,
): Promise<{ readonly id: string | undefined; readonly remarks: readonly Remark[] }> {
  const root = rootOf(place);
  if (root === undefined) return { id: undefined, remarks: [] };
  const read = await readSmall(files, join(root, VAULT_ID), VAULT_ID_BYTES_MAX);
  const own = place.kind === 'vault';
  if (read.kind === 'missing')
    return { id: undefined, remarks: own ? [note('vault.no-id', '.', `${VAULT_ID} is not there`)] : [] };
  if (read.kind !== 'bytes') return refused(`${VAULT_ID}: ${read.why}`);
  try {
    return { id: parseVaultId(read.bytes), remarks: [] };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    return refused(`${VAULT_ID}: ${error.message}`);
  }
}

function rootOf({ kind, path }: Pick<Place, 'kind' | 'path'>): string | undefined {
  if (kind === 'vault') return path;
  if (kind === 'station') return dirname(path);
  return kind === 'recording' ? dirname(dirname(path)) : undefined;
}

function refused(message: string): { readonly id: undefined; readonly remarks: readonly Remark[] } {
  return { id: undefined, remarks: [finding('vault.id-refused', VAULT_ID, message)] };
}
