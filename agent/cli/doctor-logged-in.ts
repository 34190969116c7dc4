// What a login of the doctor at the broker ends in, where it is taken.
import type { BrokerLink } from '../../protocol/io/broker-link.ts';
import type { MqttVersion } from '../../protocol/io/broker-types.ts';
import type { BrokerMessage } from '../../protocol/ports.ts';

/** A connection that stands, and what comes over it. */
export interface LoggedIn {
  readonly link: BrokerLink;
  readonly version: MqttVersion;
  readonly filters: Set<string>;
  /** Called at each message from now on. */
  onMessage: (message: BrokerMessage) => void;
}
