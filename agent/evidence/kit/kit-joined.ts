// Finds what belongs to recordings in their station's folder: sidecars, and the records of the dockings that brought them. Reads every
// document there once and keeps what fits.
import { join } from 'node:path';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { claimedDeletion, claimedDocking, claimedManifest, claimedReceipt } from './kit-documents.ts';
import type { KitDocking, KitRecording } from './kit-parts.ts';

/** What is looked for. */
export interface JoinQuestion {
  readonly files: ReadFiles;
  /** Absolute; the station's folder in the vault. */
  readonly folder: string;
  readonly station: string;
  readonly asked: readonly KitRecording[];
  /** Ids of dockings that are wanted whatever recordings they have. */
  readonly dockings: readonly string[];
  readonly signal: AbortSignal;
}

/** What belongs to recordings and dockings. */
export interface Joined {
  readonly sidecars: readonly KitRecording[];
  readonly dockings: readonly KitDocking[];
}

/** Errors: the signal's reason; those of the machine. */
export async function findJoined(question: JoinQuestion): Promise<Joined> {
  const { files, folder, station, signal } = question;
  const wanted = new Wanted(question);
  const sidecars: KitRecording[] = [];
  const dockings: KitDocking[] = [];
  /** What was sealed anew in place of each recording, in whichever docking. */
  const replacing = new Map<string, string>();
  for (const name of ((await listSorted(files, folder)) ?? []).filter(isRecordingId)) {
    signal.throwIfAborted();
    const place = join(folder, name);
    const document = await claimedDocking(files, place);
    if (document !== undefined) {
      if (!wanted.dockings.has(document.docking)) continue;
      const names = (await listSorted(files, place)) ?? [];
      const receipt = await claimedReceipt(files, place);
      dockings.push({ record: name, folder: place, names, document, receipt });
      continue;
    }
    const manifest = await claimedManifest(files, place);
    for (const replaced of manifest?.supersedes ?? []) replacing.set(replaced, name);
    if (wanted.isSidecar(name, manifest)) sidecars.push(await readRecording(files, folder, station, name));
  }
  dockings.sort((a, b) => compare(orderOf(a), orderOf(b)));
  for (const named of namedSidecars(question.asked, dockings)) {
    if (isHere(named, [...question.asked, ...sidecars])) continue;
    const isKept = (await files.stat(join(folder, named.recording)))?.kind === 'folder';
    const found = isKept ? named.recording : replacing.get(named.recording);
    if (found !== undefined) sidecars.push(await readRecording(files, folder, station, found));
  }
  return { sidecars, dockings };
}

/** A sidecar as the record of a docking names it. */
export interface NamedSidecar {
  readonly recording: string;
  readonly docking: string;
  readonly pathSha256: string;
  /** The part that names it, and whose sidecar it is. */
  readonly record: string;
  readonly of: string;
}

/** The sidecars that manifests list, by the entries of their dockings: one may have come in an earlier docking. Pure. */
export function namedSidecars(
  asked: readonly KitRecording[],
  dockings: readonly KitDocking[],
): NamedSidecar[] {
  return asked.flatMap(({ recording: of, manifest }) =>
    dockings
      .filter(({ document }) => document.docking === manifest?.docking)
      .flatMap(({ record, document: { docking, entries } }) =>
        entries.flatMap(({ recording, path_sha256: pathSha256 }) =>
          recording !== null && manifest?.sidecars.includes(pathSha256) === true
            ? [{ recording, docking, pathSha256, record, of }]
            : [],
        ),
      ),
  );
}

/** Whether it is among these, or one that was sealed anew in its place. */
export function isHere(
  { recording, docking, pathSha256 }: NamedSidecar,
  recordings: readonly KitRecording[],
): boolean {
  return recordings.some(
    ({ recording: id, manifest }) =>
      id === recording ||
      manifest?.supersedes.some((replaced) => replaced === recording) === true ||
      (manifest?.docking === docking && manifest.source.path_sha256 === pathSha256),
  );
}

function orderOf({ document: { docked_at: at, docking, part } }: KitDocking): string {
  return `${at} ${docking} ${String(part).padStart(8, '0')}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What makes a document belong to the recordings that were asked for. */
class Wanted {
  readonly dockings: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;
  /** Camera, docking and path of each media file: a path means something only within one docking of one camera. */
  readonly #media: ReadonlySet<string>;

  constructor({ asked, dockings }: Pick<JoinQuestion, 'asked' | 'dockings'>) {
    const manifests = asked.flatMap(({ manifest }) => manifest ?? []);
    this.#names = new Set(asked.map(({ recording }) => recording));
    this.dockings = new Set([...dockings, ...manifests.map(({ docking }) => docking)]);
    this.#media = new Set(manifests.map((manifest) => placeOf(manifest, manifest.source.path_sha256)));
  }

  isSidecar(name: string, manifest: Manifest | undefined): boolean {
    if (manifest === undefined || manifest.sidecar_of === null || this.#names.has(name)) return false;
    return this.#media.has(placeOf(manifest, manifest.sidecar_of));
  }
}

function placeOf({ camera, docking }: Manifest, pathSha256: string): string {
  return `${camera.id} ${docking} ${pathSha256}`;
}

/** A recording's folder with what its documents claim. Errors: those of the machine. */
export async function readRecording(
  files: ReadFiles,
  stationFolder: string,
  station: string,
  recording: string,
): Promise<KitRecording> {
  const folder = join(stationFolder, recording);
  return {
    station,
    recording,
    folder,
    names: (await listSorted(files, folder)) ?? [],
    manifest: await claimedManifest(files, folder),
    receipt: await claimedReceipt(files, folder),
    deletion: await claimedDeletion(files, folder),
  };
}
