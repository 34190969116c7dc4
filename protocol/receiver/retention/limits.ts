// Bounds and times of retention, each with its reason. What SPEC 10 fixes is in protocol/retention.ts.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the store's log is read: longer than any warning or hold by one role matters. A warning that is older is given anew. */
export const MEMORY_MS = 60 * DAY_MS;
/** Of what happened longer ago than this it is not asked whether the log knows it: it may lie behind MEMORY_MS. */
export const REMEMBERED_MS = 30 * DAY_MS;
/** Recordings that are decided, deleted and logged together: few enough that the lock is held for seconds at most. */
export const BATCH = 16;
/** Failures after which an expiration ends and leaves the rest to the next one: the disk takes nothing, or somebody must look. */
export const FAILURES_MAX = 40;
/** Findings that are kept one by one; above that they are only counted. */
export const FINDINGS_MAX = 1000;
/** A hold by one role is told of when it lapses sooner than this. */
export const LAPSING_MS = 2 * DAY_MS;
/** Disclosures are taken into the log so often. */
export const DISCLOSURES_MS = 60_000;
/** Disclosures that are taken into the log in one go. */
export const DISCLOSURES_MAX = 1000;
