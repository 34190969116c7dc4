// Takes one entry of a docking: known again by reading it, or pulled and sealed anew. The outcome is a value; the camera's departure is an error.
import type { CameraSession } from '../../drivers/driver.ts';
import { sealedSizeBytes } from '../../protocol/age/sealed-file.ts';
import { describeError, DockError, isDockError, systemCode } from '../../protocol/format/errors.ts';
import { makeRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { DOCKING_SEEN_MAX, JOINTS_MAX } from '../../protocol/format/limits.ts';
import type { Clock, Log, Random } from '../../protocol/format/ports.ts';
import type { Custody } from '../custody/custody-log.ts';
import { type HeldContent, retryPauseMs, type TrackedEntry, type WaitReason } from '../inventory/entry.ts';
import { lookAnew } from '../inventory/looks.ts';
import type { Bulk } from '../seal/bulk.ts';
import type { Committer, DockingFacts, Sealed } from '../seal/commit.ts';
import type { Reservation, Spool, SpooledRecording } from '../spool/spool.ts';
import type { PullStop } from './pull-stop.ts';
import { digestEntry, type PullContext, pullInto } from './pull.ts';
import type { TriedFile } from './tally.ts';
import type { Tries, Try } from './tries.ts';
import type { OpenPull, PulledFile, UnfinishedPulls } from './unfinished-pulls.ts';

/** Taken and not yet on the disk, at most: pieces in flight and the sealing's own buffers. */
const UNWRITTEN_BYTES = 16 * 1024 * 1024;

/** What taking an entry needs. */
export interface TakeDeps {
  readonly spool: Spool;
  readonly bulk: Bulk;
  readonly custody: Custody;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tries: Pick<Tries, 'isSetAside' | 'isAlone' | 'begin'>;
  /** Removes the oldest receipted spool copy; false where there is none. */
  readonly makeRoom: () => Promise<boolean>;
  readonly pullStop: Pick<PullStop, 'admits' | 'failed' | 'undecided' | 'kept'>;
  readonly unfinished: Pick<UnfinishedPulls, 'has' | 'takeUp' | 'keep' | 'dropOldest'>;
}

/** Reading is over; `committing` resolves, and never rejects, when the entry has its fate. Wrapped, because awaiting would wait for both. */
export interface Taken {
  readonly committing: Promise<void> | undefined;
}
const NOTHING: Taken = { committing: undefined };

/** Why a recording that was read in several dockings does not let its file go. */
export interface Unproven {
  readonly reason: 'joined-differently' | 'read-differently' | 'not-read-again';
  readonly detail: string;
}

/** Reading in a try that has its turn. */
interface TryContext extends PullContext {
  readonly attempt: Pick<Try, 'note'>;
}

/** One docking's way of taking entries; reading is one at a time, what is left for the disk and committing run behind it. */
export class Taker {
  readonly #deps: TakeDeps;
  readonly #docking: DockingFacts;
  readonly #session: CameraSession;
  readonly #committer: Committer;
  readonly #onTaken: (entry: TrackedEntry) => void;
  /** Of the last entry that was read whole: the next one is read meanwhile, the one behind it is not, for the sake of memory. */
  #finishing: Promise<void> = Promise.resolve();
  /** Entries of the log that say that something is not taken. */
  #notTaken = 0;

  constructor(
    deps: TakeDeps,
    docking: DockingFacts,
    session: CameraSession,
    committer: Committer,
    onTaken: (entry: TrackedEntry) => void,
  ) {
    this.#deps = deps;
    this.#docking = docking;
    this.#session = session;
    this.#committer = committer;
    this.#onTaken = onTaken;
  }

  /** True where the entry is to be taken when nothing else is: it may be what ended the agent. */
  isSuspected(entry: TrackedEntry): boolean {
    return this.#deps.tries.isAlone(this.#fileOf(entry));
  }

  /** True where an earlier docking began to read it. */
  isBegun({ pathSha256 }: TrackedEntry): boolean {
    return this.#deps.unfinished.has({ camera: this.#docking.camera, pathSha256 });
  }

  /**
   * Compares what is on the camera now with the recording that was read of it in several dockings: from then on it may go (SPEC 8.4).
   * Returns why it may not, where it may not.
   * Errors: "driver.detached", "driver.protocol"; the signal's reason.
   */
  async prove(entry: TrackedEntry, signal: AbortSignal): Promise<Unproven | undefined> {
    const { fate, pathSha256, listed } = entry;
    if (fate.kind !== 'spooled') return undefined;
    try {
      const { sizeBytes, sha256 } = await this.#contentNow(
        entry,
        this.#contextOf(signal, () => undefined),
      );
      const known = await this.#deps.spool.findContent(
        this.#docking.camera,
        { pathSha256, sizeBytes },
        sha256,
      );
      if (known?.recording !== fate.recording)
        return {
          reason: this.#session.mayHideRewrites === true ? 'read-differently' : 'joined-differently',
          detail: `the file on the camera has SHA-256 ${sha256} now`,
        };
      this.#matched(entry, fate.recording);
      if (entry.fate !== fate || entry.held === undefined) return undefined;
      entry.held = { ...entry.held, sha256, stamp: listed.stamp };
      entry.become({ ...fate, sha256, stamp: listed.stamp });
      return undefined;
    } catch (error) {
      if (signal.aborted || endsDocking(error)) throw error;
      return { reason: 'not-read-again', detail: describeError(error) };
    }
  }

  /**
   * Reads the entry; resolves when the camera is no longer needed for it, with the commit that may still be running. `onWaiting` is called
   * now and then while other entries of the station have to be taken first.
   * The entry's fate is set by the commit, or here where it could not be taken.
   * Errors: "driver.detached", "driver.protocol"; the signal's reason. Everything else becomes the entry's fate.
   */
  async take(
    entry: TrackedEntry,
    signal: AbortSignal,
    onProgress: (takenBytes: number) => void,
    onWaiting: () => void = () => undefined,
  ): Promise<Taken> {
    try {
      if (this.#isProven(entry)) return NOTHING;
      return await this.#try(entry, this.#contextOf(signal, onProgress), onWaiting);
    } catch (error) {
      if (signal.aborted || endsDocking(error)) throw error;
      this.#wait(entry, error);
      return NOTHING;
    }
  }

  #contextOf(signal: AbortSignal, onProgress: PullContext['onProgress']): PullContext {
    const { clock, log } = this.#deps;
    return { session: this.#session, clock, log, signal, onProgress };
  }

  /** Whatever becomes of the try but the end of the process, its note goes with it. */
  async #try(entry: TrackedEntry, context: PullContext, onWaiting: () => void): Promise<Taken> {
    const file = this.#fileOf(entry);
    const { tries } = this.#deps;
    if (tries.isSetAside(file))
      throw new DockError('tries.set-aside', 'the agent ended at this file again and again', {
        retry: 'person',
      });
    const attempt = await tries.begin({ ...file, bay: this.#docking.bay }, context.signal, onWaiting);
    const end = (): Promise<void> => attempt.end(entry.fate.kind === 'spooled');
    let committing: Promise<void> | undefined;
    try {
      const noted = { ...context, attempt };
      if (!(await this.#knownAgain(entry, noted))) ({ committing } = await this.#pull(entry, noted));
    } finally {
      if (committing === undefined) await end();
    }
    return committing === undefined ? NOTHING : { committing: committing.then(end) };
  }

  #fileOf({ pathSha256, listed: { sizeBytes, modifiedAt } }: TrackedEntry): TriedFile & PulledFile {
    const { camera, identity } = this.#docking;
    return { camera, serial: identity.serial, pathSha256, sizeBytes, modifiedAt };
  }

  /** A listing shows that the file changes: it waits until looks say that it does not any more. Said once for each time that it begins to. */
  leaveChanging(entry: TrackedEntry): void {
    if (this.#leave(entry, 'changing')) this.#tell(entry, 'changing');
  }

  /** Read in the docking before of this stay, still durable here, and nothing shows a change since (SPEC 8.4). Errors: those of the log. */
  #isProven(entry: TrackedEntry): boolean {
    const { proven } = entry;
    if (proven === undefined || proven.sha256 === null) return false; // read in several dockings, and not compared since
    if (this.#session.mayHideRewrites === true) return false;
    if (this.#deps.spool.stateOf(proven.recording) === undefined) return false;
    this.#matched(entry, proven.recording);
    this.#spooled(entry, { ...proven, matched: true });
    return true;
  }

  /** Same place and size as something durable here: only its bytes tell (SPEC 8.4). */
  async #knownAgain(entry: TrackedEntry, context: TryContext): Promise<boolean> {
    const { spool } = this.#deps;
    const { camera } = this.#docking;
    const { pathSha256, listed } = entry;
    if (!spool.mayHold(camera, { pathSha256, sizeBytes: listed.sizeBytes })) return false;
    await context.attempt.note();
    const { sizeBytes, sha256 } = await this.#contentNow(entry, context);
    const known = await spool.findContent(camera, { pathSha256, sizeBytes }, sha256);
    if (known === undefined) return false;
    this.#matched(entry, known.recording);
    const proven = this.#session.mayHideRewrites === true ? null : sha256;
    this.#spooled(entry, heldAs(known, true, proven, entry.listed.stamp));
    return true;
  }

  /** What the whole file is now: by the camera's own digest where it has one, else read. */
  async #contentNow(
    { listed }: TrackedEntry,
    context: PullContext,
  ): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    const own = await this.#session.ownSha256?.(listed, context.signal);
    if (own !== undefined) return { sizeBytes: listed.sizeBytes, sha256: Buffer.from(own).toString('hex') };
    const digesting = await this.#deps.bulk.startDigest();
    try {
      await digestEntry(digesting, listed, context);
      return await digesting.finish();
    } finally {
      await digesting.abort();
    }
  }

  async #pull(entry: TrackedEntry, context: TryContext): Promise<Taken> {
    if (!(await this.#deps.pullStop.admits())) {
      const why = 'the disk refuses one recording after the other: pulling has ended for now';
      this.#wait(entry, new DockError('spool.write-failed', why, { retry: 'later' }));
      return NOTHING;
    }
    const begun = await this.#deps.unfinished.takeUp(this.#fileOf(entry));
    const reservation = await this.#reserveOrKeep(entry, begun);
    if (reservation === 'full') {
      this.#deps.pullStop.undecided();
      this.#wait(
        entry,
        new DockError('spool.full', 'no space in the spool for this recording', { retry: 'later' }),
      );
      return NOTHING;
    }
    try {
      await context.attempt.note();
      const fromBytes = begun?.sealing.positionBytes ?? 0;
      const read = await this.#read(entry, countingWritten(context, reservation, fromBytes), begun);
      const committing = this.#commit(entry, read).finally(() => reservation.release());
      return { committing };
    } catch (error) {
      reservation.release();
      if (context.signal.aborted) this.#deps.pullStop.undecided();
      else this.#notKept(error);
      if (begun === undefined || !isDockError(error, 'pull.resumed-differently')) throw error;
      // It changed while the camera was away: what was read of it is worth nothing, and all of it needs space.
      this.#deps.log.warn('file changed while its camera was away, pulling from the start', { error });
      return this.#pull(entry, context);
    }
  }

  /** Only what the station itself could not do counts, and of that not the end of a worker: it may be a file's doing, and is no disk's. */
  #notKept(error: unknown): void {
    if (isOwnFailure(waitReason(error)) && !isDockError(error, 'worker.died'))
      this.#deps.pullStop.failed(error);
    else this.#deps.pullStop.undecided();
  }

  /**
   * All bytes of the entry in a sealing that is not on the disk yet, from where it was left off. Errors: those of the camera, the spool and the
   * sealing; what a camera that left had given stays for its next docking, of any other attempt nothing.
   */
  async #read(entry: TrackedEntry, context: PullContext, begun: OpenPull | undefined): Promise<OpenPull> {
    const { unfinished, spool } = this.#deps;
    const pull = begun ?? (await this.#begin());
    const { sealing, staging } = pull;
    const joinedAt = sealing.positionBytes;
    const joints = begun === undefined ? [] : [...pull.joints.filter((at) => at < joinedAt), joinedAt];
    try {
      await pullInto(sealing, entry.listed, context);
      await this.#finishing;
      return { ...pull, joints };
    } catch (error) {
      if (leftMeanwhile(error, context.signal) && joints.length < JOINTS_MAX) {
        const readOn = sealing.positionBytes > joinedAt ? joints : pull.joints;
        await unfinished.keep(this.#fileOf(entry), { ...pull, joints: readOn });
        throw error;
      }
      await sealing.abort();
      await spool.discard(staging);
      throw error;
    }
  }

  /** Errors: those of the spool and the sealing; nothing of it is left then. */
  async #begin(): Promise<OpenPull> {
    const { spool, bulk, random } = this.#deps;
    const recording = makeRecordingId(random);
    const staging = await spool.stage(recording);
    try {
      const { payloadPath, chunksPath } = staging;
      const { recipients } = this.#docking;
      const { overlapBytes } = this.#session;
      const sealing = await bulk.startSeal({ payloadPath, chunksPath, recipients, overlapBytes });
      return { recording, staging, sealing, joints: [] };
    } catch (error) {
      await spool.discard(staging);
      throw error;
    }
  }

  /** What was begun is kept for the next try where there is no space for the rest of it. Errors: the system's; "spool.gone". */
  async #reserveOrKeep(entry: TrackedEntry, begun: OpenPull | undefined): Promise<Reservation | 'full'> {
    let reservation: Reservation | 'full' = 'full';
    try {
      return (reservation = await this.#reserve(entry, begun));
    } finally {
      if (reservation === 'full' && begun !== undefined)
        await this.#deps.unfinished.keep(this.#fileOf(entry), begun);
    }
  }

  /** Space for what is left of one more recording; receipted copies give way first, then pulls that broke off. */
  async #reserve({ listed }: TrackedEntry, begun: OpenPull | undefined): Promise<Reservation | 'full'> {
    const { spool, makeRoom, unfinished } = this.#deps;
    const wholeBytes = sealedSizeBytes(listed.sizeBytes, this.#docking.recipients.length);
    const leftBytes = wholeBytes - (begun?.sealing.positionBytes ?? 0);
    for (;;) {
      const reservation = await spool.reserve(leftBytes);
      if (reservation !== 'full') return reservation;
      if (!(await makeRoom()) && !(await unfinished.dropOldest())) return reservation;
    }
  }

  /** Never rejects: whatever fails, the log among it, becomes the entry's fate. */
  async #commit(entry: TrackedEntry, read: OpenPull): Promise<void> {
    const { stamp } = entry.listed;
    try {
      const sealed = await this.#finish(read);
      this.#pulled(entry, sealed);
      const { kind, recording } = await this.#committer.commit(entry, sealed);
      this.#deps.pullStop.kept();
      const matched = kind === 'matched';
      if (matched) this.#matched(entry, recording.recording);
      // What was read in several dockings, or may be rewritten unseen, is compared once more before it may go: see `prove`.
      const isProven = sealed.joints.length === 0 && this.#session.mayHideRewrites !== true;
      const sha256 = isProven ? sealed.seal.originalSha256 : null;
      this.#spooled(entry, heldAs(recording, matched, sha256, stamp));
    } catch (error) {
      await read.sealing.abort();
      await this.#deps.spool.discard(read.staging);
      this.#notKept(error);
      this.#wait(entry, error);
    }
  }

  /** Errors: those of Sealing.finish. */
  async #finish({ recording, staging, sealing, joints }: OpenPull): Promise<Sealed> {
    const finishing = sealing.finish();
    this.#finishing = finishing.then(
      () => undefined,
      () => undefined,
    );
    return { recording, staging, joints, seal: await finishing };
  }

  #spooled(entry: TrackedEntry, held: HeldContent): void {
    const { recording, sha256, stamp } = held;
    entry.held = held;
    entry.proven = undefined;
    entry.become({ kind: 'spooled', recording, sha256, stamp });
    this.#onTaken(entry);
  }

  #pulled(entry: TrackedEntry, { recording, seal }: Sealed): void {
    this.#deps.custody.append({
      event: 'pulled',
      facts: {
        recording,
        docking: this.#docking.docking,
        path_sha256: entry.pathSha256,
        size_bytes: seal.originalSizeBytes,
        sha256: seal.originalSha256,
      },
    });
  }

  #matched(entry: TrackedEntry, recording: RecordingId): void {
    const facts = { recording, docking: this.#docking.docking, path_sha256: entry.pathSha256 };
    this.#deps.custody.append({ event: 'matched', facts });
  }

  #wait(entry: TrackedEntry, error: unknown): void {
    const reason = waitReason(error);
    const isNews = this.#leave(entry, reason);
    entry.otherLength = otherLength(entry, error);
    entry.attempts++;
    const now = this.#deps.clock.monotonicMs();
    entry.againAtMs = now + retryPauseMs(reason, entry.attempts);
    if (reason === 'changing') entry.looks = lookAnew(entry.looks, now);
    if (isNews) this.#tell(entry, reason, error);
  }

  /** Returns whether it did not wait for that reason before. */
  #leave(entry: TrackedEntry, reason: WaitReason): boolean {
    const isNews = entry.fate.kind !== 'waiting' || entry.fate.reason !== reason;
    entry.become({ kind: 'waiting', reason });
    return isNews;
  }

  #tell(entry: TrackedEntry, reason: WaitReason, error?: unknown): void {
    if (++this.#notTaken > DOCKING_SEEN_MAX) return;
    const facts = { docking: this.#docking.docking, path_sha256: entry.pathSha256, reason };
    this.#deps.log.warn('entry not pulled, will retry', { ...facts, ...(error !== undefined && { error }) });
    try {
      this.#deps.custody.append({ event: 'not-taken', facts });
    } catch (refused) {
      this.#deps.log.error('custody log entry rejected', { ...facts, error: refused });
    }
  }
}

