// A disk in memory that forgets: Files for code under test, every state that a power cut may leave, and faults on demand.
// Deterministic: each call takes effect when it is made, and random survival comes from a seed.
import type { Files, FileStat, OpenFile } from '../../protocol/format/ports.ts';
import { FaultPlan, systemError, type Fault, type Operation } from './fault-plan.ts';
import {
  fileNode,
  folderNode,
  nodeAt,
  partsOf,
  randomFates,
  survivingTree,
  writeInto,
  type Choose,
  type FileNode,
  type FolderNode,
  type Node,
  type Step,
} from './crash-nodes.ts';
import { pointTried } from './points.ts';
import { SeededRandom } from './random-seeded.ts';

/** What survives of pending changes: none, all, all with torn or zeroed writes, or a random part by seed. */
export type Survival = 'nothing' | 'everything' | 'torn' | 'zeros' | number;
export const SURVIVALS: readonly Survival[] = ['nothing', 'everything', 'torn', 'zeros', 1, 2];

function chooserOf(survival: Survival, step: number): Choose {
  if (survival === 'nothing') return () => 'drop';
  if (survival === 'everything') return () => 'keep';
  if (typeof survival === 'string') return () => survival;
  return randomFates(new SeededRandom(survival * 7919 + step));
}

/** The disk. Paths are absolute; "/" is there from the beginning. */
export class CrashDisk implements Files {
  /** Bytes that fit on it. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Files and folders that fit on it. */
  nodesMax = Number.POSITIVE_INFINITY;
  readonly #root: FolderNode;
  readonly #steps: Step[] = [];
  readonly #onStep: (step: Step) => void;
  readonly #claims: { at: number; claim: string }[] = [];
  readonly #faults = new FaultPlan();
  /** Bits of files that are read wrong. */
  readonly #misread = new Map<FileNode, number>();
  #open = 0;

  /** A disk that lives for long tells each step to `onStep` in place of keeping it; it cannot `crash` then. */
  constructor(root: FolderNode = folderNode(), onStep?: (step: Step) => void) {
    this.#root = root;
    this.#onStep = onStep ?? ((step) => void this.#steps.push(step));
  }

  // What tests ask and order.

  /** Changes and syncs so far. */
  get steps(): number {
    return this.#steps.length;
  }

