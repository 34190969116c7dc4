// The numbers of a station or a store as OpenMetrics on this machine's loopback (SPEC 7.10), made from the documents that monitoring sees and from
// nothing else. It reads method, path and Host of a request; no request changes anything.
//
// Invariants:
// 1. It listens on 127.0.0.1 and no other address, and answers no other name: a page of another host learns nothing by somebody's browser.
// 2. Connections and bytes of a request are bounded; however many ask, the numbers are made once in some time (Answers).
// 3. The program works without it: a port that cannot be had is said in the log, and who asks there gets no answer, which is an alarm of its own.
import { createServer, type IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import {
  conditionSchema,
  healthSchema,
  statusSchema,
  storeHealthSchema,
} from '../../protocol/transfer/monitoring.ts';
import { listen, type OpenServer, requestLimits } from '../platform/http-serve.ts';
import { Answers } from './control-server.ts';

const HOST = '127.0.0.1';
const CONNECTIONS_MAX = 16;
const REQUEST_BYTES_MAX = 8192;
const REQUEST_MS = 5000;
const CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A document that monitoring sees, by its word; see Monitoring.documents. */
interface Said {
  readonly kind: string;
  readonly json: string;
}

/** One family: samples of one name. Values are finite. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const HEALTH = {
  health: { prefix: 'bodydock_station', schema: healthSchema },
  'store-health': { prefix: 'bodydock_store', schema: storeHealthSchema },
} as const;

/** The text of this moment. Errors: those of the schemas, for documents that are none of ours. */
export function metricsText(documents: readonly Said[]): string {
  const families = new Map<string, Family>();
  const add: Add = (name, help, value, labels = {}) => {
    const family = families.get(name) ?? { name, help, samples: [] };
    families.set(name, family);
    family.samples.push({ labels, value });
  };
  for (const { kind, json } of documents) {
    const document: unknown = JSON.parse(json);
    if (kind === 'status') addStatus(statusSchema.parse(document).state, add);
    else if (kind === 'health' || kind === 'store-health') addHealth(kind, document, add);
    else if (kind === 'condition') {
      const { code, severity, subjects_shown: shown } = conditionSchema.parse(document);
      add('bodydock_condition', 'For how many subjects a condition is shown.', shown, { code, severity });
    }
  }
  return `${[...families.values()].map(familyText).join('')}# EOF\n`;
}

type Add = (name: string, help: string, value: number, labels?: Readonly<Record<string, string>>) => void;

function addStatus(state: string, add: Add): void {
  for (const each of statusSchema.shape.state.options)
    add('bodydock_state', 'State of the program: one of these is 1.', each === state ? 1 : 0, {
      state: each,
    });
}

function addHealth(kind: keyof typeof HEALTH, document: unknown, add: Add): void {
  const { prefix, schema } = HEALTH[kind];
  const help = (key: string): string => {
    const field = (schema.shape as Readonly<Record<string, z.ZodType | undefined>>)[key];
    const told = field instanceof z.ZodNullable ? (field.unwrap() as z.ZodType) : field;
    return field?.meta()?.description ?? told?.meta()?.description ?? '';
  };
  for (const [key, value] of Object.entries(schema.parse(document))) {
    if (typeof value === 'number') add(`${prefix}_${key}`, help(key), value);
    else if (typeof value === 'boolean') add(`${prefix}_${key}`, help(key), value ? 1 : 0);
    else if (key === 'stations' && Array.isArray(value))
      for (const { station, heard_at: at } of storeHealthSchema.shape.stations.parse(value)) {
        const name = `${prefix}_station_heard_timestamp_seconds`;
        if (at !== null)
          add(name, 'When something came from a station last.', Date.parse(at) / 1000, { station });
      }
    else if (typeof value === 'string' && (key === 'at' || key.endsWith('_at')))
      add(
        `${prefix}_${key === 'at' ? 'measured' : key.slice(0, -3)}_timestamp_seconds`,
        help(key),
        Date.parse(value) / 1000,
      );
  }
}

function familyText({ name, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# TYPE ${name} gauge\n# HELP ${name} ${escaped(help)}\n${lines.join('')}`;
}

/** Source: OpenMetrics 1.0, escaping of label values and help. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Serves `/metrics` on loopback; `port` 0 takes a free one, and is 0 where none could be had. Never rejects. */
export async function serveMetrics({
  port,
  documents,
  clock,
  log,
}: {
  readonly port: number;
  readonly documents: () => Promise<readonly Said[]>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Log, 'error'>;
}): Promise<OpenServer> {
  const answers = new Answers({ answer: async () => metricsText(await documents()), clock });
  const server = createServer(requestLimits(REQUEST_BYTES_MAX, REQUEST_MS), (request, response) => {
    response.on('error', () => undefined); // who left hears nothing
    const answer = (status: number, body: Buffer | string = '', type = 'text/plain'): void =>
      void response
        .writeHead(status, {
          'content-type': type,
          'x-content-type-options': 'nosniff',
          ...(status === 405 && { allow: 'GET' }),
        })
        .end(body);
    const refusal = refused(request);
    if (refusal !== undefined) answer(refusal);
    else
      answers.newest().then(
        (text) => answer(200, text, CONTENT_TYPE),
        () => answer(503),
      );
  });
  const onError = (error: unknown): void => log.error('metrics not served', { port, error });
  const bounds = { connectionsMax: CONNECTIONS_MAX, stuckMs: 2 * REQUEST_MS };
  return listen(server, { port, address: HOST, ...bounds, onError }).catch((error: unknown) => {
    onError(error);
    return { port: 0, close: async () => undefined };
  });
}

/** The status of a request that gets no numbers. */
function refused({ method, url, headers, socket }: IncomingMessage): number | undefined {
  const { host = '', origin } = headers;
  if (method !== 'GET') return 405;
  if (host !== `${HOST}:${socket.localPort}` && host !== `localhost:${socket.localPort}`) return 421;
  if (origin !== undefined) return 403;
  return url === '/metrics' ? undefined : 404;
}
