// What the forgetting disk is made of: files, folders and the log of steps, and the rebuilding of what a power cut leaves.
//
// Invariants of the model:
// 1. A name is durable after a sync of its folder; bytes are durable after a sync of their file.
// 2. A rename is one step: a sync of either folder makes both sides durable.
// 3. What is not durable at the cut survives in any combination: not at all, whole, the first part of a write, or its length with zeros.
// 4. Surviving name changes apply in the order in which they were made.
import type { SeededRandom } from './random-seeded.ts';

/** Memory that a growing file takes in advance, at most. */
const GROWTH_BYTES_MAX = 4 * 1024 * 1024;

export interface FileNode {
  readonly kind: 'file';
  /** Visible content. `bytes` may be longer than `size`. */
  bytes: Uint8Array;
  size: number;
  /** `bytes` are those that somebody wrote, and stay as they are: anybody who changes them copies them first. */
  isLent: boolean;
  /** Content when this disk began. */
  readonly base: Uint8Array;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly names: Map<string, Node>;
  /** Names when this disk began. */
  readonly base: ReadonlyMap<string, Node>;
}

/** A symbolic link, a FIFO, a device: seen, never opened. */
export interface OtherNode {
  readonly kind: 'other';
}

export type Node = FileNode | FolderNode | OtherNode;

/** One thing that happened to the disk. `label` names it in messages of failing tests. */
export type Step = { readonly label: string } & (
  | { readonly kind: 'name'; readonly folder: FolderNode; readonly name: string; readonly node: Node }
  | { readonly kind: 'gone'; readonly folder: FolderNode; readonly name: string }
  | {
      readonly kind: 'rename';
      readonly folder: FolderNode;
      readonly name: string;
      readonly toFolder: FolderNode;
      readonly toName: string;
      readonly node: Node;
    }
  | {
      readonly kind: 'write';
      readonly file: FileNode;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'sync'; readonly file: FileNode }
  | { readonly kind: 'sync-failed'; readonly file: FileNode }
  | { readonly kind: 'sync-folder'; readonly folder: FolderNode }
);

type NameStep = Step & { readonly kind: 'name' | 'gone' | 'rename' };
type WriteStep = Step & { readonly kind: 'write' };

/** What becomes of one pending change. `torn` and `zeros` apply to writes; of a name change they keep it. */
export type Fate = 'drop' | 'keep' | 'torn' | 'zeros';
/** Decides for each pending change, in the order of the log. */
export type Choose = (change: 'name' | 'write') => Fate;

export function fileNode(bytes: Uint8Array = new Uint8Array(0)): FileNode {
  return { kind: 'file', bytes, size: bytes.length, isLent: false, base: bytes };
}

const PATHS_MAX = 20_000;
const paths = new Map<string, readonly string[]>();

/** Names on a path; the same ones are asked for again and again. */
export function partsOf(path: string): readonly string[] {
  let parts = paths.get(path);
  if (parts === undefined) {
    if (paths.size >= PATHS_MAX) paths.clear();
    paths.set(path, (parts = path.split('/').filter(Boolean)));
  }
  return parts;
}

/** What lies where the first `count` of these names lead, in a tree whose folders hold what `namesOf` says. */
export function nodeAt(
  root: FolderNode,
  parts: readonly string[],
  namesOf: (folder: FolderNode) => ReadonlyMap<string, Node>,
  count = parts.length,
): Node | undefined {
  let node: Node | undefined = root;
  for (let at = 0; at < count && node !== undefined; at++)
    node = node.kind === 'folder' ? namesOf(node).get(parts[at] ?? '') : undefined;
  return node;
}

export function folderNode(names: ReadonlyMap<string, Node> = new Map()): FolderNode {
  return { kind: 'folder', names: new Map(names), base: new Map(names) };
}

/** Writes into a file's visible content; a gap before the position reads as zeros. Nobody may change these bytes any more. */
export function writeInto(file: FileNode, position: number, bytes: Uint8Array): void {
  if (file.size === 0 && position === 0) {
    // Most files are written once.
    [file.bytes, file.size, file.isLent] = [bytes, bytes.length, true];
    return;
  }
  const end = Math.max(file.size, position + bytes.length);
  if (file.isLent || file.bytes === file.base || end > file.bytes.length) {
    const grown = new Uint8Array(Math.max(end, Math.min(2 * file.size, file.size + GROWTH_BYTES_MAX)));
    grown.set(file.bytes.subarray(0, file.size));
    file.bytes = grown;
    file.isLent = false;
  }
  file.bytes.set(bytes, position);
  file.size = end;
}

