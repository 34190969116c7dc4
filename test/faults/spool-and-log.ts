// The real spool and its custody log in one folder of this machine's disk, for what only a kernel or a cut shows.
import { join } from 'node:path';
import { bulkInline } from '../fakes/bulk-inline.ts';
import { CustodyLog } from '../../agent/custody/custody-log.ts';
import { Spool, type SpoolOptions } from '../../agent/spool/spool.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { publicKeyOf } from '../../protocol/documents/minisign.ts';
import { STATION, stationKey, storeKey } from '../unit/spool/scenario.ts';
import { fastSigner } from '../fakes/signer-fast.ts';

export interface SpoolAndLog {
  readonly spool: Spool;
  readonly custody: CustodyLog;
  /** What the spool's start found. */
  readonly findings: readonly unknown[];
}

/** Opens both below the folder, with the keys of the scenario. Errors: theirs. */
export async function openSpoolAndLog(
  folder: string,
  options: Pick<SpoolOptions, 'reserveBytes' | 'files' | 'log' | 'conditions'>,
): Promise<SpoolAndLog> {
  const common = { ...options, clock: nodeClock(), random: nodeRandom() };
  const stationKeys = [publicKeyOf(stationKey)];
  const { spool, findings } = await Spool.open({
    ...common,
    bulk: bulkInline(common),
    path: join(folder, 'spool'),
    stationKeys,
    storeKeys: [publicKeyOf(storeKey)],
  });
  const custody = await CustodyLog.open({
    ...common,
    folder: spool.layout.custody,
    station: STATION,
    version: '0.1.0',
    signer: fastSigner(stationKey),
    bootId: null,
    reserve: spool.logReserve,
    stationKeys,
  });
  return { spool, custody, findings };
}
