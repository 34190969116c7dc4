// Says to each station, at each connect and unasked, how far the vault holds its log (SPEC 6.10): a station whose own connection did not
// break would not notice that the store was put back. Logs that another receiver keeps are tried again.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Broker, Clock } from '../../../protocol/format/ports.ts';
import { CUSTODY_GREET_MS } from '../limits.ts';

export interface CustodyGreetingOptions {
  readonly stations: Iterable<StationId>;
  readonly broker: Pick<Broker, 'onState' | 'connected'>;
  /** Says it; false where another receiver keeps the log. Never rejects. */
  readonly greet: (station: StationId) => Promise<boolean>;
  readonly clock: Clock;
}

/** Of one receiver. */
export class CustodyGreeting {
  readonly #options: CustodyGreetingOptions;
  #left = new Set<StationId>();
  #running: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: CustodyGreetingOptions) {
    this.#options = options;
  }

  /** Begins with the next connect. */
  start(): void {
    this.#options.broker.onState((connected) => {
      if (!connected || this.#stopped) return;
      this.#left = new Set(this.#options.stations);
      this.#run();
    });
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #run(): void {
    this.#cancel();
    this.#running = this.#running.then(() => this.#greetAll());
  }

  async #greetAll(): Promise<void> {
    const { broker, greet, clock } = this.#options;
    for (const station of this.#left) {
      if (this.#stopped || !broker.connected) return;
      if (await greet(station)) this.#left.delete(station);
    }
    if (this.#left.size > 0 && !this.#stopped)
      this.#cancel = clock.after(CUSTODY_GREET_MS, () => this.#run());
  }
}
