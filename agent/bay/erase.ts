// Release: asks the gate for each entry at the moment of erasing, erases one file at a time, and believes only a new listing.
import { join } from 'node:path';
import type { CameraSession, Inventory } from '../../drivers/driver.ts';
import { describeError, isDockError } from '../../protocol/errors.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/limits.ts';
import { RECEIPT_BYTES_MAX } from '../../protocol/receipt.ts';
import type { PublicKey } from '../../protocol/minisign.ts';
import type { Conditions, Files, Log } from '../../protocol/ports.ts';
import type { Custody } from '../custody/custody.ts';
import { hasReceipt, pathDigest, type TrackedEntry } from './entry.ts';
import type { DockingFacts } from './manifest-build.ts';
import { textOf } from '../push/push-verify.ts';
import { mayErase, type ReleaseAnswer } from './release.ts';
import type { Spool } from '../spool/spool.ts';

/** Entries erased between two listings: bounds what is unconfirmed at any moment. */
const WAVE_ENTRIES_MAX = 500;

/** What releasing needs. */
export interface EraseDeps {
  readonly policy: 'never' | 'after-receipt';
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
  readonly provenRecipients: () => ReadonlySet<string>;
  readonly spool: Pick<Spool, 'get'>;
  readonly files: Pick<Files, 'readAll'>;
  readonly custody: Custody;
  /** Appends `receipted` entries that the log lacks, see owed-receipts.ts; none are looked for where it is left out. */
  readonly makeUpReceipts?: (recordings: readonly RecordingId[]) => Promise<void>;
  readonly conditions: Conditions;
  readonly log: Log;
}

type Spooled = TrackedEntry & { readonly fate: { readonly kind: 'spooled' } };

/** Erases what may be erased on one camera. */
export class Eraser {
  readonly #deps: EraseDeps;
  readonly #docking: DockingFacts;
  readonly #session: CameraSession;

  constructor(deps: EraseDeps, docking: DockingFacts, session: CameraSession) {
    this.#deps = deps;
    this.#docking = docking;
    this.#session = session;
  }

  /** What was refused in an earlier docking of this bay is judged anew in this one. */
  start(): void {
    for (const code of ['camera.not-erased', 'release.refused'])
      this.#deps.conditions.clear(code, this.#docking.bay);
  }

  /** False where the policy is that everything stays: waves only decide then. */
  get erases(): boolean {
    return this.#deps.policy === 'after-receipt';
  }

