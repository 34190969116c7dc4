// What the parts of the MQTT adapter tell each other: how a connection ended, what it may carry, what it leaves behind, and what
// MQTT's reason codes mean for that. Pure.
import { type IConnackPacket, ReasonCodes } from 'mqtt';

/** Left with the broker at connect and published by it when the connection ends without a DISCONNECT. */
export interface BrokerWill {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** PEM bytes for TLS. Without `ca` the roots that Node carries are trusted; `crl` lists revoked server certificates. */
export interface TlsCredentials {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly crl?: Uint8Array;
}

/** What a connection is made with: a login by password as well, where there is one. */
export interface BrokerCredentials extends TlsCredentials {
  readonly login?: { readonly username: string; readonly password: Uint8Array };
}

/** The MQTT versions that are spoken: 3.1.1 is level 4. */
export type MqttVersion = 4 | 5;

/**
 * How an attempt or a connection ended. `detail` is for people and holds no secret.
 * "unreachable": no connection (DNS, refused, time-out). "unanswered": the peer hung up or spoke nonsense before its CONNACK.
 * "tls": no trust, in either direction. "version": this MQTT version is not spoken. "refused": the broker said no, or lacks what we need.
 * "taken-over": another client came with our client id. "lost": it was connected, for `connectedMs`.
 */
export type Ending =
  | {
      readonly kind: 'unreachable' | 'unanswered' | 'tls' | 'version' | 'taken-over';
      readonly detail: string;
    }
  | { readonly kind: 'refused'; readonly detail: string; readonly reasonCode: number | null }
  | { readonly kind: 'lost'; readonly detail: string; readonly connectedMs: number };

/** CONNACK codes that mean "not this MQTT version": of 3.1.1 and of 5.0. */
const VERSION_CODES = new Set([1, 132]);
const TAKEN_OVER = 142;
const PACKET_TOO_LARGE = 149;
/** DISCONNECT codes that only a person can do something about: not authorized, quota, administrative action, another server. */
const PERSON_CODES = new Set([135, 151, 152, 156, 157]);

/** The words for a code, of the library's list; they name no secret and no topic. */
export function reasonText(code: number): string {
  const text: unknown = ReasonCodes[code as keyof typeof ReasonCodes];
  return typeof text === 'string' && text !== '' ? text : `reason code ${code}`;
}

/** How an attempt ends whose CONNACK carries a code other than 0. */
export function connackEnding(code: number): Ending {
  const detail = reasonText(code);
  return VERSION_CODES.has(code)
    ? { kind: 'version', detail }
    : { kind: 'refused', detail, reasonCode: code };
}

/** How a connection ends with a broker's DISCONNECT, where the code says more than that it ended; else undefined. */
export function disconnectEnding(code: number, detail: string): Ending | undefined {
  if (code === TAKEN_OVER) return { kind: 'taken-over', detail };
  return PERSON_CODES.has(code) ? { kind: 'refused', detail, reasonCode: code } : undefined;
}

/** True where a DISCONNECT says that a packet of ours was too large. */
export function isPacketTooLarge(code: number): boolean {
  return code === PACKET_TOO_LARGE;
}

/** What we cannot do without, where the broker says in its CONNACK that it lacks it. */
export function missingFeature(limits: IConnackPacket['properties']): string | undefined {
  if (limits?.maximumQoS === 0) return 'the broker offers no QoS 1';
  if (limits?.receiveMaximum === 0) return 'the broker has no room for a message of QoS 1'; // MQTT 5.0 forbids that: each would wait for ever
  if (limits?.retainAvailable === false) return 'the broker keeps no retained messages';
  if (limits?.wildcardSubscriptionAvailable === false) return 'the broker takes no wildcard in subscriptions';
  return undefined;
}