function touches(step: NameStep, folder: FolderNode): boolean {
  return step.folder === folder || (step.kind === 'rename' && step.toFolder === folder);
}

/** Splits the log at the cut into what is durable and what is pending. */
class Settled {
  readonly durable = new Set<NameStep>();
  readonly names: NameStep[] = [];
  readonly #pendingNames = new Set<NameStep>();
  readonly content = new Map<FileNode, { kept: WriteStep[]; pending: WriteStep[] }>();

  add(step: Step): void {
    if (step.kind === 'write') this.#contentOf(step.file).pending.push(step);
    else if (step.kind === 'sync') this.#settleFile(step.file);
    else if (step.kind === 'sync-failed') this.#contentOf(step.file).pending = [];
    else if (step.kind === 'sync-folder') this.#settleFolder(step.folder);
    else {
      this.names.push(step);
      this.#pendingNames.add(step);
    }
  }

  #contentOf(file: FileNode): { kept: WriteStep[]; pending: WriteStep[] } {
    let content = this.content.get(file);
    if (content === undefined) this.content.set(file, (content = { kept: [], pending: [] }));
    return content;
  }

  #settleFile(file: FileNode): void {
    const content = this.#contentOf(file);
    content.kept.push(...content.pending);
    content.pending = [];
  }

  #settleFolder(folder: FolderNode): void {
    for (const step of this.#pendingNames) {
      if (!touches(step, folder)) continue;
      this.#pendingNames.delete(step);
      this.durable.add(step);
    }
  }
}

/** Copies of nodes as they stood when the disk began, made once each, so that a node keeps its identity. */
class Copies {
  readonly #copies = new Map<Node, Node>();
  readonly #content: Map<FileNode, Uint8Array>;

  constructor(content: Map<FileNode, Uint8Array>) {
    this.#content = content;
  }

  of<T extends Node>(node: T): T {
    const known = this.#copies.get(node);
    if (known !== undefined) return known as T;
    const copy = this.#make(node);
    this.#copies.set(node, copy);
    if (node.kind === 'folder' && copy.kind === 'folder')
      for (const [name, kid] of node.base) copy.names.set(name, this.of(kid));
    return copy as T;
  }

  #make(node: Node): Node {
    if (node.kind === 'other') return node;
    return node.kind === 'folder' ? folderNode() : fileNode(this.#content.get(node) ?? node.base);
  }
}

function survivingContent(base: Uint8Array, kept: WriteStep[], pending: WriteStep[], choose: Choose) {
  const file = fileNode(base);
  for (const { position, bytes } of kept) writeInto(file, position, bytes);
  for (const { position, bytes } of pending) {
    const fate = choose('write');
    if (fate === 'keep') writeInto(file, position, bytes);
    else if (fate === 'torn') writeInto(file, position, bytes.subarray(0, bytes.length >> 1));
    else if (fate === 'zeros') writeInto(file, position, new Uint8Array(bytes.length));
  }
  return file.bytes.slice(0, file.size);
}

/** The durable tree that a cut after these steps leaves. */
export function survivingTree(root: FolderNode, steps: readonly Step[], choose: Choose): FolderNode {
  const settled = new Settled();
  for (const step of steps) settled.add(step);
  const content = new Map<FileNode, Uint8Array>();
  for (const [file, { kept, pending }] of settled.content)
    content.set(file, survivingContent(file.base, kept, pending, choose));
  const copies = new Copies(content);
  const tree = copies.of(root);
  for (const step of settled.names)
    if (settled.durable.has(step) || choose('name') !== 'drop') applyName(step, copies);
  return frozen(tree);
}

function applyName(step: NameStep, copies: Copies): void {
  const folder = copies.of(step.folder);
  if (step.kind === 'name') folder.names.set(step.name, copies.of(step.node));
  else folder.names.delete(step.name);
  if (step.kind === 'rename') copies.of(step.toFolder).names.set(step.toName, copies.of(step.node));
}

/** The same tree as the beginning of a new disk. */
function frozen(folder: FolderNode): FolderNode {
  const names = new Map<string, Node>();
  for (const [name, kid] of folder.names) names.set(name, kid.kind === 'folder' ? frozen(kid) : kid);
  return folderNode(names);
}

/** Fates drawn at random. */
export function randomFates(random: SeededRandom): Choose {
  return (change) =>
    change === 'name'
      ? random.pick<Fate>(['drop', 'keep'])
      : random.pick<Fate>(['drop', 'keep', 'torn', 'zeros']);
}
