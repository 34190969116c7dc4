// What a camera's error codes mean (SPEC 11.2): SMP's own, and those of the file group, which count anew from 1. Pure.
import { isDockError } from '../../../protocol/format/errors.ts';

/** Source: Zephyr, SMP Protocol Specification, "Management error codes". */
export const RC_UNKNOWN = 1;
export const RC_INVALID = 3;
export const RC_NO_ENTRY = 5;
export const RC_NOT_SUPPORTED = 8;
export const RC_BUSY = 10;
export const RC_ACCESS_DENIED = 11;
export const RC_TOO_NEW = 13;

const FILES = 8;
const CAMERA = 66;
/** Source: Zephyr, fs_mgmt.h: not found, hash type not known, read-only file system. */
const FILE_CODES: ReadonlyMap<number, number> = new Map([
  [3, RC_NO_ENTRY],
  [13, RC_NOT_SUPPORTED],
  [15, RC_ACCESS_DENIED],
]);

/** The SMP code that an answer's error means, RC_UNKNOWN where a group's own says nothing that is known here; undefined for other errors. */
export function rcOf(error: unknown): number | undefined {
  if (!isDockError(error, 'smp.error')) return undefined;
  const { rc, group } = error.facts;
  if (typeof rc !== 'number') return undefined;
  if (group === -1 || group === CAMERA) return rc;
  return group === FILES ? (FILE_CODES.get(rc) ?? RC_UNKNOWN) : RC_UNKNOWN;
}
