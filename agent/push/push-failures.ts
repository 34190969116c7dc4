// What becomes of a step of pushing that failed: a lost connection, a broker that refuses, or a lack of this machine costs a pause, and so does
// a disk that does not give a file back; where it goes on refusing, the recording is put aside, neither sent nor skipped silently.
import { isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import { isWithheld } from '../platform/look-patiently.ts';
import { FailurePauses } from './back-off.ts';
import type { PushReceipts } from './push-receipts.ts';
import type { SignedItems } from '../spool/signed-items.ts';

/** Errors that are a file's own: it is not there, or is something else than a file. */
const NO_FILE: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ELOOP', 'ENOTDIR', 'ESPIPE', 'ENXIO']);
/**
 * So long a disk may refuse to give back what it has. One failed call says nothing: a cable, a hub, one read in a bad moment; and the store may
 * have the recording already, so that a second copy of it would be taken from the camera.
 */
const PATIENCE_MS = 60_000;
/** Pause before what cannot be read because its disk is away is tried again. */
const AWAY_MS = 15_000;
/** ... and what a key signed that this station does not know: only another start knows others. */
const OTHER_KEY_MS = 3_600_000;
/** Stands while a document does not fit into a message of this broker. */
export const OFFER_SIZE_CODE = 'broker.offer-size';

export interface PushFailuresOptions {
  readonly broker: Pick<Broker, 'payloadBytesMax'>;
  readonly items: Pick<SignedItems, 'of' | 'quarantine'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly receipts: Pick<PushReceipts, 'isTaking'>;
}

/**
 * What follows for what could not be sent. `gone`: it is not pushed any more. `too-large`: the broker takes no message of that size, and others need
 * not wait for it. `later`: it is tried again after a pause. `nothing`: the part that failed reports it, or it was reported before.
 */
export type FailureVerdict =
  { readonly kind: 'nothing' | 'gone' | 'too-large' } | { readonly kind: 'later'; readonly pauseMs: number };

const NOTHING: FailureVerdict = { kind: 'nothing' };

/** What the log says of a failure. */
type FailureFacts = Readonly<Record<string, unknown>> & { readonly recording: RecordingId };

/** Failures of one station. */
export class PushFailures {
  readonly #options: PushFailuresOptions;
  /** On their way to the quarantine. */
  readonly #leaving = new Set<RecordingId>();
  /** For want of something that is none of the recording's. */
  readonly #lacks = new FailurePauses();
  /** The disk withheld it. Counted apart: a lack of many minutes says nothing of the disk. */
  readonly #withheld = new FailurePauses();

  constructor(options: PushFailuresOptions) {
    this.#options = options;
  }

  /** A step of that recording failed. Never rejects: behind a failure of the quarantine it is out of the spool all the same. */
  async judge(recording: RecordingId, error: unknown): Promise<FailureVerdict> {
    const { items, log, receipts, broker, conditions } = this.#options;
    if (isDockError(error, 'broker.offline') || isDockError(error, 'broker.refused')) return NOTHING; // the connection has told it
    if (isDockError(error, 'broker.message-oversize')) {
      // A person must raise its limit; it is offered again all the same.
      conditions.raise(OFFER_SIZE_CODE, recording, { payload_bytes_max: broker.payloadBytesMax });
      return { kind: 'too-large' };
    }
    const damaged = isDockError(error, 'spool.unit-damaged') || isDockError(error, 'spool.damaged');
    const code = systemCode(error) ?? '';
    const type = items.of(recording);
    const state = type?.store.get(recording)?.state;
    if (type === undefined || state === undefined) return { kind: 'gone' };
    // The store has the original of what is receipted: our copy may be reclaimed while its last units are read.
    if (state !== 'spooled' || receipts.isTaking(recording)) return NOTHING;
    if (isDockError(error, 'spool.other-key')) return { kind: 'later', pauseMs: OTHER_KEY_MS }; // a condition tells it
    const facts = { kind: type.kind, recording, error };
    const isOurs = damaged || NO_FILE.has(code) || isWithheld(error);
    if (isDockError(error, 'custody.write-failed') || !isOurs)
      return this.#pause(this.#lacks, facts) ?? NOTHING;
    const pause = isWithheld(error) ? this.#pause(this.#withheld, facts, PATIENCE_MS) : undefined;
    if (pause !== undefined) return pause;
    log.error('delivery failed', facts);
    return this.#putAside(recording, damaged ? 'damaged' : `unreadable: ${code}`);
  }

  /** It is not pushed any more. */
  forget(recording: RecordingId): void {
    this.#lacks.forget(recording);
    this.#withheld.forget(recording);
  }

  /** Puts it off; undefined where it has failed for `patienceMs`. */
  #pause(pauses: FailurePauses, facts: FailureFacts, patienceMs = Infinity): FailureVerdict | undefined {
    const { clock, log } = this.#options;
    const pause = pauses.next(facts.recording, clock.monotonicMs());
    if (pause === undefined) return NOTHING;
    if (pause.failingMs >= patienceMs) return undefined;
    log.error('delivery failed, will retry', { ...facts, pause_ms: pause.ms });
    return { kind: 'later', pauseMs: pause.ms };
  }

  /** Where the whole spool is not there or could not be looked for, nothing is wrong with what is in it: it is tried again. */
  async #putAside(recording: RecordingId, reason: string): Promise<FailureVerdict> {
    if (this.#leaving.has(recording)) return NOTHING; // several of its units fail at one time
    this.#leaving.add(recording);
    try {
      await this.#options.items.quarantine(recording, reason);
      return { kind: 'gone' };
    } catch {
      return { kind: 'later', pauseMs: AWAY_MS };
    } finally {
      this.#leaving.delete(recording);
    }
  }
}
