// One login at a broker for a look at it, by a tool: under a client id of its own, without a will, never again by itself.
import { CONTROL_MESSAGE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { BrokerMessage, Clock, Log } from '../../protocol/format/ports.ts';
import { BrokerLink } from './broker-link.ts';
import { openSocket } from './broker-socket.ts';
import type { BrokerCredentials, Ending, MqttVersion } from './broker-endings.ts';

const LOGIN_MS = 10_000;
const KEEPALIVE_S = 15;
const QUIET: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

export interface LoginOptions {
  readonly broker: {
    readonly url: string;
    readonly protocol: 'auto' | MqttVersion;
    readonly maxPacketBytes: number;
  };
  readonly credentials: BrokerCredentials;
  readonly clientId: string;
  /** Subscribed before it counts as logged in. */
  readonly filters: readonly string[];
  readonly clock: Clock;
}

/** A connection that stands, and what comes over it. */
export interface LoggedIn {
  readonly link: BrokerLink;
  readonly version: MqttVersion;
  /** What `link.subscribeAll` asks for. */
  readonly filters: Set<string>;
  /** Called at each message from now on. */
  onMessage: (message: BrokerMessage) => void;
}

/** Tries the versions that the configuration allows, the newest first. Errors: the signal's reason. */
export async function logIn(options: LoginOptions, signal: AbortSignal): Promise<LoggedIn | Ending> {
  const { protocol } = options.broker;
  if (protocol !== 'auto') return open(options, protocol, signal);
  const outcome = await open(options, 5, signal);
  return 'kind' in outcome && outcome.kind === 'version' ? open(options, 4, signal) : outcome;
}

async function open(
  { broker, credentials, clientId, filters: wanted, clock }: LoginOptions,
  version: MqttVersion,
  signal: AbortSignal,
): Promise<LoggedIn | Ending> {
  const url = new URL(broker.url);
  const opened = await openSocket({ url, credentials, preferAes: true, timeoutMs: LOGIN_MS, clock }, signal);
  if (!opened.ok) return opened.ending;
  const filters = new Set(wanted);
  let ready = (): void => undefined;
  const isReady = new Promise<undefined>((resolve) => (ready = () => resolve(undefined)));
  const link = new BrokerLink(
    {
      ...opened,
      version,
      clientId,
      keepaliveS: KEEPALIVE_S,
      will: undefined,
      ...(credentials.login && { login: credentials.login }),
      filters,
      packetBytesMax: broker.maxPacketBytes,
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
  const end = await Promise.race([isReady, link.run()]);
  return end === undefined ? loggedIn : end.ending;
}

// Which subscription gets the retained messages of a broker: monitoring that uses wildcards sees nothing where only full topics do.

/** For what is retained to come after the subscription was granted; a broker sends it at once. */
const RETAINED_MS = 3000;

/**
 * "wildcard": a subscription with a wildcard gets them, so one with a full topic does as well. "full-topic": that one alone does.
 * "neither": this login may read the topics, and nothing retained came. "untold": nothing is retained there that this login may read.
 */
type RetainedAnswer = 'wildcard' | 'full-topic' | 'neither' | 'untold';

interface RetainedLook {
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
