// The chains of manifests as the independent checker sees them (SPEC 4.1, `previous_manifest_sha256`): wherever it lies, each manifest of a camera
// names the one before it, and no two name the same. Part of the independent checker.
import { join } from 'node:path';
import { sha256 } from './evidence-bytes.ts';
import type { EvidenceKeys } from './evidence-documents.ts';
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
  const links = new Map(
    folders.flatMap((folder) => linksIn(folder, keys)).map((link) => [link.sha256, link]),
  );
  const followers = groupedBy(links.values(), ({ camera, previous }) => `${camera} ${previous ?? 'nothing'}`);
  for (const [place, found] of followers) {
    const [camera, previous] = place.split(' ');
    if (found.length > 1)
      problems.push(`recordings of ${camera}: ${found.length} manifests continue ${previous}`);
    const named = found[0]?.previous ?? null;
    if (named !== null && links.get(named)?.camera !== camera)
      problems.push(`recordings of ${camera}: what ${found[0]?.recording} continues is nowhere`);
  }
}

/** Folders of recordings below this one. What does not parse is judged elsewhere. */
function linksIn(parent: string, { shelf }: EvidenceKeys): LinkSeen[] {
  return shelf.names(parent).flatMap((name) => {
    try {
      const bytes = shelf.read(join(parent, name, 'manifest.json'));
      const {
        camera,
        recording,
        previous_manifest_sha256: previous,
      } = JSON.parse(bytes.toString()) as {
        camera: { id: string };
        recording: string;
        previous_manifest_sha256: string | null;
      };
      return [{ camera: camera.id, recording, sha256: sha256(bytes), previous }];
    } catch {
      return [];
    }
  });
}
