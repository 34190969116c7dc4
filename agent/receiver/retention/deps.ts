// What everything about retention stands on, made once by the program that runs it.
import type { RolesConfig } from '../../../config/roles-config.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Policy } from '../../../protocol/documents/policy.ts';
import type { TermsFrom } from '../../../protocol/documents/retention.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { NoteKey } from '../../../protocol/transparency/signed-note.ts';
import type { ReadStamp } from '../../platform/openssl.ts';
import type { StoreLogDeps } from '../custody/store-log.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';

/** How long the store keeps what it has; hours between two expirations, 0: none. */
export interface StoreRetention {
  readonly days: number;
  readonly documentsDays: number;
  readonly timerHours: number;
}

/** A policy that the log names, and what it says. */
export interface EnteredPolicy extends TermsFrom {
  readonly policy: Policy;
}

/** The vault, the store's log, and what receiver.yaml says. `files`, `clock`, `signer` ... are those of the store's log. */
export interface RetentionDeps extends StoreLogDeps {
  readonly layout: VaultLayout;
  /** All that were put in force, the present one last, and what it makes of the file; see underPolicy. */
  readonly policies: readonly EnteredPolicy[];
  readonly retention: StoreRetention;
  readonly roles: RolesConfig;
  /** Keys of evaluators (SPEC 4.18), which no policy names. */
  readonly evaluators: readonly PublicKey[];
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  /** Keys of witnesses outside, whose cosignatures say the time. */
  readonly witnesses: readonly NoteKey[];
  /** Reads time stamps of the authority that the file names, by its certificate; null where it names none. */
  readonly stamps: { readonly host: string; readonly timeOf: ReadStamp } | null;
}

/** What looks and decides needs of that: nothing that signs or writes. */
export type RetentionView = Omit<
  RetentionDeps,
  'vault' | 'version' | 'signer' | 'bootId' | 'locks' | 'written' | 'witnesses' | 'stamps'
>;

/** Something that is not as it should be, and stays as it is. `what` says it in words, without a person's name. */
export interface Finding {
  readonly station: string;
  /** The recording, or null where it is about something else of the station. */
  readonly recording: string | null;
  readonly what: string;
}

// Bounds and times of retention, each with its reason. What SPEC 10 fixes is in protocol/documents/retention.ts.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the store's log is read: longer than any warning or hold by one role matters. A warning that is older is given anew. */
export const MEMORY_MS = 125 * DAY_MS;
/** Of what happened longer ago than this it is not asked whether the log knows it: it may lie behind MEMORY_MS. */
export const REMEMBERED_MS = 95 * DAY_MS;
/** Recordings that are decided, deleted and logged together: few enough that the lock is held for seconds at most. */
export const BATCH = 16;
/** Failures after which an expiration ends and leaves the rest to the next one: the disk takes nothing, or somebody must look. */
export const FAILURES_MAX = 40;
/** Findings that are kept one by one; above that they are only counted. */
export const FINDINGS_MAX = 1000;
/** A word from outside that is younger than this is good enough; a running receiver looks for a newer one so often. */
export const WORD_YOUNG_MS = HOUR_MS;
export const TIME_LOOK_MS = 5 * 60_000;
/** More due recordings than this, and than a fifth of all, wait for so long after that was entered, and go at the latest by then (SPEC 10.6.4). */
export const MANY = 20;
export const MANY_PART = 1 / 5;
export const MANY_WAIT_MS = DAY_MS;
export const MANY_OVER_MS = 3 * DAY_MS;
/** Recordings that one round of an expiration deletes at most: an hour on a slow disk. The next round goes on. */
export const ROUND_MAX = 10_000;
/** A hold by one role is told of when it lapses sooner than this. */
export const LAPSING_MS = 2 * DAY_MS;
/** What is due sooner than this is told of, where somebody should look at it before. */
export const SOON_MS = 3 * DAY_MS;
/** A hold without an end that is older than this is told of: somebody must say whether it is still needed. */
export const REVIEW_MS = 90 * DAY_MS;
/**
 * Ended segments of a station's log stay so much longer than documents: the station itself drops them first, and need not send them again.
 */
export const SEGMENTS_LATER_MS = 30 * DAY_MS;
/** The first round of a running receiver, behind its start: what stations wait for goes first, witnesses outside were asked then, and a crash loop does not walk the vault. */
export const FIRST_ROUND_MS = 60_000;
/** The next round where one round did not do it all. */
export const MORE_MS = 60_000;
/** ... and after a failure, or while the clock is in doubt. */
export const AGAIN_MS = HOUR_MS;
/** How long an ending receiver waits for its last entry in the log. */
export const LAST_ENTRY_MS = 2000;
/** Orders that were left are looked for so often: a person waits for it. After a failure more seldom. */
export const LEFT_MS = 2000;
export const LEFT_AGAIN_MS = 30_000;
/** Disclosures are taken into the log so often. */
export const DISCLOSURES_MS = 60_000;
/** Disclosures, or orders, that are taken in one go. */
export const DISCLOSURES_MAX = 1000;
