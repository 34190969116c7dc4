// `bodydock-receiver reconcile`: compares what stations' logs and docking records tell with what lies in the vault.
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import { isGood, reconcileVault, unfinishedOf } from '../reconcile/reconcile-vault.ts';
import { command, usageError } from '../../../config/command-line.ts';
import { reconcileJson, reconcileText, type ShownStation } from './reconcile-text.ts';
import { checkKnown, openRetentionCommand } from './store-command.ts';

/** Errors: "usage", "key.*", "vault.*", the system's. */
export const reconcile = command(
  {
    name: 'bodydock-receiver reconcile',
    usage: ['[STATION] [--config FILE] [--json]'],
    about: `
Says what the stations' logs know and the vault lacks: of a vault that was restored from a backup, or of which something was lost. It changes
nothing, and a receiver may run meanwhile. After "bodydock-receiver restored" let the stations connect first: what came since the backup
is in their logs, and what they still hold they offer again. Listed are, for each station:

  lost         receipted, and by the station's log neither in its spool nor on its camera
  missing      receipted, and still in the station's spool, or maybe on its camera: then it comes with the next docking
  incomplete   a folder that is not whole
  unreceipted  a folder without its receipt
  ahead        receipts here name entries of the station's log that are not here
`,
    options: {
      config: RECEIVER_FILE,
    },
    exits: '0 all is here, 1 something is listed, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 1,
  },
  async (line, io) => {
    const [station] = line.words;
    const { config } = line.values;
    const { json } = line;
    if (station !== undefined && !isStationId(station))
      throw usageError(`${JSON.stringify(station)} is no id of a station`);
    const deps = await openRetentionCommand(config, io);
    await checkKnown(deps, station);
    const found = await reconcileVault(deps, station);
    const shown: ShownStation[] = [];
    for (const each of found) shown.push({ ...each, underWay: await unfinishedOf(deps, each.station) });
    io.out(json ? reconcileJson(shown) : reconcileText(shown));
    return found.every(isGood) ? EXIT_GOOD : EXIT_FAILURE;
  },
);
