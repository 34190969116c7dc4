// The store's log as a tree (SPEC 4.15), made from the lines of its segments while they are read: its root at every size that somebody names.
//
// Memory: 64 bytes for each line.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { inclusionProof, leafHash, nodeHash, rootAt } from '../../../protocol/transparency/merkle.ts';
import { linkOf, type NamedHead } from './custody-links.ts';
import { Hashes } from './packed-map.ts';
import { finding, type Finding } from './remark.ts';

/** The tree of one origin. */
export class LogTree {
  readonly origin: string;
  /** Of each height, the nodes over lines that are all here, in order. */
  readonly #levels: Hashes[] = [];

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Leaves. */
  get size(): number {
    return this.#levels[0]?.count ?? 0;
  }

  /** Takes the hash of the next leaf. */
  append(leaf: Uint8Array): void {
    this.#put(0, leaf);
  }

  /** Root at a size up to that of the tree (32 bytes). */
  root(size: number): Promise<Uint8Array> {
    return rootAt(size, (height, index) => this.#node(height, index));
  }

  /** The proof that a leaf is in the tree at a size. */
  proof(index: number, size: number): Promise<Uint8Array[]> {
    return inclusionProof(index, size, (height, at) => this.#node(height, at));
  }

  #put(height: number, hash: Uint8Array): void {
    const level = (this.#levels[height] ??= new Hashes());
    level.push(hash);
    if (level.count % 2 === 0) this.#put(height + 1, nodeHash(level.at(level.count - 2), hash));
  }

  #node(height: number, index: number): Promise<Uint8Array> {
    return Promise.resolve((this.#levels[height] as Hashes).at(index));
  }
}

/** What an origin must be. */
export interface OriginRules {
  readonly receiver: string;
  /** Undefined where it is not known: then any vault will do. */
  readonly vault: string | undefined;
  /** The receiver's log in findings. */
  readonly where: string;
  /** First 16 hex digits of the digests of statements that the vault was restored. */
  readonly restored: ReadonlySet<string>;
}

/** A line of a tree: its number, from 0. */
export interface TreeLine {
  readonly tree: LogTree;
  readonly index: number;
}

/** A document that an entry names, and where its line is remembered. */
interface NamedDocument {
  readonly lines: Map<string, TreeLine>;
  readonly sha256: string;
}

/** Makes the trees of one receiver from the lines of its log, segment after segment. */
export class TreeReading {
  readonly trees: LogTree[] = [];
  readonly findings: Finding[] = [];
  /** Where the receipts that are asked for were entered first, by their digests. */
  readonly receipts = new Map<string, TreeLine>();
  /** Where deletion records were named first, by their digests. */
  readonly deletions = new Map<string, TreeLine>();
  readonly #wanted: ReadonlySet<string>;
  #names: NamedDocument | undefined;
  readonly #rules: OriginRules;
  #segment = '';
  #tree: LogTree | undefined;
  #opened: CustodyEntry | undefined;
  /** Of the segment that is read: where the next one says that it ends is known only then. */
  #leaves: { readonly hash: Uint8Array; readonly names: NamedDocument | undefined }[] = [];

  constructor(rules: OriginRules, wanted: ReadonlySet<string> = new Set()) {
    this.#rules = rules;
    this.#wanted = wanted;
  }

  /** An entry that can be read; before its line. */
  take(entry: CustodyEntry): void {
    if (entry.event === 'segment-opened' && entry.sequence === 1) this.#opened = entry;
    const { receipt_sha256: receipt, deletion_sha256: deletion } = entry.facts;
    if (entry.event === 'receipt' && this.#wanted.has(String(receipt)))
      this.#names = { lines: this.receipts, sha256: String(receipt) };
    else if (entry.event === 'deleting') this.#names = { lines: this.deletions, sha256: String(deletion) };
    else this.#names = undefined;
  }

  /** A whole line. */
  line(segment: string, bytes: Uint8Array): void {
    if (segment !== this.#segment) this.#begin(segment);
    if (this.#tree !== undefined) this.#leaves.push({ hash: leafHash(bytes), names: this.#names });
    this.#names = undefined;
  }

  /** After the last line. */
  close(): void {
    this.#flush(undefined);
    this.#tree = undefined;
  }

  #begin(segment: string): void {
    const opened = this.#opened;
    this.#opened = undefined;
    const link = opened === undefined ? undefined : linkOf(opened);
    this.#flush(link ?? undefined);
    this.#segment = segment;
    const { log_origin: origin, log_size: start } = opened?.facts ?? {};
    if (typeof origin !== 'string' || typeof start !== 'number') {
      if (this.trees.length > 0) this.#wrong('log.origin', 'is in no tree, and follows segments of one');
      this.#tree = undefined;
      return;
    }
    const tree = this.#treeOf(origin);
    this.#tree = tree;
    if (start !== tree.size)
      this.#wrong('log.size', `begins at ${start} lines of its tree, which has ${tree.size} there`);
  }

  /** Lines after the one that the next segment names are no leaves (SPEC 4.15.5). */
  #flush(link: NamedHead | undefined): void {
    const last = link?.segment === this.#segment ? link.sequence : this.#leaves.length;
    const tree = this.#tree;
    for (const { hash, names } of this.#leaves.slice(0, last)) {
      if (tree === undefined) break;
      if (names !== undefined && !names.lines.has(names.sha256))
        names.lines.set(names.sha256, { tree, index: tree.size });
      tree.append(hash);
    }
    this.#leaves = [];
  }

  #treeOf(origin: string): LogTree {
    const newest = this.trees.at(-1);
    if (newest?.origin === origin) return newest;
    const { receiver, vault, restored } = this.#rules;
    const [, ofVault, , suffix] = origin.split('/');
    const base = `bodydock/${vault ?? ofVault}/${receiver}`;
    const isKnown = origin === base ? newest === undefined : restored.has(suffix ?? '');
    const isOurs = origin === base || origin === `${base}/${suffix}`;
    if (!isOurs || !isKnown || this.trees.some((tree) => tree.origin === origin))
      this.#wrong('log.origin', `begins a tree "${origin}", which it may not`);
    const tree = new LogTree(origin);
    this.trees.push(tree);
    return tree;
  }

  #wrong(code: 'log.origin' | 'log.size', what: string): void {
    this.findings.push(finding(code, this.#rules.where, `segment ${this.#segment} ${what}`));
  }
}