  /** Bytes that its files take. */
  get usedBytes(): number {
    return sumOf(this.#root, (node) => (node.kind === 'file' ? node.size : 0));
  }

  /** Files that are open now. */
  get openFiles(): number {
    return this.#open;
  }

  /** The step as words, for messages. */
  stepLabel(step: number): string {
    return this.#steps[step - 1]?.label ?? 'start';
  }

  /** `hear` is told of each call, before it is done. */
  hearCalls(hear: (operation: Operation, path: string) => void): void {
    this.#faults.onCall = hear;
  }

  /** Calls of an operation so far; groups and "any" sum up. */
  calls(operation: Fault['operation']): number {
    return this.#faults.calls(operation);
  }

  /** Remembers that the code under test claimed something at this moment. */
  claim(claim: string): void {
    this.#claims.push({ at: this.#steps.length, claim });
  }

  /** Claims that were made when that many steps were done. */
  claimsAt(step: number): string[] {
    return this.#claims.filter(({ at }) => at <= step).map(({ claim }) => claim);
  }

  fail(fault: Fault): void {
    pointTried();
    this.#faults.add(fault);
  }

  /**
   * A file that the seed picks is read with one bit turned, as a page of the system's cache that is wrong shows it: what is durable stays right,
   * unless somebody writes down what he read. Returns its path, and what ends it; undefined where no file has a byte.
   */
  misread(random: SeededRandom): { readonly path: string; readonly end: () => void } | undefined {
    const found = fileBelow(this.#root, '', random);
    if (found === undefined) return undefined;
    return { path: found.path, end: this.misreadBit(found.path, random.below(8 * found.node.size)) };
  }

  /** The same of that bit of this file. */
  misreadBit(path: string, bit: number): () => void {
    const node = this.#find(path);
    if (node?.kind !== 'file') throw new Error(`nothing to misread at ${path}`);
    pointTried();
    this.#misread.set(node, bit);
    return () => void this.#misread.delete(node);
  }

  /** Ends all faults; what they destroyed stays destroyed. */
  heal(): void {
    this.#faults.clear();
    this.#misread.clear();
    this.capacityBytes = Number.POSITIVE_INFINITY;
    this.nodesMax = Number.POSITIVE_INFINITY;
  }

  /** The disk after a power cut after that many steps. */
  crash(step: number, survival: Survival): CrashDisk {
    pointTried();
    return new CrashDisk(survivingTree(this.#root, this.#steps.slice(0, step), chooserOf(survival, step)));
  }

  /** Path and content of every file, `undefined` for folders and others; sorted by path. */
  tree(path = '/'): Map<string, Uint8Array | undefined> {
    const found = new Map<string, Uint8Array | undefined>();
    const walk = (node: Node, at: string): void => {
      if (node.kind !== 'folder') found.set(at, node.kind === 'file' ? contentOf(node) : undefined);
      else
        for (const name of [...node.names.keys()].sort()) walk(node.names.get(name) as Node, `${at}/${name}`);
    };
    const start = this.#find(path);
    if (start !== undefined) walk(start, path === '/' ? '' : path);
    return found;
  }

  /** Puts a durable file there, with its folders; no step. */
  plant(path: string, bytes: Uint8Array | string): void {
    this.#plantNode(path, fileNode(new Uint8Array(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)));
  }

  /** Puts a durable empty folder, or something that is neither file nor folder, there; no step. */
  plantFolder(path: string): void {
    this.#plantNode(path, folderNode());
  }
  plantOther(path: string): void {
    this.#plantNode(path, { kind: 'other' });
  }

  /** Content of a file now, or undefined; no call is counted and no fault applies. */
  peek(path: string): Uint8Array | undefined {
    const node = this.#find(path);
    return node?.kind === 'file' ? contentOf(node) : undefined;
  }

  /** Names in a folder now, or undefined; as `peek`. */
  peekNames(path: string): string[] | undefined {
    const node = this.#find(path);
    return node?.kind === 'folder' ? [...node.names.keys()] : undefined;
  }

  /** Changes visible and durable bytes of a file behind everybody's back, as a failing medium does. */
  corrupt(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const before = this.peek(path);
    if (before === undefined) throw new Error(`nothing to corrupt at ${path}`);
    this.plant(path, change(before));
  }

  // The port.

  async makeFolder(path: string): Promise<void> {
    await this.#change('makeFolder', path, () => this.#make(path, folderNode(), 'makeFolder'));
  }

  async create(path: string): Promise<OpenFile> {
    const node = fileNode();
    await this.#change('create', path, () => this.#make(path, node, 'create'));
    return this.#handle(node, path, true);
  }

  async open(path: string, mode: 'read' | 'write'): Promise<OpenFile> {
    await this.#enter('open', path);
    const node = this.#mustFind(path, 'open');
    if (node.kind === 'other') throw systemError('ELOOP', 'open', path);
    if (node.kind === 'folder') throw systemError('EISDIR', 'open', path);
    return this.#handle(node, path, mode === 'write');
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change('rename', `${from} -> ${to}`, () => {
      const [folder, name] = this.#parent(from, 'rename');
      const [toFolder, toName] = this.#parent(to, 'rename');
      const node = folder.names.get(name);
      if (node === undefined) throw systemError('ENOENT', 'rename', from);
      refuseRename(node, toFolder.names.get(toName), to);
      if (folder === toFolder && name === toName) return;
      folder.names.delete(name);
      toFolder.names.set(toName, node);
      this.#onStep({
        kind: 'rename',
        label: `rename ${from} -> ${to}`,
        folder,
        name,
        toFolder,
        toName,
        node,
      });
    });
  }

  async unlink(path: string): Promise<void> {
    await this.#change('unlink', path, () => {
      const [folder, name] = this.#parent(path, 'unlink');
      const node = folder.names.get(name);
      if (node === undefined) throw systemError('ENOENT', 'unlink', path);
      if (node.kind === 'folder') throw systemError('EISDIR', 'unlink', path);
      this.#remove(folder, name, path);
    });
  }

