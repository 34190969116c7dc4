// The index of the custody log: of each ended segment where it lies in the chain and whether the store holds it, so that a start need not
// open thousands of files and a reconnect need not ask about them.
//
// A cache and nothing more. A segment that it does not name is read; one that it names and that is gone is not there; what it says of the
// store only spares a question, and is asked again before anything is dropped for it.
// Shape: that of agent/platform/cache-file.ts; a line is `[segment, last sequence, its SHA-256, its time, time of entry 1, head that entry 1 follows
// or null, 1 where the store holds all of it]`.
import { dirname } from 'node:path';
import { describeError } from '../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { custodyHeadSchema } from '../../protocol/documents/receipt.ts';
import { readCache, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { CustodySegments, KnownSegment } from './custody-segments.ts';

/** Segments that an index may name: a start every ten minutes for two years makes so many. */
const SEGMENTS_MAX = 100_000;
/** What changes in this time is written together. */
const WRITE_PAUSE_MS = 60_000;

/** A segment that ended, as the index knows it. */
export type IndexedSegment = Readonly<KnownSegment> & { readonly signed: true };

function cacheAt(path: string): CacheFile {
  return { path, header: '{"type":"custody-index","version":1}', entriesMax: SEGMENTS_MAX };
}

function* linesOf(ended: readonly Readonly<KnownSegment>[]): Generator<string> {
  for (const each of ended) yield lineOf(each);
}

function lineOf(known: Readonly<KnownSegment>): string {
  const { segment, lastSequence, lastSha256, lastAt, openedAt, follows, held } = known;
  return JSON.stringify([segment, lastSequence, lastSha256, lastAt, openedAt, follows, held ? 1 : 0]);
}

/** A line that the digest vouches for; checked only as far as a wrong type could do harm. */
function parseLine(text: string): IndexedSegment | undefined {
  const [segment, lastSequence, lastSha256, lastAt, openedAt, follows, held] = JSON.parse(text) as unknown[];
  if (typeof segment !== 'string' || !isSegmentId(segment) || typeof lastSequence !== 'number')
    return undefined;
  return {
    segment,
    lastSequence,
    lastSha256: String(lastSha256),
    lastAt: String(lastAt),
    openedAt: String(openedAt),
    follows: follows === null ? null : custodyHeadSchema.parse(follows),
    signed: true,
    held: held === 1,
  };
}

/** What the index knows; empty where there is none that is whole. Never rejects. */
export async function readCustodyIndex(
  files: Files,
  path: string,
): Promise<ReadonlyMap<SegmentId, IndexedSegment>> {
  const entries = (await readCache(files, cacheAt(path), parseLine)) ?? [];
  return new Map(entries.map((entry) => [entry.segment, entry]));
}

export interface CustodyIndexDeps {
  readonly path: string;
  readonly segments: CustodySegments;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the index near to what the log knows; in nobody's way. */
export class CustodyIndex {
  readonly #deps: CustodyIndexDeps;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: CustodyIndexDeps) {
    this.#deps = deps;
  }

  /** A segment ended or went, or the store holds another one. */
  changed(): void {
    this.#cancel ??= this.#deps.clock.after(WRITE_PAUSE_MS, () => this.#write());
  }

  /** Never rejects: an index that could not be written makes the next start slower, and nothing else. */
  async close(): Promise<void> {
    if (this.#cancel !== undefined) this.#write();
    await this.#writing;
  }

  #write(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { files, path, segments, log } = this.#deps;
    const ended = segments.list().filter((each) => each.signed);
    this.#writing = this.#writing
      .then(() => writeCache(files, cacheAt(path), linesOf(ended)))
      .then(() => files.syncFolder(dirname(path)))
      .catch((error: unknown) => log.warn('custody index not written', { reason: describeError(error) }));
  }
}
