// What the parts of the MQTT adapter tell each other: how a connection ended, what it may carry, what it leaves behind. No code.

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
