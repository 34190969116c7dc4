// What `bodydock verify` remarks on a vault of the tests.
import type { Remark } from '../../../../agent/evidence/verify/remark.ts';
import { verifyFolder } from '../../../../agent/evidence/verify/verify-place.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import type { EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';

/** All of them, with the keys and at the time of that evidence. */
export async function remarksOf({ dock1 }: EvidenceVault, vault: string): Promise<Remark[]> {
  const remarks: Remark[] = [];
  const take = (checked: { readonly remarks: readonly Remark[] }): void =>
    void remarks.push(...checked.remarks);
  const report = { recording: take, docking: take, remark: (remark: Remark) => void remarks.push(remark) };
  const nowMs = Date.parse(dock1.clock.now());
  const { signal } = new AbortController();
  const asked = { files: nodeFiles(), keysFolder: dock1.keys, identities: [], nowMs, signal };
  await verifyFolder(vault, asked, report);
  return remarks;
}
