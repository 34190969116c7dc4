// `bodydock-receiver check --connect`: does the broker take this receiver, and which monitoring works with it. Reads the states that stations
// retain, and writes nothing.
import { randomBytes } from 'node:crypto';
import { readBrokerCredentials } from '../../../config/broker-credentials.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { logIn } from '../../platform/broker-login.ts';
import { nodeClock } from '../../platform/clock-node.ts';
import { lookAtRetained, MONITORING_README, RETAINED_WORDS } from '../../platform/retained-look.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';

interface Words {
  readonly en: string;
  readonly de: string;
}

/** One finding about the broker. `text` is what was found, `remedy` what to do about it. */
export interface BrokerFinding {
  readonly code: string;
  readonly severity: 'good' | 'note' | 'warning' | 'error';
  readonly text: Words;
  readonly remedy?: Words;
}

const UNTOLD: Pick<BrokerFinding, 'text' | 'remedy'> = {
  text: {
    en: 'Which monitoring works with this broker was not found out: no station of this file has said anything yet, or this receiver may not read it.',
    de: 'Welche Überwachung mit diesem Broker arbeitet, ist nicht festzustellen: Noch keine Station dieser Datei hat etwas gesagt, oder dieser Empfänger darf es nicht lesen.',
  },
  remedy: {
    en: 'Ask again when a station is connected. The ACL lets the receiver read <base>/v1/+/status (mosquitto.acl of this package).',
    de: 'Noch einmal fragen, wenn eine Station verbunden ist. Die ACL lässt den Empfänger <base>/v1/+/status lesen (mosquitto.acl dieses Pakets).',
  },
};

/** What one login tells. Errors: the signal's reason. */
export async function checkBroker(config: ReceiverConfig, signal: AbortSignal): Promise<BrokerFinding[]> {
  const { broker, stations } = config;
  const clock = nodeClock();
  const credentials = await readBrokerCredentials(broker);
  const clientId = `bodydock-check-${randomBytes(3).toString('hex')}`;
  const login = await logIn({ broker, credentials, clientId, filters: [], clock }, signal);
  if (!('link' in login)) return [outOfReach(login.detail)];
  try {
    const all = stations.map(({ id }) => stationTopics(broker.base, id));
    const wildcard = `${broker.base}/v1/+/status`;
    const topics = all.map(({ status }) => status);
    const answer = await lookAtRetained(login, { topics, wildcard, clock }, signal);
    return [TAKEN, { code: `monitoring.${answer}`, ...judgement(answer) }];
  } finally {
    login.link.close(true);
  }
}

const TAKEN: BrokerFinding = {
  code: 'broker.good',
  severity: 'good',
  text: { en: 'The broker takes this receiver.', de: 'Der Broker nimmt diesen Empfänger an.' },
};

function outOfReach(detail: string): BrokerFinding {
  return {
    code: 'broker.unreachable',
    severity: 'error',
    text: {
      en: `The broker was not reached, or did not take this receiver (${detail}).`,
      de: `Der Broker war nicht erreichbar oder hat diesen Empfänger nicht angenommen (${detail}).`,
    },
    remedy: {
      en: 'The log of the broker says why: journalctl -u mosquitto -n 50',
      de: 'Das Protokoll des Brokers sagt, warum: journalctl -u mosquitto -n 50',
    },
  };
}

function judgement(answer: Awaited<ReturnType<typeof lookAtRetained>>): Omit<BrokerFinding, 'code'> {
  if (answer === 'untold') return { severity: 'note', ...UNTOLD };
  if (answer === 'wildcard') return { severity: 'good', ...RETAINED_WORDS.wildcard };
  const { text, remedy } = RETAINED_WORDS[answer];
  const where = (words: string): string => `${words} ${MONITORING_README}`;
  return { severity: 'warning', text, remedy: { en: where(remedy.en), de: where(remedy.de) } };
}
