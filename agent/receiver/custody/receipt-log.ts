// Enters what the running receiver says into the store's log, many events with one append, and proves to stations that it is there (SPEC 4.15,
// 6.12).
//
// Invariants:
// 1. A receipt is proven once its line, and the checkpoint over it, are durable; a receipt without a proof is given to nobody.
// 2. One append at a time. What comes meanwhile goes with the next one, so that any number of receipts shares its lock, sync and signatures.
// 3. A tree whose lines are not those of its checkpoint proves nothing (condition `log.shorter`).
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { type CustodyHead, parseReceipt } from '../../../protocol/documents/receipt.ts';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { describeError, type DockError, isAbsent, isDockError } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../../protocol/format/ports.ts';
import { type Checkpoint, formatProof } from '../../../protocol/transparency/checkpoint.ts';
import {
  inclusionProof,
  isIncluded,
  leafHash,
  type ReadNode,
} from '../../../protocol/transparency/merkle.ts';
import { nodesOfTiles, tilePath } from '../../../protocol/transparency/tiles.ts';
import {
  LOG_ORIGIN_LENGTH_MAX,
  type LogSize,
  messageField,
  type ReceiptLogField,
} from '../../../protocol/transfer/messages.ts';
import {
  HEADS_MS,
  LOG_EVENTS_AT_ONCE,
  LOG_QUESTIONS,
  LOG_RECEIPTS_KNOWN_MAX,
  LOG_REFUSED_MS,
} from '../limits.ts';
import { Allowance } from '../transfer/refusals.ts';
import type { Sending } from '../transfer/sending.ts';
import { checkVaultThere } from '../vault/vault-id.ts';
import { VaultLayout } from '../vault/vault-layout.ts';
import type { SignedDocument } from '../vault/vault.ts';
import { damagedTile, type LogTree, provenBeginning, readTile } from './log-tree.ts';
import { type Appended, type AppendedLine, appendStoreEvents, type StoreLogDeps } from './store-log.ts';

export interface ReceiptLogOptions {
  /** Without the signal: nothing that was begun is cut off. */
  readonly store: Omit<StoreLogDeps, 'signal'>;
  readonly stations: ReadonlyMap<StationId, unknown>;
  readonly sending: Pick<Sending, 'log'>;
  readonly conditions: Conditions;
}

interface Waiting {
  readonly events: readonly CustodyEvent[];
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Nodes of the tree at one checkpoint, each made once, and each tile read once. */
interface ProvenTree {
  readonly tree: LogTree;
  readonly size: number;
  readonly read: ReadNode;
}

/** The log of one running receiver. */
export class ReceiptLog {
  readonly #options: ReceiptLogOptions;
  readonly #signal = new AbortController().signal;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** The tree of the last append. */
  #tree: LogTree | undefined;
  /** Of the last append; until then, monotonic ms, it is not looked again for a receipt, since all lines are read for that. */
  #refusal: DockError | undefined;
  #lookAgainMs = 0;
  #proven: ProvenTree | undefined;
  #proving: Promise<unknown> = Promise.resolve();
  /** Lines of receipts by their digests, the one that was asked for last at the end. */
  readonly #known = new Map<string, AppendedLine & { readonly origin: string }>();
  /** The checkpoint that each station has once it heard what was sent to it, or that it named: proofs are made from there. */
  readonly #sizes = new Map<StationId, LogSize>();
  readonly #questions: Allowance;

  constructor(options: ReceiptLogOptions) {
    this.#options = options;
    this.#questions = new Allowance(options.store.clock, LOG_QUESTIONS);
  }

