// `bodydock-receiver doctor`: looks at everything that a store needs, with and without a running receiver, and says what is wrong and what to do.
// Changes nothing that stays.
import { randomBytes } from 'node:crypto';
import { readBrokerCredentials } from '../../../config/broker-credentials.ts';
import { findsIn } from '../../../config/check-text.ts';
import { command, LANG, writeJson } from '../../../config/command-line.ts';
import {
  countFindings,
  findingsText,
  OF_CONDITIONS,
  type ShownFinding,
  sumText,
} from '../../../config/doctor-text.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD, EXIT_UNREACHABLE } from '../../../config/exit-codes.ts';
import { dataSize, type Language, shownAt } from '../../../config/language.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { storeTopics } from '../../../protocol/transfer/topics.ts';
import { shownSubjects } from '../../monitoring/condition-document.ts';
import { worstFirst } from '../../monitoring/condition-table.ts';
import type { Asked } from '../../monitoring/control-client.ts';
import type { StoreSays } from '../../monitoring/control-protocol.ts';
import { logIn } from '../../platform/broker-login.ts';
import { nodeClock } from '../../platform/clock-node.ts';
import { linuxClockSource } from '../../platform/clock-source-linux.ts';
import { nodePost } from '../../platform/http-post.ts';
import { checkBroker, loadChecked } from './check.ts';
import { mailFinding } from './notify.ts';
import { askReceiver, freeBytes, STORE_STATUS } from './status.ts';

/** Less is low, for who looks without a receiver: one that runs says `vault.low` by what it counted. */
const LOW_BYTES = 2 * 1024 ** 3;
const ANSWER_MS = 8000;

