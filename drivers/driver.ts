// The driver port: what a bay asks of a camera, whatever it speaks. Every driver passes test/contracts/driver-contract.ts.
//
// Invariants:
// 1. A session never writes to a camera except in `erase`, `setClock`, `setIndicator` and `showFiles`.
// 2. Names, sizes, counts and times come from an untrusted device: checked before use, kept as data.
// 3. "Gone" is told apart from "empty": a listing of a camera that left in the meantime rejects with "driver.detached".

/** Where a camera can be. More kinds of place come with the drivers that need them. */
export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  /** A USB port by its path as the kernel names it, such as "1-1.4". */
  | { readonly kind: 'usb'; readonly path: string }
  /** A serial port; `path` such as /dev/serial/by-path/..., `baud` in bits per second. */
  | {
      readonly kind: 'serial';
      readonly path: string;
      readonly baud: number;
      readonly framing: 'console' | 'raw';
    };

/** Who the camera says it is; null where it does not say. At most 128 characters each. */
export interface CameraIdentity {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
}

/** One object on the camera as it was seen in a listing. */
export interface InventoryEntry {
  /** Exact path bytes below the camera's root, parts joined by "/", none at the start. */
  readonly path: Uint8Array;
  readonly kind: 'file' | 'not-a-file';
  /** As the listing said it; 0 for what is not a file. */
  readonly sizeBytes: number;
  /** The camera's claim, RFC 3339 UTC with milliseconds, or null. */
  readonly modifiedAt: string | null;
  /** Smallest step of the file's time; 2000 on FAT. */
  readonly modifiedStepMs: number;
  /** Opaque: the same text as long as the camera tells nothing of a change of content (size, time in full resolution, file number). */
  readonly stamp: string;
  /** Locked or marked as evidence on the camera: pushed first. */
  readonly locked: boolean;
  /** What else the camera says of it, sealed into the manifest; at most 32 fields of 1,024 characters. */
  readonly vendor: Readonly<Record<string, string>>;
}

/** Everything on the camera. `problems` names what was seen but not listed: folders that could not be read, limits reached. */
export interface Inventory {
  readonly entries: readonly InventoryEntry[];
  readonly problems: readonly InventoryProblem[];
}

export interface InventoryProblem {
  /**
   * "unreadable-folder" | "unreadable-entry" | "other-device" | "too-many-entries" | "too-deep" | "path-too-long" |
   * "duplicate-path" | "folders-in-circle" | "too-many-problems" | "no-medium" (no card, or none of one that was there before); of a camera that shows a disk beside what is read "other-disk"; of a disk also "other-volume" | "unknown-file-system" | "encrypted-volume" | "unreadable-volume" |
   * "damaged-file-system" | "volume-cut-short" | "read-errors". Whatever the reason, the inventory is not complete.
   */
  readonly reason: string;
  /** Path bytes of the place, where there is one. */
  readonly path: Uint8Array | null;
}

/** A piece of a file in order. The receiver owns `bytes`, whole buffer included, and may transfer it to a worker. */
export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** A range that the medium refused after retries; it counts as so many zeros and makes the recording "damaged". */
  | { readonly kind: 'unreadable'; readonly sizeBytes: number };

/** What a camera's clock shows (SPEC 9.1). */
export interface CameraTime {
  /** Units: ms since 1970. Converted where the camera tells its zone; else what it shows taken as UTC, as are its files' times. */
  readonly claimedMs: number;
  /** Minutes east of UTC where the camera tells them. */
  readonly zoneMinutes: number | null;
  /** Smallest step that the clock shows, such as 1000. */
  readonly resolutionMs: number;
}

/** What a camera says of its own state; integers, null where it does not tell. */
export interface CameraCondition {
  readonly batteryPercent: number | null;
  readonly batteryMv: number | null;
  readonly batteryCycles: number | null;
  readonly charging: boolean | null;
  readonly temperatureC: number | null;
  readonly storageTotalBytes: number | null;
  readonly storageFreeBytes: number | null;
  readonly powerOns: number | null;
}

/** A condition in which nothing is told: what a driver's own begins with. */
export const NOTHING_TOLD: CameraCondition = {
  batteryPercent: null,
  batteryMv: null,
  batteryCycles: null,
  charging: null,
  temperatureC: null,
  storageTotalBytes: null,
  storageFreeBytes: null,
  powerOns: null,
};

/** "not-supported": this camera's clock cannot be set by this driver, or not now. */
export type ClockSetting = 'set' | 'not-supported' | 'refused';

/** What became of an erasure as far as the driver can tell; only a new listing confirms, or `goneOf`. */
export type EraseOutcome = 'done' | 'already-gone' | 'write-protected' | 'refused';