  /** Enters events behind what waits; they are durable when it resolves, with their lines. Errors: those of appendStoreEvents; "vault.*". */
  enter(events: readonly CustodyEvent[]): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** An offer of the station verified, and said which checkpoint it has, unless more was sent to it since: then that offer was on its way. */
  heard(station: StationId, log: LogSize | undefined): void {
    const known = this.#sizes.get(station);
    if (log === undefined || (known?.origin === log.origin && known.size >= log.size)) return;
    if (known === undefined || known.origin !== this.#tree?.origin || log.origin === known.origin)
      this.#sizes.set(station, log);
  }

  /** Enters a receipt that is durable in the vault, and the policy that its document names, where that is not known, and proves it. Errors: those of `enter`; "log.shorter". */
  async prove({ bytes }: SignedDocument, policySha256: string | undefined): Promise<ReceiptLogField> {
    const { kind, station, recording } = parseReceipt(bytes);
    const sha256 = sha256Hex(bytes);
    const named = policySha256 === undefined ? {} : { policy_sha256: policySha256 };
    const facts = { kind, station, recording, receipt_sha256: sha256, ...named };
    const { line, index, tree } = await this.#lineOf(sha256, { event: 'receipt', facts });
    // One after the other: a station judges each proof by the one before.
    const proven = this.#proving.then(() => this.#proofOf(station, line, index, tree));
    this.#proving = proven.catch(() => undefined);
    return proven;
  }

  async #proofOf(
    station: StationId,
    line: Uint8Array,
    index: number,
    tree: LogTree,
  ): Promise<ReceiptLogField> {
    const { checkpoint, note } = newestOf(tree);
    const from = this.#sizes.get(station);
    this.#sizes.set(station, { origin: tree.origin, size: checkpoint.size });
    return this.#readingTiles(async () => {
      const { size, root } = checkpoint;
      const hashes = await inclusionProof(index, size, this.#nodes(tree, size));
      if (!isIncluded({ leaf: leafHash(line), index, size, root, proof: hashes })) throw damagedTile();
      return {
        entry: parseUtf8(line) ?? '',
        proof: formatProof({ index, hashes, checkpoint: note }),
        consistency: await this.#consistency(from, tree, checkpoint),
      };
    });
  }

  /** Answers a question about the log. What is not answered is asked again. Never rejects. */
  async answer(
    station: StationId,
    { size, nonce }: { readonly size: number; readonly nonce: string },
    payload: Uint8Array,
  ): Promise<void> {
    const { stations, store, sending } = this.#options;
    const origin = payload.length > LOG_ORIGIN_LENGTH_MAX ? undefined : parseUtf8(payload);
    if (!stations.has(station) || origin === undefined) return;
    if (origin !== '' && origin.split('/')[2] !== store.receiver) return; // another receiver's log
    if (!this.#questions.spend(station)) return;
    try {
      const tree = this.#tree ?? (await this.enter([])).tree;
      const { newest } = tree;
      if (newest !== undefined)
        this.#sizes.set(station, { origin: tree.origin, size: newest.checkpoint.size });
      const consistency = await this.#readingTiles(() =>
        this.#consistency({ origin, size }, tree, newest?.checkpoint),
      );
      await sending.log(station, {
        message: 'log',
        station,
        recording: null,
        receiver: store.receiver,
        nonce,
        origin,
        size,
        checkpoint: newest?.note ?? null,
        consistency,
      });
    } catch (error) {
      store.log.debug('question about the log not answered', { station, error });
    }
  }

  /** Resolves when what was taken is entered. Never rejects. */
  async stop(): Promise<void> {
    await this.#running;
  }

  async #lineOf(sha256: string, event: CustodyEvent): Promise<AppendedLine & { readonly tree: LogTree }> {
    const known = this.#known.get(sha256);
    this.#known.delete(sha256);
    if (known !== undefined && known.origin === this.#tree?.origin) {
      this.#known.set(sha256, known);
      return { ...known, tree: this.#tree };
    }
    const { clock } = this.#options.store;
    if (this.#refusal !== undefined && clock.monotonicMs() < this.#lookAgainMs) throw this.#refusal;
    const { tree, lines } = await this.enter([event]);
    const [line] = lines;
    if (tree.refusal !== undefined) throw tree.refusal;
    if (line === undefined) throw new RangeError('an event without a line');
    const [oldest] = this.#known.size >= LOG_RECEIPTS_KNOWN_MAX ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(sha256, { ...line, origin: tree.origin });
    return { ...line, tree };
  }

  async #consistency(
    from: LogSize | undefined,
    tree: LogTree,
    to: Checkpoint | undefined,
  ): Promise<string[]> {
    if (to === undefined || from?.origin !== tree.origin || from.size >= to.size) return [];
    const proof = await provenBeginning(from.size, to, this.#nodes(tree, to.size));
    return proof.map(messageField);
  }

  #nodes(tree: LogTree, size: number): ReadNode {
    if (this.#proven?.tree === tree && this.#proven.size === size) return this.#proven.read;
    const { files } = this.#options.store;
    const tiles = new Map<string, Promise<Uint8Array>>();
    const nodes = new Map<string, Promise<Uint8Array>>();
    const nodeOf = nodesOfTiles(size, (tile) =>
      once(tiles, tilePath(tile), () => readTile(files, tree.folder, tile)),
    );
    const read: ReadNode = (height, index) => once(nodes, `${height} ${index}`, () => nodeOf(height, index));
    this.#proven = { tree, size, read };
    return read;
  }

  /** Once more after all tiles were made again, where one is gone or damaged. */
  async #readingTiles<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const isOfTiles = isDockError(error, 'log.tile') || isAbsent(error);
      if (!isOfTiles || this.#tree?.refusal !== undefined) throw error; // of a log that is refused none are made
      const { written, log } = this.#options.store;
      log.error('store log: tiles are made again', { error });
      written.isTreeDamaged = true;
      this.#proven = undefined;
      await this.enter([]);
      return run();
    }
  }

