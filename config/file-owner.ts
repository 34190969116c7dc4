// Who owns what a command leaves: root would else leave files that the service cannot read or write.
import { lchown, stat } from 'node:fs/promises';

/** Gives the paths to whom the model belongs, where root types the command; else they are right already. Errors: the system's. */
export async function giveToOwnerOf(model: string, paths: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(model);
  for (const path of paths) await lchown(path, uid, gid);
}
