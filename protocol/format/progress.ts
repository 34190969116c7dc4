// Work that is under way, so that a service manager is told "alive" only as long as all of it moves on. Nothing here measures or waits by itself.
//
// Invariants:
// 1. Nothing under way is fine: an idle station is alive.
// 2. Slow is fine: each step that ends, and each wait that ends by a deadline of its own, starts the time again for that piece of work.
// 3. Stuck is one piece of work without a step for longer than its source allows, however much moves beside it.
import type { Around } from './files-around.ts';
import type { Clock } from './ports.ts';

/** One piece of work from its begin to its end. */
export interface Work {
  /** A step was made. */
  moved(): void;
  /** Idempotent; also after a failure: what failed is not stuck. */
  end(): void;
}

/** A source with a piece of work that does not move. */
export interface StuckSource {
  readonly source: string;
  /** Since its last step. */
  readonly stuckMs: number;
}

/** Pieces of work of one kind, such as the writer of the spool or one bay. */
export class ProgressSource {
  readonly name: string;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #stuckMs: number;
  /** Time of each piece's last step; the order is that of these times. */
  readonly #steps = new Map<Work, number>();

  constructor(name: string, stuckMs: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.name = name;
    this.#stuckMs = stuckMs;
    this.#clock = clock;
  }

  begin(): Work {
    const step = (): void => {
      this.#steps.delete(work);
      this.#steps.set(work, this.#clock.monotonicMs());
    };
    const work: Work = {
      moved: () => {
        if (this.#steps.has(work)) step();
      },
      end: () => void this.#steps.delete(work),
    };
    step();
    return work;
  }

  /** Counts a call as work until it is settled. Gives what it gives, errors too. */
  readonly during: Around = async (call) => {
    const work = this.begin();
    try {
      return await call;
    } finally {
      work.end();
    }
  };

  /** Milliseconds without a step of the piece that waits longest; undefined where all is well. */
  stuckMs(): number | undefined {
    const [oldest] = this.#steps.values();
    if (oldest === undefined) return undefined;
    const ms = this.#clock.monotonicMs() - oldest;
    return ms > this.#stuckMs ? ms : undefined;
  }
}

/** All sources of one process. */
export class Progress {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #sources: ProgressSource[] = [];

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** A new source; `stuckMs` without a step is too long for each piece of its work. */
  source(name: string, stuckMs: number): ProgressSource {
    const source = new ProgressSource(name, stuckMs, this.#clock);
    this.#sources.push(source);
    return source;
  }

  /** Sources with work that does not move; empty where the process does what it should. */
  stuck(): StuckSource[] {
    return this.#sources.flatMap((source) => {
      const stuckMs = source.stuckMs();
      return stuckMs === undefined ? [] : [{ source: source.name, stuckMs }];
    });
  }
}
