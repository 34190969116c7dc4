// MQTT topics (SPEC 5): the only place that builds or parses one. A topic that does not match parses to undefined and is ignored.
import {
  isReceiverId,
  isRecordingId,
  isSegmentId,
  isStationId,
  type BayId,
  type ReceiverId,
  type RecordingId,
  type SegmentId,
  type StationId,
} from '../format/ids.ts';
import { ORIGINAL_BYTES_MAX } from '../format/limits.ts';

/** One or two parts, so that a topic stays within seven slashes (AWS IoT). */
export const BASE_PATTERN = /^[a-z0-9-]{1,32}(?:\/[a-z0-9-]{1,32})?$/;

/** 64 random bits of a question whose answer must be newer than it. */
export const NONCE_PATTERN = /^[0-9a-f]{16}$/;
const ASK = 'ask-';

/** What a station writes that a receiver reads. */
export type UpTopic =
  | { readonly kind: 'offer'; readonly station: StationId; readonly recording: RecordingId }
  | {
      readonly kind: 'digests' | 'bytes';
      readonly station: StationId;
      readonly receiver: ReceiverId;
      readonly recording: RecordingId;
      readonly offset: number;
    }
  | {
      readonly kind: 'fin';
      readonly station: StationId;
      readonly receiver: ReceiverId;
      readonly recording: RecordingId;
    }
  | {
      readonly kind: 'custody';
      readonly station: StationId;
      readonly segment: SegmentId;
      readonly from: number;
      /** To be repeated in the answer. */
      readonly nonce?: string;
    }
  | {
      readonly kind: 'log';
      readonly station: StationId;
      /** Of the station's newest checkpoint. */
      readonly size: number;
      /** 16 hex digits. */
      readonly nonce: string;
    };

/** What a receiver writes that a station reads. */
export type DownTopic =
  | { readonly kind: 'recording'; readonly recording: RecordingId }
  | { readonly kind: 'custody' }
  | { readonly kind: 'log' }
  | { readonly kind: 'restored' }
  | { readonly kind: 'policy' };

/** Topics of one station below `<base>/v1/<station>`. */
export interface StationTopics {
  readonly status: string;
  readonly info: string;
  readonly health: string;
  readonly event: string;
  bay(bay: BayId): string;
  /** Shape: a code as in CONDITION_CODE_PATTERN, which has no slash. */
  condition(code: string): string;
  offer(recording: RecordingId): string;
  digests(receiver: ReceiverId, recording: RecordingId, offset: number): string;
  bytes(receiver: ReceiverId, recording: RecordingId, offset: number): string;
  fin(receiver: ReceiverId, recording: RecordingId): string;
  custody(segment: SegmentId, from: number): string;
  log(size: number, nonce: string): string;
  /** A question whose answer repeats the nonce, in NONCE_PATTERN. */
  custodyAsk(segment: SegmentId, nonce: string): string;
  readonly downFilter: string;
  readonly downCustody: string;
  /** Written to learn whether it may be; nobody reads it (SPEC 5). */
  readonly trial: string;
  /** The same with a wildcard: whether what is retained comes by one. */
  readonly trialFilter: string;
  /** States of all stations below this base: what a station must not be able to read. */
  readonly everyStatusFilter: string;
  parseDown(topic: string): DownTopic | undefined;
  /** Whether it lies below this station's own prefix, whatever it is. */
  isOwn(topic: string): boolean;
}

/** Shape: base as in BASE_PATTERN (checked by the configuration). */
export function stationTopics(base: string, station: StationId): StationTopics {
  const prefix = `${base}/v1/${station}`;
  const down = `${prefix}/down/`;
  return {
    status: `${prefix}/status`,
    info: `${prefix}/info`,
    health: `${prefix}/health`,
    event: `${prefix}/event`,
    condition: (code) => `${prefix}/condition/${code}`,
    bay: (bay) => `${prefix}/bay/${bay}`,
    offer: (recording) => `${prefix}/up/offer/${recording}`,
    digests: (receiver, recording, offset) => `${prefix}/up/${receiver}/${recording}/digests-${offset}`,
    bytes: (receiver, recording, offset) => `${prefix}/up/${receiver}/${recording}/${offset}`,
    fin: (receiver, recording) => `${prefix}/up/${receiver}/${recording}/fin`,
    custody: (segment, from) => `${prefix}/up/custody/${segment}/${from}`,
    log: (size, nonce) => `${prefix}/up/log/${size}/${nonce}`,
    custodyAsk: (segment, nonce) => `${prefix}/up/custody/${segment}/${ASK}${nonce}`,
    downFilter: `${down}+`,
    downCustody: `${down}custody`,
    trial: `${prefix}/up/trial`,
    trialFilter: `${prefix}/up/+`,
    everyStatusFilter: `${base}/v1/+/status`,
    parseDown: (topic) => {
      if (!topic.startsWith(down)) return undefined;
      const last = topic.slice(down.length);
      if (last === 'custody' || last === 'log' || last === 'restored' || last === 'policy')
        return { kind: last };
      return isRecordingId(last) ? { kind: 'recording', recording: last } : undefined;
    },
    isOwn: (topic) => topic.startsWith(`${prefix}/`),
  };
}

