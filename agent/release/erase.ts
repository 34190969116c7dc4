// Release: asks the gate for each entry at the moment of erasing, erases one file at a time, and believes only a new listing.
//
// Invariants:
// 1. Nothing is erased while no listing could confirm it: the newest one was not complete, and the session cannot look for a single name.
// 2. Each `erasing` of the log is followed by one word on what became of the file: `erased` where it was seen to be gone, `not-erased` where it
//    was seen to be there or was never touched, `erasure-unconfirmed` where nobody could see. Only the last one may be followed by another.
import { join } from 'node:path';
import type { CameraSession, Inventory } from '../../drivers/driver.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import { describeError, isDockError } from '../../protocol/format/errors.ts';
import type { ReceiverId, RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import { forEachSlowly, pauseWhatever } from '../../protocol/format/slowly.ts';
import type { Custody } from '../custody/custody-log.ts';
import { ALREADY_GONE, hasReceipt, pathDigest, type TrackedEntry, UNCONFIRMED } from '../inventory/entry.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import { textOf } from '../push/push-verify.ts';
import type { StoreStanding } from '../push/store-rollback.ts';
import type { DockingFacts } from '../seal/commit.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { Spool } from '../spool/spool.ts';
import { mayErase, type ReleaseAnswer } from './release.ts';

/** Entries of which the log says in one go that they are being erased, or were. */
const STROKE_ENTRIES_MAX = 500;
/** ... between two pauses: some 10 ms on a small machine. */
const LOGGED_AT_ONCE = 100;
/**
 * A wave ends behind the stroke with which it took so many times as long as the listing behind the last one: a camera with many files that was listed
 * behind each stroke would be listed for longer than erased from. What is unconfirmed at any moment is bounded by that, and by the next number.
 */
const LISTING_TIMES = 10;
const WAVE_ENTRIES_MAX = 10_000;

/** What releasing needs. */
export interface EraseDeps {
  readonly policy: 'never' | 'after-receipt';
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
  readonly provenRecipients: () => ReadonlySet<string>;
  readonly spool: Pick<Spool, 'find' | 'stateOf' | 'recheck'>;
  readonly files: Pick<Files, 'readAll'>;
  readonly custody: Custody;
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  readonly receivers: readonly ReceiverId[];
  readonly store: Pick<StoreStanding, 'isBehind' | 'isForked' | 'vault'>;
  readonly items: Pick<SignedItems, 'makeUp' | 'rechecked'>;
  readonly conditions: Conditions;
  readonly log: Log;
}

/** Refusals that may come from damaged files of ours. */
const OF_DOCUMENTS: ReadonlySet<string> = new Set([
  'manifest-invalid',
  'receipt-invalid',
  'receipt-mismatch',
]);

/** Refusals that end by themselves or by a person's word: the file waits. */
const FOR_NOW: ReadonlySet<string> = new Set(['store-behind', 'log-forked']);

const ASKED: ReleaseAnswer = {
  allowed: false,
  reason: 'store-behind',
  detail: 'the store asks for it again, or it is no longer in the spool',
};

/** The log says that it is about to go, and not yet what became of it. */
interface Announced extends Allowed {
  /** The camera was told to erase it. */
  isAsked: boolean;
  /** What the camera answered in place of "done". */
  answer?: string;
  /** The log says that nobody could see what became of it. */
  isUnconfirmed: boolean;
}

const NOT_REACHED = 'not-reached';
const INCOMPLETE = 'listing-incomplete';
const NOT_LISTED = 'not-listed-again';

type Spooled = TrackedEntry & { readonly fate: { readonly kind: 'spooled' } };

/** A file that may go, and the recording for whose receipt: its entry may lose that meanwhile, and is taken anew then. */
interface Allowed {
  readonly entry: TrackedEntry;
  readonly recording: RecordingId;
}

/** Erases what may be erased on one camera. */
export class Eraser {
  readonly #deps: EraseDeps;
  readonly #docking: DockingFacts;
  readonly #session: CameraSession;
  /** In the order in which the log names them. */
  readonly #announced = new Map<TrackedEntry, Announced>();
  /** Entries for which the condition that the camera did not erase them stands. */
  readonly #notGone = new Set<TrackedEntry>();
  /** The newest listing shows everything. */
  #isWhole = false;
  /** How long the listing behind the last wave took. */
  #listingMs = 0;

  constructor(deps: EraseDeps, docking: DockingFacts, session: CameraSession) {
    this.#deps = deps;
    this.#docking = docking;
    this.#session = session;
  }

  /** What was refused in an earlier docking of this bay is judged anew in this one. */
  start(): void {
    for (const code of ['camera.not-erased', 'release.refused', 'release.listing'])
      this.#deps.conditions.clear(code, this.#docking.bay);
  }

  /** The docking is over: nothing in this bay waits for a whole listing. */
  end(): void {
    this.#deps.conditions.clear('release.listing', this.#docking.bay);
  }

  /** False where the policy is that everything stays: waves only decide then. */
  get erases(): boolean {
    return this.#deps.policy === 'after-receipt';
  }

  /**
   * Entries whose recording has a receipt and that were not decided yet, at most as many as a wave may take. None where an erasure could not
   * be confirmed: they wait for a whole listing, and somebody is told.
   */
  ready(entries: Iterable<TrackedEntry>): TrackedEntry[] {
    const found: TrackedEntry[] = [];
    if (this.erases && this.#deps.store.isBehind) return found;
    for (const entry of entries) {
      if (isSpooled(entry) && hasReceipt(this.#deps.spool, entry.fate.recording)) found.push(entry);
      if (found.length === WAVE_ENTRIES_MAX) break;
    }
    if (found.length === 0 || !this.erases || this.#isWhole || this.#session.goneOf !== undefined)
      return found;
    this.#deps.conditions.raise('release.listing', this.#docking.bay, {});
    return [];
  }

  /** True where its bytes were not all read in this docking, and it may go only once they were compared. */
  needsProof({ fate }: TrackedEntry): boolean {
    return this.erases && fate.kind === 'spooled' && fate.sha256 === null;
  }

  /** Keeps a file whose recording cannot vouch for it. */
  refuse(entry: TrackedEntry, reason: string, detail: string): void {
    if (isSpooled(entry)) this.#keep(entry, reason, detail);
  }

  /**
   * Takes a new listing, before anything else is made of it: says what became of the files that the camera was told to erase.
   * Errors: those of the log; of looking for a single name those of the session.
   */
  async listed(listing: Inventory, signal: AbortSignal): Promise<void> {
    this.#isWhole = listing.problems.length === 0;
    if (this.#isWhole) this.#deps.conditions.clear('release.listing', this.#docking.bay);
    if (this.#announced.size > 0) await this.#confirm(listing, signal);
  }

  /**
   * Decides and erases one wave, lists the camera again, and sets the fates. Returns the new listing, or undefined where nothing was touched;
   * entries for which this wave had no time stay as they were. `onStroke` is called before each part of it.
   * Errors: "driver.detached" and others of the session: fates of what was not confirmed stay as they were; those of the log.
   */
  async wave(
    entries: readonly TrackedEntry[],
    signal: AbortSignal,
    onStroke: () => void = () => undefined,
  ): Promise<Inventory | undefined> {
    try {
      await this.#strokes(entries, signal, onStroke);
    } catch (error) {
      // The log or the disk failed, and not the camera: what it was told to erase until then is looked for all the same.
      if (this.#isAnyAsked() && !signal.aborted && !isDockError(error, 'driver.detached'))
        await this.#settle(signal).catch((also: unknown) =>
          this.#deps.log.error('erasure not confirmed', { error: also }),
        );
      this.#leaveOpen();
      throw error;
    }
    try {
      return this.#isAnyAsked() ? await this.#settle(signal) : undefined;
    } finally {
      this.#leaveOpen();
    }
  }

  async #strokes(entries: readonly TrackedEntry[], signal: AbortSignal, onStroke: () => void): Promise<void> {
    const { clock } = this.#deps;
    const beganMs = clock.monotonicMs();
    for (let from = 0; from < entries.length; from += STROKE_ENTRIES_MAX) {
      if (from > 0 && clock.monotonicMs() - beganMs >= LISTING_TIMES * this.#listingMs) return;
      signal.throwIfAborted();
      onStroke();
      await this.#stroke(entries.slice(from, from + STROKE_ENTRIES_MAX), signal);
    }
  }

  async #settle(signal: AbortSignal): Promise<Inventory> {
    const beganMs = this.#deps.clock.monotonicMs();
    const listing = await this.#session.inventory(signal);
    this.#listingMs = this.#deps.clock.monotonicMs() - beganMs;
    await this.listed(listing, signal);
    await this.#deps.custody.checkpoint();
    return listing;
  }

  async #stroke(entries: readonly TrackedEntry[], signal: AbortSignal): Promise<void> {
    const spooled = entries.filter(isSpooled);
    // A receipt that an earlier run stored without its entry is taken back here, and then allows nothing.
    await this.#deps.items.makeUp(spooled.map(({ fate }) => fate.recording));
    const allowed: Announced[] = [];
    for (const entry of spooled) {
      const { recording } = entry.fate;
      if (await this.#allows(entry)) allowed.push({ entry, recording, isAsked: false, isUnconfirmed: false });
    }
    signal.throwIfAborted(); // of a camera that left in the meantime nothing is about to go
    const erasing = (each: Announced): void => {
      this.#deps.custody.append({ event: 'erasing', facts: this.#facts(each) });
      this.#announced.set(each.entry, each);
    };
    await forEachSlowly(allowed, pauseWhatever(this.#deps.clock), erasing, LOGGED_AT_ONCE);
    if (allowed.length > 0) await this.#deps.custody.checkpoint(); // the log says so before the camera is touched
    for (const each of allowed) await this.#erase(each, signal);
  }

  async #ask(entry: Spooled): Promise<ReleaseAnswer> {
    const { fate } = entry;
    if (fate.sha256 === null && this.erases)
      return {
        allowed: false,
        reason: 'entry-mismatch',
        detail: 'it was not read as a whole in this docking',
      };
    try {
      const recording = await this.#deps.spool.find(fate.recording);
      if (recording === undefined && this.#isAsked(fate.recording)) return ASKED;
      if (recording === undefined)
        return { allowed: false, reason: 'manifest-invalid', detail: 'its documents cannot be read' };
      // What is refused is refused until the next docking.
      const read = (name: string, bytesMax: number): Promise<Uint8Array> =>
        lookPatiently(() => this.#deps.files.readAll(join(recording.folder, name), bytesMax));
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
        receivers: this.#deps.receivers,
        vault: this.#deps.store.vault,
        provenRecipients: this.#deps.provenRecipients(),
        storeBehind: this.#isAsked(fate.recording),
        logForked: this.#deps.store.isForked,
        entry: {
          cameraId: this.#docking.camera,
          pathSha256: entry.pathSha256,
          sizeBytes: entry.listed.sizeBytes,
          sha256: fate.sha256 ?? '',
          stampRead: fate.stamp,
          stampNow: entry.listed.stamp,
        },
      });
    } catch (error) {
      if (this.#isAsked(fate.recording)) return ASKED; // its receipt is replaced at this moment
      return { allowed: false, reason: 'receipt-invalid', detail: describeError(error) };
    }
  }

  async #allows(entry: Spooled): Promise<boolean> {
    let answer = await this.#ask(entry);
    if (!answer.allowed && OF_DOCUMENTS.has(answer.reason)) {
      if (await this.#isMended(entry.fate.recording)) return false;
      if (!isSpooled(entry)) return false;
      // They stand: a recording that is reclaimed while it is read lies elsewhere a moment later. What is said now counts.
      answer = await this.#ask(entry);
    }
    if (answer.allowed || FOR_NOW.has(answer.reason)) return answer.allowed;
    if (isSpooled(entry)) this.#keep(entry, answer.reason, answer.detail); // it may have left the spool meanwhile
    return false;
  }

  /** Then the entry waits for another receipt, or is pulled anew. */
  async #isMended(recording: RecordingId): Promise<boolean> {
    const { spool, items, log } = this.#deps;
    try {
      const outcome = await spool.recheck(recording);
      items.rechecked('recording', recording, outcome);
      return outcome !== 'good';
    } catch (error) {
      log.error('damaged documents not quarantined', { recording, error });
      return false;
    }
  }

  /** The store lost it, or may have: looked at behind the last read, so that nothing of that moment is missed. */
  #isAsked(recording: RecordingId): boolean {
    return this.#deps.store.isBehind || !hasReceipt(this.#deps.spool, recording);
  }

  /** Asks the gate once more at this very moment. A camera that refused may have erased all the same, so a new listing tells what became of the file. */
  async #erase(announced: Announced, signal: AbortSignal): Promise<void> {
    const { entry } = announced;
    if (!isSpooled(entry) || !(await this.#allows(entry))) return;
    announced.isAsked = true;
    try {
      const sha256 = Buffer.from(entry.fate.sha256 ?? '', 'hex');
      const outcome = await this.#session.erase(entry.listed, signal, sha256);
      if (outcome !== 'done') announced.answer = outcome;
    } catch (error) {
      announced.answer = describeError(error);
      if (signal.aborted || isDockError(error, 'driver.detached')) throw error;
    }
    if (announced.answer === undefined || announced.answer === ALREADY_GONE) return;
    const reason = announced.answer.slice(0, 256);
    this.#deps.log.warn('camera did not confirm the erasure', { ...this.#facts(announced), reason });
    this.#deps.conditions.raise('camera.not-erased', this.#docking.bay, { reason });
    this.#notGone.add(entry);
  }

  #isAnyAsked(): boolean {
    return [...this.#announced.values()].some(({ isAsked, isUnconfirmed }) => isAsked && !isUnconfirmed);
  }

  async #confirm(listing: Inventory, signal: AbortSignal): Promise<void> {
    const pause = pauseWhatever(this.#deps.clock);
    const asked = [...this.#announced.values()].filter(({ isAsked }) => isAsked);
    const paths = new Set(asked.map(({ entry }) => entry.pathSha256));
    await forEachSlowly(listing.entries, pause, ({ path }) => paths.delete(pathDigest(path)));
    const notShown = asked.filter(({ entry }) => paths.has(entry.pathSha256));
    const gone = this.#isWhole ? new Set(notShown) : await this.#goneOf(notShown, signal);
    const tell = (each: Announced): void => {
      if (!paths.has(each.entry.pathSha256)) this.#notErased(each, each.answer ?? 'still-listed');
      else if (!gone.has(each)) this.#unconfirmed(each, INCOMPLETE);
      else if (each.answer === ALREADY_GONE) this.#wentBefore(each);
      else this.#erased(each);
    };
    for (let from = 0; from < asked.length; from += STROKE_ENTRIES_MAX) {
      // A log that fails at the moment keeps what it was told: whoever asked for all of this hears of it at the end.
      if (from > 0) await this.#deps.custody.checkpoint().catch(() => undefined);
      await forEachSlowly(asked.slice(from, from + STROKE_ENTRIES_MAX), pause, tell, LOGGED_AT_ONCE);
    }
  }

  /** Of files that a listing which is not complete does not show. */
  async #goneOf(notShown: readonly Announced[], signal: AbortSignal): Promise<ReadonlySet<Announced>> {
    const listed = notShown.map(({ entry }) => entry.listed);
    const gone = (await this.#session.goneOf?.(listed, signal)) ?? new Set();
    return new Set(notShown.filter(({ entry }) => gone.has(entry.listed)));
  }

  /** What was announced and has no word yet: the wave is over, and no listing comes for it. Never throws: what the log does not take is owed to nobody, since an `erasing` alone says the same. */
  #leaveOpen(): void {
    for (const each of this.#announced.values()) {
      if (each.isUnconfirmed) continue;
      try {
        if (each.isAsked) this.#unconfirmed(each, NOT_LISTED);
        else this.#untouched(each);
      } catch (error) {
        this.#becomeUnconfirmed(each);
        this.#deps.log.error('custody log entry rejected', { ...this.#facts(each), error });
      }
    }
  }

  #erased(announced: Announced): void {
    const { entry, recording } = announced;
    this.#deps.custody.append({ event: 'erased', facts: this.#facts(announced) });
    this.#announced.delete(entry);
    entry.become({ kind: 'erased', recording });
    if (this.#notGone.delete(entry) && this.#notGone.size === 0)
      this.#deps.conditions.clear('camera.not-erased', this.#docking.bay);
  }

  /** It was gone before this station touched it: the log must not say that it was erased, and it counts as vanished. */
  #wentBefore(announced: Announced): void {
    const { entry, recording } = announced;
    const facts = { ...this.#facts(announced), reason: ALREADY_GONE };
    this.#deps.custody.append({ event: 'not-erased', facts });
    this.#announced.delete(entry);
    this.#deps.log.warn('file already gone from the camera before erasure', facts);
    entry.become({ kind: 'kept', recording, reason: ALREADY_GONE });
  }

  #notErased(announced: Announced, answer: string): void {
    const { entry, recording } = announced;
    const reason = answer === ALREADY_GONE ? 'still-listed' : answer.slice(0, 256);
    const facts = { ...this.#facts(announced), reason };
    this.#deps.custody.append({ event: 'not-erased', facts });
    this.#announced.delete(entry);
    this.#deps.log.warn('file not erased from the camera', facts);
    this.#deps.conditions.raise('camera.not-erased', this.#docking.bay, { reason });
    this.#notGone.add(entry);
    if (isSpooled(entry) || isUnconfirmed(entry)) entry.become({ kind: 'kept', recording, reason });
  }

  /** Said once; a later listing may tell more. */
  #unconfirmed(announced: Announced, reason: string): void {
    if (announced.isUnconfirmed) return;
    const facts = { ...this.#facts(announced), reason };
    this.#deps.custody.append({ event: 'erasure-unconfirmed', facts });
    this.#deps.log.warn('erasure state unknown', facts);
    this.#becomeUnconfirmed(announced);
  }

  #becomeUnconfirmed(announced: Announced): void {
    const { entry, recording } = announced;
    announced.isUnconfirmed = true;
    if (isSpooled(entry)) entry.become({ kind: 'kept', recording, reason: UNCONFIRMED });
  }

  /** Nothing was decided of it: a later wave may take it. */
  #untouched(announced: Announced): void {
    const facts = { ...this.#facts(announced), reason: NOT_REACHED };
    this.#deps.custody.append({ event: 'not-erased', facts });
    this.#announced.delete(announced.entry);
  }

  #keep(entry: Spooled, reason: string, detail: string): void {
    const { recording } = entry.fate;
    if (reason !== 'policy-never') {
      const facts = this.#facts({ entry, recording });
      this.#deps.log.warn('release refused', { ...facts, reason, detail });
      this.#deps.custody.append({ event: 'not-erased', facts: { ...facts, reason } });
      this.#announced.delete(entry);
      this.#deps.conditions.raise('release.refused', this.#docking.bay, { reason });
    }
    entry.become({ kind: 'kept', recording, reason });
  }

  #facts({ entry, recording }: Allowed): {
    recording: string;
    docking: string;
    path_sha256: string;
  } {
    return { recording, docking: this.#docking.docking, path_sha256: entry.pathSha256 };
  }
}

function isUnconfirmed({ fate }: TrackedEntry): boolean {
  return fate.kind === 'kept' && fate.reason === UNCONFIRMED;
}

function isSpooled(entry: TrackedEntry): entry is Spooled {
  return entry.fate.kind === 'spooled';
}
