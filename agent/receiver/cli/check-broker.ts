// `bodydock-receiver check --connect`: does the broker take this receiver, and which monitoring works with it. Reads the states that stations
// retain, and writes nothing.
import { randomBytes } from 'node:crypto';
import { readBrokerCredentials } from '../../../config/broker-credentials.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { filled } from '../../../config/texts.ts';
import { CHECK_DE } from '../../../config/texts/de/check.ts';
import { DOCTOR_DE } from '../../../config/texts/de/doctor.ts';
import { CHECK_EN } from '../../../config/texts/en/check.ts';
import { DOCTOR_EN } from '../../../config/texts/en/doctor.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { logIn, lookAtRetained } from '../../platform/broker-login.ts';
import { nodeClock } from '../../platform/clock-node.ts';

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

/** Where all of it is said. */
const MONITORING_README = '/usr/share/doc/bodydock/examples/monitoring/README.md';
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
  text: ofCheck((texts) => texts.brokerTaken),
};

function outOfReach(detail: string): BrokerFinding {
  return {
    code: 'broker.unreachable',
    severity: 'error',
    text: ofCheck((texts) => filled(texts.brokerUnreachable, { detail })),
    remedy: ofCheck((texts) => texts.brokerUnreachableRemedy),
  };
}

function judgement(answer: Awaited<ReturnType<typeof lookAtRetained>>): Omit<BrokerFinding, 'code'> {
  if (answer === 'wildcard')
    return { severity: 'good', text: ofDoctor((texts) => texts['monitoring.wildcard'].text) };
  if (answer === 'untold')
    return {
      severity: 'note',
      text: ofCheck((texts) => texts.monitoringUntold),
      remedy: ofCheck((texts) => texts.monitoringUntoldRemedy),
    };
  const code = `monitoring.${answer}` as const;
  return {
    severity: 'warning',
    text: ofDoctor((texts) => texts[code].text),
    remedy: ofDoctor((texts) => `${texts[code].remedy} ${MONITORING_README}`),
  };
}

function ofCheck(words: (texts: typeof CHECK_EN | typeof CHECK_DE) => string): Words {
  return { en: words(CHECK_EN), de: words(CHECK_DE) };
}

function ofDoctor(words: (texts: typeof DOCTOR_EN | typeof DOCTOR_DE) => string): Words {
  return { en: words(DOCTOR_EN), de: words(DOCTOR_DE) };
}
