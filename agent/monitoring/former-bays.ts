// Bays that the custody log names and the configuration does not any more. What the broker retains of one, nobody else takes back: monitoring
// would show its last state, and its light, for ever.
import type { BayId } from '../../protocol/format/ids.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { RetainedTopics } from './retained-topics.ts';

/** Four times as many as a station has; each is one more empty message at a connect. */
const BAYS_MAX = 64;

/** Bays that an entry names and the configuration does not. */
export class FormerBays {
  readonly #topics: Pick<StationTopics, 'bay'>;
  readonly #retained: Pick<RetainedTopics, 'add' | 'changed'>;
  readonly #bays: ReadonlySet<string>;
  readonly #former = new Set<string>();

  /** `bays` are those that there are. */
  constructor(deps: {
    readonly topics: Pick<StationTopics, 'bay'>;
    readonly retained: Pick<RetainedTopics, 'add' | 'changed'>;
    readonly bays: Iterable<string>;
  }) {
    this.#topics = deps.topics;
    this.#retained = deps.retained;
    this.#bays = new Set(deps.bays);
  }

  /** Bays that the log names. */
  takeOver(named: Iterable<BayId>): void {
    for (const bay of named) {
      if (this.#bays.has(bay) || this.#former.size >= BAYS_MAX) continue;
      this.#former.add(bay);
      const topic = this.#topics.bay(bay);
      this.#retained.add({ topic, document: () => undefined });
      this.#retained.changed(topic);
    }
  }
}
