// Signs of life of the receivers on one vault: each writes a number that grows. Whether another one lives is judged by watching its
// number on one's own monotonic clock, so no wall clock of anybody counts.
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { createAnew, ensureFolder, readIfThere } from '../../../protocol/format/durable.ts';
import { isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import type { ReceiverId, SessionId } from '../../../protocol/format/ids.ts';
import { LEASE_MS } from '../../../protocol/format/limits.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import { BEAT_MS, HOLDERS_MAX } from '../limits.ts';
import { DIRTY, FREE, TEMPORARY, type VaultLayout } from './vault-layout.ts';

const BEAT_BYTES_MAX = 1024;
/** Too long, a folder, a link: no receiver writes such a sign. */
const NO_BEAT: readonly string[] = ['EFBIG', 'EISDIR', 'ELOOP'];

/** What stands in the file of one running receiver. */
export interface Beat {
  readonly receiver: string;
  readonly beat: number;
}

export interface BeatsOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  readonly receiver: ReceiverId;
  /** Drawn for this run of the receiver. */
  readonly instance: SessionId;
}

const UNREADABLE: Beat = { receiver: '', beat: -1 };

/** This receiver's sign of life, and its view of the others. */
export class VaultBeats {
  readonly #options: BeatsOptions;
  readonly #seen = new Map<string, { beat: number; sinceMs: number }>();
  #beat = 0;
  #cancel: () => void = () => undefined;
  #writing: Promise<void> = Promise.resolve();
  /** On a slow disk a sign may take longer than the time to the next one, which would write into the same file. */
  #isWriting = false;

  constructor(options: BeatsOptions) {
    this.#options = options;
  }

  /** Removes what earlier runs of this receiver left, writes the first sign and goes on until close. Errors: the system's. */
  async start(): Promise<void> {
    const { files, layout } = this.#options;
    await ensureFolder(files, layout.leases);
    for (const name of await files.list(layout.leases)) {
      const instance = name.endsWith('.json') ? name.slice(0, -'.json'.length) : undefined;
      if (instance !== undefined && (await this.#read(instance))?.receiver === this.#options.receiver)
        await files.unlink(layout.beat(instance));
    }
    await this.#write();
    this.#arm();
  }

  /**
   * Whether that holder's lease may be taken: nobody's, our own, an earlier run's of this receiver, one of which there is no sign,
   * or one whose sign did not change for the length of a lease while we watched. Errors: the system's.
   */
  async mayTake(holder: string): Promise<boolean> {
    const { receiver, instance, clock } = this.#options;
    if (holder === FREE || holder === DIRTY || holder === instance) return true;
    const found = await this.#read(holder);
    if (found === undefined || found.receiver === receiver) return true;
    const known = this.#seen.get(holder);
    if (known?.beat === found.beat) return clock.monotonicMs() - known.sinceMs > LEASE_MS;
    if (known === undefined && this.#seen.size >= HOLDERS_MAX) this.#seen.clear(); // watched anew: only later, never too early
    this.#seen.set(holder, { beat: found.beat, sinceMs: clock.monotonicMs() });
    return false;
  }

  /** Takes the sign away. Never rejects. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#writing.catch(() => undefined);
    await this.#options.files
      .unlink(this.#options.layout.beat(this.#options.instance))
      .catch(() => undefined);
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(BEAT_MS, () => {
      // A sign that cannot be written ages: others take over, which is right on a disk that takes nothing.
      if (!this.#isWriting) this.#writing = this.#beatOnce();
      this.#arm();
    });
  }

  /** Never rejects. */
  async #beatOnce(): Promise<void> {
    this.#isWriting = true;
    await this.#write().catch(() => undefined);
    this.#isWriting = false;
  }

  /** Replaced whole, not synced: after a power cut nobody lives. */
  async #write(): Promise<void> {
    const { files, layout, receiver, instance } = this.#options;
    const beat: Beat = { receiver, beat: ++this.#beat };
    const path = layout.beat(instance);
    const file = await createAnew(files, path + TEMPORARY);
    try {
      await file.write(encodeUtf8(JSON.stringify(beat)), 0);
    } finally {
      await file.close();
    }
    await files.rename(path + TEMPORARY, path);
  }

  /** One that the disk does not show is nobody's and does not change: whoever lives puts another file in its place. Errors: the machine's. */
  #read(instance: string): Promise<Beat | undefined> {
    return readBeat(this.#options.files, this.#options.layout, instance).catch((error: unknown) => {
      if (isMachineShort(error)) throw error;
      return UNREADABLE;
    });
  }
}

/**
 * The sign of one receiver; undefined where there is none, or one that says nothing: neither was written by a receiver that lives.
 * Errors: the system's.
 */
export async function readBeat(
  files: Files,
  layout: VaultLayout,
  instance: string,
): Promise<Beat | undefined> {
  const bytes = await readIfThere(files, layout.beat(instance), BEAT_BYTES_MAX).catch((error: unknown) => {
    if (NO_BEAT.includes(systemCode(error) ?? '')) return undefined;
    throw error;
  });
  return bytes === undefined ? undefined : parseBeat(parseUtf8(bytes) ?? '');
}

function parseBeat(text: string): Beat | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('receiver' in value) || !('beat' in value))
      return undefined;
    const { receiver, beat } = value;
    return typeof receiver === 'string' && typeof beat === 'number' ? { receiver, beat } : undefined;
  } catch {
    return undefined;
  }
}
