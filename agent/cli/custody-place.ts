// Where `bodydock custody` reads: a store's vault, or the spool of this station; and which keys it trusts there.
import { basename, dirname } from 'node:path';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { publicKeyOf } from '../../protocol/documents/minisign.ts';
import { vaultAbove } from '../evidence/kit/disclosure.ts';
import { findPlace, type Place } from '../evidence/verify/place.ts';
import { readTrustedKeys, type TrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { usageError } from '../../config/command-line.ts';
import { realFolder } from './verify.ts';

/** What the command line says of it. */
export interface PlaceWish {
  readonly vault: string | undefined;
  readonly spool: string | undefined;
  readonly config: string | undefined;
  readonly keys: string | undefined;
  /** What is asked for; the folder of a recording in a vault tells both. */
  readonly word: string;
}

/** A place, the keys that count there, and what is asked for in it. */
export interface FoundPlace {
  readonly place: Place & { readonly kind: 'vault' | 'spool' };
  readonly keys: TrustedKeys;
  readonly word: string;
  /** Where the word was a folder in the folder of a station. */
  readonly station: string | undefined;
}

/** Finds it. Errors: "usage", "verify.*", "key.*", "config.refused". */
export async function custodyPlace(wish: PlaceWish): Promise<FoundPlace> {
  const { vault, spool, config } = wish;
  const given = [vault, spool, config].filter((each) => each !== undefined);
  if (given.length > 1) throw usageError('--vault, --spool and --config name different places: give one');
  if (vault !== undefined) return inFolder(vault, 'vault', wish);
  if (spool !== undefined) return inFolder(spool, 'spool', wish);
  return (config === undefined ? await aroundFolder(wish) : undefined) ?? ofStation(wish);
}

async function inFolder(folder: string, kind: 'vault' | 'spool', wish: PlaceWish): Promise<FoundPlace> {
  const path = await realFolder(folder);
  const place = await findPlace(nodeFiles(), path);
  if (place.kind !== kind)
    throw new DockError('verify.not-recognised', `${path} is no ${kind}, it is a ${place.kind}`, {
      retry: 'person',
    });
  const keys = await readTrustedKeys(wish.keys ?? place.keysFolder);
  return { place: { ...place, kind }, keys, word: lastPart(wish.word), station: undefined };
}

/** The folder of a recording in a vault, as somebody copies it from a file manager. */
async function aroundFolder(wish: PlaceWish): Promise<FoundPlace | undefined> {
  if (!wish.word.includes('/')) return undefined;
  const path = await realFolder(wish.word).catch(() => undefined);
  if (path === undefined || (await nodeFiles().stat(path))?.kind !== 'folder') return undefined;
  const vault = await vaultAbove(nodeFiles(), path);
  if (vault === undefined) return undefined;
  return { ...(await inFolder(vault, 'vault', wish)), station: basename(dirname(path)) };
}

/** A folder's own name is the id. */
function lastPart(word: string): string {
  const name = basename(word);
  return /^[a-z2-7]{26}$/.test(name) ? name : word;
}

async function ofStation({
  config: file = STATION_FILE_DEFAULT,
  keys,
  word,
}: PlaceWish): Promise<FoundPlace> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') {
    const message = `name a vault with --vault, a spool with --spool, or a good configuration with --config:\n${renderProblems(loaded.problems)}`;
    throw new DockError('config.refused', message, { retry: 'person' });
  }
  const { path } = loaded.config.spool;
  const place = { kind: 'spool', path, keysFolder: keys ?? file } as const;
  const trusted = keys === undefined ? await keysOfStation(loaded.config, file) : await readTrustedKeys(keys);
  return { place, keys: trusted, word, station: undefined };
}

/** A station knows its own keys, and those of its store: they are pinned in its file. */
async function keysOfStation(
  { station, keys, spool, store }: StationConfig,
  file: string,
): Promise<TrustedKeys> {
  const own = publicKeyOf(await readSigningKey(keys.signingFile));
  const { earlier } = await loadKeyHistory(keyChangesFolder(spool.path), station, own);
  return {
    folder: file,
    station: [own, ...earlier].map((key) => ({ file: keys.signingFile, key, station })),
    store: store.publicKeys.map((key) => ({ file, key, station: null })),
    officer: [],
    supervisor: [],
    introduced: new Map(),
    changes: [],
    revoked: new Map(),
  };
}
