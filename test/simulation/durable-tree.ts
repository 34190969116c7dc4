// What of a disk would be there after a power cut, kept up to date with each step of it: the model of crash-nodes.ts without its history, so
// that it can be asked at any moment and costs nothing when nobody asks.
//
// Invariants, beside those of crash-nodes.ts:
// 1. What is durable of a file is its first bytes as they are seen, until a step makes them differ; from then on it is a copy of its own.
// 2. An array of bytes that is given out again holds what it held before; one that is not may have changed.
// 3. A name change that is durable outdoes what is pending of the same names from before it.
import {
  fileNode,
  folderNode,
  nodeAt,
  partsOf,
  writeInto,
  type Choose,
  type FileNode,
  type FolderNode,
  type Node,
  type Step,
} from '../fakes/crash-nodes.ts';

type WriteStep = Step & { readonly kind: 'write' };
type NameStep = Step & { readonly kind: 'name' | 'gone' | 'rename' };

/** One name as a change leaves it; undefined: nothing has it. */
interface NameEffect {
  readonly folder: FolderNode;
  readonly name: string;
  readonly node: Node | undefined;
}

class Content {
  sizeBytes: number;
  /** See the first invariant. */
  own: FileNode | undefined;
  pending: WriteStep[] = [];
  /** As it was given out since it last changed. */
  given: Uint8Array | undefined;

  constructor(file: FileNode) {
    this.sizeBytes = file.base.length;
    // A disk's first content is shared until somebody writes: from then on the base stays what is durable.
    this.own = file.base.length > 0 ? fileNode(file.base) : undefined;
  }
}

/** The durable side of one disk from its beginning on. */
export class DurableTree {
  readonly #root: FolderNode;
  readonly #contents = new Map<FileNode, Content>();
  readonly #names = new Map<FolderNode, Map<string, Node>>();
  readonly #sorted = new Map<FolderNode, readonly string[]>();
  #pendingNames: (readonly NameEffect[])[] = [];

  constructor(root: FolderNode) {
    this.#root = root;
  }

  take(step: Step): void {
    if (step.kind === 'write') this.#written(step);
    else if (step.kind === 'sync') this.#synced(step.file);
    else if (step.kind === 'sync-failed') this.#freeze(step.file).pending = [];
    else if (step.kind === 'sync-folder') this.#folderSynced(step.folder);
    else this.#pendingNames.push(effectsOf(step));
  }

  /** Names in a folder, sorted; undefined where no folder of that path is durable. */
  names(path: string): readonly string[] | undefined {
    const node = this.#find(path);
    if (node?.kind !== 'folder') return undefined;
    let sorted = this.#sorted.get(node);
    if (sorted === undefined) this.#sorted.set(node, (sorted = [...this.#namesOf(node).keys()].sort()));
    return sorted;
  }

  /** Durable bytes of a file, to read only; undefined where it is not durable. The same array as long as they are the same. */
  bytes(path: string): Uint8Array | undefined {
    const node = this.#find(path);
    return node?.kind === 'file' ? this.#bytesOf(node) : undefined;
  }

  /** The tree that a cut leaves: all that is durable, and what `choose` keeps of the rest. */
  surviving(choose: Choose): FolderNode {
    for (const change of this.#pendingNames)
      if (choose('name') !== 'drop') for (const effect of change) this.#apply(effect);
    this.#pendingNames = [];
    return this.#copied(choose);
  }

  /** All that is durable now, as a backup takes it. */
  copy(): FolderNode {
    return this.#copied(() => 'drop');
  }

  #copied(choose: Choose): FolderNode {
    const seen = new Set<Node>();
    const copy = (folder: FolderNode): FolderNode => {
      seen.add(folder);
      const names = new Map<string, Node>();
      for (const [name, node] of this.#namesOf(folder))
        if (node.kind === 'file') names.set(name, this.#survivor(node, choose));
        else if (node.kind === 'folder' && !seen.has(node)) names.set(name, copy(node));
      return folderNode(names);
    };
    return copy(this.#root);
  }

  #written(step: WriteStep): void {
    const content = this.#contentOf(step.file);
    if (step.position < content.sizeBytes) this.#freeze(step.file); // told before it is done
    content.pending.push(step);
  }

  #synced(file: FileNode): void {
    const content = this.#contentOf(file);
    if (content.pending.length > 0) content.given = undefined;
    for (const { position, bytes } of content.pending) {
      if (content.own !== undefined) writeInto(content.own, position, bytes);
      content.sizeBytes = Math.max(content.sizeBytes, position + bytes.length);
    }
    content.pending = [];
  }

  /** What is durable from here on is a copy. */
  #freeze(file: FileNode): Content {
    const content = this.#contentOf(file);
    if (content.own === undefined) {
      content.own = fileNode(file.bytes.slice(0, content.sizeBytes));
      content.given = undefined; // it lies in what is written to now
    }
    return content;
  }

  #folderSynced(folder: FolderNode): void {
    if (!this.#pendingNames.some((change) => touches(change, folder))) return;
    const kept: NameEffect[][] = [];
    for (const change of this.#pendingNames) {
      if (!touches(change, folder)) {
        kept.push([...change]);
        continue;
      }
      for (const effect of change) {
        this.#apply(effect);
        for (const [at, earlier] of kept.entries())
          kept[at] = earlier.filter(({ folder, name }) => folder !== effect.folder || name !== effect.name);
      }
    }
    this.#pendingNames = kept.filter((change) => change.length > 0);
  }

  #apply({ folder, name, node }: NameEffect): void {
    const names = this.#namesOf(folder);
    this.#sorted.delete(folder);
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }

  #survivor(file: FileNode, choose: Choose): FileNode {
    const { pending } = this.#contentOf(file);
    const durable = this.#bytesOf(file);
    if (pending.length === 0) return fileNode(durable);
    const left = fileNode(durable);
    for (const { position, bytes } of pending) {
      const fate = choose('write');
      if (fate === 'keep') writeInto(left, position, bytes);
      else if (fate === 'torn') writeInto(left, position, bytes.subarray(0, bytes.length >> 1));
      else if (fate === 'zeros') writeInto(left, position, new Uint8Array(bytes.length));
    }
    return fileNode(left.bytes.slice(0, left.size));
  }

  #bytesOf(file: FileNode): Uint8Array {
    const content = this.#contentOf(file);
    const { own, sizeBytes } = content;
    content.given ??= own === undefined ? file.bytes.subarray(0, sizeBytes) : own.bytes.subarray(0, own.size);
    return content.given;
  }

  #contentOf(file: FileNode): Content {
    let content = this.#contents.get(file);
    if (content === undefined) this.#contents.set(file, (content = new Content(file)));
    return content;
  }

  #namesOf(folder: FolderNode): Map<string, Node> {
    let names = this.#names.get(folder);
    if (names === undefined) this.#names.set(folder, (names = new Map(folder.base)));
    return names;
  }

  #find(path: string): Node | undefined {
    return nodeAt(this.#root, partsOf(path), (folder) => this.#namesOf(folder));
  }
}

function touches(change: readonly NameEffect[], folder: FolderNode): boolean {
  return change.some((effect) => effect.folder === folder);
}

function effectsOf(step: NameStep): NameEffect[] {
  if (step.kind === 'name') return [{ folder: step.folder, name: step.name, node: step.node }];
  const gone = { folder: step.folder, name: step.name, node: undefined };
  if (step.kind === 'gone') return [gone];
  return [gone, { folder: step.toFolder, name: step.toName, node: step.node }];
}
