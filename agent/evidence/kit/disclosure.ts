// Leaves a disclosure (SPEC 4.11) behind in the vault before a recording is opened or exported: durable before the first byte goes out.
// The receiver enters it into the store's log; anybody who opens a recording does not hold the store's key.
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureFolder, replaceDurable } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { makeSessionId, type RecordingId, type StationId } from '../../../protocol/format/ids.ts';
import { encodeDisclosure, reasonCodeSchema, type Disclosure } from '../../../protocol/documents/order.ts';
import type { Clock, Files, Random } from '../../../protocol/format/ports.ts';
import { VAULT_ID } from '../../../protocol/format/file-names.ts';

/** In a vault: what was disclosed and is not in the store's log yet. */
export const DISCLOSURES = '.disclosures';

/** Whether a disclosure has to be left: not where nobody can write, and not where no store keeps the folder. */
export type DisclosurePlace =
  | { readonly kind: 'vault'; readonly vault: string; readonly reason: string }
  | { readonly kind: 'none'; readonly why: 'no-vault' | 'read-only' };

/** What is disclosed. */
export interface DisclosureSubject {
  readonly station: StationId;
  readonly recording: RecordingId;
  readonly manifestSha256: string;
  readonly command: Disclosure['command'];
}

/** Ports that leaving one needs. */
export interface DisclosurePorts {
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly random: Random;
}

/** The vault in which a recording's folder lies, by its `vault.json`; undefined where there is none. Errors: the system's. */
export async function vaultAbove(
  files: Pick<Files, 'stat'>,
  recordingFolder: string,
): Promise<string | undefined> {
  const vault = dirname(dirname(recordingFolder));
  return (await files.stat(join(vault, VAULT_ID))) === undefined ? undefined : vault;
}

/**
 * Finds out whether a disclosure is needed, before anything is read.
 * Errors: "disclosure.no-reason" where one is needed and no reason was given; "disclosure.reason" for a reason that is no code.
 */
export async function disclosurePlace(
  vault: string | undefined,
  reason: string | undefined,
): Promise<DisclosurePlace> {
  if (reason !== undefined && !reasonCodeSchema.safeParse(reason).success) throw notACode(reason);
  if (vault === undefined) return { kind: 'none', why: 'no-vault' };
  if (await isReadOnly(vault)) return { kind: 'none', why: 'read-only' };
  if (reason === undefined) throw noReason(vault);
  return { kind: 'vault', vault, reason };
}

/**
 * Leaves a disclosure; undefined where none is needed. It is durable when this resolves.
 * Errors: "disclosure.unwritable" with the system's error as cause: nothing may go out then.
 */
export async function leaveDisclosure(
  place: DisclosurePlace,
  subject: DisclosureSubject,
  { files, clock, random }: DisclosurePorts,
): Promise<Disclosure | undefined> {
  if (place.kind === 'none') return undefined;
  const { station, recording, manifestSha256, command } = subject;
  const disclosure: Disclosure = {
    type: 'disclosure',
    version: 1,
    disclosure: makeSessionId(random),
    station,
    recording,
    manifest_sha256: manifestSha256,
    command,
    reason: place.reason,
    asked_at: new Date(clock.wallMs()).toISOString(),
  };
  await leaveInVault(files, place.vault, `${disclosure.disclosure}.json`, encodeDisclosure(disclosure));
  return disclosure;
}

/** Leaves a file for the receiver, which is durable when this resolves. Errors: "disclosure.unwritable" with the system's error as cause. */
export async function leaveInVault(
  files: Files,
  vault: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const folder = join(vault, DISCLOSURES);
  try {
    await ensureFolder(files, folder);
    await files.syncFolder(vault);
    await replaceDurable(files, join(folder, name), bytes);
    await files.syncFolder(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Only a medium that nobody can write counts: who may not write into a vault does not thereby read it unseen. */
async function isReadOnly(vault: string): Promise<boolean> {
  try {
    await access(vault, constants.W_OK);
    return false;
  } catch (error) {
    return systemCode(error) === 'EROFS';
  }
}

function notACode(reason: string): DockError {
  const message = `reason ${JSON.stringify(reason.slice(0, 80))} is no code: give 1 to 64 of a-z, 0-9 and "-", such as the number of the case; no words and no names`;
  return new DockError('disclosure.reason', message, { retry: 'person' });
}

function noReason(vault: string): DockError {
  const message = `${vault} is a store's vault: whoever takes a recording out of it says why with --reason CODE (1 to 64 of a-z, 0-9 and "-", such as the number of the case), and the store's log keeps it`;
  return new DockError('disclosure.no-reason', message, { retry: 'person' });
}

function unwritable(folder: string, cause: unknown): DockError {
  const message = `${folder} could not be written (${systemCode(cause) ?? 'unknown error'}), so nothing goes out: let whoever runs the store give you write access to that folder`;
  return new DockError('disclosure.unwritable', message, { retry: 'person', cause });
}
