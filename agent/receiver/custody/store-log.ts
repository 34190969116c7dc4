// The store's own custody log (SPEC 4.3.7) in `<vault>/<receiver>/custody/`: takes events of the receiver and of its commands, which may
// run at one time, and makes them durable in one chain under signed checkpoints.
//
// Invariants:
// 1. Only who holds the lock changes the folder, and goes on behind the last entry that is there.
// 2. A new segment, a rewritten one and a signature are put in place by a rename out of the lock's own folder, whole.
// 3. Recovery takes: a torn end (cut), an end that this process did not write (written anew: a sync of it may have failed, and was reported to
//    its writer alone), a segment that does not hold (left as it is, unsigned; of a tree nothing is entered until it holds or another tree
//    begins, whose first segment begins with `chain-broken`), a segment above the bound without its signature (signed).
// 4. After an error the events may be in the log or not: an event is entered again rather than not at all.
import { join } from 'node:path';
import {
  type ChainContext,
  type ChainedGroups,
  chainGroups,
  closeGroup,
  type LooseEntry,
} from '../../../protocol/custody/custody-chain.ts';
import {
  CHAIN_START,
  type CustodyEntry,
  type CustodyEvent,
  entryStamp,
} from '../../../protocol/custody/custody-entry.ts';
import { firstEntry } from '../../../protocol/custody/segment-file.ts';
import { keyIdHex, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import {
  isSegmentId,
  makeSegmentId,
  parseSegmentId,
  type ReceiverId,
  type SegmentId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX, CUSTODY_GROUP_ENTRIES } from '../../../protocol/format/limits.ts';
import type { Clock, Files, Log, Random } from '../../../protocol/format/ports.ts';
import { logOrigin } from '../../../protocol/transparency/checkpoint.ts';
import { CUSTODY, VaultLayout } from '../vault/vault-layout.ts';
import { type Locks, underLock } from '../vault/vault-lock.ts';
import { readStatements } from '../reconcile/restored-statements.ts';
import { segmentPath } from './custody-file.ts';
import {
  findEnd,
  type LogEnd,
  orderedSegments,
  rememberedEnd,
  SegmentFiles,
  type WrittenEnd,
} from './log-end.ts';
import { logFolder, LogTree, type StoreSigner, type TreeSegment } from './log-tree.ts';

/** A segment is ended and a new one opened above this size (SPEC 4.3.2): some 5,000 entries. */
const SEGMENT_BYTES_MAX = 2 * 1024 * 1024;

export interface StoreLogDeps {
  /** The vault's folder; must be there. */
  readonly vaultPath: string;
  /** Its id. */
  readonly vault: SessionId;
  readonly receiver: ReceiverId;
  /** Version of the program, for the first entry of a segment. */
  readonly version: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** With the store's key. */
  readonly signer: StoreSigner;
  /** Of the signer's key: a segment of another key is not gone on with. */
  readonly publicKey: PublicKey;
  readonly bootId: string | null;
  readonly locks: Locks;
  readonly written: WrittenEnd;
  /** Ends the wait for the lock. */
  readonly signal: AbortSignal;
}

/** A line of the log that names an event. */
export interface AppendedLine {
  /** Leaves of the tree before it. */
  readonly index: number;
  /** Without its LF. */
  readonly line: Uint8Array;
}

/** What an append left. */
export interface Appended {
  /** The last entry; null in a log without one. */
  readonly head: CustodyHead | null;
  /** Of the events, in their order. */
  readonly lines: readonly AppendedLine[];
  /** The tree over them, with its checkpoint; whether that is refused is in it. */
  readonly tree: LogTree;
}

/** The folder of the store's own log. */
export function storeLogFolder(vaultPath: string, receiver: ReceiverId): string {
  return join(vaultPath, receiver, CUSTODY);
}

/**
 * Appends events in their order; they are durable, under a checkpoint of the chain and in the tree when it resolves.
 * Errors: "lock.held", "store-log.oversize", "log.shorter" (nothing was entered), the signer's, the system's, the signal's reason.
 */
export async function appendStoreEvents(
  deps: StoreLogDeps,
  events: readonly CustodyEvent[],
): Promise<Appended> {
  const { files, vaultPath, receiver } = deps;
  const layout = new VaultLayout(vaultPath);
  const folder = storeLogFolder(vaultPath, receiver);
  for (const path of [join(vaultPath, receiver), folder]) await ensureFolder(files, path);
  return underLock(deps, layout.logLock(receiver), (workFolder) =>
    new Appending(deps, workFolder).append(events),
  );
}

/**
 * Ends the segment that is open with a signature over the whole of it, so that another key begins the next one; nothing where none is.
 * Errors: as appendStoreEvents.
 */
export async function endStoreSegment(deps: StoreLogDeps): Promise<void> {
  const layout = new VaultLayout(deps.vaultPath);
  if ((await deps.files.stat(storeLogFolder(deps.vaultPath, deps.receiver))) === undefined) return;
  await underLock(deps, layout.logLock(deps.receiver), (workFolder) => new Appending(deps, workFolder).end());
}

/** What one holder of the lock does. */
class Appending {
  readonly #deps: StoreLogDeps;
  readonly #files: SegmentFiles;
  #end: LogEnd = { last: null, open: undefined, breaks: [] };
  readonly #lines: AppendedLine[] = [];

  constructor(deps: StoreLogDeps, workFolder: string) {
    this.#deps = deps;
    const folder = storeLogFolder(deps.vaultPath, deps.receiver);
    this.#files = new SegmentFiles({ ...deps, folder, workFolder });
  }

  async append(events: readonly CustodyEvent[]): Promise<Appended> {
    const tree = await this.#find(events.length > 0);
    if (events.length > 0 && tree.refusal !== undefined) {
      // Nothing is added to lines that may only have been shown wrong: the next append looks again.
      [this.#deps.written.tree, this.#deps.written.open] = [undefined, undefined];
      throw tree.refusal;
    }
    for (let from = 0; from < events.length; from += CUSTODY_GROUP_ENTRIES)
      await this.#write(
        tree,
        events.slice(from, from + CUSTODY_GROUP_ENTRIES).map((event) => this.#entry(event)),
      );
    const { signer, publicKey, written } = this.#deps;
    // A failure leaves the lines, which are durable, and a tree that is made from them again.
    const { last } = this.#end;
    written.last = null;
    await tree.publish(signer, publicKey);
    written.last = last;
    written.isTreeDamaged = false;
    return { head: last, lines: this.#lines, tree };
  }

  async end(): Promise<void> {
    const tree = await this.#find(false);
    this.#deps.written.open = undefined;
    await this.#endOpen(tree);
  }

  /**
   * Finds the end and its tree. A segment of another origin, or of 0.1.0, which has none, is ended where something is going to be written: after
   * a statement that the vault was restored a new tree begins.
   */
  async #find(isWriting: boolean): Promise<LogTree> {
    const { written } = this.#deps;
    const remembered = await rememberedEnd(this.#files, this.#deps);
    if (remembered !== undefined && written.tree !== undefined) {
      this.#end = remembered;
      return written.tree;
    }
    written.open = undefined;
    this.#end = await findEnd(this.#files, this.#deps);
    const { files, vaultPath, receiver, log } = this.#deps;
    const origin = await currentOrigin(this.#deps);
    const first = this.#end.last && (await this.#firstOf(this.#end.last.segment));
    const last = this.#end.last && first ? treeSegment(first, origin, this.#end.last.sequence) : undefined;
    const tree = await LogTree.open(
      { files, keeper: join(vaultPath, receiver), origin },
      last,
      () => this.#segmentsOf(origin),
      written.isTreeDamaged,
      this.#end.breaks[0],
    );
    if (tree.refusal !== undefined) log.error('store log: no checkpoint is signed', { error: tree.refusal });
    if (tree.refusal === undefined && !tree.isEndCovered) await this.#closeOpen(tree);
    if (last === undefined && isWriting) await this.#endOpen(tree);
    written.tree = tree;
    return tree;
  }

  /** A cut may have left entries without their checkpoint: until they have one the tree has no newest checkpoint, and looks shorter than it was. */
  async #closeOpen(tree: LogTree): Promise<void> {
    const { open } = this.#end;
    if (open === undefined) return;
    const { bytes, state } = await closeGroup(open.head, this.#context(open.segment));
    await this.#put(open.segment, { bytes, lines: [bytes.subarray(0, -1)], state }, tree);
  }

  #context(segment: SegmentId): ChainContext {
    const { receiver: station, signer, clock, bootId } = this.#deps;
    return { station, segment, signer, stamp: () => entryStamp(clock, bootId) };
  }

  #firstOf(segment: SegmentId): Promise<CustodyEntry | undefined> {
    return firstEntry(this.#deps.files, segmentPath(this.#files.folder, segment));
  }

  /** All segments of the tree, the oldest first, as far as the next one or the end of the log says how many lines they have. */
  async #segmentsOf(origin: string): Promise<TreeSegment[]> {
    const found: TreeSegment[] = [];
    for (const { first } of await orderedSegments(this.#deps.files, this.#files.folder)) {
      const segment = first && treeSegment(first, origin, 0);
      if (segment === undefined) continue;
      const before = found.pop();
      if (before !== undefined) found.push({ ...before, lines: segment.from - before.from });
      found.push(segment);
      if (segment.segment !== this.#end.last?.segment) continue;
      found.push({ ...segment, lines: this.#end.last.sequence });
      return found.toSpliced(-2, 1);
    }
    return found;
  }

  /** One write, small enough to be found torn by the next reader; what is larger goes in two. */
  async #write(tree: LogTree, entries: readonly LooseEntry[]): Promise<void> {
    if ((this.#end.open?.sizeBytes ?? 0) > SEGMENT_BYTES_MAX) await this.#endOpen(tree);
    const segment = this.#end.open?.segment ?? makeSegmentId(this.#deps.random);
    const opening = this.#end.open === undefined ? this.#opening(segment, tree) : [];
    const start = this.#end.open?.head ?? CHAIN_START;
    const groups = await chainGroups(start, [...opening, ...entries], this.#context(segment));
    if (groups.bytes.length <= CUSTODY_BATCH_BYTES_MAX || entries.length <= 1) {
      for (const place of groups.places.slice(opening.length))
        this.#lines.push({ index: tree.size + place, line: groups.lines[place] ?? new Uint8Array() });
      return this.#put(segment, groups, tree);
    }
    const half = entries.length >> 1;
    await this.#write(tree, entries.slice(0, half));
    await this.#write(tree, entries.slice(half));
  }

  async #put(
    segment: SegmentId,
    groups: Pick<ChainedGroups, 'bytes' | 'lines' | 'state'>,
    tree: LogTree,
  ): Promise<void> {
    const { open } = this.#end;
    const { written, publicKey } = this.#deps;
    [written.last, written.open] = [null, undefined];
    if (open === undefined) await this.#files.create(segment, groups.bytes);
    else await this.#files.append(open, groups.bytes);
    tree.append(groups.lines);
    const last = { segment, ...groups.state };
    const sizeBytes = (open?.sizeBytes ?? 0) + groups.bytes.length;
    const now = { segment, head: groups.state, sizeBytes };
    this.#end = { last, open: now, breaks: [] };
    written.last = last;
    written.open = { ...now, keyId: keyIdHex(publicKey.keyId), bytes: groups.bytes };
  }

  /** Ends the open segment; one that does not hold as a whole stays without its signature. */
  async #endOpen(tree: LogTree): Promise<void> {
    const { open, last, breaks } = this.#end;
    if (open === undefined || last === null) return;
    const broken = await this.#files.end(open);
    this.#end = { last, open: undefined, breaks: broken === undefined ? breaks : [...breaks, broken] };
    await tree.publish(this.#deps.signer, this.#deps.publicKey);
    await tree.sync(Math.max(0, tree.size - last.sequence));
  }

  #opening(segment: SegmentId, tree: LogTree): LooseEntry[] {
    const { receiver, version, log } = this.#deps;
    const { last, breaks } = this.#end;
    const facts = {
      segment,
      station: receiver,
      version,
      last_segment: last?.segment ?? null,
      last_sequence: last?.sequence ?? null,
      last_sha256: last?.sha256 ?? null,
      log_origin: tree.origin,
      log_size: tree.size,
    };
    for (const each of breaks) log.error('store log: chain broken', { ...each });
    return [
      this.#entry({ event: 'segment-opened', facts }),
      ...breaks.map((each) =>
        this.#entry({ event: 'chain-broken', facts: { ...each, reason: each.reason.slice(0, 256) } }),
      ),
    ];
  }

  #entry({ event, facts }: CustodyEvent): LooseEntry {
    return { ...entryStamp(this.#deps.clock, this.#deps.bootId), event, facts };
  }
}

/** Origin of the log that is written now: another one after each statement that the vault was restored. Errors: the system's. */
async function currentOrigin({ files, vaultPath, vault, receiver, log }: OriginDeps): Promise<string> {
  const statement = (await readStatements(files, new VaultLayout(vaultPath), log)).at(-1);
  return logOrigin(vault, receiver, statement?.sha256);
}

type OriginDeps = Pick<StoreLogDeps, 'files' | 'vaultPath' | 'vault' | 'receiver' | 'log'>;

/** Folder of its tree, with what somebody outside said of it. Errors: the system's. */
export async function currentLogFolder(deps: OriginDeps): Promise<string> {
  return logFolder(join(deps.vaultPath, deps.receiver), await currentOrigin(deps));
}

/** The place in the tree that the first entry of a segment says; undefined where that is another tree, or none. */
function treeSegment({ facts }: CustodyEntry, origin: string, lines: number): TreeSegment | undefined {
  const { segment, log_origin: named, log_size: from } = facts;
  return named === origin && typeof from === 'number' && isSegmentId(String(segment))
    ? { segment: parseSegmentId(String(segment)), from, lines }
    : undefined;
}