  async removeTree(path: string): Promise<void> {
    await this.#change('removeTree', path, () => {
      if (this.#find(path) === undefined) return;
      const [folder, name] = this.#parent(path, 'removeTree');
      this.#removeBelow(folder, name, path);
    });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#change('syncFolder', path, () => {
      const folder = this.#mustFind(path, 'syncFolder');
      if (folder.kind !== 'folder') throw systemError('ENOTDIR', 'syncFolder', path);
      this.#onStep({ kind: 'sync-folder', label: `syncFolder ${path}`, folder });
    });
  }

  async list(path: string): Promise<string[]> {
    await this.#enter('list', path);
    const node = this.#mustFind(path, 'list');
    if (node.kind !== 'folder') throw systemError('ENOTDIR', 'list', path);
    return [...node.names.keys()];
  }

  async stat(path: string): Promise<FileStat | undefined> {
    await this.#enter('stat', path);
    const node = this.#find(path);
    return node && { kind: node.kind, sizeBytes: node.kind === 'file' ? node.size : 0 };
  }

  async readAll(path: string, bytesMax: number): Promise<Uint8Array> {
    await this.#enter('readAll', path);
    const node = this.#mustFind(path, 'readAll');
    if (node.kind === 'other') throw systemError('ELOOP', 'readAll', path);
    if (node.kind === 'folder') throw systemError('EISDIR', 'readAll', path);
    if (node.size > bytesMax) throw systemError('EFBIG', 'readAll', path);
    const bytes = contentOf(node);
    this.#turn(node, bytes, 0);
    return bytes;
  }

  async freeBytes(path: string): Promise<number> {
    await this.#enter('freeBytes', path);
    this.#mustFind(path, 'freeBytes');
    return this.#freeBytes();
  }

  // Inside.

  /** Counts the call and throws what a fault orders. */
  async #enter(operation: Operation, path: string): Promise<void> {
    const fault = this.#faults.take(operation, path);
    if (fault !== undefined) throw systemError(fault.code, operation, path);
  }

  /** Turns the bit that is read wrong, where it is among these bytes of a copy. */
  #turn(node: FileNode, bytes: Uint8Array, position: number): void {
    const bit = this.#misread.get(node);
    if (bit === undefined) return;
    const at = (bit >> 3) - position;
    const byte = bytes[at];
    if (byte !== undefined) bytes[at] = byte ^ (1 << (bit & 7));
  }

  async #change(operation: Operation, path: string, effect: () => void): Promise<void> {
    const fault = this.#faults.take(operation, path);
    if (fault === undefined || fault.applied === true) effect();
    if (fault !== undefined) throw systemError(fault.code, operation, path);
  }

  #handle(node: FileNode, path: string, writable: boolean): OpenFile {
    let open = true;
    this.#open++;
    const use = (operation: Operation): void => {
      if (!open) throw systemError('EBADF', operation, path);
    };
    return {
      write: async (bytes, position) => {
        use('write');
        if (!writable) throw systemError('EBADF', 'write', path);
        this.#write(node, bytes, position, path);
      },
      read: async (target, position) => {
        use('read');
        await this.#enter('read', path);
        const bytes = node.bytes.subarray(
          Math.min(position, node.size),
          Math.min(position + target.length, node.size),
        );
        target.set(bytes);
        this.#turn(node, target.subarray(0, bytes.length), position);
        return bytes.length;
      },
      sync: async () => {
        use('sync');
        this.#sync(node, path);
      },
      sizeBytes: async () => {
        use('sizeBytes');
        await this.#enter('sizeBytes', path);
        return node.size;
      },
      close: async () => {
        if (!open) return;
        open = false;
        this.#open--;
        this.#close(node, path, writable);
      },
    };
  }

  /** A failing write leaves its first half; one that does not fit leaves what fits, as Linux does. */
  #write(file: FileNode, bytes: Uint8Array, position: number, path: string): void {
    const fault = this.#faults.take('write', path);
    const grows = Math.max(0, position + bytes.length - file.size);
    const missing = Math.max(0, grows - this.#freeBytes());
    const failed = fault !== undefined && fault.applied !== true;
    const taken = failed ? bytes.length >> 1 : bytes.length - Math.min(missing, bytes.length);
    if (taken > 0) {
      const bit = this.#misread.get(file);
      if (bit !== undefined && bit >> 3 >= position && bit >> 3 < position + taken)
        this.#misread.delete(file);
      const kept = new Uint8Array(bytes.subarray(0, taken)); // a Buffer's slice would share its memory
      this.#onStep({ kind: 'write', label: `write ${path} +${position}`, file, position, bytes: kept });
      writeInto(file, position, kept);
    }
    if (fault !== undefined) throw systemError(fault.code, 'write', path);
    if (taken < bytes.length) throw systemError('ENOSPC', 'write', path);
  }

  /** After a failed sync the pages count as clean: a later sync succeeds and saves nothing of them. */
  #sync(file: FileNode, path: string): void {
    const fault = this.#faults.take('sync', path);
    if (fault === undefined || fault.applied === true)
      this.#onStep({ kind: 'sync', label: `sync ${path}`, file });
    else this.#onStep({ kind: 'sync-failed', label: `failed sync ${path}`, file });
    if (fault !== undefined) throw systemError(fault.code, 'sync', path);
  }

  /** A reader may hear of a write that failed too, and takes the error from no writer: each handle is reported once (errseq_t, Linux 4.13). */
  #close(file: FileNode, path: string, writable: boolean): void {
    const fault = this.#faults.take(writable ? 'close' : 'closeRead', path);
    if (fault === undefined) return;
    if (writable) this.#onStep({ kind: 'sync-failed', label: `failed close ${path}`, file });
    throw systemError(fault.code, 'close', path);
  }

  #make(path: string, node: Node, operation: Operation): void {
    const [folder, name] = this.#parent(path, operation);
    if (folder.names.has(name)) throw systemError('EEXIST', operation, path);
    if (this.nodesMax !== Number.POSITIVE_INFINITY && sumOf(this.#root, () => 1) > this.nodesMax)
      throw systemError('ENOSPC', operation, path);
    folder.names.set(name, node);
    this.#onStep({ kind: 'name', label: `${operation} ${path}`, folder, name, node });
  }

  #remove(folder: FolderNode, name: string, path: string): void {
    folder.names.delete(name);
    this.#onStep({ kind: 'gone', label: `unlink ${path}`, folder, name });
  }

  #removeBelow(folder: FolderNode, name: string, path: string): void {
    const node = folder.names.get(name);
    if (node?.kind === 'folder')
      for (const kid of node.names.keys()) this.#removeBelow(node, kid, `${path}/${kid}`);
    this.#remove(folder, name, path);
  }

  #plantNode(path: string, node: Node): void {
    const parts = path.split('/').filter(Boolean);
    const name = parts.pop() ?? '';
    let folder = this.#root;
    for (const part of parts) {
      const next = folder.names.get(part) ?? folderNode();
      if (next.kind !== 'folder') throw new Error(`${path} leads through a file`);
      this.#durableName(folder, part, next);
      folder = next;
    }
    this.#durableName(folder, name, node);
  }

  #durableName(folder: FolderNode, name: string, node: Node): void {
    folder.names.set(name, node);
    (folder.base as Map<string, Node>).set(name, node);
  }

  #find(path: string): Node | undefined {
    return nodeAt(this.#root, partsOf(path), ({ names }) => names);
  }

  #mustFind(path: string, operation: Operation): Node {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', operation, path);
    return node;
  }

  #parent(path: string, operation: Operation): [FolderNode, string] {
    const parts = partsOf(path);
    const folder = nodeAt(this.#root, parts, ({ names }) => names, parts.length - 1);
    if (folder === undefined) throw systemError('ENOENT', operation, parts.slice(0, -1).join('/'));
    if (folder.kind !== 'folder') throw systemError('ENOTDIR', operation, path);
    return [folder, parts.at(-1) ?? ''];
  }

  #freeBytes(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
    return Math.max(0, this.capacityBytes - this.usedBytes);
  }
}

