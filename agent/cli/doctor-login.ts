// One login at the broker under a client id of its own: does it take this station, what may it write and read, does the store answer.
//
// Disturbs nobody: what is written is the trial topic (SPEC 5), which nobody else reads, and that a condition does not stand which does not
// exist; what is retained at the first is taken away again. Empty messages to other topics would be no documents to whoever reads those. What is asked is the custody question that every agent asks at each connect (SPEC 6.9).
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../protocol/format/errors.ts';
import { SEGMENT_SUFFIX } from '../../protocol/format/file-names.ts';
import { verifyCustodyHead } from '../push/push-verify.ts';
import { spoolLayout } from '../spool/layout.ts';
import { isSegmentId, makeSegmentId, parseStationId, type SegmentId } from '../../protocol/format/ids.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import type { Words } from '../monitoring/condition-table.ts';
import { type BrokerCredentials, type Ending, reasonText } from '../platform/broker-endings.ts';
import { type LoggedIn, logIn, lookAtRetained } from '../platform/broker-login.ts';
import { type DoctorContext, type Finding, found } from './doctor-finding.ts';

/** MQTT 5.0: unsupported protocol version. */
const VERSION_CODE = 132;
/** Bad user name or password, not authorised: of MQTT 3.1.1, and of 5.0. */
const LOGIN_CODES: ReadonlySet<number> = new Set([4, 5, 134, 135]);
const NOTHING = new Uint8Array(0);
const SOMETHING = new TextEncoder().encode('trial');

/** Errors: the signal's reason. */
export async function tryLogin(
  context: DoctorContext,
  address: string,
  credentials: BrokerCredentials,
): Promise<Finding[]> {
  const outcome = await open(context, credentials);
  if (!('link' in outcome)) return [endingFinding(context, address, outcome)];
  return [...(await judge(context, address, outcome)), ...(await monitoring(context, address, credentials))];
}

function open(
  { config, clock, signal }: DoctorContext,
  credentials: BrokerCredentials,
): Promise<LoggedIn | Ending> {
  const { downFilter } = stationTopics(config.broker.base, config.station);
  const clientId = `bodydock-doctor-${randomBytes(3).toString('hex')}`;
  return logIn({ broker: config.broker, credentials, clientId, filters: [downFilter], clock }, signal);
}

/** Which monitoring this broker lets work. By a login of its own: a broker may hang up on the tries of the rights. */
async function monitoring(
  context: DoctorContext,
  address: string,
  credentials: BrokerCredentials,
): Promise<Finding[]> {
  const login = await open(context, credentials);
  if (!('link' in login)) return [];
  const { config, clock, signal } = context;
  const { trial, trialFilter } = stationTopics(config.broker.base, config.station);
  const say = (payload: Uint8Array, retain: boolean): Promise<boolean> =>
    login.link.publish(trial, payload, { qos: 1, retain }).then(
      () => true,
      () => false,
    );
  try {
    if (!(await say(SOMETHING, true))) return []; // a finding of the rights
    const speak = (): Promise<boolean> => say(SOMETHING, false);
    const look = { topics: [trial], wildcard: trialFilter, clock, speak };
    return [found(`monitoring.${await lookAtRetained(login, look, signal)}`, address)];
  } finally {
    await say(NOTHING, true);
    login.link.close(true);
  }
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
  return version === 5 && (config.broker.tls !== null || config.broker.login !== null);
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

function endingFinding({ config }: DoctorContext, address: string, ending: Ending): Finding {
  const { kind, detail: reason } = ending;
  if (kind === 'tls')
    return found('tls.client-refused', address, { reason, file: config.broker.tls?.certFile ?? '' });
  if (kind === 'unreachable') return found('broker.no-connection', address, { reason });
  if (kind !== 'refused' && kind !== 'version') return found('broker.unanswered', address, { reason });
  const code = kind === 'refused' ? ending.reasonCode : VERSION_CODE;
  const { login } = config.broker;
  if (login !== null && LOGIN_CODES.has(code ?? 0))
    return found('broker.password-refused', address, { user: login.username, file: login.passwordFile });
  const words = code === null ? { en: reason, de: reason } : reasonWords(code);
  return found('broker.refused', address, { code: code ?? '-', words });
}

// What the codes of a CONNACK mean, in words for people. Source: MQTT 3.1.1, table 3.1; MQTT 5.0, table 3-1.

const VERSION = {
  en: 'it does not speak this version of MQTT',
  de: 'er spricht diese Version von MQTT nicht',
};
const CLIENT_ID = { en: 'it does not take the client id', de: 'er nimmt die Client-ID nicht an' };
const UNAVAILABLE = { en: 'its service is not available now', de: 'sein Dienst ist gerade nicht verfügbar' };
const LOGIN = {
  en: 'user name, password or certificate do not fit',
  de: 'Benutzername, Passwort oder Zertifikat passen nicht',
};
const RIGHTS = {
  en: 'this station has no right to connect (user list or ACL)',
  de: 'diese Station darf sich nicht anmelden (Benutzerliste oder ACL)',
};

const REASONS: Readonly<Record<number, Words>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: UNAVAILABLE,
  4: LOGIN,
  5: RIGHTS,
  128: { en: 'it gives no reason', de: 'er nennt keinen Grund' },
  129: { en: 'it cannot read our packet', de: 'er kann unser Paket nicht lesen' },
  130: { en: 'our packet breaks the protocol, it says', de: 'unser Paket verletze das Protokoll' },
  131: {
    en: 'a setting of the broker does not allow it',
    de: 'eine Einstellung des Brokers erlaubt es nicht',
  },
  132: VERSION,
  133: CLIENT_ID,
  134: LOGIN,
  135: RIGHTS,
  136: UNAVAILABLE,
  137: { en: 'it is overloaded', de: 'er ist überlastet' },
  138: { en: 'this client is banned', de: 'dieser Client ist gesperrt' },
  140: { en: 'it wants another way to log in', de: 'er verlangt ein anderes Anmeldeverfahren' },
  144: {
    en: 'it does not allow the topic of our last will',
    de: 'er erlaubt das Topic unseres letzten Willens nicht',
  },
  149: { en: 'our packet is too large for it', de: 'unser Paket ist ihm zu groß' },
  151: { en: 'a quota is used up', de: 'ein Kontingent ist erschöpft' },
  153: {
    en: 'it does not take the form of our last will',
    de: 'er nimmt die Form unseres letzten Willens nicht an',
  },
  154: { en: 'it keeps no retained messages', de: 'er bewahrt keine Nachrichten auf (retain)' },
  155: { en: 'it does not offer QoS 1', de: 'er bietet QoS 1 nicht an' },
  156: { en: 'we are to use another broker for now', de: 'wir sollen vorerst einen anderen Broker nehmen' },
  157: { en: 'the broker has moved for good', de: 'der Broker ist endgültig umgezogen' },
  159: { en: 'too many connect at a time', de: 'zu viele melden sich zugleich an' },
};

