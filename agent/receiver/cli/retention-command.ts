// What commands that give orders or delete work with: the store as other commands have it, and what receiver.yaml says of retention.
import { DockError } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { linuxClockSource } from '../../platform/clock-source-linux.ts';
import { rememberedAnswer } from '../retention/asked-clock.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { stationsIn } from '../retention/survey.ts';
import type { Io } from '../../../config/command-line.ts';
import { openStoreCommand } from './store-command.ts';

/** Stations that a message names. */
const SHOWN_MAX = 20;

/** Errors: those of openStoreCommand. */
export async function openRetentionCommand(file: string, io: Io): Promise<RetentionDeps> {
  const { config, layout, logDeps, vault } = await openStoreCommand(file, io);
  return {
    ...logDeps,
    layout,
    vault,
    retention: config.retention,
    roles: config.roles,
    stations: new Map(config.stations.map(({ id, publicKeys }) => [id, publicKeys])),
    isSynchronised: rememberedAnswer(logDeps.clock, () => linuxClockSource().isSynchronised()),
  };
}

/** Nothing is found of a station that nobody knows, and nothing found would read as good. Errors: "station.unknown"; the system's. */
export async function checkKnown(deps: RetentionDeps, station: StationId | undefined): Promise<void> {
  const known = new Set([...deps.stations.keys(), ...(await stationsIn(deps))]);
  if (station === undefined || known.has(station)) return;
  throw new DockError(
    'station.unknown',
    `neither the file nor the vault knows station ${station}, only ${[...known].toSorted().slice(0, SHOWN_MAX).join(', ') || 'none'}: look at its id`,
    { retry: 'person' },
  );
}
