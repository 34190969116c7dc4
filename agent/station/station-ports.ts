// What a station needs of its configuration and of the world. Types only: who gives what is decided in station-parts.ts and by tests.
import type { PushLimits } from '../../config/push-limits.ts';
import type { StationConfig } from '../../config/station-config.ts';
import type { ProvenKeyChange } from '../../protocol/documents/key-documents.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Files, Log, Random, Signer } from '../../protocol/format/ports.ts';
import type { Progress } from '../../protocol/format/progress.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { Lamp } from '../dock/bay-lamp.ts';
import type { BayPlacePorts } from '../dock/make-place.ts';
import type { CertificateWatch } from '../monitoring/certificate-watch.ts';
import type { ClockSource } from '../monitoring/clock-watch.ts';
import type { ConditionBoard } from '../monitoring/condition-board.ts';
import type { Machine } from '../monitoring/machine.ts';
import type { Bulk } from '../seal/bulk.ts';

/** What of station.yaml matters here; keys and how the broker is reached are the adapters'. */
export type StationSettings = Pick<
  StationConfig,
  | 'station'
  | 'spool'
  | 'recipients'
  | 'store'
  | 'bays'
  | 'cameras'
  | 'unknownCameras'
  | 'cameraMissingDays'
  | 'release'
  | 'roles'
> & {
  /** What it may take of the uplink at first; all of it unless given. */
  readonly limits?: PushLimits;
};

export interface StationPorts extends BayPlacePorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is shown to monitoring; whoever raised something before the station was there used it too. */
  readonly conditions: ConditionBoard;
  readonly broker: Broker & { start(): void };
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly signer: Signer;
  /** Of the signer's key first, and older ones of this station. */
  readonly stationKeys: readonly PublicKey[];
  /** See KeyHistory; none unless given. */
  readonly laterKeys?: readonly PublicKey[];
  /** See CustodyLogOptions. */
  readonly keyChange?: ProvenKeyChange['facts'] | undefined;
  readonly provenRecipients: () => ReadonlySet<string>;
  readonly bulk: Bulk;
  /** Gives a buffer's memory back at once, where that pays. */
  readonly freeBuffer: (buffer: ArrayBuffer) => void;
  /** See UnexpectedDevices. */
  readonly isIdleDisk: (portPath: string) => Promise<boolean>;
  readonly clockSource: ClockSource;
  readonly machine: Machine;
  /** A lamp made of the machine's LEDs of these names. */
  readonly leds: (names: readonly string[]) => Lamp;
  /** Where the connection to the broker has certificates. */
  readonly certificates?: Pick<CertificateWatch, 'look'> | undefined;
  /** The instant as the station's local time taken as UTC, for cameras without a zone. */
  readonly localMs: (utcMs: number) => number;
  readonly bootId: string | null;
  readonly version: string;
  readonly configSha256: string;
  /** Where each bay says that it moves on. */
  readonly progress: Pick<Progress, 'source'>;
}
