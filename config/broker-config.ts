// The group `broker` of both files: its typed form, and the rules for addresses and TLS files.
import { resolve } from 'node:path';
import type { RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';

/** Files for TLS, as absolute paths. Without a client certificate there is a login by password. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** An account at the broker. The path is absolute. */
export interface BrokerLogin {
  readonly username: string;
  readonly passwordFile: string;
}

/** How to reach the broker. `tls` is null only for a broker on this machine itself. */
export interface BrokerConfig {
  /** mqtt:// or mqtts://, without user, path or query. */
  readonly url: string;
  readonly base: string;
  readonly protocol: 'auto' | 4 | 5;
  readonly tls: TlsFiles | null;
  /** Null where the client certificate says who this is. */
  readonly login: BrokerLogin | null;
  readonly maxPacketBytes: number;
}

type BrokerFile = Omit<StationFile['broker'], 'windows' | 'rate_bytes_per_s'>;
const CLIENT_KEYS = ['cert_file', 'key_file'] as const;
const TLS_KEYS = ['ca_file', ...CLIENT_KEYS] as const;
const LOGIN_KEYS = ['username', 'password_file'] as const;

/** The typed settings of a group that passed checkBroker. Relative paths start at `folder`. */
export function mapBroker(broker: BrokerFile, folder: string): BrokerConfig {
  const { ca_file: ca, username, password_file: password } = broker;
  const tls = ca === undefined ? null : { caFile: resolve(folder, ca), ...tlsPlaces(broker, folder) };
  const login =
    username === undefined || password === undefined
      ? null
      : { username, passwordFile: resolve(folder, password) };
  const { url, base, protocol, max_packet_bytes: maxPacketBytes } = broker;
  return { url, base, protocol, tls, login, maxPacketBytes };
}

/** Paths of the TLS files that a group names, as far as they are good; null where it names none. */
function tlsPlaces(broker: Good<BrokerFile> | undefined, folder: string): Partial<TlsFiles> | null {
  const { ca_file: ca, cert_file: cert, key_file: key } = broker ?? {};
  const places = {
    ...(ca !== undefined && { caFile: resolve(folder, ca) }),
    ...(cert !== undefined && { certFile: resolve(folder, cert) }),
    ...(key !== undefined && { keyFile: resolve(folder, key) }),
  };
  return Object.keys(places).length === 0 ? null : places;
}

/** What of a group can be looked at on this machine. */
export interface BrokerPlaces {
  readonly tls: Partial<TlsFiles> | null;
  readonly login: Partial<BrokerLogin> | null;
}

/** The same of a group that did not pass, as far as it is good. */
export function brokerPlaces(broker: Good<BrokerFile> | undefined, folder: string): BrokerPlaces {
  const password = broker?.password_file;
  const login = password === undefined ? null : { passwordFile: resolve(folder, password) };
  return { tls: tlsPlaces(broker, folder), login };
}

/** Reports addresses that are not taken, and files for TLS or a login that are missing or useless. */
export function checkBroker({ url }: Good<BrokerFile>, report: RuleReport): void {
  const scheme = url === undefined ? undefined : checkUrl(url, report);
  const isWritten = (name: string): boolean => report.isWritten(['broker', name]);
  const miss = (name: string, message: string): void =>
    report.add(['broker', name], { code: 'config.missing', message, remedy: 'add it' });
  const [byPassword, byCertificate] = [LOGIN_KEYS, CLIENT_KEYS].map((names) => names.some(isWritten));
  for (const name of LOGIN_KEYS)
    if (byPassword === true && !isWritten(name))
      miss(name, `"${name}" is missing: a login by password wants username and password_file`);
  for (const name of TLS_KEYS) {
    const given = isWritten(name);
    const isWanted = name === 'ca_file' || byCertificate === true || byPassword !== true;
    if (scheme === 'mqtts:' && !given && isWanted)
      miss(
        name,
        `"${name}" is missing: mqtts:// wants ca_file, and cert_file and key_file or username and password_file`,
      );
    if (scheme === 'mqtt:' && given) {
      const remedy = 'write mqtts:// in the address, or take this line out';
      report.add(['broker', name], { code: 'config.broker', message: 'has no use with mqtt://', remedy });
    }
  }
}

function checkUrl(text: string, report: RuleReport): string | undefined {
  const fault = brokerUrlFault(text);
  if (fault === undefined) return new URL(text).protocol;
  report.add(['broker', 'url'], { code: 'config.broker', ...fault, found: text });
  return undefined;
}

/** What is wrong with an address of a broker, and what to do; undefined where it is good. Never throws. */
export function brokerUrlFault(text: string): { message: string; remedy: string } | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (message: string, remedy: string): { message: string; remedy: string } => ({
    message,
    remedy,
  });
  if (url === undefined || !/^mqtts?:$/.test(url.protocol) || url.hostname === '')
    return refuse('is no address of an MQTT broker', 'write mqtts://HOST:PORT');
  if (url.username !== '' || url.password !== '')
    return refuse(
      'holds a user or a password',
      'take it out: the client certificate says who this is, or username and password_file',
    );
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    return refuse('holds a path or a query, which MQTT does not have', 'end it after the port');
  if (url.protocol === 'mqtt:' && !isLoopback(url.hostname))
    return refuse(
      'would go over the network without TLS',
      'write mqtts://, with ca_file, cert_file and key_file',
    );
  return undefined;
}

/** True for names and addresses that never leave this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
