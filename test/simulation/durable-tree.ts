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

/** Name changes that are not durable yet, in their order. Few of the many that there may be touch one folder. */
class PendingNames {
  /** Those that touch a folder; a change of two folders is in both. */
  readonly #of = new Map<FolderNode, Set<NameEffect[]>>();
  readonly #all = new Set<NameEffect[]>();

  /** After all others. */
  add(change: NameEffect[]): void {
    this.#all.add(change);
    for (const { folder } of change) {
      const changes = this.#of.get(folder);
      if (changes === undefined) this.#of.set(folder, new Set([change]));
      else changes.add(change);
    }
  }

  /** Makes those durable that touch this folder: `apply` gets their effects in their order. See the third invariant. */
  take(folder: FolderNode, apply: (effect: NameEffect) => void): void {
    for (const change of this.#of.get(folder) ?? []) {
      const effects = [...change];
      this.#forgetEarlier(change);
      this.#remove(change);
      for (const effect of effects) apply(effect);
    }
  }

  /** All that there were, each with what is left of it. */
  takeAll(): readonly (readonly NameEffect[])[] {
    const all = [...this.#all];
    this.#all.clear();
    this.#of.clear();
    return all;
  }

  /** Takes out of the changes before this one what it outdoes. */
  #forgetEarlier(change: NameEffect[]): void {
    for (const { folder, name } of change)
      for (const earlier of this.#of.get(folder) ?? []) {
        if (earlier === change) break;
        const left = earlier.filter((effect) => effect.folder !== folder || effect.name !== name);
        if (left.length === earlier.length) continue;
        if (!left.some((effect) => effect.folder === folder)) this.#of.get(folder)?.delete(earlier);
        earlier.splice(0, earlier.length, ...left);
        if (left.length === 0) this.#all.delete(earlier);
      }
  }

  #remove(change: NameEffect[]): void {
    this.#all.delete(change);
    for (const { folder } of change) this.#of.get(folder)?.delete(change);
  }
}

/** A durable folder as it is whenever it is asked. */
export interface DurableFolder {
  /** Sorted. */
  readonly names: readonly string[];
  /** Durable bytes of a file, to read only; undefined where it is not durable. The same array as long as they are the same. */
  bytes(name: string): Uint8Array | undefined;
  /** Undefined where no folder of that name is durable. */
  folder(name: string): DurableFolder | undefined;
}

/** The durable side of one disk from its beginning on. */
export class DurableTree {
  readonly #root: FolderNode;
  readonly #contents = new Map<FileNode, Content>();
  readonly #names = new Map<FolderNode, Map<string, Node>>();
  readonly #sorted = new Map<FolderNode, readonly string[]>();
  readonly #folders = new Map<FolderNode, DurableFolder>();
  readonly #pendingNames = new PendingNames();

  constructor(root: FolderNode) {
    this.#root = root;
  }

  take(step: Step): void {
    if (step.kind === 'write') this.#written(step);
    else if (step.kind === 'sync') this.#synced(step.file);
    else if (step.kind === 'sync-failed') this.#freeze(step.file).pending = [];
    else if (step.kind === 'sync-folder')
      this.#pendingNames.take(step.folder, (effect) => this.#apply(effect));
    else this.#pendingNames.add(effectsOf(step));
  }

  /** Undefined where no folder of that path is durable. */
  folder(path: string): DurableFolder | undefined {
    const node = this.#find(path);
    return node?.kind === 'folder' ? this.#folderOf(node) : undefined;
  }

  /** Names in a folder, sorted; undefined where no folder of that path is durable. */
  names(path: string): readonly string[] | undefined {
    return this.folder(path)?.names;
  }

  /** As a folder's. */
  bytes(path: string): Uint8Array | undefined {
    const node = this.#find(path);
    return node?.kind === 'file' ? this.#bytesOf(node) : undefined;
  }

  /** The tree that a cut leaves: all that is durable, and what `choose` keeps of the rest. */
  surviving(choose: Choose): FolderNode {
    for (const change of this.#pendingNames.takeAll())
      if (choose('name') !== 'drop') for (const effect of change) this.#apply(effect);
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
    if (own === undefined) return (content.given ??= file.bytes.subarray(0, sizeBytes));
    // A first content is given out as it came: it is known from before the cut.
    if (own.bytes === own.base) return own.bytes;
    return (content.given ??= own.bytes.subarray(0, own.size));
  }

  #contentOf(file: FileNode): Content {
    let content = this.#contents.get(file);
    if (content === undefined) this.#contents.set(file, (content = new Content(file)));
    return content;
  }

  #folderOf(node: FolderNode): DurableFolder {
    let folder = this.#folders.get(node);
    if (folder === undefined) this.#folders.set(node, (folder = this.#makeFolder(node)));
    return folder;
  }

  #makeFolder(node: FolderNode): DurableFolder {
    const sorted = (): readonly string[] => this.#sortedOf(node);
    return {
      get names() {
        return sorted();
      },
      bytes: (name) => {
        const file = this.#namesOf(node).get(name);
        return file?.kind === 'file' ? this.#bytesOf(file) : undefined;
      },
      folder: (name) => {
        const below = this.#namesOf(node).get(name);
        return below?.kind === 'folder' ? this.#folderOf(below) : undefined;
      },
    };
  }

  #sortedOf(node: FolderNode): readonly string[] {
    let sorted = this.#sorted.get(node);
    if (sorted === undefined) this.#sorted.set(node, (sorted = [...this.#namesOf(node).keys()].sort()));
    return sorted;
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

function effectsOf(step: NameStep): NameEffect[] {
  if (step.kind === 'name') return [{ folder: step.folder, name: step.name, node: step.node }];
  const gone = { folder: step.folder, name: step.name, node: undefined };
  if (step.kind === 'gone') return [gone];
  return [gone, { folder: step.toFolder, name: step.toName, node: step.node }];
}
