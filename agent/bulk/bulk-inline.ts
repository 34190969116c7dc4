// The Bulk port in the calling thread: for tests and for commands that handle one recording.
import type { Files, Random } from '../../protocol/ports.ts';
import { sealSmall } from '../../protocol/sealed-file.ts';
import type { Bulk } from './bulk.ts';
import { DigestPass } from './digest.ts';
import { SealPass } from './seal.ts';
import { readUnit } from './unit-read.ts';

/** Works on the given files with the given randomness; holds nothing. */
export function bulkInline(context: { readonly files: Files; readonly random: Random }): Bulk {
  return {
    startSeal: (job) => SealPass.start(job, context),
    startDigest: async () => new DigestPass({}),
    readUnit: (path, position, sizeBytes, sha256) =>
      readUnit(context.files, { path, position, sizeBytes, sha256 }),
    sealSmall: async (bytes, recipients) => sealSmall(bytes, recipients, context.random),
    close: async () => undefined,
  };
}
