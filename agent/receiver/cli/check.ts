// `bodydock-receiver check`: every problem of receiver.yaml and of the files that it names. Changes nothing.
import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { readBrokerCredentials } from '../../../config/broker-credentials.ts';
import {
  CHECK_TEXTS,
  type CheckFinds,
  findsIn,
  refusedText,
  warningsText,
} from '../../../config/check-text.ts';
import { command, LANG } from '../../../config/command-line.ts';
import { withCredentials } from '../../../config/credentials.ts';
import type { DoctorSeverity } from '../../../config/doctor-text.ts';
import { checkNotifyFiles, checkReceiverFiles } from '../../../config/enrolment/installed-files.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD, EXIT_UNREACHABLE } from '../../../config/exit-codes.ts';
import { FileFinds } from '../../../config/file-finds.ts';
import type { Language } from '../../../config/language.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../../config/load.ts';
import { printable } from '../../../config/problems.ts';
import type { ReceiverConfig, ReceiverPlaces } from '../../../config/receiver-config.ts';
import { filled } from '../../../config/texts.ts';
import { CHECK_DE } from '../../../config/texts/de/check.ts';
import { DOCTOR_DE } from '../../../config/texts/de/doctor.ts';
import { CHECK_EN } from '../../../config/texts/en/check.ts';
import { DOCTOR_EN } from '../../../config/texts/en/doctor.ts';
import { checkDeskFiles } from '../../../config/tls-files.ts';
import { daysUnder } from '../../../protocol/documents/policy.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { logIn, lookAtRetained } from '../../platform/broker-login.ts';
import { nodeClock } from '../../platform/clock-node.ts';

/** What was found about one file; `config` only where the receiver can start with it, which needs nothing of the desk and of mails. */
interface Finds extends CheckFinds {
  readonly config: ReceiverConfig | undefined;
}

/** The configuration where it is good in all, else its problems. With a folder of credentials, secrets are these. Never rejects. */
export async function loadChecked(file: string, credentials?: string): Promise<Finds> {
  const loaded = await loadReceiverConfig(file);
  if (loaded.kind === 'refused') {
    const { problems, places } = loaded;
    // A service cannot read root's files, and knows by a good configuration alone which of them it was handed.
    const looked = credentials === undefined && places ? [places] : [];
    const files = await Promise.all(looked.flatMap((each) => [receiverFinds(each), besideFinds(each)]));
    const all = [...problems, ...files.flatMap((finds) => finds.problems)];
    return { config: undefined, problems: all, warnings: files.flatMap(({ warnings }) => warnings) };
  }
  const config = await withCredentials(loaded.config, dirname(resolve(file)), credentials);
  const { problems, warnings } = await receiverFinds(config);
  const beside = await besideFinds(
    credentials === undefined ? config : { ...config, desk: null, notify: null },
  );
  return {
    config: problems.length > 0 ? undefined : config,
    problems: [...problems, ...beside.problems],
    warnings: [...warnings, ...beside.warnings],
  };
}

const receiverFinds = (config: ReceiverPlaces): Promise<FileFinds> => checkReceiverFiles(config, Date.now());

/** What a running receiver works without. */
async function besideFinds({ desk, notify }: ReceiverPlaces): Promise<FileFinds> {
  const finds = new FileFinds();
  if (desk) await checkDeskFiles(desk, Date.now(), finds);
  if (notify) await checkNotifyFiles(notify, finds);
  return finds;
}

/** Errors: "usage", the signal's reason. */
export const check = command(
  {
    name: 'bodydock-receiver check',
    usage: ['[--connect] [--config FILE] [--lang en|de] [--json]'],
    about: `
Checks receiver.yaml and the files that it names. Reports every problem at once, and changes nothing.
`,
    options: {
      connect: {
        type: 'boolean',
        text: 'logs in at the broker as well and says which monitoring works with it: a running receiver may be cut off by that for some seconds',
      },
      config: RECEIVER_FILE,
      lang: LANG,
    },
    exits: '0 good, 2 usage, 69 the broker is out of reach, 78 configuration, keys or vault.',
  },
  async ({ values: { config: file, connect = false }, json, language }, io) => {
    const { config, ...finds } = await loadChecked(file);
    const good = config !== undefined && finds.problems.length === 0;
    const findings = good && connect ? await checkBroker(config, io.signal) : [];
    if (json)
      io.out(
        `${JSON.stringify({ good, file, ...findsIn(finds, language), ...(connect && { broker: findings }) })}\n`,
      );
    else if (good) io.out(warningsText(finds.warnings, language) + summary(file, config, language));
    else io.out(refusedText(finds, file, language));
    if (!json) io.out(findings.map((finding) => findingText(finding, language)).join(''));
    if (!good) return EXIT_CONFIGURATION;
    return findings.some(({ severity }) => severity === 'error') ? EXIT_UNREACHABLE : EXIT_GOOD;
  },
);

function findingText({ code, severity, text, remedy }: BrokerFinding, language: Language): string {
  const label = CHECK_TEXTS[language](`severity.${severity}`);
  const lines = [`${label}${code}: ${text[language]}`];
  if (remedy !== undefined) lines.push(`  ${remedy[language]}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function summary(file: string, config: ReceiverConfig, language: Language): string {
  const say = CHECK_TEXTS[language];
  const { receiver, vault, stations, retention, roles } = config;
  const { timerHours } = retention;
  const { days, documentsDays } = daysUnder(null, retention);
  const text = say('receiverGood', {
    file,
    receiver,
    vault: vault.path,
    stations: stations.length,
    days,
    documentsDays,
    timer: timerHours === 0 ? say('timerOff') : say('timer', { count: timerHours }),
    officers: roles.officers.length,
    supervisors: roles.supervisors.length,
  });
  return `${text}\n`;
}

// `bodydock-receiver check --connect`: does the broker take this receiver, and which monitoring works with it. Reads the states that stations
// retain, and writes nothing.

interface Words {
  readonly en: string;
  readonly de: string;
}

/** One finding about the broker. `text` is what was found, `remedy` what to do about it. */
export interface BrokerFinding {
  readonly code: string;
  readonly severity: DoctorSeverity;
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
