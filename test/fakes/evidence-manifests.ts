// The chains of manifests as the independent checker sees them (SPEC 4.1, `previous_manifest_sha256`): wherever it lies, each manifest of a camera
// names the one before it, and no two name the same. What does not verify has no place in a chain, and may be what another one names. Part of the
// independent checker.
import { join } from 'node:path';
import { readOrTell, type EvidenceKeys } from './evidence-documents.ts';
import { readManifest } from './evidence-recordings.ts';
import { groupedBy } from './grouped-by.ts';

/** What the checker looks at of a manifest's place in its chain. */
interface LinkSeen {
  readonly camera: string;
  readonly recording: string;
  readonly sha256: string;
  readonly previous: string | null;
}

/** Folders in which a manifest may lie: those of the vault's station and of the spool. */
export function checkManifestChains(
  folders: readonly string[],
  keys: EvidenceKeys,
  problems: string[],
): void {
  const seen = folders.flatMap((folder) => linksIn(folder, keys));
  const links = new Map(seen.filter((link) => link !== undefined).map((link) => [link.sha256, link]));
  const isWhole = !seen.includes(undefined);
  const followers = groupedBy(links.values(), ({ camera, previous }) => `${camera} ${previous ?? 'nothing'}`);
  for (const [place, found] of followers) {
    const [camera, previous] = place.split(' ');
    if (found.length > 1)
      problems.push(`recordings of ${camera}: ${found.length} manifests continue ${previous}`);
    const named = found[0]?.previous ?? null;
    if (isWhole && named !== null && links.get(named)?.camera !== camera)
      problems.push(`recordings of ${camera}: what ${found[0]?.recording} continues is nowhere`);
  }
}

/** Manifests in the folders below this one; undefined for one that does not verify. */
function linksIn(parent: string, keys: EvidenceKeys): (LinkSeen | undefined)[] {
  return keys.shelf.names(parent).flatMap((name) => {
    const folder = join(parent, name);
    if (!keys.shelf.names(folder).includes('manifest.json')) return [];
    const faults: string[] = [];
    const [signed] = readOrTell(folder, faults, (tell) => readManifest(folder, keys, tell));
    if (signed === undefined || faults.length > 0) return [undefined];
    const { camera, recording, previous_manifest_sha256: previous } = signed.document;
    return [{ camera: camera.id, recording, sha256: signed.sha256, previous }];
  });
}
