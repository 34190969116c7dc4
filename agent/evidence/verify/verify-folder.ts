// The whole verification of one folder, for whoever has only its path: finds out what it is, reads the public keys, verifies.
import type { OpenedIdentity } from '../../../config/enrolment/identity-file.ts';
import { findPlace, type Place } from './place.ts';
import type { ReadFiles } from './read-files.ts';
import type { Totals } from './totals.ts';
import { readTrustedKeys, type TrustedKeys } from './trusted-keys.ts';
import { verifyPlace, type VerifyReport } from './verify-place.ts';

/** What a verification of a folder needs. */
export interface VerifyFolderOptions {
  readonly files: ReadFiles;
  /** Folder with `station*.pub` and `store*.pub`; undefined: where they lie beside the place. */
  readonly keysFolder: string | undefined;
  /** Empty: payloads are not opened. */
  readonly identities: readonly OpenedIdentity[];
  /** Time of the verification, ms since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** What was verified, with which keys, and the counts. */
export interface VerifiedFolder {
  readonly place: Place;
  readonly keys: TrustedKeys;
  readonly totals: Totals;
}

/**
 * Verifies the folder at an absolute path; good where the totals count no finding. `begun` is told what it is before the first report.
 * Errors: "verify.missing", "verify.unreadable", "verify.not-recognised", "key.*", the signal's reason; those of the machine.
 */
export async function verifyFolder(
  path: string,
  { keysFolder, ...options }: VerifyFolderOptions,
  report: VerifyReport,
  begun: (place: Place, keys: TrustedKeys) => void = () => undefined,
): Promise<VerifiedFolder> {
  const place = await findPlace(options.files, path);
  const keys = await readTrustedKeys(keysFolder ?? place.keysFolder);
  begun(place, keys);
  const totals = await verifyPlace(place, { ...options, keys }, report);
  return { place, keys, totals };
}
