// What every check of `bodydock doctor` gets.
import type { StationConfig } from '../../config/station-config.ts';
import type { Clock, Random } from '../../protocol/format/ports.ts';
import type { Asked } from '../monitoring/control-client.ts';
import type { Finding } from './doctor-finding.ts';

export interface DoctorContext {
  /** Path of station.yaml. */
  readonly file: string;
  readonly config: StationConfig;
  /** What the running agent said; undefined where its socket cannot have a name. */
  readonly asked: Asked | undefined;
  /** Log in at the broker although an agent runs. */
  readonly connect: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** For what can be looked at where no more than the spool is known. */
export interface SpoolContext {
  readonly config: Pick<StationConfig, 'spool'>;
}

/** One area of checks. Whatever is wrong is a finding. Errors: the signal's reason; a fault of ours. */
export type Check = (context: DoctorContext) => Promise<Finding[]>;
