// Moves to the quarantine that the disk refused: tried again until it takes one. What waits for that lies where nobody looks for it before the
// next start, and no condition but that of the disk tells of it.
import type { Clock, Log } from '../../protocol/ports.ts';

const PAUSE_MS = 10_000;
const PAUSE_MS_MAX = 600_000;

export interface OwedMovesDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  /** Moves it, durably, wherever an earlier try left it. Errors: the system's; "spool.gone", "station.short". */
  readonly move: (path: string, reason: string) => Promise<void>;
}

/** Of one spool, for the time of a process: the next start finds what still lies there by itself. */
export class OwedMoves {
  readonly #deps: OwedMovesDeps;
  /** Reasons by path. */
  readonly #owed = new Map<string, string>();
  #pauseMs = PAUSE_MS;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: OwedMovesDeps) {
    this.#deps = deps;
  }

  /** It could not be moved. `path`: nothing else ever takes that name. */
  add(path: string, reason: string): void {
    this.#owed.set(path, reason);
    this.#pauseMs = PAUSE_MS;
    this.#arm();
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
    const { move, log } = this.#deps;
    for (const [path, reason] of this.#owed) {
      if (this.#stopped) return;
      await move(path, reason).then(
        () => this.#owed.delete(path),
        (error: unknown) => log.debug('still not moved to the quarantine', { error }),
      );
    }
    this.#arm();
  }
}
