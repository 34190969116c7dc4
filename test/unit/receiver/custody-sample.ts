// A custody log that a station could have written: lines with their chain and signed checkpoints.
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import type { EntryStamp } from '../../../protocol/custody/custody-checkpoint.ts';
import {
  CHAIN_START,
  CUSTODY_HEAD_TRUSTED_COMMENT,
  encodeCustodyEntry,
  encodeCustodyHead,
  followChain,
  type ChainState,
  type CustodyEventName,
} from '../../../protocol/custody/custody-entry.ts';
import type { ReceiverId, SegmentId, StationId } from '../../../protocol/format/ids.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import { signFast } from '../../fakes/signer-fast.ts';

type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** The end of the segment before. */
interface Before {
  readonly segment: SegmentId;
  readonly head: ChainState;
}

/** One segment that grows. */
export class SegmentMaker {
  readonly segment: SegmentId;
  readonly lines: Uint8Array[] = [];
  /** The station's wall time of what is added. */
  at: string;
  readonly #station: StationId | ReceiverId;
  readonly #key: SecretKey;
  readonly #boot: string | null;
  #state: ChainState = CHAIN_START;

  /** The head that the opening names, none for the first segment ever, and when it was opened. */
  constructor(
    station: StationId | ReceiverId,
    segment: SegmentId,
    key: SecretKey,
    {
      at = '2026-11-25T08:00:00.000Z',
      boot = null,
      segment: last,
      head,
    }: Partial<Before> & { readonly at?: string; readonly boot?: string | null } = {},
  ) {
    this.at = at;
    this.#boot = boot;
    this.segment = segment;
    this.#station = station;
    this.#key = key;
    this.add('segment-opened', {
      segment,
      station,
      version: '1',
      last_segment: last ?? null,
      last_sequence: head?.sequence ?? null,
      last_sha256: head?.sha256 ?? null,
    });
  }

  get head(): ChainState {
    return this.#state;
  }

  add(event: CustodyEventName, facts: Facts = {}): this {
    const line = encodeCustodyEntry({
      sequence: this.#state.sequence + 1,
      previous: this.#state.sha256,
      ...this.#stamp(),
      event,
      facts,
    });
    this.#state = followChain(this.#state, line).state;
    this.lines.push(line);
    return this;
  }

  #stamp(): EntryStamp {
    return { at: this.at, boot: this.#boot, monotonic_ms: this.#state.sequence };
  }

  checkpoint(): this {
    const head = encodeCustodyHead({
      type: 'custody-head',
      version: 1,
      station: this.#station,
      segment: this.segment,
      sequence: this.#state.sequence,
      sha256: this.#state.sha256,
      ...this.#stamp(),
    });
    const signature = signFast(this.#key, head, CUSTODY_HEAD_TRUSTED_COMMENT);
    return this.add('checkpoint', { head: Buffer.from(head).toString(), signature });
  }

  /** Lines of sequences `from` to `to`, as a batch. */
  batch(from = 1, to = this.lines.length): Uint8Array {
    return joined(this.lines.slice(from - 1, to));
  }
}

/** Lines with their LF. */
export function joined(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, encodeUtf8('\n')]));
}