  async #run(): Promise<void> {
    const { store } = this.#options;
    const layout = new VaultLayout(store.vaultPath);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, LOG_EVENTS_AT_ONCE);
      try {
        await checkVaultThere(store.files, layout, store.vault);
        const events = batch.flatMap((each) => each.events);
        const appended = await appendStoreEvents({ ...store, signal: this.#signal }, events);
        this.#appended(appended);
        let at = 0;
        for (const { events: own, resolve } of batch) {
          resolve({ ...appended, lines: appended.lines.slice(at, at + own.length) });
          at += own.length;
        }
      } catch (error) {
        if (isDockError(error, 'log.shorter')) this.#judged(error);
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = undefined;
  }

  #appended({ tree }: Appended): void {
    this.#tree = tree;
    this.#judged(tree.refusal);
  }

  #judged(refusal: DockError | undefined): void {
    const { conditions, store } = this.#options;
    this.#refusal = refusal;
    this.#lookAgainMs = store.clock.monotonicMs() + LOG_REFUSED_MS;
    if (refusal === undefined) conditions.clear('log.shorter', null);
    else conditions.raise('log.shorter', null, { reason: describeError(refusal) });
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function newestOf({ newest, refusal }: LogTree): NonNullable<LogTree['newest']> {
  if (newest !== undefined && refusal === undefined) return newest;
  throw refusal ?? new RangeError('a tree without a checkpoint');
}

export interface StationHeadsOptions {
  readonly stations: ReadonlyMap<StationId, unknown>;
  /** See CustodyKeeper.head. */
  readonly custody: { head(station: StationId): Promise<CustodyHead | null> };
  readonly receiptLog: Pick<ReceiptLog, 'enter'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** Enters how far the vault holds each station's log (SPEC 4.15.14), so that its end is missed where it is taken away. */
export class StationHeads {
  readonly #options: StationHeadsOptions;
  readonly #entered = new Map<StationId, string>();
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: StationHeadsOptions) {
    this.#options = options;
  }

  /** Each hour from now on. */
  start(): void {
    this.#cancel = this.#options.clock.after(HEADS_MS, () => {
      this.#running = this.#enter();
    });
  }

  /** Resolves with what there is to enter last. Never rejects. */
  async stop(): Promise<CustodyEvent[]> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
    return (await this.#changed()).map(({ event }) => event);
  }

  async #enter(): Promise<void> {
    const { receiptLog, log } = this.#options;
    try {
      const changed = await this.#changed();
      if (changed.length > 0) await receiptLog.enter(changed.map(({ event }) => event));
      for (const { station, sha256 } of changed) this.#entered.set(station, sha256);
    } catch (error) {
      log.error("heads of the stations' logs not entered", { error });
    }
    if (!this.#stopped) this.start();
  }

  async #changed(): Promise<{ station: StationId; sha256: string; event: CustodyEvent }[]> {
    const { stations, custody } = this.#options;
    const changed = [];
    for (const station of stations.keys()) {
      const head = await custody.head(station);
      if (head === null || head.sha256 === this.#entered.get(station)) continue;
      const event: CustodyEvent = { event: 'head', facts: { station, ...head } };
      changed.push({ station, sha256: head.sha256, event });
    }
    return changed;
  }
}