/** Errors: "usage", "control.path-length", the signal's reason. */
export const doctor = command(
  {
    name: 'bodydock-receiver doctor',
    usage: ['[--config FILE] [--connect] [--lang en|de] [--json]'],
    about: `
Looks at configuration, keys, certificates, the running receiver and its conditions, disk, clock, the way to the broker and the rights there, witnesses,
the mail server, and the stations; says what is wrong and what to do. Run it as root (sudo): others see less. It may run beside the receiver; then broker and rights are
what the receiver says of them, because a second login could cut it off.
`,
    options: {
      config: RECEIVER_FILE,
      connect: { type: 'boolean', text: 'log in at the broker although a receiver runs' },
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits:
      '0 no error (warnings and notes are printed), 1 an error, 2 usage, 69 the broker is out of reach, 78 configuration, keys or certificates.',
  },
  async ({ values: { config: file, connect = false }, json, language }, io) => {
    const { config, ...finds } = await loadChecked(file);
    const { problems, warnings } = findsIn(finds, language);
    const findings: ShownFinding[] = [
      ...problems.map(({ code, path, message, remedy }): ShownFinding => ({
        code,
        severity: 'error',
        where: path ?? file,
        text: message,
        remedy,
      })),
      ...warnings.map(({ code, file: where, message: text }): ShownFinding => ({
        code,
        severity: 'warning',
        where,
        text,
        remedy: null,
      })),
    ];
    if (config !== undefined) {
      const asked = await askReceiver(config, io.signal);
      const mayLogIn = connect || asked.kind === 'absent';
      findings.push(
        ...(findings.length === 0 ? [good('config.good', file, STORE_STATUS[language]('config.good'))] : []),
        ...receiverFindings(asked, language),
        await diskFinding(config, language),
        await clockFinding(language),
        ...(mayLogIn ? await brokerFindings(config, language, io.signal) : []),
        ...(await outsideFindings(config, language, io.signal)),
        ...(config.notify === null ? [] : [await mailFinding(config.notify, language, io.signal)]),
      );
    }
    const receiver = config?.receiver ?? null;
    const counts = countFindings(findings);
    if (json) writeJson(io, { good: counts.error === 0, receiver, file, counts, findings });
    else io.out(findingsText(findings, language) + sumText(findings, language));
    if (problems.length > 0) return EXIT_CONFIGURATION;
    if (findings.some(({ code }) => code === 'broker.unreachable')) return EXIT_UNREACHABLE;
    return counts.error > 0 ? EXIT_FAILURE : EXIT_GOOD;
  },
);

function good(code: string, where: string, text: string): ShownFinding {
  return { code, severity: 'good', where, text, remedy: null };
}

/** Whether it runs, and what it says of itself. */
function receiverFindings(asked: Asked<StoreSays>, language: Language): ShownFinding[] {
  const say = STORE_STATUS[language];
  if (asked.kind !== 'answered') {
    const { kind } = asked;
    const severity = kind === 'absent' || kind === 'silent' ? 'error' : 'warning';
    const [text, remedy] = [say(`run.${kind}`), say(`run.${kind}Remedy`)];
    return [{ code: `receiver.${kind}`, severity, where: '', text, remedy }];
  }
  const { agent, health, conditions } = asked.says;
  const broker: ShownFinding = agent.broker_connected
    ? good('broker.by-receiver', agent.broker, say('broker.by-receiver'))
    : {
        code: 'broker.not-by-receiver',
        severity: 'error',
        where: agent.broker,
        text: say('broker.not-by-receiver'),
        remedy: null,
      };
  return [
    good('receiver.good', '', say('run.good')),
    broker,
    ...(health?.policy ? [good('policy.good', '', say('policy.good', { number: health.policy }))] : []),
    ...(health?.stations ?? []).map(({ station, heard_at: at }): ShownFinding =>
      at === null
        ? {
            code: 'station.unheard',
            severity: 'note',
            where: station,
            text: say('station.unheard'),
            remedy: say('station.unheardRemedy'),
          }
        : good('station.heard', station, say('station.heard', { at: shownAt(at) })),
    ),
    ...worstFirst(conditions).map(({ code, severity, subjects, text, remedy }): ShownFinding => ({
      code,
      severity: OF_CONDITIONS[severity],
      where: shownSubjects(subjects),
      text: text[language],
      remedy: remedy[language],
    })),
  ];
}

async function diskFinding(config: ReceiverConfig, language: Language): Promise<ShownFinding> {
  const say = STORE_STATUS[language];
  const { path } = config.vault;
  const bytes = await freeBytes(config);
  if (bytes === 'none')
    return { code: 'disk.none', severity: 'note', where: path, text: say('disk.none'), remedy: null };
  if (bytes === 'unreadable') {
    const [text, remedy] = [say('disk.unreadable'), say('disk.unreadableRemedy', { path })];
    return { code: 'disk.unreadable', severity: 'error', where: path, text, remedy };
  }
  const free = dataSize(bytes, language);
  if (bytes >= LOW_BYTES) return good('disk.good', path, say('disk.good', { free }));
  const [text, remedy] = [say('disk.low', { free }), say('disk.lowRemedy')];
  return { code: 'disk.low', severity: 'warning', where: path, text, remedy };
}

async function clockFinding(language: Language): Promise<ShownFinding> {
  const say = STORE_STATUS[language];
  const isSynchronised = await linuxClockSource().isSynchronised();
  if (isSynchronised === true) return good('clock.good', '', say('clock.good'));
  if (isSynchronised === null)
    return { code: 'clock.unknown', severity: 'note', where: '', text: say('clock.unknown'), remedy: null };
  const [text, remedy] = [say('clock.unsynchronised'), say('clock.unsynchronisedRemedy')];
  return { code: 'clock.unsynchronised', severity: 'warning', where: '', text, remedy };
}

/** Whether the broker takes this receiver, which monitoring works with it, and whether the store may say its state there. */
async function brokerFindings(
  config: ReceiverConfig,
  language: Language,
  signal: AbortSignal,
): Promise<ShownFinding[]> {
  const found = await checkBroker(config, signal);
  const shown = found.map(({ code, severity, text, remedy }): ShownFinding => ({
    code,
    severity,
    where: config.broker.url,
    text: text[language],
    remedy: remedy?.[language] ?? null,
  }));
  return found.some(({ severity }) => severity === 'error')
    ? shown
    : [...shown, ...(await rightFinding(config, language, signal))];
}

/** An empty message to the topic of a condition that there is none of: it changes nothing, and tells whether it may be written. */
async function rightFinding(
  { broker, receiver }: ReceiverConfig,
  language: Language,
  signal: AbortSignal,
): Promise<ShownFinding[]> {
  const say = STORE_STATUS[language];
  const topic = storeTopics(broker.base, receiver).condition('trial.none');
  const credentials = await readBrokerCredentials(broker);
  const clientId = `bodydock-doctor-${randomBytes(3).toString('hex')}`;
  const login = await logIn({ broker, credentials, clientId, filters: [], clock: nodeClock() }, signal);
  if (!('link' in login)) return [];
  const isTaken = await login.link.publish(topic, new Uint8Array(0), { qos: 1, retain: true }).then(
    () => true,
    () => false,
  );
  login.link.close(true);
  if (isTaken) return [good('acl.good', broker.url, say('acl.good'))];
  const all = `${topic.slice(0, topic.indexOf('/condition/'))}/#`;
  const [text, remedy] = [say('acl.store'), say('acl.storeRemedy', { topic: all })];
  return [{ code: 'acl.store', severity: 'error', where: broker.url, text, remedy }];
}

/** Whether witnesses and the time-stamp authority answer at all: any answer to a question that is none will do. */
async function outsideFindings(
  { witnesses, timestamps }: ReceiverConfig,
  language: Language,
  signal: AbortSignal,
): Promise<ShownFinding[]> {
  const say = STORE_STATUS[language];
  const urls = [...witnesses.map(({ url }) => url), ...(timestamps === null ? [] : [timestamps.url])];
  return Promise.all(
    urls.map(async (url): Promise<ShownFinding> => {
      const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const request = { url, contentType: 'text/plain', body: new Uint8Array(0), bytesMax: 1024 * 1024 };
      const answers = await nodePost({ ...request, signal: within }).then(
        () => true,
        () => false,
      );
      signal.throwIfAborted();
      if (answers) return good('witness.good', url, say('witness.good'));
      const remedy = say('witness.silentRemedy', { host: new URL(url).host });
      return { code: 'witness.silent', severity: 'warning', where: url, text: say('witness.silent'), remedy };
    }),
  );
}
