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

/** Where all of it is said. */
export const MONITORING_README = '/usr/share/doc/bodydock/examples/monitoring/README.md';

/** What an answer means for monitoring, and what to do. "untold" has its own words at each end. */
export const RETAINED_WORDS = {
  wildcard: {
    text: {
      en: 'What the broker retains reaches a subscription with a wildcard: every example for monitoring works with it.',
      de: 'Was der Broker aufbewahrt (retained), erreicht auch ein Abonnement mit Wildcard: Jedes Beispiel für die Überwachung arbeitet mit ihm.',
    },
  },
  'full-topic': {
    text: {
      en: 'The broker gives what it retains to full topics only, as RabbitMQ does: monitoring that subscribes with a wildcard sees no station, and says nothing of it.',
      de: 'Der Broker gibt, was er aufbewahrt (retained), nur für vollständige Topics heraus, wie RabbitMQ: Eine Überwachung, die mit Wildcard abonniert, sieht keine Station und sagt nichts davon.',
    },
    remedy: {
      en: 'Zabbix works as it is. Checkmk: list the stations in bodydock-stations. Home Assistant: --station and --yaml. Telegraf: name the topics of bays in full.',
      de: 'Zabbix arbeitet unverändert. Checkmk: die Stationen in bodydock-stations aufführen. Home Assistant: --station und --yaml. Telegraf: Topics der Plätze vollständig nennen.',
    },
  },
  neither: {
    text: {
      en: 'The broker retains nothing: monitoring sees a state only when it changes, and never that of a station that is lost.',
      de: 'Der Broker bewahrt nichts auf (retained): Die Überwachung sieht einen Zustand nur, wenn er sich ändert, und nie den einer verlorenen Station.',
    },
    remedy: {
      en: 'Switch retained messages on at the broker, or take another one. Recordings arrive all the same.',
      de: 'Aufbewahrte Nachrichten (retained) am Broker einschalten oder einen anderen nehmen. Aufzeichnungen kommen trotzdem an.',
    },
  },
};
