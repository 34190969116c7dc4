// The spool that a station's file names, for commands that only read it.
import { stat } from 'node:fs/promises';
import type { Io } from '../../config/command-line.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { loadStationConfig } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { refusedFile } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { texts } from '../../config/texts.ts';
import { SPOOL_DE } from '../../config/texts/de/spool.ts';
import { SPOOL_EN } from '../../config/texts/en/spool.ts';
import { publicKeyOf } from '../../protocol/documents/minisign.ts';
import { ensureFolder } from '../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import {
  type NamedKey,
  NO_KEYS,
  readTrustedKeys,
  type TrustedKeys,
} from '../evidence/verify/trusted-keys.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { openIdentity } from '../spool/identity.ts';
import { spoolLayout, type SpoolLayout } from '../spool/layout.ts';

/** What the commands on the spool say. */
export const SPOOL = texts(SPOOL_EN, SPOOL_DE);

export interface SpoolPlace {
  readonly config: StationConfig;
  readonly layout: SpoolLayout;
}

/** Errors: "config.refused", with the problems told to `io`; "spool.absent" where no agent has made one yet, or it is not mounted. */
export async function spoolOf(file: string, io: Pick<Io, 'err'>): Promise<SpoolPlace> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock', io);
  const { config } = loaded;
  const layout = spoolLayout(config.spool.path);
  const found = await stat(layout.identity).catch((error: unknown) => error);
  if (found instanceof Error)
    throw new DockError(
      'spool.absent',
      `there is no spool at ${layout.root} that this user can read: mount its disk, or take sudo; the first start of the agent makes it`,
      { cause: found, retry: 'person' },
    );
  return { config, layout };
}

/**
 * Whom a verification of this spool trusts: the keys of a folder, or else what the configuration says: this station's own key with those
 * that it had before, and the keys of the store. Errors: "key.*".
 */
export async function spoolKeys(
  { config, layout }: SpoolPlace,
  keysFolder: string | undefined,
): Promise<TrustedKeys> {
  if (keysFolder !== undefined) return readTrustedKeys(keysFolder);
  const own = publicKeyOf(await readSigningKey(config.keys.signingFile));
  const { earlier } = await loadKeyHistory(
    keyChangesFolder(layout.root),
    config.station,
    own,
    () => undefined,
  );
  const file = config.keys.signingFile;
  const station: NamedKey[] = [own, ...earlier].map((key) => ({ file, key, station: config.station }));
  const store: NamedKey[] = config.store.publicKeys.map((key) => ({
    file: 'store.public_keys',
    key,
    station: null,
  }));
  return { ...NO_KEYS, folder: file, station, store };
}

// Folders of a spool that commands write into while no agent may ever have run.

/**
 * One folder of a spool that is there, or that is made here as the first start would make it: an id file first, because a folder that
 * holds something else is refused as foreign. Gives the folder.
 * Errors: "spool.unusable", those of openIdentity.
 */
export async function openSpoolFolder(spoolPath: string, folder: string): Promise<string> {
  try {
    const layout = spoolLayout(spoolPath);
    const files = await ownedFiles(spoolPath);
    if ((await files.stat(layout.identity)) === undefined)
      await openIdentity(layout, { files, clock: nodeClock(), random: nodeRandom() });
    await ensureFolder(files, folder);
    return folder;
  } catch (error) {
    if (error instanceof DockError) throw error;
    const message = `the spool ${spoolPath} cannot be used (${systemCode(error) ?? 'unknown error'}): make the folder above it, and run this as root or as the user of the service`;
    throw new DockError('spool.unusable', message, { retry: 'person', cause: error });
  }
}
