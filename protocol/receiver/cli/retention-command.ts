// What commands that give orders or delete work with: the store as other commands have it, and what receiver.yaml says of retention.
import { linuxClockSource } from '../../io/clock-source-linux.ts';
import { rememberedAnswer } from '../retention/asked-clock.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import type { Io } from './command-line.ts';
import { openStoreCommand } from './store-command.ts';

/** Undefined after the problems of the configuration were told. Errors: those of openStoreCommand. */
export async function openRetentionCommand(file: string, io: Io): Promise<RetentionDeps | undefined> {
  const store = await openStoreCommand(file, io);
  if (store === undefined) return undefined;
  const { config, layout, logDeps, vault } = store;
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
