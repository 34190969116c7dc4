// The topics of SPEC 5 to 7 as an AsyncAPI 3.0 document, for anybody who writes monitoring or a receiver. Made from the schemas that the code
// checks with; `npm run schemas` writes protocol/asyncapi.yaml, and a test tells where that file is not what this makes.
import * as z from 'zod';
import { stringify } from 'yaml';
import { MONITORING_SCHEMAS } from './monitoring.ts';
import { TRANSFER_SCHEMAS } from './messages.ts';

/** Plain JSON. */
interface Json {
  readonly [key: string]: unknown;
}

/** A topic with what travels there. `action` is the station's, which sends what goes up, or the store's below `store/`. */
interface Channel {
  readonly address: string;
  readonly action: 'send' | 'receive';
  readonly messages: readonly string[];
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly summary: string;
}

const PARAMETERS: Json = {
  base: {
    description: 'Base of all topics, one or two parts: `broker.base` of the configuration.',
    default: 'bodydock',
  },
  station: { description: 'Id of the station.' },
  bay: { description: 'Id of the bay.' },
  code: { description: 'Code of the condition, such as `spool.full`.' },
  recording: { description: 'Id of a recording or of a docking record.' },
  receiver: {
    description: 'Id of the receiver: of the one whose claim holds, or that says something of itself.',
  },
  offset: { description: 'Decimal offset in bytes.' },
  segment: { description: 'Segment of the custody log.' },
  from: { description: 'Sequence of the first entry in the batch.' },
  size: { description: "Leaves of the newest checkpoint of the store's log that the station has." },
  nonce: { description: '16 hex digits, drawn for each question.' },
};

const CHANNELS: Readonly<Record<string, Channel>> = {
  status: said('status', 'status', 'State of the station, also its will.'),
  info: said('info', 'info', 'What the station is. Said at each connect.'),
  health: said(
    'health',
    'health',
    'Numbers and heartbeat, every 60 s and at each connect; expires after 600 s on MQTT 5.',
  ),
  bay: said('bay/{bay}', 'bay', 'One bay; one message a second on average, three in a row at most.'),
  condition: said(
    'condition/{code}',
    'condition',
    'A condition while it is shown; an empty message clears it.',
  ),
  event: { ...said('event', 'event', 'Something happened; counted over a second.'), qos: 0, retain: false },
  storeStatus: saidByStore('status', 'status', 'State of the store, also its will.'),
  storeHealth: saidByStore(
    'health',
    'storeHealth',
    'Numbers and heartbeat of the store, every 60 s and at each connect; expires after 600 s on MQTT 5.',
  ),
  storeCondition: saidByStore(
    'condition/{code}',
    'condition',
    'A condition of the store while it is shown; an empty message clears it.',
  ),
  offer: sent(
    'up/offer/{recording}',
    'offer',
    1,
    'A document is offered, again and again until a valid claim.',
  ),
  digests: sent(
    'up/{receiver}/{recording}/digests-{offset}',
    'digests',
    0,
    'Bytes of chunks.bin at that offset.',
  ),
  bytes: sent('up/{receiver}/{recording}/{offset}', 'chunk', 0, 'Bytes of payload.age at that offset.'),
  fin: sent('up/{receiver}/{recording}/fin', 'fin', 1, 'Everything was sent.'),
  custody: sent('up/custody/{segment}/{from}', 'custody', 1, 'Lines of the custody log.'),
  log: sent('up/log/{size}/{nonce}', 'logQuestion', 1, "What the store's log is now."),
  custodyAsk: sent(
    'up/custody/{segment}/ask-{nonce}',
    'nothing',
    1,
    'Which head of that segment a vault holds now: the answer repeats the nonce.',
  ),
  trial: sent('up/trial', 'trial', 1, 'Whether the station may write here; everybody ignores it.'),
  down: {
    address: '{base}/v1/{station}/down/{recording}',
    action: 'receive',
    messages: ['signed', 'have', 'receipt'],
    qos: 1,
    retain: false,
    summary: 'What a receiver says of a recording: claim and refuse (signed), have, receipt.',
  },
  downCustody: {
    address: '{base}/v1/{station}/down/custody',
    action: 'receive',
    messages: ['signed'],
    qos: 1,
    retain: false,
    summary: 'Which head of the custody log a vault holds (signed).',
  },
  downLog: {
    address: '{base}/v1/{station}/down/log',
    action: 'receive',
    messages: ['signed'],
    qos: 1,
    retain: false,
    summary:
      "The newest checkpoint of the store's log, and that it extends the one that the station has (signed).",
  },
  downRestored: {
    address: '{base}/v1/{station}/down/restored',
    action: 'receive',
    messages: ['restored'],
    qos: 1,
    retain: false,
    summary: 'The statement that the vault was restored from a backup.',
  },
  downPolicy: {
    address: '{base}/v1/{station}/down/policy',
    action: 'receive',
    messages: ['policy'],
    qos: 1,
    retain: false,
    summary: 'The policy of both roles that is in force, with their signatures.',
  },
};

