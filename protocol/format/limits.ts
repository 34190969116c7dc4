// Every bound of the product that both ends rely on, with its reason. Bounds that only one folder needs live there.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of `payload.age` that one digest of `chunks.bin` covers, counted from offset 0. Part of the format, for ever. */
export const UNIT_BYTES = 512 * KIB;
/** One entry of `chunks.bin`: a SHA-256. */
export const DIGEST_BYTES = 32;

/** Plaintext bytes in one age STREAM chunk (age-encryption.org/v1). */
export const AGE_CHUNK_BYTES = 64 * KIB;
/** Poly1305 tag behind each age STREAM chunk. */
export const AGE_TAG_BYTES = 16;
/** An age header is 200 bytes for one recipient and 99 more for each further one: room for all we allow. */
export const AGE_HEADER_BYTES_MAX = 16 * KIB;
/** Recipients of one station: the store's, the escrow's, and some to change over. */
export const RECIPIENTS_MAX = 16;

/** Largest original that a manifest may name, 8 TiB: above any camera's card, far below 2^53. */
export const ORIGINAL_BYTES_MAX = 2 ** 43;
/** Ranges that a damaged recording may list; a medium with more is read no further. */
export const UNREADABLE_RANGES_MAX = 1024;
/** Dockings in which one recording was read on, as its manifest names them. */
export const JOINTS_MAX = 1024;
/** A manifest travels in one MQTT message: base64 of it must pass a broker that caps at 1 MB (EMQX). */
export const MANIFEST_BYTES_MAX = 256 * KIB;
/** A minisign file has four lines; minisign itself caps a comment at 1024 and a trusted comment at 8192 bytes. */
export const SIGNATURE_FILE_BYTES_MAX = 10 * KIB;
/** Nesting of any JSON that we parse. Our own documents need 5. */
export const JSON_DEPTH_MAX = 16;

/** Path on a camera in bytes; Linux' PATH_MAX. A longer one is an odd entry, not taken. */
export const CAMERA_PATH_BYTES_MAX = 4096;
/** Entries of one inventory (acceptance MSC-04 and CAM-07): more raise a condition. */
export const INVENTORY_ENTRIES_MAX = 100_000;
/**
 * Files that one docking enters one by one in the custody log, and as many again that it says are not taken: more than any camera holds
 * (a card with 4,000 recordings and a sidecar each). What comes after is counted. A camera that invents names fills 4 MB, not the disk.
 */
export const DOCKING_SEEN_MAX = 10_000;
/** Entries in one part of a docking record: some 240 bytes each, so that a part in base64 passes a broker that caps at 128 KB (AWS IoT). */
export const DOCKING_ENTRIES_PER_PART = 256;
/** Parts of one docking record: a full inventory, and as many entries again that came later. */
export const DOCKING_PARTS_MAX = Math.ceil((2 * INVENTORY_ENTRIES_MAX) / DOCKING_ENTRIES_PER_PART);
/** Folder levels that a walk descends (acceptance MSC-04). DCIM needs 2. */
export const INVENTORY_DEPTH_MAX = 32;
/** One buffer of a pull: large enough for USB (ptp-mtp.md), small enough that eight bays on four cores have some 32 MiB of them. */
export const PULL_PIECE_BYTES = 1 * MIB;

/** Largest control message (offer, claim, have, receipt, custody batch) that is parsed at all. */
export const CONTROL_MESSAGE_BYTES_MAX = 1 * MIB;
/**
 * Longest message that a station parses: the largest, a receipt of 8 KiB in base64 or a signed body of 16 KiB with its quotes escaped, have half of
 * it. 1 MiB of JSON that mean nothing hold up the thread of a Raspberry Pi for over 100 ms, and may come again at once.
 */
export const DOWN_MESSAGE_BYTES_MAX = 64 * KIB;
/** Payload bytes of one custody batch: under every broker's cap that we know (AWS IoT 128 KB). */
export const CUSTODY_BATCH_BYTES_MAX = 96 * KIB;
/** One custody entry as a line. */
export const CUSTODY_ENTRY_BYTES_MAX = 16 * KIB;
/** Entries between two signed checkpoints. */
export const CUSTODY_GROUP_ENTRIES = 64;
/** Bytes of entries after which a group is closed: with one more entry and its checkpoint it fits into one batch. */
export const CUSTODY_GROUP_BYTES = 64 * KIB;
/** Age of an unsigned custody entry, at most. */
export const CUSTODY_GROUP_MS = 1000;

/** Unacknowledged bytes in flight for one station. Below 8 MiB a third of the rate is lost, above 16 nothing is won. */
export const WINDOW_BYTES_MAX = 16 * MIB;
/** Smallest message that a transfer is tried with; below it a broker is unusable and a condition says so. */
export const MESSAGE_BYTES_MIN = 4 * KIB;
/** Topic, packet header and properties beside the payload of one message. */
export const MESSAGE_OVERHEAD_BYTES = 512;
/** Recordings that one manifest replaces: a file that is taken again so often stands for a disk that keeps nothing. */
export const SUPERSEDES_MAX = 64;
/** Ranges that one `have` may list. */
export const HAVE_RANGES_MAX = 64;
/** A claim holds this long without a `have`. */
export const LEASE_MS = 60_000;
/** First and last pause between two offers of the same recording. */
export const OFFER_MS_MIN = 1000;
export const OFFER_MS_MAX = 60_000;
/** First and last pause between two attempts to reach the broker; full jitter. */
export const RECONNECT_MS_MIN = 1000;
export const RECONNECT_MS_MAX = 60_000;
/** Subjects of one condition that its topic lists; more are counted. 16 bays, and a glance at many recordings. */
export const MONITORING_SUBJECTS_MAX = 16;
/** Facts of one subject of a condition. */
export const MONITORING_FACTS_MAX = 16;
/** Codes, bays and aliases that one document may list: above any station that can be configured. */
export const MONITORING_CODES_MAX = 256;
