// Judges a simulation while it goes on: whether each recording is whole somewhere at this moment, and whether what was claimed is true. Reads
// what is durable on the disks and asks no program.
//
// Invariants that it holds the programs to:
// 1. Each recording is whole on its camera, or durable in the spool, or durable in the vault with the store's receipt.
// 2. Nothing goes off a camera before it lies durable in the vault with its receipt, with the very bytes that were recorded; and from then on
//    it stays there.
//    Where pages are read wrong the store may have set it aside since, whole: nobody knew better, and it is asked for again.
// 3. Before anything goes off a camera the station's log says so, durably.
//    The store's log has the receipt by then, and is the tree of the checkpoints that the station entered.
// 4. A light that says "safe to take" is true: all that is on the camera is durable in the spool or in the vault.
import type { DurableFolder } from './durable-tree.ts';
import type { JudgeKey } from '../fakes/minisign-judge.ts';
import { FoldersByRecording, isLogged, receiptFault, sealedFault, type Tree } from './holdings.ts';
import type { Recording } from './recordings.ts';
import { witnessFault } from './witnessed.ts';

const ID_LETTERS = 26;

export interface JudgedPlaces {
  /** Durable trees of this moment. */
  readonly spoolTree: () => Tree;
  readonly vaultTree: () => Tree;
  /** Folders of recordings in them. */
  readonly spoolFolder: string;
  readonly vaultFolder: string;
  /** What the store set aside, under `<something>-<id>`. */
  readonly asideFolder: string;
  /** The station's log. */
  readonly custodyFolder: string;
  /** The store's own. */
  readonly storeLogFolder: string;
  readonly stationKey: JudgeKey;
  readonly storeKey: JudgeKey;
  readonly isOnCamera: (recording: Recording) => boolean;
}

export class Judge {
  readonly problems: string[] = [];
  /** What the store set aside counts as in the vault while a camera loses it, if it is whole. */
  countsAside = false;
  readonly #places: JudgedPlaces;

  constructor(places: JudgedPlaces) {
    this.#places = places;
  }

  /** A file goes off its camera at this moment. */
  erasing(recording: Recording): void {
    const fault = this.#vault().fault(recording, true);
    if (fault !== undefined && !this.#isAside(recording))
      this.#tell(`${shown(recording)} was erased, and ${fault}`);
    const { spoolTree, custodyFolder } = this.#places;
    if (!isLogged(spoolTree(), custodyFolder, 'erasing', recording))
      this.#tell(`${shown(recording)} was erased, and the log did not say so before`);
    const unwitnessed = this.#unwitnessed(recording);
    if (unwitnessed !== undefined) this.#tell(`${shown(recording)} was erased, and ${unwitnessed}`);
  }

  #unwitnessed(recording: Recording): string | undefined {
    const { spoolTree, vaultTree, custodyFolder, storeLogFolder, vaultFolder } = this.#places;
    const ids = new FoldersByRecording(vaultTree().folder(vaultFolder)).of(recording);
    return witnessFault(spoolTree().folder(custodyFolder), vaultTree().folder(storeLogFolder), ids);
  }

  /** Looks at all recordings that there ever were; `units` also at every byte. */
  look(recordings: readonly Recording[], when: string, units: boolean): void {
    const vault = this.#vault();
    for (const recording of recordings) {
      if (this.#places.isOnCamera(recording)) continue;
      const fault = vault.fault(recording, units);
      if (fault !== undefined && !this.#isAside(recording))
        this.#tell(`${when}: ${shown(recording)} is not on its camera, and ${fault}`);
    }
  }

  /** A bay says that its camera may be taken. */
  safeToTake(recordings: readonly Recording[]): void {
    const [spool, vault] = [this.#spool(), this.#vault()];
    for (const recording of recordings) {
      if (spool.fault(recording) === undefined) continue;
      const fault = vault.fault(recording);
      if (fault !== undefined)
        this.#tell(`the light says "safe to take", ${shown(recording)} is not in the spool, and ${fault}`);
    }
  }

  /** Recordings that the vault does not hold durable with their receipts. */
  undelivered(recordings: readonly Recording[]): Recording[] {
    const vault = this.#vault();
    return recordings.filter((recording) => vault.fault(recording) !== undefined);
  }

  /** Recordings that the spool does not hold durable. */
  unspooled(recordings: readonly Recording[]): Recording[] {
    const spool = this.#spool();
    return recordings.filter((recording) => spool.fault(recording) !== undefined);
  }

  /** As it is at this moment. */
  #vault(): Held {
    const { vaultFolder, vaultTree, stationKey, storeKey } = this.#places;
    return new Held(
      'vault',
      vaultTree().folder(vaultFolder),
      (folder, id, units) => sealedFault(folder, stationKey, { units }) ?? receiptFault(folder, id, storeKey),
    );
  }

  #isAside(recording: Recording): boolean {
    if (!this.countsAside) return false;
    const { asideFolder, vaultTree, stationKey, storeKey } = this.#places;
    const faultOf: FaultOf = (folder, name) =>
      sealedFault(folder, stationKey, { units: true }) ??
      receiptFault(folder, name.slice(-ID_LETTERS), storeKey);
    return new Held('quarantine', vaultTree().folder(asideFolder), faultOf).fault(recording) === undefined;
  }

  #spool(): Held {
    const { spoolFolder, spoolTree, stationKey } = this.#places;
    return new Held('spool', spoolTree().folder(spoolFolder), (folder, _, units) =>
      sealedFault(folder, stationKey, { units }),
    );
  }

  #tell(problem: string): void {
    this.problems.push(problem);
  }
}

/** Why a folder of that id does not count; `units` also looks at every byte. */
type FaultOf = (folder: DurableFolder, id: string, units: boolean) => string | undefined;

/** What one side holds of recordings at a moment. */
class Held {
  readonly #where: string;
  readonly #parent: DurableFolder | undefined;
  readonly #ids: FoldersByRecording;
  readonly #faultOf: FaultOf;

  constructor(where: string, parent: DurableFolder | undefined, faultOf: FaultOf) {
    this.#where = where;
    this.#parent = parent;
    this.#ids = new FoldersByRecording(parent);
    this.#faultOf = faultOf;
  }

  /** Undefined where one of the recording's folders counts; else what is wrong with the last of them. */
  fault(recording: Recording, units = false): string | undefined {
    let fault = `the ${this.#where} does not know it`;
    for (const id of this.#ids.of(recording)) {
      const folder = this.#parent?.folder(id);
      const found = folder === undefined ? 'it is not durable' : this.#faultOf(folder, id, units);
      if (found === undefined) return undefined;
      fault = `in the ${this.#where} ${found}`;
    }
    return fault;
  }
}

function shown({ camera, path, sizeBytes }: Recording): string {
  return `${path} of ${camera} (${sizeBytes} bytes)`;
}
