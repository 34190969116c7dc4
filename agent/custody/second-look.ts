// Looks again, while the station runs, at signed documents that its start could not read, or not verify: a page that was read wrong once may be right by
// now. Until one verifies, nothing that was read of it is believed, neither by a chain nor by whoever calls it damaged.
import { isMachineShort } from '../../protocol/format/errors.ts';
import type { InDoubt } from '../spool/in-doubt.ts';
import { inParallel } from '../platform/in-parallel.ts';

/** Looked at again at one time. */
const AT_ONCE = 8;
/** In one go for a chain, of what is likely an end, and of the rest: where ten thousand do not verify, the log has to tell. */
const IN_ONE_GO = 50;

export interface SecondLookDeps<Name extends string> {
  readonly unread: InDoubt<Name>;
  /** Whether it lies in its place: what lies in the quarantine comes behind. */
  readonly isInPlace: (name: Name) => boolean;
  /** Reads one; where it verifies, gives what puts its facts in place of those known: it may have moved since it was read. */
  readonly look: (name: Name) => Promise<(() => void) | undefined>;
  /** What follows from all that verified is to be found anew, those included that were taken since (`unread.settling`). */
  readonly follow: () => void | Promise<void>;
  /** These left `unread`. Must not throw. */
  readonly settled: (names: ReadonlySet<Name>) => void;
}

/** Over the documents of one kind. */
export class SecondLook<Name extends string> {
  readonly #deps: SecondLookDeps<Name>;
  readonly #looks = new Map<Name, number>();
  /** One look after the other: whoever waits goes by what all before him settled. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: SecondLookDeps<Name>) {
    this.#deps = deps;
  }

  /** Before anything is said of that one. Errors: only the machine's. */
  async at(name: Name): Promise<void> {
    if (!this.#deps.unread.has(name)) return;
    await this.#inTurn(async () => {
      if (this.#deps.unread.isUnsure(name)) await this.#look(name);
      await this.#settle();
    });
  }

  /** Before a document is named for good: at whatever may be the end of a chain. Errors: only the machine's. */
  atAll(): Promise<void> {
    return this.#inTurn(() => this.#lookAtAll());
  }

  async #lookAtAll(): Promise<void> {
    try {
      await inParallel(this.#due(), AT_ONCE, async (name) => {
        this.#looks.set(name, this.#looksAt(name) + 1);
        await this.#look(name);
      });
    } finally {
      await this.#settle();
    }
  }

  /** Those that were looked at least often. */
  #due(): Name[] {
    const { unread, isInPlace } = this.#deps;
    const names = [...unread.unsure()].sort((a, b) => this.#looksAt(a) - this.#looksAt(b));
    const inPlace = names.filter(isInPlace).slice(0, IN_ONE_GO);
    return [...inPlace, ...names.filter((name) => !isInPlace(name)).slice(0, IN_ONE_GO)];
  }

  #looksAt(name: Name): number {
    return this.#looks.get(name) ?? 0;
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const running = this.#turn.then(step);
    this.#turn = running.catch(() => undefined);
    return running;
  }

  async #look(name: Name): Promise<void> {
    try {
      const { unread, look } = this.#deps;
      const take = await look(name);
      if (take === undefined || !unread.isUnsure(name)) return; // it may have left for another reason
      unread.verified(name);
      take();
    } catch (error) {
      if (isMachineShort(error)) throw error;
    }
  }

  async #settle(): Promise<void> {
    const { unread, follow, settled } = this.#deps;
    const names = unread.settling;
    if (names.size === 0) return;
    await follow();
    for (const name of names) unread.delete(name);
    settled(names);
  }
}