function heldAs(
  { recording, rejected }: SpooledRecording,
  matched: boolean,
  sha256: string | null,
  stamp: string,
): HeldContent {
  return { recording, rejected, matched, sha256, stamp };
}

/** True where the camera left while it was read: what it gave is still worth something when it comes back. */
function leftMeanwhile(error: unknown, signal: AbortSignal): boolean {
  return isDockError(signal.aborted ? signal.reason : error, 'driver.detached');
}

/** True where the error means that this conversation with the camera is over. */
export function endsDocking(error: unknown): boolean {
  return isDockError(error, 'driver.detached') || isDockError(error, 'driver.protocol');
}

/** Both lengths, where the file has another one than was listed. */
function otherLength({ listed }: TrackedEntry, error: unknown): TrackedEntry['otherLength'] {
  const readBytes = isDockError(error, 'driver.changed') ? error.facts['read_bytes'] : undefined;
  return typeof readBytes === 'number' ? { listedBytes: listed.sizeBytes, readBytes } : undefined;
}

function isOwnFailure(reason: WaitReason): boolean {
  return reason === 'spool-full' || reason === 'spool-failed';
}

/** Codes of whatever lies between this station and a file: the drivers, what they stand on, and the mount helper. */
const CAMERA_CODE = /^(?:driver|usb|ptp|smp|mount)\./;

/** The reason that stands with an entry that was not taken. */
function waitReason(error: unknown): WaitReason {
  const code = isDockError(error) ? error.code : '';
  if (code === 'driver.changed' || code === 'driver.gone' || code === 'pull.resumed-differently')
    return 'changing';
  if (code === 'driver.unreadable') return 'unreadable';
  if (code === 'pull.too-damaged') return 'too-damaged';
  if (code === 'tries.set-aside') return 'agent-failed';
  if (CAMERA_CODE.test(code)) return 'camera-failed';
  if (code === 'spool.full' || ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')) return 'spool-full';
  return 'spool-failed';
}

/** What was taken some megabytes ago is on the disk and no longer needs its reservation: else a large file would count twice. */
function countingWritten(context: PullContext, reservation: Reservation, fromBytes: number): PullContext {
  const onProgress = (takenBytes: number): void => {
    reservation.written(Math.max(0, takenBytes - fromBytes - UNWRITTEN_BYTES));
    context.onProgress(takenBytes);
  };
  return { ...context, onProgress };
}
