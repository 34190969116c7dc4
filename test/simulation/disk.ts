// The disk of a simulated machine: outlives its processes and power cuts, and tells at any moment what a cut would leave.
import { randomFates } from '../fakes/crash-nodes.ts';
import { CrashDisk } from '../fakes/files-crash.ts';
import type { SeededRandom } from '../fakes/random-seeded.ts';
import { folderNode, type Choose, type FolderNode } from '../fakes/crash-nodes.ts';
import { DurableTree } from './durable-tree.ts';

/** How much of what is pending survives a cut, as often as it stands here. */
const SURVIVES = ['nothing', 'everything', 'any', 'any'] as const;
export type Survives = (typeof SURVIVES)[number];

/** One disk through all of its power cuts. */
export class SimulatedDisk {
  readonly #onStep: (label: string) => void;
  /** Grows with all that may change what lies on it: steps and cuts. */
  #changes = 0;
  #stepsLeft = 0;
  #atStep: () => void = () => undefined;
  #files: CrashDisk;
  #durable: DurableTree;

  /** `onStep` hears each change and sync by its label. */
  constructor(onStep: (label: string) => void) {
    this.#onStep = onStep;
    [this.#files, this.#durable] = this.#begin(folderNode());
  }

  /** What processes see, until the next cut. */
  get files(): CrashDisk {
    return this.#files;
  }

  /** What a cut that keeps nothing of what is pending would leave now. */
  get durable(): Pick<DurableTree, 'names' | 'bytes' | 'folder'> {
    return this.#durable;
  }

  /** Another number whenever something on it may have changed, durable or not. */
  get changes(): number {
    return this.#changes;
  }

  /** Calls once behind the so manieth step from now; 0 is never. */
  atStep(step: number, call: () => void): void {
    this.#stepsLeft = step;
    this.#atStep = call;
  }

  /** Cuts the power: how much of what is pending survives, and which part is 'any', the seed says. */
  cut(random: SeededRandom, kind = random.pick(SURVIVES)): void {
    const choose: Choose =
      kind === 'any' ? randomFates(random) : () => (kind === 'nothing' ? 'drop' : 'keep');
    [this.#files, this.#durable] = this.#begin(this.#durable.surviving(choose));
  }

  /** A copy of all that is durable. */
  backup(): FolderNode {
    return this.#durable.copy();
  }

  /** Another disk in its place, with a backup on it. No process may be at work. */
  putBack(backup: FolderNode): void {
    [this.#files, this.#durable] = this.#begin(new DurableTree(backup).copy());
  }

  #begin(root: FolderNode): [CrashDisk, DurableTree] {
    this.#changes++;
    const durable = new DurableTree(root);
    const files = new CrashDisk(root, (step) => {
      this.#onStep(step.label);
      durable.take(step);
      this.#changes++;
      if (this.#stepsLeft > 0 && --this.#stepsLeft === 0) this.#atStep();
    });
    return [files, durable];
  }
}
