// Lets one process at a time work in a folder of the vault, over all processes that see the vault.
//
// Invariants:
// 1. The lock is a folder that holds one folder, `<epoch>.<holder>`. Taking it is one rename of the inner one, so of several takers one
//    succeeds. The holder `free` gave it back in order, `dirty` gave it back after a failure.
// 2. A holder that does not let go for STALE_MS of our monotonic clock counts as dead and loses it. One that lives all the same finds that
//    its inner folder is gone: what it puts in place by a rename out of that folder comes to nothing.
// 3. Nothing here is durable or has to be: after a power cut nobody lives, and any state of it can be taken.
import { dirname, join } from 'node:path';
import { ensureFolder, listIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Random } from '../../../protocol/format/ports.ts';

/** A holder works for some tens of milliseconds; a disk may stall for seconds. */
const STALE_MS = 15_000;
/** Longer than STALE_MS, so that a dead holder is never what a caller fails for. */
const WAIT_MS = 60_000;
const POLL_MS_MIN = 10;
const POLL_MS_MAX = 250;
const FREE = 'free';
const DIRTY = 'dirty';

export interface LockDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** The lock while it is held. */
export interface HeldLock {
  /** False where the last holder did not give it back in order: what it wrote last may not be durable. */
  readonly clean: boolean;
  /** A folder that only the holder has: what is renamed out of it into place is put there by nobody who lost the lock. */
  readonly workFolder: string;
  /** Errors: "lock.lost" where another process took it. */
  check(): Promise<void>;
}

interface Inner {
  readonly epoch: number;
  readonly holder: string;
}

/**
 * Runs something under the lock that `folder` is; its parent is made where it is not there, the one above it must be.
 * Errors: "lock.held" where others hold it for WAIT_MS; "lock.lost"; the signal's reason; the system's; those of `run`.
 */
export async function underLock<T>(
  deps: LockDeps,
  folder: string,
  run: (held: HeldLock) => Promise<T>,
): Promise<T> {
  await ensureFolder(deps.files, dirname(folder));
  const { inner, clean } = await new Taker(deps, folder).take();
  const workFolder = join(folder, nameOf(inner));
  const giveBack = (holder: string): Promise<void> =>
    deps.files
      .rename(workFolder, join(folder, nameOf({ epoch: inner.epoch, holder })))
      .catch(() => undefined); // what is not given back ages
  try {
    if (!clean) await emptyFolder(deps.files, workFolder);
    const done = await run({ clean, workFolder, check: () => check(deps.files, workFolder) });
    await giveBack(FREE);
    return done;
  } catch (error) {
    await giveBack(DIRTY);
    throw error;
  }
}

async function check(files: Files, workFolder: string): Promise<void> {
  if ((await files.stat(workFolder)) === undefined) throw lost();
}

/** Runs what changes `workFolder`, or renames out of it: that is gone where another process took the lock. Errors: "lock.lost"; those of `run`. */
export async function whileHeld<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? lost(error) : error;
  }
}

function lost(cause?: unknown): DockError {
  const message = `this process stood still for more than ${STALE_MS} ms and another one took its lock: do it again`;
  return new DockError('lock.lost', message, { retry: 'later', cause });
}

async function emptyFolder(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) await files.removeTree(join(folder, name));
}

/** One attempt to get the lock. */
class Taker {
  readonly #deps: LockDeps;
  readonly #folder: string;
  readonly #holder: string;
  #seen: { readonly inner: Inner; readonly sinceMs: number } | undefined;

  constructor(deps: LockDeps, folder: string) {
    this.#deps = deps;
    this.#folder = folder;
    this.#holder = makeSessionId(deps.random);
  }

  async take(): Promise<{ inner: Inner; clean: boolean }> {
    const { clock, signal } = this.#deps;
    const endMs = clock.monotonicMs() + WAIT_MS;
    for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, POLL_MS_MAX)) {
      signal.throwIfAborted();
      const taken = await this.#try();
      if (taken !== undefined) return taken;
      if (clock.monotonicMs() >= endMs) throw held(this.#folder);
      await clock.sleep(pauseMs, signal);
    }
  }

  async #try(): Promise<{ inner: Inner; clean: boolean } | undefined> {
    const found = await this.#newest();
    if (found !== undefined && !this.#mayTake(found)) return undefined;
    const inner = { epoch: (found?.epoch ?? 0) + 1, holder: this.#holder };
    const taken = found === undefined ? await this.#begin(inner) : await this.#rename(found, inner);
    return taken ? { inner, clean: found?.holder === FREE } : undefined;
  }

  async #newest(): Promise<Inner | undefined> {
    const names = await listIfThere(this.#deps.files, this.#folder);
    const found = names.map(parseName).filter((inner) => inner !== undefined);
    return found.toSorted((a, b) => b.epoch - a.epoch)[0];
  }

  /** Whether nobody holds it, or somebody whom we watched for too long. */
  #mayTake(found: Inner): boolean {
    if (found.holder === FREE || found.holder === DIRTY) return true;
    const nowMs = this.#deps.clock.monotonicMs();
    const { inner, sinceMs } = this.#seen ?? {};
    if (inner?.epoch === found.epoch && inner.holder === found.holder && sinceMs !== undefined)
      return nowMs - sinceMs > STALE_MS;
    this.#seen = { inner: found, sinceMs: nowMs };
    return false;
  }

  /** What begins is prepared aside and put in place by one rename, which only the first taker can do. */
  async #begin(inner: Inner): Promise<boolean> {
    const { files } = this.#deps;
    const prepared = `${this.#folder}.${this.#holder}`;
    await ensureFolder(files, prepared);
    await ensureFolder(files, join(prepared, nameOf(inner)));
    if (await moved(files, prepared, this.#folder)) return true;
    await files.removeTree(prepared);
    return false;
  }

  #rename(from: Inner, to: Inner): Promise<boolean> {
    return moved(this.#deps.files, join(this.#folder, nameOf(from)), join(this.#folder, nameOf(to)));
  }
}

/** False where another one was faster. */
async function moved(files: Files, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

function nameOf({ epoch, holder }: Inner): string {
  return `${epoch}.${holder}`;
}

function parseName(name: string): Inner | undefined {
  const [, epoch, holder] = /^([1-9][0-9]{0,14})\.([a-z2-7]{4,26})$/.exec(name) ?? [];
  return epoch === undefined || holder === undefined ? undefined : { epoch: Number(epoch), holder };
}

function held(folder: string): DockError {
  const message = `${folder} is held by other processes for more than ${WAIT_MS} ms: look for a receiver or a command that hangs on this vault, end it, and try again`;
  return new DockError('lock.held', message, { retry: 'later' });
}
