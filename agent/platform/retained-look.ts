// Which subscription gets the retained messages of a broker: monitoring that uses wildcards sees nothing where only full topics do.
import type { Clock } from '../../protocol/format/ports.ts';
import type { LoggedIn } from './broker-login.ts';

/** For what is retained to come after the subscription was granted; a broker sends it at once. */
const RETAINED_MS = 3000;

/**
 * "wildcard": a subscription with a wildcard gets them, so one with a full topic does as well. "full-topic": that one alone does.
 * "neither": this login may read the topics, and nothing retained came. "untold": nothing is retained there that this login may read.
 */
export type RetainedAnswer = 'wildcard' | 'full-topic' | 'neither' | 'untold';

export interface RetainedLook {
  /** Topics at which something may be retained. */
  readonly topics: readonly string[];
  /** A filter with a wildcard that matches all of them. */
  readonly wildcard: string;
  readonly clock: Clock;
  /** Publishes something that is not retained at one of the topics; left out where this login may not. False where it was refused. */
  readonly speak?: () => Promise<boolean>;
}

/** Subscribes, and leaves the login with more filters than it had. A broker that refuses may end it: the answer is "untold" then. Errors: the signal's reason. */
export async function lookAtRetained(
  login: LoggedIn,
  { topics, wildcard, clock, speak }: RetainedLook,
  signal: AbortSignal,
): Promise<RetainedAnswer> {
  const wanted = new Set(topics);
  const comes = async (filters: readonly string[], retained: boolean, act: () => Promise<unknown>) => {
    const seen = new AbortController();
    login.onMessage = (message) => {
      if (wanted.has(message.topic) && message.retained === retained) seen.abort();
    };
    for (const filter of filters) login.filters.add(filter);
    await login.link.subscribeAll().catch(() => undefined);
    await act();
    await clock.sleep(RETAINED_MS, AbortSignal.any([signal, seen.signal])).catch(() => undefined);
    signal.throwIfAborted();
    login.onMessage = () => undefined;
    return seen.signal.aborted;
  };
  const nothing = async (): Promise<void> => undefined;
  if (await comes(topics, true, nothing))
    return (await comes([wildcard], true, nothing)) ? 'wildcard' : 'full-topic';
  return speak !== undefined && (await comes([], false, speak)) ? 'neither' : 'untold';
}
