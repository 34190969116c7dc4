// Judges what station and store leave when they have ended: the independent checker, as it judges real folders. Of the store it reads what
// is durable, of the station what lies there: a removal that was not synced brings back only what the next start removes again.
import { identitySecret } from '../fakes/age-judge.ts';
import { checkGivenEvidence } from '../fakes/evidence-checker.ts';
import type { Shelf } from '../fakes/evidence-shelf.ts';
import type { DurableTree } from './durable-tree.ts';
import { unitDigestsOf } from './holdings.ts';
import { SPOOL, VAULT } from './sides.ts';
import type { World } from './world.ts';

type Tree = Pick<DurableTree, 'names' | 'bytes'>;

/** What is wrong with the evidence, one sentence each. */
export function lastProblems({
  station,
  store,
  recordings,
  overwritten,
  dock,
  keys,
  site,
}: World): readonly string[] {
  const { files } = station.disk;
  const seen: Tree = { names: (path) => files.peekNames(path), bytes: (path) => files.peek(path) };
  const treeOf = (path: string): Tree => (path.startsWith(`${VAULT}/`) ? store.disk.durable : seen);
  const puts = recordings.map((recording) => ({ ...recording, required: !overwritten.has(recording) }));
  const onCameras = new Set<object>(
    puts.filter((_, at) => dock.cameras.some((camera) => camera.holds(recordings[at]))),
  );
  const { problems } = checkGivenEvidence({
    vault: VAULT,
    spool: SPOOL,
    keys: { ...keys, station: site.station, shelf: shelfOf(treeOf) },
    secret: identitySecret(site.recipient.identity),
    puts,
    isOnCamera: (put) => onCameras.has(put),
    identityFile: undefined,
  });
  return problems;
}

function shelfOf(treeOf: (path: string) => Tree): Shelf {
  const bytesOf = (path: string): Uint8Array => {
    const bytes = treeOf(path).bytes(path);
    if (bytes === undefined) throw new Error(`${path} is not there`);
    return bytes;
  };
  const read = (path: string): Buffer => {
    const bytes = bytesOf(path);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  };
  return {
    names: (folder) => [...(treeOf(folder).names(folder) ?? [])],
    has: (path) => treeOf(path).bytes(path) !== undefined,
    sizeBytes: (path) => read(path).length,
    read,
    unitDigests: (path) => unitDigestsOf(bytesOf(path)),
    reading: (path, use) => {
      const bytes = read(path.toString());
      return use((position, bytesMax) => bytes.subarray(position, position + bytesMax));
    },
  };
}
