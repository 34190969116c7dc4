// Judges a simulation while it goes on: whether each recording is whole somewhere at this moment, and whether what was claimed is true. Reads
// what is durable on the disks and asks no program.
//
// Invariants that it holds the programs to:
// 1. Each recording is whole on its camera, or durable in the spool, or durable in the vault with the store's receipt.
// 2. Nothing goes off a camera before it lies durable in the vault with its receipt, with the very bytes that were recorded; and from then on
//    it stays there.
// 3. Before anything goes off a camera the station's log says so, durably.
// 4. A light that says "safe to take" is true: all that is on the camera is durable in the spool or in the vault.
import type { JudgeKey } from '../fakes/minisign-judge.ts';
import { foldersOf, isLogged, receiptFault, sealedFault, type Tree } from './holdings.ts';
import type { Recording } from './recordings.ts';

export interface JudgedPlaces {
  /** Durable trees of this moment. */
  readonly spoolTree: () => Tree;
  readonly vaultTree: () => Tree;
  /** Folders of recordings in them. */
  readonly spoolFolder: string;
  readonly vaultFolder: string;
  /** The station's log. */
  readonly custodyFolder: string;
  readonly stationKey: JudgeKey;
  readonly storeKey: JudgeKey;
  readonly isOnCamera: (recording: Recording) => boolean;
}

export class Judge {
  readonly problems: string[] = [];
  readonly #places: JudgedPlaces;

  constructor(places: JudgedPlaces) {
    this.#places = places;
  }

  /** A file goes off its camera at this moment. */
  erasing(recording: Recording): void {
    const fault = this.#vaultFault(recording, true);
    if (fault !== undefined) this.#tell(`${shown(recording)} was erased, and ${fault}`);
    const { spoolTree, custodyFolder } = this.#places;
    if (!isLogged(spoolTree(), custodyFolder, 'erasing', recording))
      this.#tell(`${shown(recording)} was erased, and the log did not say so before`);
  }

  /** Looks at all recordings that there ever were; `units` also at every byte. */
  look(recordings: readonly Recording[], when: string, units: boolean): void {
    for (const recording of recordings) {
      if (this.#places.isOnCamera(recording)) continue;
      const fault = this.#vaultFault(recording, units);
      if (fault !== undefined) this.#tell(`${when}: ${shown(recording)} is not on its camera, and ${fault}`);
    }
  }

  /** A bay says that its camera may be taken. */
  safeToTake(recordings: readonly Recording[]): void {
    for (const recording of recordings) {
      if (this.#spoolFault(recording) === undefined) continue;
      const fault = this.#vaultFault(recording, false);
      if (fault !== undefined)
        this.#tell(`the light says "safe to take", ${shown(recording)} is not in the spool, and ${fault}`);
    }
  }

  /** Recordings that the vault does not hold durable with their receipts. */
  undelivered(recordings: readonly Recording[]): Recording[] {
    return recordings.filter((recording) => this.#vaultFault(recording, false) !== undefined);
  }

  /** Recordings that the spool does not hold durable. */
  unspooled(recordings: readonly Recording[]): Recording[] {
    return recordings.filter((recording) => this.#spoolFault(recording) !== undefined);
  }

  #vaultFault(recording: Recording, units: boolean): string | undefined {
    const { vaultFolder, vaultTree } = this.#places;
    const tree = vaultTree();
    let fault = 'the vault does not know it';
    for (const id of foldersOf(tree, vaultFolder, recording)) {
      const folder = `${vaultFolder}/${id}`;
      const found =
        sealedFault(tree, folder, this.#places.stationKey, { units }) ??
        receiptFault(tree, folder, id, this.#places.storeKey);
      if (found === undefined) return undefined;
      fault = `in the vault ${found}`;
    }
    return fault;
  }

  #spoolFault(recording: Recording): string | undefined {
    const { spoolFolder, spoolTree } = this.#places;
    const tree = spoolTree();
    let fault = 'the spool does not know it';
    for (const id of foldersOf(tree, spoolFolder, recording)) {
      const found = sealedFault(tree, `${spoolFolder}/${id}`, this.#places.stationKey, { units: false });
      if (found === undefined) return undefined;
      fault = `in the spool ${found}`;
    }
    return fault;
  }

  #tell(problem: string): void {
    this.problems.push(problem);
  }
}

function shown({ camera, path, sizeBytes }: Recording): string {
  return `${path} of ${camera} (${sizeBytes} bytes)`;
}
