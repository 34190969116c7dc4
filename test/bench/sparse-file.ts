// Files for load that costs nothing to make: holes after a few bytes of their own. To read, seal and send one is as much work as for a dense
// file of that size, because nothing of ours compresses or looks for zeros.
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeOld } from '../fakes/put-ledger.ts';

/** Appears at `path` as a whole, as a recording of an hour ago; `beside` is a name on the same disk that no station looks at. */
export async function putSparse(
  path: string,
  beside: string,
  sizeBytes: number,
  mode = 0o644,
): Promise<void> {
  const file = await open(beside, 'wx', mode);
  try {
    await file.write(path); // no two of a camera are equal
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
  await makeOld(beside);
  await mkdir(dirname(path), { recursive: true });
  await rename(beside, path);
}
