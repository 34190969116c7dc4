// Says what keeps the station from its broker, as conditions for people: the definite causes at once, "unreachable" only after a while.
import { RECONNECT_MS_MAX } from '../../protocol/format/limits.ts';
import type { Clock, ConditionFacts, Conditions } from '../../protocol/format/ports.ts';
import type { Ending } from './broker-endings.ts';

/** A broker that restarts is nobody's concern. */
const UNREACHABLE_AFTER_MS = 10_000;
/** The other owner of our client id waits up to twice the longest pause before it comes back. */
const CLIENT_ID_QUIET_MS = 3 * RECONNECT_MS_MAX;

const UNREACHABLE = 'broker.unreachable';
const CLIENT_ID = 'broker.client-id-in-use';
const PUBLISH_REFUSED = 'broker.publish-refused';
const CAUSES = ['broker.tls', 'broker.refused', CLIENT_ID] as const;
type Cause = (typeof CAUSES)[number];

/** Endings that name what a person must change; the others are a matter of the network, and of time. */
const CAUSE_OF: Readonly<Record<Ending['kind'], Cause | undefined>> = {
  tls: 'broker.tls',
  refused: 'broker.refused',
  version: 'broker.refused',
  'taken-over': CLIENT_ID,
  unreachable: undefined,
  unanswered: undefined,
  lost: undefined,
};

/** An id, and the number behind it in a topic of the custody log: nothing may ever be sent again under that very topic. */
const ONE_OF_MANY = /\/[a-z2-7]{25}[aeimquy4](?:\/\d+)?(?=\/|$)/g;

/** What rights and limits of a broker tell apart. */
function kindOf(topic: string): string {
  return topic.replaceAll(ONE_OF_MANY, '/+');
}

/** Conditions of one broker connection. All have no subject: a process has one broker. */
export class BrokerConditions {
  readonly #conditions: Conditions;
  readonly #clock: Clock;
  readonly #broker: string;
  /** Latest reason, while there is no connection and no definite cause. */
  #reason: string | undefined;
  #unreachableShown = false;
  #attempts = 0;
  #refusedKind: string | undefined;
  #cancelUnreachable: (() => void) | undefined;
  #cancelClientId: (() => void) | undefined;

  /** `broker` is "host:port", a fact of each condition. */
  constructor(options: { readonly conditions: Conditions; readonly clock: Clock; readonly broker: string }) {
    this.#conditions = options.conditions;
    this.#clock = options.clock;
    this.#broker = options.broker;
  }

  /** Before the first attempt: from now on the broker is missing. */
  started(): void {
    this.#missing('no answer yet');
  }

  connected(): void {
    this.#attempts = 0;
    this.#reached();
    this.#clearCauses(CLIENT_ID);
    this.#noQuiet();
    this.#quiet();
  }

  ended(ending: Ending): void {
    this.#attempts++;
    if (ending.kind === 'taken-over') this.#noQuiet();
    else this.#quiet();
    const cause = CAUSE_OF[ending.kind];
    if (cause === undefined) {
      this.#clearCauses(CLIENT_ID);
      this.#missing(ending.detail);
      return;
    }
    this.#reached();
    this.#clearCauses(cause);
    const code = ending.kind === 'refused' ? { reason_code: ending.reasonCode } : {};
    this.#conditions.raise(cause, null, this.#facts(ending.detail, code));
  }

  /** The broker took a message and answered with an error code. */
  publishRefused(topic: string, detail: string, reasonCode: number): void {
    this.#refusedKind = kindOf(topic);
    this.#conditions.raise(PUBLISH_REFUSED, null, {
      ...this.#facts(detail),
      topic,
      reason_code: reasonCode,
    });
  }

  /** The broker took a message: if it is the kind that it refused before, that is over. */
  publishTaken(topic: string): void {
    if (this.#refusedKind === undefined || this.#refusedKind !== kindOf(topic)) return;
    this.#refusedKind = undefined;
    this.#conditions.clear(PUBLISH_REFUSED, null);
  }

  /** Takes back what only time would. Raised conditions stay: nobody knows better. */
  stop(): void {
    this.#cancelUnreachable?.();
    this.#cancelClientId?.();
  }

  /** The quiet begins again. */
  #noQuiet(): void {
    this.#cancelClientId?.();
    this.#cancelClientId = undefined;
  }

  /** Nobody took over for so long, with a connection or without: of a second owner no more is known than of any other reason. */
  #quiet(): void {
    this.#cancelClientId ??= this.#clock.after(CLIENT_ID_QUIET_MS, () =>
      this.#conditions.clear(CLIENT_ID, null),
    );
  }

  #facts(reason: string, more: ConditionFacts = {}): ConditionFacts {
    return { broker: this.#broker, reason: reason.slice(0, 200), attempts: this.#attempts, ...more };
  }

  #missing(reason: string): void {
    this.#reason = reason;
    if (this.#unreachableShown) this.#show();
    this.#cancelUnreachable ??= this.#clock.after(UNREACHABLE_AFTER_MS, () => this.#show());
  }

  #show(): void {
    if (this.#reason === undefined) return;
    this.#unreachableShown = true;
    this.#conditions.raise(UNREACHABLE, null, this.#facts(this.#reason));
  }

  #reached(): void {
    this.#reason = undefined;
    this.#cancelUnreachable?.();
    this.#cancelUnreachable = undefined;
    this.#unreachableShown = false;
    this.#conditions.clear(UNREACHABLE, null);
  }

  #clearCauses(except: Cause): void {
    for (const cause of CAUSES) if (cause !== except) this.#conditions.clear(cause, null);
  }
}
