// What is said over the socket of a running agent: one line asks, lines of JSON answer, the last of them says "end". Read-only: there is
// one question, and nothing that it could change. Pure.
//
// Shape: request `{"ask":"status"}` and LF, at most CONTROL_REQUEST_BYTES_MAX bytes. Answer: `{"kind":"agent",...}`, then one line
// `{"kind":<kind>,"document":{...}}` for each document that monitoring sees (SPEC 5, 7), then `{"kind":"end","cut":<boolean>}`.
import { join } from 'node:path';
import * as z from 'zod';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { MONITORING_CODES_MAX } from '../../protocol/format/limits.ts';
import {
  baySchema,
  conditionSchema,
  healthSchema,
  infoSchema,
  statusSchema,
  storeHealthSchema,
  type BayDocument,
  type ConditionDocument,
  type HealthDocument,
  type InfoDocument,
  type StatusDocument,
  type StoreHealthDocument,
} from '../../protocol/transfer/monitoring.ts';

/** A question has some 20 bytes. */
export const CONTROL_REQUEST_BYTES_MAX = 256;
/** 16 bays and every condition with its subjects are 1 MB at the very most. */
export const CONTROL_ANSWER_BYTES_MAX = 2 * 1024 * 1024;
/** For the first line and the last one. */
const ENDS_BYTES = 1024;
/** Of the name of a Unix socket, without the NUL behind it. Source: unix(7), sun_path. */
const SOCKET_PATH_BYTES_MAX = 107;
const SOCKET_NAME = 'control.sock';

/** What the agent knows and monitoring does not need. */
const agentSchema = z.object({
  kind: z.literal('agent'),
  pid: z.int(),
  /** "host:port". */
  broker: z.string().max(300),
  broker_connected: z.boolean(),
  /** The limit in force; null: none. An agent of before it had none. */
  rate_bytes_per_s: z.int().min(1).nullable().default(null),
});
export type AgentWord = z.output<typeof agentSchema>;

const lineSchema = z.discriminatedUnion('kind', [
  agentSchema,
  z.object({ kind: z.literal('status'), document: statusSchema }),
  z.object({ kind: z.literal('info'), document: infoSchema }),
  z.object({ kind: z.literal('health'), document: healthSchema }),
  z.object({ kind: z.literal('store-health'), document: storeHealthSchema }),
  z.object({ kind: z.literal('bay'), document: baySchema }),
  z.object({ kind: z.literal('condition'), document: conditionSchema }),
  z.object({ kind: z.literal('end'), cut: z.boolean() }),
]);

/** Everything that a station says of itself at one moment. */
export interface StationSays {
  readonly agent: AgentWord;
  readonly status: StatusDocument;
  readonly info: InfoDocument | null;
  /** Null before it measured for the first time. */
  readonly health: HealthDocument | null;
  readonly bays: readonly BayDocument[];
  readonly conditions: readonly ConditionDocument[];
  /** There was more than fits into an answer. */
  readonly cut: boolean;
}

/** Everything that a store says of itself at one moment; see StationSays. */
export interface StoreSays extends Pick<StationSays, 'agent' | 'status' | 'conditions' | 'cut'> {
  readonly health: StoreHealthDocument | null;
}

/** The folder for sockets of receivers, which the service makes: each has the name of its receiver. */
export const RECEIVER_SOCKETS = '/run/bodydock-receiver';

/** Where the agent of a spool listens, or somebody else in another folder. Errors: "control.path-length" where the system takes no such name. */
export function controlSocketPath(folder: string, name = SOCKET_NAME): string {
  const path = join(folder, name);
  const bytes = encodeUtf8(path).length;
  if (bytes <= SOCKET_PATH_BYTES_MAX) return path;
  throw new DockError(
    'control.path-length',
    `${path} has ${bytes} bytes, the name of a socket has at most ${SOCKET_PATH_BYTES_MAX}: choose a shorter spool.path`,
    { retry: 'person', facts: { path_bytes: bytes } },
  );
}

/** The question, with its LF. */
export const STATUS_REQUEST = '{"ask":"status"}\n';

/** True for a line that asks for the status. Never throws. */
export function isStatusRequest(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'ask' in value && value.ask === 'status';
  } catch {
    return false;
  }
}

/** Lines of an answer, each with LF; what does not fit is left out, and that is said. `documents` are JSON texts with their kinds. */
export function encodeAnswer(
  agent: Omit<AgentWord, 'kind'>,
  documents: Iterable<{ readonly kind: string; readonly json: string }>,
): string {
  const lines = [`${JSON.stringify({ kind: 'agent', ...agent })}\n`];
  let room = CONTROL_ANSWER_BYTES_MAX - ENDS_BYTES;
  let cut = false;
  for (const { kind, json } of documents) {
    const line = `{"kind":${JSON.stringify(kind)},"document":${json}}\n`;
    const bytes = Buffer.byteLength(line);
    if (bytes > room) cut = true;
    else lines.push(line);
    room -= bytes > room ? 0 : bytes;
  }
  return `${lines.join('')}${JSON.stringify({ kind: 'end', cut })}\n`;
}

/** What the answer of a station says. Kinds that are not known are left out: an agent may be newer. Errors: "control.garbled". */
export function parseAnswer(text: string): StationSays {
  const { storeHealth: _ofStores, ...says } = parseLines(text);
  return says;
}

/** The same of a store. Errors: "control.garbled". */
export function parseStoreAnswer(text: string): StoreSays {
  const { agent, status, storeHealth: health, conditions, cut } = parseLines(text);
  return { agent, status, health, conditions, cut };
}

function parseLines(text: string): StationSays & { readonly storeHealth: StoreHealthDocument | null } {
  const bays: BayDocument[] = [];
  const conditions: ConditionDocument[] = [];
  let agent: AgentWord | undefined;
  let status: StatusDocument | undefined;
  let info: InfoDocument | null = null;
  let health: HealthDocument | null = null;
  let storeHealth: StoreHealthDocument | null = null;
  let cut: boolean | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const said = parseLine(line);
    if (said?.kind === 'agent') agent = said;
    else if (said?.kind === 'status') status = said.document;
    else if (said?.kind === 'info') info = said.document;
    else if (said?.kind === 'health') health = said.document;
    else if (said?.kind === 'store-health') storeHealth = said.document;
    else if (said?.kind === 'bay' && bays.length < MONITORING_CODES_MAX) bays.push(said.document);
    else if (said?.kind === 'condition' && conditions.length < MONITORING_CODES_MAX)
      conditions.push(said.document);
    else if (said?.kind === 'end') ({ cut } = said);
  }
  if (agent === undefined || status === undefined || cut === undefined) return garbled('its end is missing');
  return { agent, status, info, health, storeHealth, bays, conditions, cut };
}

function parseLine(line: string): z.infer<typeof lineSchema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return garbled('a line is no JSON');
  }
  const known = lineSchema.safeParse(value);
  return known.success ? known.data : undefined;
}

function garbled(why: string): never {
  throw new DockError('control.garbled', `the answer of the agent cannot be read: ${why}`, {
    retry: 'later',
  });
}