  /** Entries whose recording has a receipt and that were not decided yet, at most one wave. */
  ready(entries: Iterable<TrackedEntry>): TrackedEntry[] {
    const found: TrackedEntry[] = [];
    for (const entry of entries) {
      if (isSpooled(entry) && hasReceipt(this.#deps.spool, entry.fate.recording)) found.push(entry);
      if (found.length === WAVE_ENTRIES_MAX) break;
    }
    return found;
  }

  /**
   * Decides and erases one wave, lists the camera again, and sets the fates. Returns the new listing, or undefined where nothing was touched.
   * Errors: "driver.detached" and others of the session: fates of what was not confirmed stay as they were.
   */
  async wave(entries: readonly TrackedEntry[], signal: AbortSignal): Promise<Inventory | undefined> {
    const allowed: Spooled[] = [];
    for (const entry of entries) {
      if (isSpooled(entry) && (await this.#allows(entry))) allowed.push(entry);
    }
    await this.#deps.makeUpReceipts?.(allowed.map(({ fate }) => fate.recording));
    for (const entry of allowed) this.#deps.custody.append({ event: 'erasing', facts: this.#facts(entry) });
    if (allowed.length > 0) await this.#deps.custody.checkpoint(); // the log says so before the camera is touched
    const tried: Spooled[] = [];
    for (const entry of allowed) if (await this.#erase(entry, signal)) tried.push(entry);
    if (tried.length === 0) return undefined;
    const listing = await this.#session.inventory(signal);
    this.#confirm(tried, listing);
    await this.#deps.custody.checkpoint();
    return listing;
  }

  async #ask(entry: Spooled): Promise<ReleaseAnswer> {
    const { fate } = entry;
    const recording = this.#deps.spool.get(fate.recording);
    if (recording === undefined)
      return { allowed: false, reason: 'manifest-invalid', detail: 'it is no longer in the spool' };
    if (fate.sha256 === null)
      return {
        allowed: false,
        reason: 'entry-mismatch',
        detail: 'it was not read as a whole in this docking',
      };
    try {
      const read = (name: string, bytesMax: number): Promise<Uint8Array> =>
        this.#deps.files.readAll(join(recording.folder, name), bytesMax);
      return mayErase({
        policy: this.#deps.policy,
        station: this.#docking.station,
        manifest: {
          bytes: await read('manifest.json', MANIFEST_BYTES_MAX),
          signature: textOf(
            await read('manifest.json.minisig', SIGNATURE_FILE_BYTES_MAX),
            'manifest.json.minisig',
          ),
        },
        receipt: {
          bytes: await read('receipt.json', RECEIPT_BYTES_MAX),
          signature: textOf(
            await read('receipt.json.minisig', SIGNATURE_FILE_BYTES_MAX),
            'receipt.json.minisig',
          ),
        },
        stationKeys: this.#deps.stationKeys,
        storeKeys: this.#deps.storeKeys,
        provenRecipients: this.#deps.provenRecipients(),
        entry: {
          cameraId: this.#docking.camera,
          docking: this.#docking.docking,
          pathSha256: entry.pathSha256,
          sizeBytes: entry.listed.sizeBytes,
          sha256: fate.sha256,
          stampRead: fate.stamp,
          stampNow: entry.listed.stamp,
        },
      });
    } catch (error) {
      return { allowed: false, reason: 'receipt-invalid', detail: describeError(error) };
    }
  }

  async #allows(entry: Spooled): Promise<boolean> {
    const answer = await this.#ask(entry);
    if (!answer.allowed) this.#keep(entry, answer.reason, answer.detail);
    return answer.allowed;
  }

  /** Asks the gate once more at this very moment. Returns whether a new listing must tell what became of the file. */
  async #erase(entry: Spooled, signal: AbortSignal): Promise<boolean> {
    if (!(await this.#allows(entry))) return false;
    try {
      const outcome = await this.#session.erase(
        entry.listed,
        signal,
        Buffer.from(entry.fate.sha256 ?? '', 'hex'),
      );
      if (outcome === 'done' || outcome === 'already-gone') return true;
      this.#notErased(entry, outcome);
      return outcome === 'refused'; // a camera that refused may have erased all the same
    } catch (error) {
      if (signal.aborted || isDockError(error, 'driver.detached')) throw error; // what became of this file, the next docking sees
      this.#notErased(entry, describeError(error));
      return true;
    }
  }

  #confirm(tried: readonly Spooled[], listing: Inventory): void {
    const still = new Set(listing.entries.map((listed) => pathDigest(listed.path)));
    const complete = listing.problems.length === 0;
    for (const entry of tried) {
      const { recording } = entry.fate;
      if (still.has(entry.pathSha256)) this.#notErased(entry, 'still-listed');
      else if (!complete) this.#notErased(entry, 'listing-incomplete');
      else {
        this.#deps.custody.append({ event: 'erased', facts: this.#facts(entry) });
        (entry as TrackedEntry).fate = { kind: 'erased', recording };
      }
    }
  }

  #notErased(entry: TrackedEntry & { fate: { kind: 'spooled' | 'kept' } }, reason: string): void {
    this.#deps.custody.append({
      event: 'not-erased',
      facts: { ...this.#facts(entry), reason: reason.slice(0, 256) },
    });
    this.#deps.log.warn('file was not erased from the camera', { ...this.#facts(entry), reason });
    this.#deps.conditions.raise('camera.not-erased', this.#docking.bay, { reason: reason.slice(0, 256) });
    entry.fate = { kind: 'kept', recording: entry.fate.recording, reason };
  }

  #keep(entry: Spooled, reason: string, detail: string): void {
    const { recording } = entry.fate;
    if (reason !== 'policy-never') {
      this.#deps.log.warn('release refused', { ...this.#facts(entry), reason, detail });
      this.#deps.custody.append({ event: 'not-erased', facts: { ...this.#facts(entry), reason } });
      this.#deps.conditions.raise('release.refused', this.#docking.bay, { reason });
    }
    (entry as TrackedEntry).fate = { kind: 'kept', recording, reason };
  }

  #facts(entry: TrackedEntry & { fate: { kind: 'spooled' | 'kept' } }): {
    recording: string;
    docking: string;
    path_sha256: string;
  } {
    return { recording: entry.fate.recording, docking: this.#docking.docking, path_sha256: entry.pathSha256 };
  }
}

function isSpooled(entry: TrackedEntry): entry is Spooled {
  return entry.fate.kind === 'spooled';
}