/** What a store says of itself, below `<base>/v1/store/<receiver>`. */
export type StoreTopics = Pick<StationTopics, 'status' | 'health' | 'condition'>;

/** Shape: as stationTopics. A station that is named "store" has one level less everywhere. */
export function storeTopics(base: string, receiver: ReceiverId): StoreTopics {
  const prefix = `${base}/v1/store/${receiver}`;
  return {
    status: `${prefix}/status`,
    health: `${prefix}/health`,
    condition: (code) => `${prefix}/condition/${code}`,
  };
}

/** Topics that a receiver reads and writes, over all stations below a base. */
export interface ReceiverTopics {
  /** Filters to subscribe. */
  readonly filters: readonly string[];
  down(station: StationId, recording: RecordingId): string;
  downCustody(station: StationId): string;
  downLog(station: StationId): string;
  downRestored(station: StationId): string;
  downPolicy(station: StationId): string;
  parseUp(topic: string): UpTopic | undefined;
}

/** Shape: base as in BASE_PATTERN (checked by the configuration). */
export function receiverTopics(base: string, receiver: ReceiverId): ReceiverTopics {
  const prefix = `${base}/v1/`;
  return {
    filters: [
      `${prefix}+/up/${receiver}/#`,
      `${prefix}+/up/custody/#`,
      `${prefix}+/up/log/#`,
      `${prefix}+/up/offer/+`,
    ],
    down: (station, recording) => `${prefix}${station}/down/${recording}`,
    downCustody: (station) => `${prefix}${station}/down/custody`,
    downLog: (station) => `${prefix}${station}/down/log`,
    downRestored: (station) => `${prefix}${station}/down/restored`,
    downPolicy: (station) => `${prefix}${station}/down/policy`,
    parseUp: (topic) =>
      topic.startsWith(prefix) ? parseUpParts(topic.slice(prefix.length).split('/')) : undefined,
  };
}

function parseUpParts(parts: readonly string[]): UpTopic | undefined {
  const [station = '', up, third = '', fourth = '', fifth = ''] = parts;
  if (!isStationId(station) || up !== 'up') return undefined;
  if (third === 'offer') {
    return parts.length === 4 && isRecordingId(fourth)
      ? { kind: 'offer', station, recording: fourth }
      : undefined;
  }
  if (parts.length !== 5) return undefined;
  if (third === 'log') {
    const size = /^(?:0|[1-9][0-9]{0,15})$/.test(fourth) ? Number(fourth) : Number.NaN;
    return Number.isSafeInteger(size) && NONCE_PATTERN.test(fifth)
      ? { kind: 'log', station, size, nonce: fifth }
      : undefined;
  }
  if (third === 'custody') return isSegmentId(fourth) ? parseCustody(station, fourth, fifth) : undefined;
  if (!isReceiverId(third) || !isRecordingId(fourth)) return undefined;
  return parsePiece({ station, receiver: third, recording: fourth }, fifth);
}

function parseCustody(station: StationId, segment: SegmentId, last: string): UpTopic | undefined {
  const nonce = last.startsWith(ASK) ? last.slice(ASK.length) : undefined;
  if (nonce !== undefined)
    return NONCE_PATTERN.test(nonce) ? { kind: 'custody', station, segment, from: 0, nonce } : undefined;
  const from = parseOffset(last);
  return from === undefined ? undefined : { kind: 'custody', station, segment, from };
}

function parsePiece(
  to: { station: StationId; receiver: ReceiverId; recording: RecordingId },
  last: string,
): UpTopic | undefined {
  if (last === 'fin') return { kind: 'fin', ...to };
  const digests = last.startsWith('digests-');
  const offset = parseOffset(digests ? last.slice('digests-'.length) : last);
  return offset === undefined ? undefined : { kind: digests ? 'digests' : 'bytes', ...to, offset };
}

function parseOffset(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const offset = Number(text);
  return offset <= 2 * ORIGINAL_BYTES_MAX ? offset : undefined;
}
