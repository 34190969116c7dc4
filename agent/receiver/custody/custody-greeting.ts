// Says to each station, at each connect and unasked, how far the vault holds its log (SPEC 6.10): a station whose own connection did not
// break would not notice that the store was put back.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Broker } from '../../../protocol/format/ports.ts';

export interface CustodyGreetingOptions {
  readonly stations: Iterable<StationId>;
  readonly broker: Pick<Broker, 'onState' | 'connected'>;
  /** Says it. Never rejects. */
  readonly greet: (station: StationId) => Promise<void>;
}

/** Of one receiver. */
export class CustodyGreeting {
  readonly #options: CustodyGreetingOptions;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: CustodyGreetingOptions) {
    this.#options = options;
  }

  /** Begins with the next connect. */
  start(): void {
    this.#options.broker.onState((connected) => {
      if (!connected || this.#stopped) return;
      this.#running = this.#running.then(() => this.#greetAll());
    });
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #greetAll(): Promise<void> {
    const { stations, broker, greet } = this.#options;
    for (const station of stations) {
      if (this.#stopped || !broker.connected) return;
      await greet(station);
    }
  }
}