/** Words for a code; the library's where there are none of ours. */
export function reasonWords(code: number): Words {
  const text = reasonText(code);
  return REASONS[code] ?? { en: text, de: text };
}

// Asks the store what it holds of this station's log, as every agent does when it connects. The answer is signed, so it tells at once that
// a receiver is there, that it knows this station, and that its key is one of the configuration. Nothing is stored for it.

/** A receiver answers within a second; one that just starts takes longer. */
const ANSWER_MS = 4000;

async function askStore(context: DoctorContext, login: LoggedIn): Promise<Finding> {
  const { config, clock, signal } = context;
  const topics = stationTopics(config.broker.base, config.station);
  const store = {
    station: config.station,
    storeKeys: config.store.publicKeys,
    receivers: config.store.receivers,
  };
  const done = new AbortController();
  let answer: Finding | undefined;
  login.onMessage = ({ topic, payload, retained }) => {
    if (topic !== topics.downCustody || retained) return;
    try {
      const { receiver } = verifyCustodyHead(payload, store);
      answer = found('store.good', topics.downCustody, { receiver });
      done.abort();
    } catch (error) {
      answer ??= found('store.stranger', topics.downCustody, { reason: describeError(error).slice(0, 200) });
    }
  };
  const segment = (await newestSegment(config.spool.path)) ?? makeSegmentId(context.random);
  await login.link.publish(topics.custody(segment, 0), new Uint8Array(0), { qos: 1 }).catch(() => undefined);
  await clock.sleep(ANSWER_MS, AbortSignal.any([signal, done.signal])).catch(() => undefined);
  signal.throwIfAborted();
  return answer ?? found('store.silent', topics.downCustody, { topic: topics.downCustody });
}

/** The segment that was written to last; undefined where none can be read. Never rejects. */
async function newestSegment(spool: string): Promise<SegmentId | undefined> {
  const folder = spoolLayout(spool).custody;
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(SEGMENT_SUFFIX));
  let newest: { readonly id: SegmentId; readonly atMs: number } | undefined;
  for (const name of names) {
    const id = name.slice(0, -SEGMENT_SUFFIX.length);
    const atMs = (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0;
    if (isSegmentId(id) && (newest === undefined || atMs > newest.atMs)) newest = { id, atMs };
  }
  return newest?.id;
}
