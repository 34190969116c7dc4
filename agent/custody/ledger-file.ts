// The snapshot: the ledger and the segments of the custody log in one file, so that a start follows the log from the entry on that the snapshot
// names, and not from its beginning.
//
// A cache and nothing more. Its ledger counts where the log has that entry; else the whole log is folded. A segment that it does not name is read,
// and one that it names and that is gone is not there. What it says of the store spares a question, and is asked again before anything is dropped.
// Shape: that of agent/platform/cache-file.ts; each line is a JSON list that begins with its kind.
import { dirname } from 'node:path';
import * as z from 'zod';
import * as d from '../../protocol/documents/document.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { custodyHeadSchema, type CustodyHead } from '../../protocol/documents/receipt.ts';
import { readCache, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { CustodySegments, KnownSegment } from './custody-segments.ts';
import { DIFFERENCES, storeLogSchema } from '../../protocol/custody/carried.ts';
import { keyOf, Ledger } from './ledger.ts';

/** A start every ten minutes for two years makes 100,000 segments; a spool holds up to a million recordings, ITEMS_OF_LINE in a line. */
const LINES_MAX = 400_000;
const ITEMS_OF_LINE = 256;
/** What changes in this time is written together. */
const WRITE_PAUSE_MS = 60_000;

/** A segment that ended, as the snapshot knows it. */
export type IndexedSegment = Readonly<KnownSegment> & { readonly signed: true };

/** What a snapshot says. */
export interface Snapshot {
  /** The entry up to which `ledger` holds; null where it holds nothing. */
  readonly head: CustodyHead | null;
  readonly ledger: Ledger;
  readonly ended: ReadonlyMap<SegmentId, IndexedSegment>;
}

function cacheAt(path: string): CacheFile {
  return { path, header: '{"type":"ledger","version":1}', entriesMax: LINES_MAX };
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

/** What the snapshot knows; nothing where there is none that is whole. Never rejects. */
export async function readSnapshot(files: Files, path: string): Promise<Snapshot> {
  const found = new Reading();
  const lines = await readCache(files, cacheAt(path), (text) => found.take(JSON.parse(text)));
  return lines === undefined ? noSnapshot() : found;
}

/** Of a station that has none. */
export function noSnapshot(): Snapshot {
  return { head: null, ledger: new Ledger(), ended: new Map() };
}

class Reading implements Snapshot {
  head: CustodyHead | null = null;
  readonly ledger = new Ledger();
  readonly ended = new Map<SegmentId, IndexedSegment>();

  take(value: unknown): true | undefined {
    const { data: line } = lineSchema.safeParse(value);
    if (line === undefined) return undefined;
    const { ledger } = this;
    switch (line[0]) {
      case 'head':
        this.head = line[1];
        ledger.resume(line[2]);
        break;
      case 'segment':
        this.ended.set(line[1].segment, { ...line[1], signed: true });
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

export interface LedgerFileDeps {
  readonly path: string;
  readonly segments: CustodySegments;
  /** The ledger and the entry up to which it holds, at this moment. */
  readonly ledger: () => { readonly ledger: Ledger; readonly head: CustodyHead | null };
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the snapshot near to what is known; in nobody's way. */
export class LedgerFile {
  readonly #deps: LedgerFileDeps;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: LedgerFileDeps) {
    this.#deps = deps;
  }

  /** A segment ended or went, or the store holds another one. */
  changed(): void {
    this.#cancel ??= this.#deps.clock.after(WRITE_PAUSE_MS, () => this.#write());
  }

  /** Never rejects: a snapshot that could not be written makes the next start slower, and nothing else. */
  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #write(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { files, path, log } = this.#deps;
    this.#writing = this.#writing
      .then(() => writeCache(files, cacheAt(path), this.#lines()))
      .then(() => files.syncFolder(dirname(path)))
      .catch((error: unknown) =>
        log.warn('snapshot of the ledger not written', { reason: describeError(error) }),
      );
  }

  /** Of one moment: what is written meanwhile changes. */
  #lines(): string[] {
    const { ledger, head } = this.#deps.ledger();
    const ended = this.#deps.segments.list().filter(({ signed }) => signed);
    const lines = ended.map((segment) => JSON.stringify(['segment', segment]));
    if (head !== null) {
      lines.push(JSON.stringify(['head', head, ledger.keyId]));
      for (const line of linesOf(ledger)) lines.push(JSON.stringify(line));
    }
    return lines;
  }
}