/** Messages that are no JSON. */
const BINARY: Readonly<Record<string, { contentType: string; summary: string }>> = {
  trial: { contentType: 'application/octet-stream', summary: 'Nothing.' },
  nothing: { contentType: 'application/octet-stream', summary: 'Nothing.' },
  digests: { contentType: 'application/octet-stream', summary: 'SHA-256 digests, 32 bytes each.' },
  chunk: { contentType: 'application/octet-stream', summary: 'A piece of a sealed file inside one unit.' },
  logQuestion: { contentType: 'text/plain', summary: 'Origin of the log, or nothing.' },
  custody: { contentType: 'application/x-ndjson', summary: 'Whole lines of the custody log (SPEC 4.3).' },
};

function said(topic: string, message: string, summary: string): Channel {
  return {
    address: `{base}/v1/{station}/${topic}`,
    action: 'send',
    messages: [message],
    qos: 1,
    retain: true,
    summary,
  };
}

/** Sent as well, not by the station. */
function saidByStore(topic: string, message: string, summary: string): Channel {
  return { ...said(topic, message, summary), address: `{base}/v1/store/{receiver}/${topic}` };
}

function sent(topic: string, message: string, qos: 0 | 1, summary: string): Channel {
  return { ...said(topic, message, summary), qos, retain: false };
}

/** The document as plain JSON. */
export function asyncApi(): Json {
  const schemas = { ...MONITORING_SCHEMAS, ...TRANSFER_SCHEMAS };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'bodydock station',
      version: '1.0.0',
      description:
        'What a station and a store say over MQTT, and the transfer between station and receiver. The authority is SPEC.md, sections 5 to 7.',
    },
    defaultContentType: 'application/json',
    channels: mapped(CHANNELS, channelOf),
    operations: mapped(CHANNELS, operationOf),
    components: {
      messages: { ...mapped(schemas, messageOf), ...mapped(BINARY, (name, each) => ({ name, ...each })) },
      schemas: mapped(schemas, (_, schema) => schemaOf(schema)),
    },
  };
}

/** The file's text. */
export function asyncApiYaml(): string {
  const head =
    '# Made by `npm run schemas` from the schemas in monitoring.ts and messages.ts. Do not edit.\n';
  // Readers of YAML 1.1, such as PyYAML, take a bare `off` for false.
  return head + stringify(asyncApi(), { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
}

function channelOf(_: string, { address, messages, summary }: Channel): Json {
  const names = [...address.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name ?? '');
  return {
    address,
    summary,
    parameters: Object.fromEntries(names.map((name) => [name, PARAMETERS[name]])),
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  };
}

function operationOf(name: string, { action, messages, qos, retain, summary }: Channel): Json {
  return {
    action,
    summary,
    channel: { $ref: `#/channels/${name}` },
    messages: messages.map((message) => ({ $ref: `#/channels/${name}/messages/${message}` })),
    bindings: { mqtt: { qos, retain, bindingVersion: '0.2.0' } },
  };
}

function messageOf(name: string, schema: z.ZodType): Json {
  const summary = schema.meta()?.description;
  return {
    name,
    ...(summary === undefined ? {} : { summary }),
    payload: { $ref: `#/components/schemas/${name}` },
  };
}

/** Draft 7 is what AsyncAPI builds upon. */
function schemaOf(schema: z.ZodType): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  void $schema;
  return rest;
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  map: (name: string, value: Value) => Json,
): Json {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(name, value)]));
}
