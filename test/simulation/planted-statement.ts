// A statement in a simulated vault that it was restored, as `bodydock-receiver restored` makes it; the store's log does not name it.
import { ROLES, roleSignature } from '../../protocol/documents/order.ts';
import { restoredName } from '../../protocol/documents/restored.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import { signed } from '../fakes/restored-store.ts';
import { SIMULATED_SITE, VAULT } from './sides.ts';
import type { World } from './world.ts';

/** `restoredAt`: RFC 3339. */
export async function plantStatement(
  files: World['store']['disk']['files'],
  restoredAt: string,
): Promise<void> {
  const { vault } = JSON.parse(Buffer.from(files.peek(`${VAULT}/vault.json`) ?? []).toString()) as {
    vault: SessionId;
  };
  const document = await signed(SIMULATED_SITE.storeKey, { vault, restored_at: restoredAt });
  const folder = `${VAULT}/${SIMULATED_SITE.receiver}/restored`;
  files.plantFolder(folder);
  const path = `${folder}/${restoredName(document.bytes)}`;
  files.plant(path, document.bytes);
  files.plant(`${path}.minisig`, Buffer.from(document.signature));
  for (const role of ROLES) files.plant(roleSignature(path, role), Buffer.from(document.roles[role]));
}
