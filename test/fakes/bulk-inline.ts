// The Bulk port in the calling thread.
import type { Bulk } from '../../agent/seal/bulk.ts';
import { DigestPass, type SealContext, SealPass } from '../../agent/seal/seal.ts';
import { readsOf, readUnit } from '../../agent/seal/unit-tags.ts';
import { lookInto } from '../../agent/spool/ready-looks.ts';
import { sealSmall } from '../../protocol/age/sealed-file.ts';
import type { Files } from '../../protocol/format/ports.ts';

/** Works on the given files with the given randomness; holds nothing. `freeBuffer` gets buffers that are done with, where it is given. */
export function bulkInline(context: Omit<SealContext, 'turn'> & { readonly files: Files }): Bulk {
  return {
    startSeal: (job) => SealPass.start(job, context),
    startDigest: async () => new DigestPass(context),
    readUnit: (path, position, sizeBytes, sha256) =>
      readUnit({ readAt: readsOf(context.files), tags: context.tags }, { path, position, sizeBytes, sha256 }),
    lookInto: (wanted) => lookInto(context.files, wanted),
    sealSmall: async (bytes, recipients) => sealSmall(bytes, recipients, context.random),
    close: async () => undefined,
  };
}
