// Keeps a file that ends the agent from ending it again and again (acceptance PRC-03, SPEC 15): notes each try while it is under way, counts at
// the start what the last process left, and knows which file is taken alone and which not at all. Setting aside only delays: nothing is ever
// removed, from a camera or from here, because of it.
//
// Invariants:
// 1. The note of a try lies there before the camera is asked for a byte of the file, and goes when the try ends in order: taken, failed, camera
//    gone, stop. Whatever writes or removes it costs no sync.
// 2. A note that cannot be written, read or removed, and a tally that cannot, hold nothing up: such a try counts for nothing.
// 3. A note is removed before what it says is remembered, so that none counts twice.
import { dirname, join } from 'node:path';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { Changes } from '../spool/changes.ts';
import {
  type BrokenOff,
  encodeNote,
  isNoteName,
  NOTE_BYTES_MAX,
  noteName,
  parseNote,
  readAgain,
  readTally,
  removeAgain,
  TALLIED_MAX,
  Tally,
  type TriedFile,
  type TryRun,
  writeTally,
} from './tally.ts';

/** It is looked so often whether somebody wants what is set aside to be tried again. */
const LOOK_MS = 5000;
/**
 * The agent must have run for so long before it takes what it takes alone: a station that something else ends again and again, such as a
 * watchdog or an administrator, gets everything else done meanwhile and holds nothing against a file.
 */
const CALM_MS = 15_000;
/** An agent that has run for so long tries what is set aside once more, and again behind as long: whatever ended it may be over. */
const AGAIN_MS = 86_400_000;
/** Who waits for its turn says so that often. */
const WAITING_MS = 60_000;

export interface TriesDeps {
  /** Of notes, tally and word; made where it is missing. */
  readonly folder: string;
  /** Those of the spool, which change nothing while it is away. */
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  /** Null where the machine does not tell: nothing is counted then. */
  readonly bootId: string | null;
  readonly version: string;
}

/** A try that is under way. */
export interface Try {
  /** To be called before the camera is asked for a byte of the file; idempotent. Never rejects. */
  note(): Promise<void>;
  /** It ended in order. `isTaken`: the file is durable here. Never rejects. */
  end(isTaken: boolean): Promise<void>;
}

