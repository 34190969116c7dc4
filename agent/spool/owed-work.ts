// Work on the spool's folders that the disk refused: tried again until it takes it. What waits for that lies where nobody looks for it before the
// next start, and no condition but that of the disk tells of it.
import type { Clock, Log } from '../../protocol/format/ports.ts';

const PAUSE_MS = 10_000;
const PAUSE_MS_MAX = 600_000;

export interface OwedWorkDeps {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly log: Log;
}

interface Owed {
  /** Does it, wherever an earlier try left it. Errors: the system's; "spool.gone", "station.short". */
  readonly attempt: () => Promise<void>;
  readonly sinceMs: number;
}

/** Of one spool, for the time of a process: the next start finds what still lies there by itself. */
export class OwedWork {
  readonly #deps: OwedWorkDeps;
  readonly #owed = new Map<string, Owed>();
  #pauseMs = PAUSE_MS;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: OwedWorkDeps) {
    this.#deps = deps;
  }

  /** It could not be done. `name`: of what it is about, which nothing else ever takes. */
  add(name: string, attempt: () => Promise<void>): void {
    this.#owed.set(name, { attempt, sinceMs: this.#deps.clock.monotonicMs() });
    this.#pauseMs = PAUSE_MS;
    this.#arm();
  }

  has(name: string): boolean {
    return this.#owed.has(name);
  }

  /** Tries all of it now, behind whatever runs; resolves with how long the newest of what is still owed has been, undefined where nothing is. */
  async tryNow(): Promise<number | undefined> {
    if (this.#owed.size === 0) return undefined;
    this.#running = this.#running.then(() => this.#tryAll());
    await this.#running;
    const since = [...this.#owed.values()].map(({ sinceMs }) => sinceMs);
    return since.length === 0 ? undefined : this.#deps.clock.monotonicMs() - Math.max(...since);
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #arm(): void {
    this.#cancel();
    if (this.#stopped || this.#owed.size === 0) return;
    this.#cancel = this.#deps.clock.after(this.#pauseMs, () => {
      this.#running = this.#running.then(() => this.#tryAll());
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }

  async #tryAll(): Promise<void> {
    for (const [name, { attempt }] of this.#owed) {
      if (this.#stopped) return;
      await attempt().then(
        () => this.#owed.delete(name),
        (error: unknown) => this.#deps.log.debug('disk still rejects the write', { name, error }),
      );
    }
    this.#arm();
  }
}
