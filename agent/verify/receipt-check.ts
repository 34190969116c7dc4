// Compares a receipt with what it should confirm (SPEC 4.2), field by field. Pure; the signature was verified before.
import type { Manifest } from '../../protocol/manifest.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { finding, type Remark, type RemarkCode } from './remark.ts';

/** Every field in which a receipt is not about this recording; empty where it is. `vault` is the vault that holds it, where known. */
export function receiptRemarks(
  place: string,
  receipt: Receipt,
  manifest: Manifest,
  own: { readonly manifestSha256: string; readonly vault: string | undefined },
): Remark[] {
  const { sealed } = manifest;
  const fields: readonly [RemarkCode, string, string | number, string | number][] = [
    ['receipt.wrong-recording', 'recording', manifest.recording, receipt.recording],
    ['receipt.wrong-station', 'station', manifest.station, receipt.station],
    ['receipt.wrong-manifest', 'manifest_sha256', own.manifestSha256, receipt.manifest_sha256],
    ['receipt.wrong-size', 'sealed_size_bytes', sealed.size_bytes, receipt.sealed_size_bytes],
    ['receipt.wrong-chunks', 'chunks_sha256', sealed.chunks_sha256, receipt.chunks_sha256],
    ['receipt.wrong-vault', 'vault', own.vault ?? receipt.vault, receipt.vault],
  ];
  return fields
    .filter(([, , expected, found]) => expected !== found)
    .map(([code, field, expected, found]) =>
      finding(code, place, `receipt: ${field}: expected ${expected}, found ${found}`, {
        field,
        expected,
        found,
      }),
    );
}