/** All tries of one station. */
export class Tries {
  /** Files that were set aside may be tried once more. */
  readonly again = new Changes<'again'>();
  readonly #deps: TriesDeps;
  readonly #run: TryRun | undefined;
  readonly #turns = new TryTurns();
  readonly #open = new Set<string>();
  #tally = new Tally();
  readonly #openedAtMs: number;
  #number = 0;
  #stopped = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(deps: TriesDeps) {
    this.#deps = deps;
    const { bootId: boot, version: agent } = deps;
    this.#run = boot === null ? undefined : { boot, agent };
    this.#openedAtMs = deps.clock.monotonicMs();
  }

  /** Counts what the last process left. Never rejects. */
  static async open(deps: TriesDeps): Promise<Tries> {
    const tries = new Tries(deps);
    const { files, folder, log } = deps;
    const failed = (error: unknown): void =>
      log.warn('in-progress markers of the last run not readable', { error });
    await makeFolderIfMissing(files, folder).catch(failed);
    await tries.#remember().catch(failed);
    await tries.#count().catch(failed);
    await tries.#takeWord().catch(failed);
    return tries;
  }

  isSetAside(file: TriedFile): boolean {
    return this.#tally.isSetAside(file);
  }

  /** True where it may be taken only while nothing else is: it comes last. */
  isAlone(file: TriedFile): boolean {
    return this.#tally.isAlone(file);
  }

  /** Resolves when it is the file's turn; `onWaiting` is called now and then as long as it is not. Errors: the signal's reason. */
  async begin(file: BrokenOff, signal: AbortSignal, onWaiting: () => void): Promise<Try> {
    const leave = await this.#turn(file, signal, onWaiting);
    const name = noteName(file, ++this.#number);
    return {
      note: () => this.#note(name, file),
      end: (isTaken) => this.#end(name, file, isTaken).finally(leave),
    };
  }

  /** Looks for a person's word, and whether it is time anyway, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let sinceMs = this.#openedAtMs;
    let told = '';
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const isDue = clock.monotonicMs() - sinceMs >= AGAIN_MS;
      if (isDue) sinceMs = clock.monotonicMs();
      const isWanted = await this.#takeWord().catch((error: unknown) => {
        const why = describeError(error);
        if (why !== told) log.warn('retry request could not be read', { error });
        told = why;
        return false;
      });
      if (isWanted || (isDue && (await this.#tryAgain()))) this.again.put('again');
    }
  }

  /** An orderly stop begins: whatever becomes of it, no try of this process counts. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#open].map((name) => this.#remove(name)));
    await this.#saving;
  }

  async #turn(file: TriedFile, signal: AbortSignal, onWaiting: () => void): Promise<() => void> {
    const tell = (): void => {
      onWaiting();
      cancel = this.#deps.clock.after(WAITING_MS, tell);
    };
    let cancel = this.#deps.clock.after(0, tell);
    try {
      const calmMs = this.#openedAtMs + CALM_MS - this.#deps.clock.monotonicMs();
      if (this.isAlone(file) && calmMs > 0) await this.#deps.clock.sleep(calmMs, signal);
      return await this.#turns.begin(this.isAlone(file), signal);
    } finally {
      cancel();
    }
  }

  async #end(name: string, file: TriedFile, isTaken: boolean): Promise<void> {
    await this.#remove(name);
    if (isTaken && this.#tally.taken(file)) await this.#save();
  }

  async #note(name: string, file: BrokenOff): Promise<void> {
    if (this.#run === undefined || this.#stopped || this.#open.has(name)) return;
    const { files, folder, log } = this.#deps;
    this.#open.add(name);
    try {
      const note = await files.create(join(folder, name));
      try {
        await note.write(encodeNote(file, this.#run), 0);
      } finally {
        await note.close();
      }
    } catch (error) {
      log.debug('in-progress marker not written', { error });
      await this.#remove(name);
    }
    if (this.#stopped) await this.#remove(name);
  }

  async #remove(name: string): Promise<void> {
    if (!this.#open.has(name)) return;
    const { files, folder, log } = this.#deps;
    await unlinkIfThere(files, join(folder, name))
      .then(() => this.#open.delete(name))
      .catch((error: unknown) => log.debug('in-progress marker not removed', { error }));
  }

  /** Counts of another version of the agent are of another program. */
  async #remember(): Promise<void> {
    const { files, folder, log, version } = this.#deps;
    const stored = await readTally(files, folder);
    if (stored === undefined) return;
    if (stored.agent === version) this.#tally = new Tally(stored.files);
    else {
      log.info('deferred files of another version will be retried', { agent: stored.agent });
      await this.#save();
    }
  }

  async #count(): Promise<void> {
    const { files, folder, clock, log } = this.#deps;
    const names = (await files.list(folder)).filter(isNoteName);
    const found: BrokenOff[] = [];
    for (const name of names) {
      const broken = await this.#readNote(name).catch((error: unknown) => {
        log.warn('in-progress marker not readable', { error });
        return undefined;
      });
      if (broken !== undefined && found.length < TALLIED_MAX) found.push(broken);
    }
    if (found.length === 0) return;
    const at = new Date(clock.wallMs()).toISOString();
    for (const file of this.#tally.ended(found, at)) {
      const { bay, camera, pathSha256: path_sha256, sizeBytes: size_bytes, brokenOff: broken_off } = file;
      const facts = { bay, camera, path_sha256, size_bytes, broken_off };
      if (this.isSetAside(file)) log.error('file deferred after repeated crashes', facts);
      else log.warn('agent crashed while pulling this file', facts);
    }
    await this.#save();
  }

  /** What the note says, once it is gone. Errors: the system's. */
  async #readNote(name: string): Promise<BrokenOff | undefined> {
    const { files, folder } = this.#deps;
    const path = join(folder, name);
    const bytes = await files.readAll(path, NOTE_BYTES_MAX);
    await files.unlink(path);
    return this.#run === undefined ? undefined : parseNote(bytes, this.#run);
  }

  /** True where a person wants another try. Errors: the system's; "canonical.refused", "document.*". */
  async #takeWord(): Promise<boolean> {
    const { files, folder } = this.#deps;
    if (!(await readAgain(files, folder))) return false;
    await removeAgain(files, folder); // first: a word that stays would give one try after the other
    await this.#tryAgain();
    return true;
  }

  /** True where something was set aside. Never rejects. */
  async #tryAgain(): Promise<boolean> {
    const count = this.#tally.tryAgain();
    if (count === 0) return false;
    this.#deps.log.info('deferred files will be retried', { files: count });
    await this.#save();
    return true;
  }

  /** Never rejects: what is not remembered is tried again. */
  #save(): Promise<void> {
    const { files, folder, version, log } = this.#deps;
    this.#saving = this.#saving
      .then(() => writeTally(files, folder, { agent: version, files: this.#tally.files }))
      .catch((error: unknown) => log.warn('crash counters not written', { error }));
    return this.#saving;
  }
}

async function makeFolderIfMissing(files: Files, folder: string): Promise<void> {
  if ((await files.stat(folder)) !== undefined) return;
  await files.makeFolder(folder);
  await files.syncFolder(dirname(folder)); // for the tally that will lie in it
}

// Who may take a file now: any number of tries side by side, or one alone. A try that must be alone waits for a moment in which the station
// takes nothing else, so that a file under suspicion holds nobody up for longer than it takes itself.

interface Waiter {
  readonly isAlone: boolean;
  readonly go: () => void;
}

/** All tries of a station. */
export class TryTurns {
  #running = 0;
  #isAlone = false;
  #waiting: Waiter[] = [];

  /** Resolves when it may begin, with what ends its turn (idempotent). Errors: the signal's reason. */
  async begin(isAlone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (!this.#mayGo(isAlone)) await this.#wait(isAlone, signal);
    else this.#enter(isAlone);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      this.#isAlone = false;
      this.#next();
    };
  }

  /** Enters on behalf of those that wait, in their order, those beside others first. */
  #next(): void {
    const inOrder = this.#waiting.toSorted((a, b) => Number(a.isAlone) - Number(b.isAlone));
    for (const waiter of inOrder) {
      if (!this.#mayGo(waiter.isAlone)) continue;
      this.#enter(waiter.isAlone);
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      waiter.go();
    }
  }

  #mayGo(isAlone: boolean): boolean {
    return !this.#isAlone && (!isAlone || this.#running === 0);
  }

  #enter(isAlone: boolean): void {
    this.#running++;
    this.#isAlone = isAlone;
  }

  #wait(isAlone: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
      };
      const go = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiter = { isAlone, go };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
