// Shows that somebody speaks as the store with a key that the technician's file does not name: a store that changed its key, or a forger.
// Receipts are told for themselves (push-receipts.ts): there something is at stake.
import { isDockError } from '../../protocol/format/errors.ts';
import type { Clock, Conditions } from '../../protocol/format/ports.ts';

/** Messages of the true store do not take the condition back: a forger beside it would stay unseen. It goes after an hour without another. */
const QUIET_MS = 3_600_000;
const CONDITION = 'store.unknown-key';

/** Of one station. */
export class StrangeKeys {
  readonly #deps: { readonly conditions: Conditions; readonly clock: Pick<Clock, 'after'> };
  #cancel: () => void = () => undefined;

  constructor(deps: { readonly conditions: Conditions; readonly clock: Pick<Clock, 'after'> }) {
    this.#deps = deps;
  }

  /** Told of whatever a message was refused for; only a signature by a key that is not pinned counts. */
  refused(error: unknown): void {
    if (!isDockError(error, 'signature.unknown-key')) return;
    this.#deps.conditions.raise(CONDITION, null, { reason: error.message });
    this.#cancel();
    this.#cancel = this.#deps.clock.after(QUIET_MS, () => this.#deps.conditions.clear(CONDITION, null));
  }

  stop(): void {
    this.#cancel();
  }
}
