// Which segments of a receiver's log can be believed where a key of the store was put aside (SPEC 4.9.2): anybody who has an old key can write a log
// for a receiver that never was, or go on with one that ended. Reads a log once more for that; a store that never changed its key costs nothing.
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { HeadBook, type LinkedSegment } from './custody-links.ts';
import type { FoundCustody } from './found-folders.ts';
import type { ReadFiles } from './read-files.ts';
import { finding, note, type Remark } from './remark.ts';
import type { TrustedKeys } from './trusted-keys.ts';
import { isDoubtful } from './known-keys.ts';
import { readLog, type TakeVouched } from './covered-entries.ts';

/** A log: its folder, and that one's name in findings. */
type LogFolder = Pick<FoundCustody, 'folder' | 'where' | 'station'>;

/** What it takes to find out. */
export interface BeliefOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  /** The logs of all stations of the vault. */
  readonly stations: readonly LogFolder[];
  readonly signal: AbortSignal;
}

/** Segments that say nothing, with what is told of them. */
export interface Unbelieved {
  readonly segments: ReadonlySet<string>;
  readonly remarks: readonly Remark[];
}

/** What nobody but a store that is believed may say: something is not here, or may go. */
const EXCUSES: ReadonlySet<string> = new Set([
  'documents-dropped',
  'segment-dropped',
  'expiry-warned',
  'hold-lapsed',
  'deleting',
  'deleted',
]);

const NOTHING: Unbelieved = { segments: new Set(), remarks: [] };

/** The logs of all receivers of one vault. */
export class StoreLogTrust {
  readonly #options: BeliefOptions;
  #named: ReadonlySet<string> | undefined;

  constructor(options: BeliefOptions) {
    this.#options = options;
  }

  /**
   * A segment is believed that only keys signed of which nothing speaks against, or that such a segment follows; any other one only where a
   * station names the receiver. Errors: the signal's reason; those of the machine.
   */
  async unbelieved(receiver: string, { folder, where }: Omit<LogFolder, 'station'>): Promise<Unbelieved> {
    const { keys } = this.#options;
    if (!keys.changes.some(({ holder }) => isReceiverId(holder))) return NOTHING;
    const book = new HeadBook();
    const excusing = new Set<string>();
    const checked = await this.#read({ folder, where, station: receiver }, book, ({ event }, segment, by) => {
      if (by !== undefined && EXCUSES.has(event)) excusing.add(segment);
    });
    const { segments, keyId } = doubtful(checked?.linked ?? [], book, keys);
    if (segments.size === 0 || (await this.#receivers()).has(receiver)) return NOTHING;
    const message = `${segments.size} segments of the log of ${receiver} rest on key ${keyId}, which was put aside, and no station names that receiver`;
    // A receiver that began with the key of others, and has not changed it yet, may have had nothing to do.
    const told = [...segments].some((segment) => excusing.has(segment)) ? finding : note;
    return { segments, remarks: [told('store-log.old-key', where, message, { receiver, key_id: keyId })] };
  }

  /** Those by whom stations had receipts, as they signed it. */
  async #receivers(): Promise<ReadonlySet<string>> {
    if (this.#named !== undefined) return this.#named;
    const named = new Set<string>();
    for (const log of this.#options.stations)
      await this.#read(log, new HeadBook(), ({ event, facts }, _, keyId) => {
        if (event === 'receipted' && keyId !== undefined) named.add(String(facts['receiver']));
      });
    this.#named = named;
    return named;
  }

  #read(log: LogFolder, book: HeadBook, take: TakeVouched): ReturnType<typeof readLog> {
    const { files, keys, signal } = this.#options;
    return readLog({ files, keys, ...log, book, signal }, take);
  }
}

/** Segments, the oldest first, that rest on a doubtful key, and which no other one follows; with one of these keys. */
function doubtful(
  linked: readonly LinkedSegment[],
  book: HeadBook,
  keys: TrustedKeys,
): { readonly segments: ReadonlySet<string>; readonly keyId: string } {
  const good = new Set<string>();
  const segments = new Set<string>();
  let keyId = '';
  for (const { segment, link, keyIds, signedBy } of linked.toReversed()) {
    const all = signedBy === undefined ? [...keyIds] : [...keyIds, signedBy];
    const old = all.find((each) => isDoubtful(each, keys));
    const isGood = good.has(segment) || (all.length > 0 && old === undefined);
    if (isGood && link !== null && link !== undefined && book.compare(link) === 'good')
      good.add(link.segment);
    if (isGood || old === undefined) continue;
    segments.add(segment);
    keyId = old;
  }
  return { segments, keyId };
}
