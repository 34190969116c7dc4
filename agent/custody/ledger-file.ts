// The snapshot: what a start would otherwise find out again, in one file. The ledger, with the entry of the custody log up to which it holds, and the
// segments of that log; from the spool, rows of its recordings. A start follows the log from that entry on, and reads what the snapshot does not name.
//
// A cache and nothing more. Its ledger counts where the log has that entry; else the whole log is folded. A segment or a recording that it does not
// name is read, and one that it names and that is gone is not there. What it says of the store spares a question, and is asked again before anything is dropped.
// Shape: that of agent/platform/cache-file.ts; the header is `{"type":"ledger","version":2,"spool":<id>}`, each line is a JSON list that begins with its kind.
import { dirname } from 'node:path';
import * as z from 'zod';
import * as d from '../../protocol/documents/document.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { custodyHeadSchema, type CustodyHead } from '../../protocol/documents/receipt.ts';
import { readCache, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { KnownSegment } from './custody-segments.ts';
import { DIFFERENCES, storeLogSchema } from '../../protocol/custody/carried.ts';
import { keyOf, Ledger } from './ledger.ts';

/** A start every ten minutes for two years makes 100,000 segments; a spool holds up to a million recordings, several in a line. */
const LINES_MAX = 600_000;
const ITEMS_OF_LINE = 256;
/** It may always lack so many changes: reading so many manifests takes a start some 50 ms. */
const BEHIND_MIN = 500;
/**
 * ... and of what it names this part: what is written for each change does not grow with the spool then. A start takes an eighth longer at most, at
 * 26 µs for a recording that it names (`npm run bench -- curves --only backlog`) and 100 for one that it does not.
 */
const NAMED_PER_BEHIND = 32;
/** Once it lacks more, what changes in this time is written together. */
const WRITE_PAUSE_MS = 60_000;
/** What it lacks for so long is written, however little it is: by it a start knows which files cameras still have. */
const BEHIND_MS = 3_600_000;
/** Following a segment that it does not know takes a start as long as so many changes. */
export const SEGMENT_CHANGES = 500;

/** Something that a snapshot holds, of which only the lines are the snapshot's. */
export interface SnapshotPart {
  /** Things that it names. */
  readonly size: number;
  /** Takes a line of an earlier run; undefined, or it throws, where that is none of its own. */
  take(line: readonly unknown[]): true | undefined;
  /** What is to be written, of this moment; what a line says of the spool may be of a later one. */
  lines(): Iterable<readonly unknown[]>;
}
export type SnapshotParts = Readonly<Record<string, SnapshotPart>>;

function cacheAt(path: string, spool: string): CacheFile {
  return { path, header: `{"type":"ledger","version":2,"spool":"${spool}"}`, entriesMax: LINES_MAX };
}

/** The snapshot of the spool of that id, in parts that `make` gives empty; those where there is none that is whole. Never rejects. */
export async function readSnapshot<Parts extends SnapshotParts>(
  files: Pick<Files, 'open'>,
  path: string,
  spool: string,
  make: () => Parts,
): Promise<Parts> {
  const parts = make();
  const all = Object.values(parts);
  const lines = await readCache(files, cacheAt(path, spool), (text) => {
    const line = JSON.parse(text) as unknown[];
    return all.some((part) => part.take(line)) || undefined;
  });
  return lines === undefined ? make() : parts;
}

/** A segment that ended, as the snapshot knows it. */
export type IndexedSegment = Readonly<KnownSegment> & { readonly signed: true };

/** What a snapshot says of the log. */
export interface SnapshotOfLog {
  /** The entry up to which `ledger` holds; null where it holds nothing. */
  readonly head: CustodyHead | null;
  readonly ledger: Ledger;
  readonly ended: ReadonlyMap<SegmentId, IndexedSegment>;
}

const keyId = z.string().max(64).nullable();
const lineSchema = z.union([
  z.tuple([z.literal('head'), custodyHeadSchema, keyId]),
  z.tuple([
    z.literal('segment'),
    z.object({
      segment: d.segmentIdSchema,
      lastSequence: z.int(),
      lastSha256: z.string(),
      lastAt: z.string(),
      openedAt: z.string(),
      follows: custodyHeadSchema.nullable(),
      held: z.boolean(),
    }),
  ]),
  z.tuple([z.literal('items'), z.int(), z.array(d.recordingIdSchema)]),
  z.tuple([
    z.enum(['manifest', 'record']),
    d.cameraIdSchema,
    z.object({
      recording: d.recordingIdSchema,
      sha256: z.string(),
      keyId,
      docking: d.dockingIdSchema.nullable(),
    }),
  ]),
  z.tuple([
    z.literal('docking'),
    d.dockingIdSchema,
    z.object({ camera: d.cameraIdSchema, segment: d.segmentIdSchema, sequence: z.int(), at: z.string() }),
  ]),
  z.tuple([z.literal('recorded'), d.dockingIdSchema]),
  z.tuple([z.literal('pulled'), d.recordingIdSchema, d.dockingIdSchema]),
  z.tuple([
    z.literal('difference'),
    z.object({
      difference: z.enum(DIFFERENCES),
      subject: z.string(),
      sequence: z.int().nullable(),
      sha256: z.string().nullable(),
      acknowledged: z.boolean(),
    }),
  ]),
  z.tuple([z.literal('dropped'), d.segmentIdSchema]),
  z.tuple([z.literal('retired'), d.cameraIdSchema]),
  z.tuple([z.literal('bay'), d.bayIdSchema]),
  z.tuple([z.literal('store-log'), storeLogSchema.shape.checkpoint]),
]);
type Line = z.infer<typeof lineSchema>;

/** The ledger and the segments of the log. */
export class LedgerPart implements SnapshotPart {
  #head: CustodyHead | null = null;
  readonly #ledger = new Ledger();
  readonly #ended = new Map<SegmentId, IndexedSegment>();
  /** What is to be written: what was read, until the log says something else. */
  now: () => SnapshotOfLog = () => ({ head: this.#head, ledger: this.#ledger, ended: this.#ended });

  /** Its items are recordings that other parts name. */
  readonly size = 0;

  take(value: readonly unknown[]): true | undefined {
    const { data: line } = lineSchema.safeParse(value);
    if (line === undefined) return undefined;
    const ledger = this.#ledger;
    switch (line[0]) {
      case 'head':
        this.#head = line[1];
        ledger.resume(line[2]);
        break;
      case 'segment':
        this.#ended.set(line[1].segment, { ...line[1], signed: true });
        break;
      case 'items':
        for (const item of line[2]) ledger.items.set(item, line[1]);
        break;
      case 'manifest':
        ledger.manifests.set(line[1], line[2]);
        break;
      case 'record':
        ledger.records.set(line[1], line[2]);
        break;
      case 'docking':
        ledger.dockings.set(line[1], line[2]);
        break;
      case 'recorded':
        ledger.recorded.add(line[1]);
        break;
      case 'pulled':
        ledger.pulled.set(line[1], line[2]);
        break;
      case 'difference':
        ledger.differences.set(keyOf(line[1]), line[1]);
        break;
      case 'dropped':
        ledger.dropped.add(line[1]);
        break;
      case 'retired':
        ledger.retired.add(line[1]);
        break;
      case 'bay':
        ledger.bays.add(line[1]);
        break;
      case 'store-log':
        ledger.noteLog(line[1]);
    }
    return true;
  }

  /** All of one moment: what an entry changes while it is being written is not to be in it. */
  lines(): (readonly unknown[])[] {
    const { head, ledger, ended } = this.now();
    const lines = [...ended.values()].map((segment) => ['segment', segment]);
    return head === null ? lines : [...lines, ['head', head, ledger.keyId], ...linesOf(ledger)];
  }
}

/** The ledger line by line, as it is at each step. */
export function* linesOf(ledger: Ledger): Generator<Line> {
  const byBits = new Map<number, RecordingId[]>();
  for (const [item, bits] of ledger.items) {
    const items = byBits.get(bits) ?? [];
    if (items.length === 0) byBits.set(bits, items);
    if (items.push(item) < ITEMS_OF_LINE) continue;
    yield ['items', bits, items];
    byBits.delete(bits);
  }
  for (const [bits, items] of byBits) yield ['items', bits, items];
  for (const [camera, end] of ledger.manifests) yield ['manifest', camera, end];
  for (const [camera, end] of ledger.records) yield ['record', camera, end];
  for (const [docking, open] of ledger.dockings) yield ['docking', docking, open];
  for (const docking of ledger.recorded) yield ['recorded', docking];
  for (const [recording, docking] of ledger.pulled) yield ['pulled', recording, docking];
  for (const found of ledger.differences.values()) yield ['difference', found];
  for (const segment of ledger.dropped) yield ['dropped', segment];
  for (const camera of ledger.retired) yield ['retired', camera];
  for (const bay of ledger.bays) yield ['bay', bay];
  for (const checkpoint of ledger.logs.values()) yield ['store-log', checkpoint];
}

export interface SnapshotOptions {
  readonly path: string;
  /** The id of the spool: no other one's is read. */
  readonly spool: string;
  readonly files: Files;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** Keeps the file near to what is known; in nobody's way. One for a spool and its log. */
export class Snapshot<Parts extends SnapshotParts = { readonly ledger: LedgerPart }> {
  readonly parts: Parts;
  readonly #options: SnapshotOptions;
  #behind = 0;
  #timer: { readonly isFar: boolean; readonly cancel: () => void } | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: SnapshotOptions, parts: Parts) {
    this.#options = options;
    this.parts = parts;
  }

  /** Reads what the last run left, see readSnapshot. */
  static async open<Parts extends SnapshotParts>(
    options: SnapshotOptions,
    make: () => Parts,
  ): Promise<Snapshot<Parts>> {
    const { files, path, spool } = options;
    return new Snapshot(options, await readSnapshot(files, path, spool, make));
  }

  /** The file lacks so much more. */
  changed(count = 1): void {
    this.#behind += count;
    const isFar = this.#isFar;
    if (this.#behind === 0 || (this.#timer !== undefined && (this.#timer.isFar || !isFar))) return;
    this.#timer?.cancel();
    const cancel = this.#options.clock.after(isFar ? WRITE_PAUSE_MS : BEHIND_MS, () => void this.flush());
    this.#timer = { isFar, cancel };
  }

  /** Writes what the file lacks. Never rejects: where it cannot be written the next start is slower, and nothing else. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#behind > 0) {
      const { log } = this.#options;
      this.#behind = 0;
      this.#writing = this.#writing.then(() =>
        this.#write().catch((error: unknown) => {
          this.#behind++; // and the rest with the next change
          log.warn('snapshot of the ledger not written', { reason: describeError(error) });
        }),
      );
    }
    await this.#writing;
  }

  get #isFar(): boolean {
    const named = Object.values(this.parts).reduce((sum, { size }) => sum + size, 0);
    return this.#behind >= Math.max(BEHIND_MIN, named / NAMED_PER_BEHIND);
  }

  async #write(): Promise<void> {
    const { files, path, spool } = this.#options;
    await writeCache(
      files,
      cacheAt(path, spool),
      textsOf(Object.values(this.parts).map((part) => part.lines())),
    );
    await files.syncFolder(dirname(path));
  }
}

function* textsOf(all: readonly Iterable<readonly unknown[]>[]): Generator<string> {
  for (const lines of all) for (const line of lines) yield JSON.stringify(line);
}
