// A second look at the manifests that the start could not read, or not verify.
import { join } from 'node:path';
import { systemCode } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { SecondLook } from '../custody/second-look.ts';
import type { Catalogue } from './catalogue.ts';
import type { ChainLinks } from './chain-links.ts';
import { readFacts } from './judge.ts';
import type { SpoolLayout } from './layout.ts';
import { nameBefore, type Quarantine } from './quarantine.ts';
import type { ReleasedRows } from './released-rows.ts';
import type { RecordingFacts } from './spooled-recording.ts';

export interface ManifestLookDeps {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly quarantine: Pick<Quarantine, 'names' | 'folder'>;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  readonly links: ChainLinks;
  readonly stationKeys: readonly PublicKey[];
  /** Something verified that the index leaves out. */
  readonly onChange: () => void;
}

/** One per spool. */
export function secondLookAtManifests(deps: ManifestLookDeps): SecondLook<RecordingId> {
  const { files, links, stationKeys, onChange } = deps;
  return new SecondLook({
    unread: links.unread,
    isInPlace: (recording) => deps.catalogue.has(recording) || deps.rows.has(recording),
    look: async (recording) => {
      for (const folder of foldersOf(recording, deps)) {
        const read = await readFacts(files, folder, recording, stationKeys).catch(ifThere);
        if (read?.isVerified === true) return () => take(read.facts, deps);
      }
      return undefined;
    },
    follow: async () => {
      await links.setEnds();
    },
    settled: onChange,
  });
}

/** Where it lies, or may lie: what the start was not shown is nowhere by name. */
function foldersOf(
  recording: RecordingId,
  { layout, catalogue, rows, quarantine }: ManifestLookDeps,
): readonly string[] {
  const here = catalogue.get(recording);
  if (here !== undefined) return [here.folder];
  if (rows.has(recording)) return [join(layout.released, recording)];
  const aside = quarantine.names.filter((name) => nameBefore(name) === recording);
  if (aside.length > 0) return aside.map((name) => join(quarantine.folder, name));
  return [join(layout.ready, recording), join(layout.released, recording)];
}

/** Errors: all but that of what is not there. */
function ifThere(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}

/** Wherever it lies by now, its manifest says the same. */
function take(facts: RecordingFacts, { catalogue, rows, links }: ManifestLookDeps): void {
  const { recording } = facts;
  if (catalogue.has(recording)) return catalogue.correct(facts);
  if (!rows.has(recording)) return links.outOfPlace(facts);
  rows.remove(recording);
  rows.add(facts);
}
