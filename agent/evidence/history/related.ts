// Finds out which ids and places belong to a subject, before its life is read: dockings, docking records, files that accompany it, and
// whose receipts may confirm the log behind it. What it finds is a question, not an answer: proofs come later.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Companion, Subject } from './history.ts';
import { entriesWith, type ScanDeps } from './log-scan.ts';
import type { StationPlace } from './places.ts';

/** Dockings that one recording was met in: a camera that is never cleared shows it again each day. */
const DOCKINGS_MAX = 1000;
/** Recordings of one docking that are listed. */
export const COMPANIONS_MAX = 1000;
/** The newest receipts of the station are asked what they confirm: each stands for all of the log before it. */
const NEWEST_MAX = 16;

/** What belongs to a subject. */
export interface Related {
  readonly subject: Subject;
  /** Paths of the file on its camera, by docking; a docking alone has none. */
  readonly dockings: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ids of the parts of the docking records. */
  readonly records: ReadonlySet<string>;
  readonly companions: readonly Companion[];
  readonly moreCompanions: number;
  /** Documents that were receipted last. */
  readonly newest: readonly string[];
}

/** Reads the station's log twice. `manifest` is what lies here of the recording, where anything does. Errors: the signal's reason; the machine's. */
export async function relate(
  deps: ScanDeps,
  place: StationPlace,
  subject: Subject,
  manifest: Manifest | undefined,
): Promise<Related> {
  const dockings = new Map<string, Set<string>>();
  const add = (docking: unknown, path?: unknown): void => {
    if (typeof docking !== 'string' || (!dockings.has(docking) && dockings.size >= DOCKINGS_MAX)) return;
    const paths = dockings.get(docking) ?? new Set<string>();
    dockings.set(docking, paths);
    if (typeof path === 'string') paths.add(path);
  };
  if (subject.kind === 'docking') add(subject.id);
  else {
    if (manifest !== undefined) add(manifest.docking, manifest.source.path_sha256);
    for await (const { facts } of entriesWith(deps, place.custody.folder, [`"${subject.id}"`]))
      if (facts['recording'] === subject.id) add(facts['docking'], facts['path_sha256']);
  }
  const around = new Around(subject, dockings, manifest);
  const needles = [...dockings.keys()].map((docking) => `"${docking}"`);
  for await (const entry of entriesWith(deps, place.custody.folder, [...needles, '"event":"receipted"']))
    around.take(entry);
  return { subject, dockings, ...around.result() };
}

/** Gathers what stands around the subject. */
class Around {
  readonly #subject: Subject;
  readonly #dockings: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #manifest: Manifest | undefined;
  readonly #records = new Set<string>();
  readonly #companions: Companion[] = [];
  #moreCompanions = 0;
  #newest: { readonly at: string; readonly id: string }[] = [];

  constructor(
    subject: Subject,
    dockings: ReadonlyMap<string, ReadonlySet<string>>,
    manifest: Manifest | undefined,
  ) {
    this.#subject = subject;
    this.#dockings = dockings;
    this.#manifest = manifest;
  }

  take({ event, facts, at }: CustodyEntry): void {
    const { docking, record, recording } = facts;
    if (event === 'receipted' && typeof recording === 'string') this.#receipted(at, recording);
    if (typeof docking !== 'string' || !this.#dockings.has(docking)) return;
    if (event === 'docking-recorded' && typeof record === 'string') this.#records.add(record);
    if (event === 'pulled' || event === 'matched') this.#met(event, facts);
  }

  result(): Omit<Related, 'subject' | 'dockings'> {
    return {
      records: this.#records,
      companions: this.#companions,
      moreCompanions: this.#moreCompanions,
      newest: this.#newest.map(({ id }) => id),
    };
  }

  #receipted(at: string, id: string): void {
    this.#newest.push({ at, id });
    if (this.#newest.length <= 2 * NEWEST_MAX) return;
    this.#newest = this.#newest.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, NEWEST_MAX);
  }

  #met(event: Companion['event'], facts: CustodyEntry['facts']): void {
    const { recording, path_sha256: path, size_bytes: size, sha256 } = facts;
    if (typeof recording !== 'string' || typeof path !== 'string' || recording === this.#subject.id) return;
    const relation = this.#relation(path);
    if (relation === undefined) return;
    if (this.#companions.some((known) => known.recording === recording && known.event === event)) return;
    if (this.#companions.length >= COMPANIONS_MAX) {
      this.#moreCompanions++;
      return;
    }
    this.#companions.push({
      recording,
      path_sha256: path,
      relation,
      event,
      size_bytes: typeof size === 'number' ? size : null,
      sha256: typeof sha256 === 'string' ? sha256 : null,
    });
  }

  /** Of a docking all that was met counts; of a recording what accompanies it, or what it accompanies. */
  #relation(path: string): Companion['relation'] | undefined {
    if (this.#subject.kind === 'docking') return 'of-docking';
    if (this.#manifest?.sidecars.includes(path) === true) return 'sidecar';
    return this.#manifest?.sidecar_of === path ? 'media' : undefined;
  }
}