/** What a camera's own indicator shows: leave it in, take it, or call someone. */
export type IndicatorState = 'wait' | 'safe' | 'help';

/**
 * An open conversation with one camera. Calls come one after the other, never two at once; `close` and `setIndicator` at any time.
 * Errors of all calls: "driver.detached" (the camera left), "driver.timeout" (no progress), "driver.protocol" (nonsense); the signal's reason.
 */
export interface CameraSession {
  /** Bytes that are read again where a reading goes on, where its line is too slow for more than a few; a multiple of 4. */
  readonly overlapBytes?: number | undefined;
  /** True where a file that is written now gets its time from this station's own clock: a folder of this machine. */
  readonly hasStationTimes?: boolean;
  /**
   * True where a program on the station can rewrite a file at its size and put its time back, and no stamp shows it: what was pulled is read again
   * before it may go.
   */
  readonly mayHideRewrites?: boolean;
  identity(signal: AbortSignal): Promise<CameraIdentity>;
  /** The clock as it shows now, or null where it cannot be read. Answers as fast as the camera does: the caller measures around it. */
  readClock(signal: AbortSignal): Promise<CameraTime | null>;
  /**
   * Sets the clock to an instant (ms since 1970); a camera without a zone to `localMs`, the same instant as local time taken as UTC.
   */
  setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting>;
  /** Battery, storage and the like, or null where the camera tells nothing at all. */
  condition(signal: AbortSignal): Promise<CameraCondition | null>;
  /** Everything, at most INVENTORY_ENTRIES_MAX entries and INVENTORY_DEPTH_MAX levels; more is a problem in the result. */
  inventory(signal: AbortSignal): Promise<Inventory>;
  /**
   * Pieces of the file from `offset` (bytes) to its end, each 1 to PULL_PIECE_BYTES. The end comes only after the driver has
   * looked again: same stamp, and as many bytes as listed.
   * Errors: "driver.changed" (other stamp or length than listed; the fact `read_bytes` is the length, or what came of it at least),
   * "driver.unreadable" (may not be opened, or is not given out), "driver.gone" (this entry only),
   * "driver.store-gone" (the card that it lies on was taken out).
   */
  read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece>;
  /**
   * SHA-256 (32 bytes) of the whole file as the camera itself computes it now; undefined where it cannot. A session without it has only reads.
   * Errors: as `read`.
   */
  readonly ownSha256?:
    ((entry: InventoryEntry, signal: AbortSignal) => Promise<Uint8Array | undefined>) | undefined;
  /**
   * Erases this one file. Looks at the entry immediately before: another stamp is "driver.changed" and nothing is touched.
   * `sha256` (32 bytes) is of the bytes that the store holds: a camera that can compute its own compares before it erases.
   */
  erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome>;
  /**
   * Those of the files that are surely not there any more, each looked for by its own name: for a session whose listings may lack places. Where
   * it cannot be told of a file, that is not among them. A session without it has its listings alone.
   */
  readonly goneOf?:
    | ((entries: readonly InventoryEntry[], signal: AbortSignal) => Promise<ReadonlySet<InventoryEntry>>)
    | undefined;
  /**
   * Shows the bay's light on the camera itself, where it has something to show it with. May come beside another call and must not hold it
   * up. Anybody who calls bounds the wait and lives without it.
   */
  setIndicator?(state: IndicatorState, signal: AbortSignal): Promise<void>;
  /** Called once where the camera left and the session notices by itself, also when nothing is asked. One handler. */
  onLeft?(handler: (error: Error) => void): void;
  /**
   * Called where the camera says by itself that its files may be others: a hint that makes the next listing come sooner, at a bounded pace.
   * Nothing may depend on it. One handler.
   */
  onNews?(handler: () => void): void;
  /**
   * Called behind each wait for the camera that ended, in time or by its deadline: one listing, or one piece of a damaged card, may take very many.
   * Set once, right behind the opening. A session of which each call ends soon has none.
   */
  readonly onStep?: ((handler: () => void) => void) | undefined;
  /** Makes the camera show its files over USB; it may leave and come back on the way. False where it has no such mode. */
  showFiles?(as: 'storage' | 'mtp', signal: AbortSignal): Promise<boolean>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Speaks one camera family. */
export interface Driver {
  /** Stable lower-case name such as "mass-storage". */
  readonly name: string;
  /** True where this driver can open what is at the place. Touches as little as possible. */
  probe(place: Place, signal: AbortSignal): Promise<boolean>;
  /**
   * Errors: "driver.detached" where nothing is there any more, "driver.refused"; "driver.silent" where there is a port that may be the
   * dock's own and nobody answers on it.
   */
  open(place: Place, signal: AbortSignal): Promise<CameraSession>;
}
