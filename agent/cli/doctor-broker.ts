// The way to the broker, step by step: name, address, certificate, login; then the rights and the store behind it. Where an agent runs it
// speaks for itself: brokers that take the certificate's name as the client id would cut it off for a second login.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { readBrokerCredentials } from '../../config/broker-credentials.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { BrokerCredentials } from '../platform/broker-endings.ts';
import { brokerAddress, isTlsUrl } from '../platform/broker-socket.ts';
import { type DoctorContext, type Finding, found, kindOf } from './doctor-finding.ts';
import { tryLogin } from './doctor-login.ts';
import { lookAtTls } from './doctor-tls.ts';

const STEP_MS = 8000;

export async function checkBroker(context: DoctorContext): Promise<Finding[]> {
  const { config, clock, signal } = context;
  const url = new URL(config.broker.url);
  const address = brokerAddress(url);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const noName = await within(clock, lookup(host)).then(
    () => undefined,
    (error: unknown) => systemCode(error) ?? 'no answer',
  );
  if (noName !== undefined) return [found('broker.no-name', address, { host, reason: noName })];
  const noConnection = await reach(host, port, clock);
  signal.throwIfAborted();
  if (noConnection !== undefined) return [found('broker.no-connection', address, { reason: noConnection })];
  // Undefined where a file cannot be read, which is a finding of its own.
  const credentials = await readBrokerCredentials(config.broker).catch(() => undefined);
  const findings: Finding[] = [];
  if (isTlsUrl(url)) {
    if (credentials === undefined) return []; // the files are findings of their own
    const { caFile } = config.broker.tls ?? { caFile: '' };
    findings.push(
      ...(await lookAtTls({ host, port, address, caFile, credentials, timeoutMs: STEP_MS, clock }, signal)),
    );
    if (findings.some((each) => kindOf(each).severity === 'error')) return findings;
  }
  return [...findings, ...(await login(context, address, credentials ?? {}))];
}

function login(
  context: DoctorContext,
  address: string,
  credentials: BrokerCredentials,
): Promise<Finding[]> | Finding[] {
  const { asked, connect: mayConnect, file } = context;
  if (asked?.kind === 'absent' || mayConnect) return tryLogin(context, address, credentials);
  const findings: Finding[] = [];
  if (asked?.kind === 'answered') {
    const { agent, health } = asked.says;
    if (agent.broker_connected) findings.push(found('broker.by-agent', agent.broker));
    const seconds = health?.store_silent_seconds ?? null;
    findings.push(seconds === null ? found('store.unheard') : found('store.by-agent', '', { seconds }));
  }
  return [...findings, found('broker.not-tried', '', { config: file })];
}

/** Why there is no TCP connection; undefined where there is one. Never rejects. */
function reach(host: string, port: number, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (reason: string | undefined): void => {
      cancel();
      socket.removeAllListeners().on('error', () => undefined);
      socket.destroy();
      resolve(reason);
    };
    const cancel = clock.after(STEP_MS, () => done(`no answer within ${STEP_MS} ms`));
    socket.once('connect', () => done(undefined));
    socket.once('error', (error) => done(systemCode(error) ?? error.message));
  });
}

async function within<T>(clock: Clock, outcome: Promise<T>): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(STEP_MS, () =>
      reject(new DockError('doctor.late', `no answer within ${STEP_MS} ms`, { retry: 'later' })),
    );
  });
  return Promise.race([outcome, late]).finally(cancel);
}
