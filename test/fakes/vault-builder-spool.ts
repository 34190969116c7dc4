// For the vault builder: the spool of a station that such a vault was filled from.
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RecordingId } from '../../protocol/format/ids.ts';

/** What lies in it. */
export interface SpoolContent {
  readonly recordings: readonly { readonly id: RecordingId; readonly folder: string }[];
  /** Recordings whose sealed copy was reclaimed. */
  readonly released: readonly RecordingId[];
  /** Folders of docking records. */
  readonly dockings: readonly string[];
  /** Writes the custody log into a folder. */
  readonly writeLog: (folder: string) => Promise<void>;
}

/** Makes the spool below a folder; gives its path. Ended segments are signed. */
export async function writeSpool(
  root: string,
  { recordings, released, dockings, writeLog }: SpoolContent,
): Promise<string> {
  const spool = join(root, 'spool');
  for (const name of ['staging', 'ready', 'released', 'dockings', 'quarantine', 'custody', 'proofs'])
    await mkdir(join(spool, name), { recursive: true });
  await writeFile(join(spool, 'spool.json'), '{}');
  for (const { id, folder } of recordings) {
    const state = released.includes(id) ? 'released' : 'ready';
    const sealed = /\/(?:payload\.age|chunks\.bin)$/;
    const filter = (from: string): boolean => state === 'ready' || !sealed.test(from);
    await cp(folder, join(spool, state, id), { recursive: true, filter });
  }
  for (const folder of dockings)
    await cp(folder, join(spool, 'dockings', basename(folder)), { recursive: true });
  await writeLog(join(spool, 'custody'));
  return spool;
}

/** Folders in a vault's folder that are not there do not come into a spool either. */
export async function thereOf(folders: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for (const folder of folders) if ((await readdir(folder).catch(() => [])).length > 0) there.push(folder);
  return there;
}
