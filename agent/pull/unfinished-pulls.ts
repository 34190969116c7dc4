// Pulls that broke off because the camera left: the open sealing of each stays in this process, so that the same file goes on where it was
// when the camera is back (SPEC 18). Nothing of it is plaintext, and nothing of it outlives the process.
//
// Invariants:
// 1. A sealing is in one place at a time: with whoever reads, or here. What is here is given up in the end: taken up, or aborted and discarded.
// 2. PULLS_MAX at a time, of PULLS_BYTES_MAX together and each for KEPT_MS; the oldest gives way. They hold no reservation: what needs the
//    space gets it (`dropOldest`).
// 3. Here it only matters that the camera calls it the same file. Whether it is, the bytes before the joint tell, and before anything is
//    erased all of them.
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { Sealing } from '../seal/bulk.ts';
import type { Spool, Staging } from '../spool/spool.ts';

const PULLS_MAX = 8;
const PULLS_BYTES_MAX = 32 * 1024 ** 3;
const KEPT_MS = 86_400_000;

/** A file as its camera shows it. */
export interface PulledFile {
  readonly camera: CameraId;
  /** As the camera said it, or null. */
  readonly serial: string | null;
  readonly pathSha256: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string | null;
}

/** A sealing that takes more bytes. */
export interface OpenPull {
  readonly recording: RecordingId;
  readonly staging: Staging;
  readonly sealing: Sealing;
  /** Plaintext offsets at which the reading went on in another docking, ascending. */
  readonly joints: readonly number[];
}

interface Kept {
  readonly file: PulledFile;
  readonly pull: OpenPull;
  readonly cancel: () => void;
}

export interface UnfinishedPullsDeps {
  readonly spool: Pick<Spool, 'discard'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** One for all bays of a station: a camera may come back in another one. */
export class UnfinishedPulls {
  readonly #deps: UnfinishedPullsDeps;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  #isClosed = false;

  constructor(deps: UnfinishedPullsDeps) {
    this.#deps = deps;
  }

  /** True where a file of that camera by that path was begun. */
  has(file: Pick<PulledFile, 'camera' | 'pathSha256'>): boolean {
    return this.#kept.has(keyOf(file));
  }

  /** The pull of that file; undefined where there is none. One of another state of it is given up. */
  async takeUp(file: PulledFile): Promise<OpenPull | undefined> {
    const kept = this.#kept.get(keyOf(file));
    if (kept === undefined) return undefined;
    this.#remove(kept);
    if (isSame(kept.file, file)) return kept.pull;
    await this.#giveUp(kept.pull, 'the file is another one');
    return undefined;
  }

  /** Keeps a pull that broke off, for a while. */
  async keep(file: PulledFile, pull: OpenPull): Promise<void> {
    if (this.#isClosed || pull.sealing.positionBytes === 0) return this.#discard(pull);
    const before = this.#kept.get(keyOf(file));
    const cancel = this.#deps.clock.after(KEPT_MS, () => {
      this.#remove(kept);
      void this.#giveUp(pull, 'the camera did not come back in time');
    });
    const kept = { file, pull, cancel };
    if (before !== undefined) this.#remove(before);
    this.#kept.set(keyOf(file), kept);
    this.#deps.log.info('pull interrupted, resumes when the camera is back', factsOf(pull));
    if (before !== undefined) await this.#giveUp(before.pull, 'the file was begun again');
    while (this.#kept.size > 1 && (this.#kept.size > PULLS_MAX || this.#bytes() > PULLS_BYTES_MAX))
      await this.dropOldest();
  }

  /** Gives the space of one back; false where there is none. */
  async dropOldest(): Promise<boolean> {
    const [oldest] = this.#kept.values();
    if (oldest === undefined) return false;
    this.#remove(oldest);
    await this.#giveUp(oldest.pull, 'its space is needed');
    return true;
  }

  /** Gives up all, and whatever comes later. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (await this.dropOldest());
  }

  #bytes(): number {
    return [...this.#kept.values()].reduce((sum, { pull }) => sum + pull.sealing.positionBytes, 0);
  }

  #remove({ file, cancel }: Kept): void {
    cancel();
    this.#kept.delete(keyOf(file));
  }

  #giveUp(pull: OpenPull, why: string): Promise<void> {
    this.#deps.log.info('interrupted pull discarded', { ...factsOf(pull), why });
    return this.#discard(pull);
  }

  async #discard({ sealing, staging }: OpenPull): Promise<void> {
    await sealing.abort();
    await this.#deps.spool.discard(staging);
  }
}

function keyOf({ camera, pathSha256 }: Pick<PulledFile, 'camera' | 'pathSha256'>): string {
  return `${camera} ${pathSha256}`;
}

function isSame(kept: PulledFile, now: PulledFile): boolean {
  const { serial, sizeBytes, modifiedAt } = kept;
  return serial === now.serial && sizeBytes === now.sizeBytes && modifiedAt === now.modifiedAt;
}

function factsOf({ recording, sealing }: OpenPull): { recording: string; read_bytes: number } {
  return { recording, read_bytes: sealing.positionBytes };
}
