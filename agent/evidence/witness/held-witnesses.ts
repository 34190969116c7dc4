// The witnesses of a vault, verified like `bodydock verify` does it, with what is needed to compare their days with the documents that are here.
import { join } from 'node:path';
import { DockError } from '../../../protocol/format/errors.ts';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import { stationDays } from '../../../protocol/custody/witness-day.ts';
import { WITNESS } from '../../../protocol/format/file-names.ts';
import { custodyFolder, stationCustodies } from '../verify/custody-folders.ts';
import { knownKeys } from '../verify/known-keys.ts';
import { findPlace } from '../verify/place.ts';
import { PlaceFacts } from '../verify/place-facts.ts';
import { PlaceLogs } from '../verify/place-logs.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import type { Remark } from '../verify/remark.ts';
import type { StoreLog } from '../verify/store-log.ts';
import { readTrustedKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { readVaultId } from '../verify/vault-id.ts';
import { checkWitnesses, type FoundWitness } from '../verify/witness-check.ts';
import { DocumentDays, type WitnessedDays } from '../verify/witness-roots.ts';

/** What reading needs. Paths are absolute. */
export interface WitnessQuestion {
  readonly files: ReadFiles;
  readonly vault: string;
  /** Undefined: where they lie beside the vault. */
  readonly keysFolder: string | undefined;
  readonly signal: AbortSignal;
}

/** All witnesses whose signatures and places hold, by receiver and day, and what is wrong with others. */
export interface HeldWitnesses {
  /** Absolute. */
  readonly vault: string;
  /** Those that the vault's own documents introduce among them. */
  readonly keys: TrustedKeys;
  readonly witnesses: readonly FoundWitness[];
  readonly remarks: readonly Remark[];
}

/** Errors: "witness.no-vault", "verify.*", "key.*"; the signal's reason; those of the machine. */
export async function heldWitnesses(question: WitnessQuestion): Promise<HeldWitnesses> {
  const { files, vault, signal } = question;
  const place = await findPlace(files, vault);
  if (place.kind !== 'vault')
    throw new DockError('witness.no-vault', `${vault} is no vault: name the folder with vault.json`, {
      retry: 'person',
    });
  const trusted = await readTrustedKeys(question.keysFolder ?? place.keysFolder);
  const { keys } = await knownKeys(files, place, trusted);
  const { id } = await readVaultId(files, place);
  const witnesses: FoundWitness[] = [];
  const remarks: Remark[] = [];
  for (const receiver of ((await listSorted(files, place.path)) ?? []).filter(isReceiverId)) {
    const folder = join(place.path, receiver, WITNESS);
    const where = `${receiver}/${WITNESS}`;
    const checked = await checkWitnesses({ files, folder, where, receiver, vault: id, keys, signal });
    witnesses.push(...checked.witnesses);
    remarks.push(...checked.remarks);
  }
  return { vault: place.path, keys, witnesses, remarks };
}

/**
 * The documents of some days that a vault holds, and those that the store's logs say behind a signature were let go.
 * Errors: "witness.too-many"; the signal's reason; the system's.
 */
export async function daysInVault(
  question: Pick<WitnessQuestion, 'files' | 'signal'>,
  held: Pick<HeldWitnesses, 'vault' | 'keys'>,
  days: ReadonlySet<string>,
): Promise<WitnessedDays> {
  const { files, signal } = question;
  const found = new DocumentDays(days);
  for (const station of ((await listSorted(files, held.vault)) ?? []).filter(isStationId)) {
    const folder = join(held.vault, station);
    if ((await files.stat(folder))?.kind !== 'folder') continue;
    const read = await stationDays({ files, folder, wanted: (day) => days.has(day), signal });
    found.put(station, read.days);
  }
  found.takeDropped(await storeLogs(question, held));
  return found;
}

/** What the store's logs say. */
async function storeLogs(
  { files, signal }: Pick<WitnessQuestion, 'files' | 'signal'>,
  { vault, keys }: Pick<HeldWitnesses, 'vault' | 'keys'>,
): Promise<StoreLog> {
  const names = (await listSorted(files, vault)) ?? [];
  const stations = await stationCustodies(files, vault);
  const nothing = { facts: new PlaceFacts(), witnesses: [] };
  const logs = new PlaceLogs({ files, keys, kind: 'vault', signal, stations, ...nothing });
  for (const receiver of names.filter(isReceiverId))
    await logs.readStore(receiver, custodyFolder(vault, receiver));
  return logs.store;
}
