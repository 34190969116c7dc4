// The store's own custody log (SPEC 4.3.7) in `<vault>/<receiver>/custody/`: takes events of the receiver and of its commands, which may
// run at one time, and makes them durable in one chain under signed checkpoints.
//
// Invariants:
// 1. Only who holds the lock changes the folder, and goes on behind the last entry that is there.
// 2. A new segment, a rewritten one and a signature are put in place by a rename out of the lock's own folder, whole.
// 3. Recovery takes: a torn end (cut), an end that this process did not write (written anew: a sync of it may have failed, and was reported to
//    whoever wrote it alone), a segment that does not hold (left as it is,
//    unsigned; the next one begins with `chain-broken`), a segment above the bound without its signature (signed).
// 4. After an error the events may be in the log or not: whoever appends says a thing again rather than not at all.
import { join } from 'node:path';
import { type ChainedGroups, chainGroups, type LooseEntry } from '../../../protocol/custody/custody-chain.ts';
import { CHAIN_START, type CustodyEvent, entryStamp } from '../../../protocol/custody/custody-entry.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { makeSegmentId, type ReceiverId, type SegmentId } from '../../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX, CUSTODY_GROUP_ENTRIES } from '../../../protocol/format/limits.ts';
import type { Clock, Files, Log, Random, Signer } from '../../../protocol/format/ports.ts';
import { CUSTODY, VaultLayout } from '../vault/vault-layout.ts';
import { type Locks, underLock } from '../vault/vault-lock.ts';
import { findEnd, type LogEnd, SegmentFiles, type WrittenEnd } from './log-end.ts';

/** A segment is ended and a new one opened above this size (SPEC 4.3.2): some 5,000 entries. */
const SEGMENT_BYTES_MAX = 2 * 1024 * 1024;

export interface StoreLogDeps {
  /** The vault's folder; must be there. */
  readonly vaultPath: string;
  readonly receiver: ReceiverId;
  /** Version of the program, for the first entry of a segment. */
  readonly version: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** With the store's key. */
  readonly signer: Signer;
  /** Of the signer's key: a segment of another key is not gone on with. */
  readonly publicKey: PublicKey;
  readonly bootId: string | null;
  readonly locks: Locks;
  readonly written: WrittenEnd;
  /** Ends the wait for the lock. */
  readonly signal: AbortSignal;
}

/** The folder of the store's own log. */
export function storeLogFolder(vaultPath: string, receiver: ReceiverId): string {
  return join(vaultPath, receiver, CUSTODY);
}

/**
 * Appends events in their order; they are durable and under a checkpoint when it resolves with the head behind them.
 * Errors: "lock.held", "store-log.oversize", the signer's, the system's, the signal's reason.
 */
export async function appendStoreEvents(
  deps: StoreLogDeps,
  events: readonly CustodyEvent[],
): Promise<CustodyHead | null> {
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

  constructor(deps: StoreLogDeps, workFolder: string) {
    this.#deps = deps;
    const folder = storeLogFolder(deps.vaultPath, deps.receiver);
    this.#files = new SegmentFiles({ ...deps, folder, workFolder });
  }

  async append(events: readonly CustodyEvent[]): Promise<CustodyHead | null> {
    this.#end = await findEnd(this.#files, this.#deps);
    for (let from = 0; from < events.length; from += CUSTODY_GROUP_ENTRIES)
      await this.#write(events.slice(from, from + CUSTODY_GROUP_ENTRIES).map((event) => this.#entry(event)));
    return this.#end.last;
  }

  async end(): Promise<void> {
    const { open } = await findEnd(this.#files, this.#deps);
    if (open !== undefined) await this.#files.end(open);
  }

  /** One write, small enough to be found torn by the next reader; what is larger goes in two. */
  async #write(entries: readonly LooseEntry[]): Promise<void> {
    await this.#endLong();
    const segment = this.#end.open?.segment ?? makeSegmentId(this.#deps.random);
    const all = this.#end.open === undefined ? [...this.#opening(segment), ...entries] : entries;
    const context = {
      station: this.#deps.receiver,
      segment,
      signer: this.#deps.signer,
      stamp: () => entryStamp(this.#deps.clock, this.#deps.bootId),
    };
    const groups = await chainGroups(this.#end.open?.head ?? CHAIN_START, all, context);
    if (groups.bytes.length <= CUSTODY_BATCH_BYTES_MAX || entries.length <= 1)
      return this.#put(segment, groups);
    const half = entries.length >> 1;
    await this.#write(entries.slice(0, half));
    await this.#write(entries.slice(half));
  }

  async #put(segment: SegmentId, groups: ChainedGroups): Promise<void> {
    const { open } = this.#end;
    const { written } = this.#deps;
    written.last = null;
    if (open === undefined) await this.#files.create(segment, groups.bytes);
    else await this.#files.append(open, groups.bytes);
    written.last = { segment, ...groups.state };
    const sizeBytes = (open?.sizeBytes ?? 0) + groups.bytes.length;
    this.#end = {
      last: { segment, ...groups.state },
      open: { segment, head: groups.state, sizeBytes },
      breaks: [],
    };
  }

  /** Ends a segment that has grown too long; one that does not hold as a whole stays without its signature. */
  async #endLong(): Promise<void> {
    const { open, last } = this.#end;
    if (open === undefined || open.sizeBytes <= SEGMENT_BYTES_MAX) return;
    const broken = await this.#files.end(open);
    this.#end = { last, open: undefined, breaks: broken === undefined ? [] : [broken] };
  }

  #opening(segment: SegmentId): LooseEntry[] {
    const { receiver, version, log } = this.#deps;
    const { last, breaks } = this.#end;
    const facts = {
      segment,
      station: receiver,
      version,
      last_segment: last?.segment ?? null,
      last_sequence: last?.sequence ?? null,
      last_sha256: last?.sha256 ?? null,
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
