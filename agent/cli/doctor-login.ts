// One login at the broker under a client id of its own: does it take this station, what may it write and read, does the store answer.
//
// Disturbs nobody: what is written is the trial topic (SPEC 5), which nobody reads, and that a condition does not stand which does not exist;
// neither is retained. Empty messages to other topics would be no documents to whoever reads those. What is asked is the custody question that every agent asks at each connect (SPEC 6.9).
import { randomBytes } from 'node:crypto';
import { parseStationId } from '../../protocol/ids.ts';
import { CONTROL_MESSAGE_BYTES_MAX } from '../../protocol/limits.ts';
import { BrokerLink, type LinkEnd } from '../../protocol/io/broker-link.ts';
import { openSocket } from '../../protocol/io/broker-socket.ts';
import type { Ending, MqttVersion, TlsCredentials } from '../../protocol/io/broker-types.ts';
import type { Log } from '../../protocol/ports.ts';
import { stationTopics } from '../../protocol/topics.ts';
import type { DoctorContext } from './doctor-context.ts';
import { found, type Finding } from './doctor-finding.ts';
import type { LoggedIn } from './doctor-logged-in.ts';
import { reasonWords } from './doctor-reasons.ts';
import { askStore } from './doctor-store.ts';

const LOGIN_MS = 10_000;
const KEEPALIVE_S = 15;
/** MQTT 5.0: unsupported protocol version. */
const VERSION_CODE = 132;
const NOTHING = new Uint8Array(0);
const QUIET: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** Errors: the signal's reason. */
export async function tryLogin(
  context: DoctorContext,
  address: string,
  credentials: TlsCredentials,
): Promise<Finding[]> {
  const { protocol } = context.config.broker;
  const versions: readonly MqttVersion[] = protocol === 'auto' ? [5, 4] : [protocol];
  for (const version of versions) {
    const outcome = await open(context, version, credentials);
    if ('link' in outcome) return judge(context, address, outcome);
    if (outcome.kind !== 'version' || version === versions.at(-1))
      return [endingFinding(context, address, outcome)];
  }
  return [];
}

async function open(
  { config, clock, signal }: DoctorContext,
  version: MqttVersion,
  credentials: TlsCredentials,
): Promise<LoggedIn | Ending> {
  const url = new URL(config.broker.url);
  const opened = await openSocket({ url, credentials, preferAes: true, timeoutMs: LOGIN_MS, clock }, signal);
  if (!opened.ok) return opened.ending;
  const topics = stationTopics(config.broker.base, config.station);
  const filters = new Set([topics.downFilter]);
  let ready = (): void => undefined;
  const stands = new Promise<undefined>((resolve) => (ready = () => resolve(undefined)));
  const link = new BrokerLink(
    {
      ...opened,
      version,
      clientId: `bodydock-doctor-${randomBytes(3).toString('hex')}`,
      keepaliveS: KEEPALIVE_S,
      will: undefined,
      filters,
      packetBytesMax: config.broker.maxPacketBytes,
      inboundBytesMax: CONTROL_MESSAGE_BYTES_MAX,
      timeoutMs: LOGIN_MS,
      clock,
      log: QUIET,
    },
    {
      ready: () => ready(),
      message: (message) => loggedIn.onMessage({ ...message, payload: new Uint8Array(message.payload) }),
    },
  );
  const loggedIn: LoggedIn = { link, version, filters, onMessage: () => undefined };
  const end = await Promise.race([stands, link.run()]);
  return end === undefined ? loggedIn : end.ending;
}

async function judge(context: DoctorContext, address: string, login: LoggedIn): Promise<Finding[]> {
  try {
    const good = found('broker.good', address, { version: login.version === 5 ? '5.0' : '3.1.1' });
    const own = await ownRights(context, login);
    const store = await askStore(context, login);
    const foreign = isTelling(context, login) ? await foreignRights(context, login) : [];
    const rights = [...own, ...foreign];
    if (rights.length === 0)
      rights.push(found(isTelling(context, login) ? 'acl.good' : 'acl.untold', address));
    return [good, ...rights, store];
  } finally {
    login.link.close(true);
  }
}

/** MQTT 3.1.1 has no answer for what is not allowed, and a broker on this machine without TLS knows nobody. */
function isTelling({ config }: DoctorContext, { version }: LoggedIn): boolean {
  return version === 5 && config.broker.tls !== null;
}

async function ownRights({ config }: DoctorContext, login: LoggedIn): Promise<Finding[]> {
  const topics = stationTopics(config.broker.base, config.station);
  const own = [topics.trial, topics.condition('doctor.trial')];
  const findings: Finding[] = [];
  for (const topic of own)
    if (!(await mayWrite(login, topic))) findings.push(found('acl.own-refused', topic, { topic }));
  return findings;
}

/** Reading first: a broker may hang up on who writes what is not his. */
async function foreignRights({ config }: DoctorContext, login: LoggedIn): Promise<Finding[]> {
  const { base } = config.broker;
  const topics = stationTopics(base, config.station);
  const findings: Finding[] = [];
  const seen: string[] = [];
  login.onMessage = ({ topic }) => void seen.push(topic);
  login.filters.add(topics.everyStatusFilter);
  const granted = await login.link.subscribeAll().then(
    () => true,
    () => false,
  );
  if (!granted) return findings; // refused, and the connection with it: that is as it must be
  await mayWrite(login, topics.trial); // what is retained for a filter comes before the answer to this
  // Own ones come meanwhile: a second receiver that answers, an agent that works.
  const foreign = seen.find((topic) => !topics.isOwn(topic));
  if (foreign !== undefined) findings.push(found('acl.foreign-read', foreign, { topic: foreign }));
  const other = stationTopics(base, parseStationId(`doctor-${randomBytes(3).toString('hex')}`));
  if (await mayWrite(login, other.trial))
    findings.push(found('acl.foreign-write', other.trial, { topic: other.trial }));
  return findings;
}

/** False where the broker refuses it, or hangs up on it. */
async function mayWrite({ link }: LoggedIn, topic: string): Promise<boolean> {
  return link.publish(topic, NOTHING, { qos: 1 }).then(
    () => true,
    () => false,
  );
}

function endingFinding({ config }: DoctorContext, address: string, ending: LinkEnd['ending']): Finding {
  const { kind, detail: reason } = ending;
  if (kind === 'tls')
    return found('tls.client-refused', address, { reason, file: config.broker.tls?.certFile ?? '' });
  if (kind === 'unreachable') return found('broker.no-connection', address, { reason });
  if (kind !== 'refused' && kind !== 'version') return found('broker.unanswered', address, { reason });
  const code = kind === 'refused' ? ending.reasonCode : VERSION_CODE;
  const words = code === null ? { en: reason, de: reason } : reasonWords(code);
  return found('broker.refused', address, { code: code ?? '-', words });
}