/** Sum over a node and all below it. */
function sumOf(node: Node, count: (node: Node) => number): number {
  if (node.kind !== 'folder') return count(node);
  let sum = count(node);
  for (const kid of node.names.values()) sum += sumOf(kid, count);
  return sum;
}

/** A file with a byte in it: at each folder the seed picks a name. */
function fileBelow(
  folder: FolderNode,
  path: string,
  random: SeededRandom,
): { readonly path: string; readonly node: FileNode } | undefined {
  const names = [...folder.names].filter(([, node]) =>
    node.kind === 'file' ? node.size : node.kind === 'folder',
  );
  for (const left = [...names]; left.length > 0;) {
    const [[name, node] = ['', folder]] = left.splice(random.below(left.length), 1);
    if (node.kind === 'file') return { path: `${path}/${name}`, node };
    const found = node.kind === 'folder' ? fileBelow(node, `${path}/${name}`, random) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function contentOf(file: FileNode): Uint8Array {
  return file.bytes.slice(0, file.size);
}

function refuseRename(node: Node, target: Node | undefined, to: string): void {
  if (target === undefined || target === node) return;
  if (target.kind === 'folder' && node.kind !== 'folder') throw systemError('EISDIR', 'rename', to);
  if (target.kind !== 'folder' && node.kind === 'folder') throw systemError('ENOTDIR', 'rename', to);
  if (target.kind === 'folder' && target.names.size > 0) throw systemError('ENOTEMPTY', 'rename', to);
}
