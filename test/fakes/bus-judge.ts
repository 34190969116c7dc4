// Judges every message that a station sends by protocol/asyncapi.yaml, as somebody would who has nothing but that file: topic, QoS, retained
// or not, and what is in it. And that nothing of it names a camera's serial number or a file.
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

interface Described {
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string; readonly messages: Readonly<Record<string, { readonly $ref: string }>> }
    >
  >;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly action: string;
        readonly channel: { readonly $ref: string };
        readonly bindings: { readonly mqtt: { readonly qos: number; readonly retain: boolean } };
      }
    >
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload?: { readonly $ref: string } }>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

interface Rule {
  readonly pattern: RegExp;
  readonly action: string;
  readonly qos: number;
  readonly retain: boolean;
  /** One of them must take it; none where the payload is no JSON. */
  readonly takes: readonly ValidateFunction[];
}

/** Compiled, this file lies one folder deeper below the project. */
const PROJECT = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../../../', import.meta.url);
const file = new URL('protocol/asyncapi.yaml', PROJECT);
let known: readonly Rule[] | undefined;

/** Findings of one run; empty where all is as described. */
export class BusJudge {
  readonly findings: string[] = [];
  readonly #base: string;
  /** Texts that no document for monitoring may hold. */
  readonly #secrets: () => readonly string[];

  constructor(base: string, secrets: () => readonly string[]) {
    this.#base = base;
    this.#secrets = secrets;
  }

  /** A message that the station sent. */
  sent(topic: string, payload: Uint8Array, { qos, retain }: { qos: number; retain: boolean }): void {
    if (this.findings.length > 20) return;
    const say = (what: string): void => void this.findings.push(`${topic}: ${what}`);
    const rule = rules().find(
      ({ action, pattern }) => action === 'send' && pattern.test(topic.slice(this.#base.length)),
    );
    if (!topic.startsWith(this.#base) || rule === undefined) return say('is described nowhere');
    if (topic.split('/').length > 8) say('has more than seven slashes');
    if (rule.qos !== qos || rule.retain !== retain) say(`QoS ${qos}, retained ${retain}`);
    if (rule.takes.length === 0 || (rule.retain && payload.length === 0)) return;
    const text = Buffer.from(payload).toString('utf8');
    const document: unknown = JSON.parse(text);
    if (!rule.takes.some((takes) => takes(document)))
      say(`${rule.takes.map((takes) => JSON.stringify(takes.errors)).join()} in ${text.slice(0, 500)}`);
    if (topic.includes('/up/')) return;
    for (const secret of this.#secrets()) if (text.includes(secret)) say(`holds ${secret}`);
  }
}

function rules(): readonly Rule[] {
  known ??= readRules(parse(readFileSync(file, 'utf8')) as Described);
  return known;
}

function readRules({ channels, operations, components }: Described): Rule[] {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validators = new Map(
    Object.entries(components.schemas).map(([name, schema]) => [name, ajv.compile(schema)]),
  );
  // An address with more words of its own is the closer one: a custody topic looks like one of a receiver otherwise.
  const literal = (address: string): number => address.replaceAll(/\{[a-z]+\}/g, '').length;
  const closest = Object.values(operations).toSorted(
    (a, b) => literal(addressOf(channels, b)) - literal(addressOf(channels, a)),
  );
  return closest.map(({ action, channel, bindings }) => {
    const { address, messages } = channels[lastOf(channel.$ref)] ?? never(channel.$ref);
    const takes = Object.values(messages).flatMap(({ $ref }) => {
      const { payload } = components.messages[lastOf($ref)] ?? never($ref);
      if (payload === undefined) return [];
      return [validators.get(lastOf(payload.$ref)) ?? never(payload.$ref)];
    });
    return { pattern: patternOf(address), action, ...bindings.mqtt, takes };
  });
}

function addressOf(
  channels: Described['channels'],
  { channel }: { readonly channel: { readonly $ref: string } },
): string {
  return channels[lastOf(channel.$ref)]?.address ?? never(channel.$ref);
}

/** Of the part behind the base. A part of a topic is a word without slash. */
function patternOf(address: string): RegExp {
  const parts = address.replace('{base}', '').split(/\{[a-z]+\}/);
  const escaped = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('[^/]+')}$`);
}

function lastOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function never(what: string): never {
  throw new Error(`asyncapi.yaml refers to ${what}, which is not there`);
}
