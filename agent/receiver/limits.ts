// Bounds of the receiving end, each with its reason. What both ends rely on is in protocol/format/limits.ts.
import {
  LEASE_MS,
  MANIFEST_BYTES_MAX,
  OFFER_MS_MAX,
  SIGNATURE_FILE_BYTES_MAX,
  UNIT_BYTES,
} from '../../protocol/format/limits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Buffers of one unit each, shared by all recordings: 8 MiB. 16 MiB were no faster (measured); below 8 a third of the rate is lost. */
export const SLABS = 16;
/** Recordings received at one time over all stations; the others are claimed when a place is free (their offers wait). */
export const ACTIVE_MAX = 256;
/**
 * A second one of a station, or a further one, begins only while fewer are received: no station takes the place that another one's first is due, and of
 * many that come at once the first ones are through soon. Four times as many as there are buffers.
 */
export const ACTIVE_FURTHER_MAX = 64;
/** ... and so many of one station: it offers 16 at once. */
export const ACTIVE_PER_STATION_MAX = 16;
/**
 * Offers that wait for an answer or for a place, over all stations: room for 3,000 of the usual size. One that was not repeated for longer than stations
 * ever pause is of a station that has gone.
 */
export const OFFERS_WAITING = { bytesMax: 16 * MIB, waitMsMax: 2 * OFFER_MS_MAX };
/** Offers being answered at one time, each with a manifest of at most 256 KiB in memory; the others wait. */
export const ANSWERING_MAX = 64;
export const ANSWERING_PER_STATION_MAX = 16;
/** Longest offer that is parsed: a manifest in base64, a signature, and the fields around them. */
export const OFFER_BYTES_MAX = (MANIFEST_BYTES_MAX * 4) / 3 + 2 * SIGNATURE_FILE_BYTES_MAX;
/** Bytes of digest messages on their way to the worker. */
export const DIGESTS_WAITING_BYTES_MAX = 2 * MIB;

/** A `have` goes out after so many bytes with news ... */
export const HAVE_BYTES = 4 * MIB;
/** ... or after so long with any news ... */
export const HAVE_MS = 50;
/** ... and at least so often while the recording is claimed (SPEC 6.4). */
export const HAVE_SILENCE_MS = 10_000;
/** Nothing of a recording for the length of a lease, although the station may send: it is left, and offered again. */
export const IDLE_MS = LEASE_MS;
/** ... and so long where a unit came in part: a bad line may need minutes for its next connection, and would never carry a whole unit. */
export const IDLE_HALF_MS = 5 * LEASE_MS;
/** No two of them closer than this, whatever a station asks. */
export const HAVE_MS_MIN = 5;
/** Publishes of `have` that may wait for the broker, per recording. The next one says all that they said. */
export const HAVES_WAITING_MAX = 4;

/** The same claim is said again at most so often. */
export const CLAIM_MS_MIN = 200;
/** Units of an earlier attempt that are looked for at one time; other recordings' units come in between. */
export const RESUME_UNITS = 8;

/** Received bytes become durable in groups: after so many bytes ... */
export const SYNC_BYTES = 32 * MIB;
/** ... or so long after the first one. */
export const SYNC_MS = 1000;

/** Units above the lowest missing one that are still taken: 32 GiB. Bounds the gaps that a hostile order of units can make. */
export const REACH_UNITS = 65_536;
/** Altered units without a good one between, until the station is told to pause. */
export const STRIKES_MAX = 64;
/** What a wrong digest list counts among them. */
export const STRIKES_PER_LIST = 16;
/** A recording that has buffers while others wait loses them after so long without a byte. */
export const STALL_MS = 15_000;

/** Never filled by recordings: room for receipts, custody logs and notes. */
export const SPACE_RESERVE_BYTES = 64 * MIB;
/** Unfinished recordings of one station on disk. */
export const UNFINISHED_PER_STATION_MAX = 4096;
/** Pauses that a refused station is asked for. */
export const PAUSE_FULL_MS = 60_000;
export const PAUSE_FAILED_MS = 30_000;
export const PAUSE_ALTERED_MS = 300_000;
/** Refusals of one station, and offers of it that do not hold: so many of each at once, and one more per second. A refusal costs a signature of some 3 ms. */
export const REFUSALS = { atOnce: 20, perSecond: 1 };
/**
 * Notes about what was refused that are kept on disk, of what a key of a station signed and of what anybody may have sent apart; after that they are
 * only logged.
 */
export const NOTES_MAX = 1000;
/** ... and of each station, so that one leaves room for the others. */
export const NOTES_PER_STATION_MAX = 100;

/** A docking record that another one names is told as missing after so long: a backlog comes in any order. Looked at as often. */
export const DOCKING_GAP_MS = 60_000;
/** Missing docking records of one station that are looked at, one by one. */
export const DOCKING_GAPS_MAX = 256;

/** Revocations of keys are looked up anew after so long; a revoked key is refused at the latest then. */
export const REVOCATIONS_MS = 5000;
/** A station that signs with a revoked key is told of for so long after the last time: a refused offer comes again after a day. */
export const REVOKED_USE_MS = 25 * 3_600_000;

/**
 * Questions of one station about its log, each answered by one signature or two in the thread that stores units, too. A station asks one after the other: a
 * few at each connect, and a store that lost everything about each of its segments.
 */
export const CUSTODY_QUESTIONS = { atOnce: 256, perSecond: 20 };
/** Custody batches of one station that wait; a station sends one ahead. */
export const CUSTODY_WAITING_MAX = 8;
/** ... and of all stations together. */
export const CUSTODY_WAITING_BYTES_MAX = 2 * MIB;
/** Checkpoints of a batch that are verified in one go, some 0.7 ms each: a batch may hold a hundred, and transfers of others would wait for all. */
export const CUSTODY_CHECKPOINTS_AT_ONCE = 8;
/** A station begins another segment at 2 MiB (SPEC 4.3.2); a longer one than this is none of an honest station. */
export const CUSTODY_SEGMENT_BYTES_MAX = 4 * MIB;
/** Bytes that the log of one station may grow: so many at once, and so many a day. A busy day of a dock of 16 bays makes less than one MiB. */
export const CUSTODY_GROWTH = { atOnce: 16 * MIB, perSecond: (16 * MIB) / 86_400 };
/** Segments of one station whose heads are in memory. */
export const CUSTODY_SEGMENTS_OPEN_MAX = 8;
/** Segments of one station that are compared when a new one begins: one per start of the agent, years of them. */
export const CUSTODY_SEGMENTS_MAX = 20_000;

/** Callers whose events go into the store's log with one append: each brings one event of some 300 bytes, and a group of 64 costs a signature. */
export const LOG_EVENTS_AT_ONCE = 256;
/** Receipts whose lines in the store's log are remembered, some 500 bytes each: one that is given again is not entered again. */
export const LOG_RECEIPTS_KNOWN_MAX = 4096;
/** Questions of one station about the store's log, each answered by a signature. */
export const LOG_QUESTIONS = { atOnce: 2, perSecond: 1 };
/** A log that is not that of its checkpoint is looked at so often at most for receipts that are asked for. */
export const LOG_REFUSED_MS = 10_000;
/** How far the vault holds each station's log is entered into the store's so often, where it changed. */
export const HEADS_MS = 3_600_000;

/** How long a finishing receiver waits for what is being completed. */
export const STOP_MS = 4000;
/** Size of one buffer. */
export const SLAB_BYTES = UNIT_BYTES;

/** Statements that the vault was restored, and policies, are looked for so often: a command beside the receiver makes one. */
export const WORDS_LOOK_MS = 10_000;
