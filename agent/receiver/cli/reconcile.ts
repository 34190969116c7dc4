// `bodydock-receiver reconcile`: compares what stations' logs and docking records tell with what lies in the vault.
import { command, usageError } from '../../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import {
  acknowledgeMissing,
  askForMissing,
  isGood,
  reconcileVault,
  unfinishedOf,
} from '../reconcile/reconcile-vault.ts';
import { reconcileJson, reconcileText, type ShownStation } from './reconcile-text.ts';
import { checkKnown, openRetentionCommand } from './store-command.ts';

/** Errors: "usage", "key.*", "vault.*", the system's. */
export const reconcile = command(
  {
    name: 'bodydock-receiver reconcile',
    usage: [
      "[STATION] [--config FILE] [--json]                          says what the stations' logs know and the vault lacks",
      '[STATION] --ask [--config FILE] [--json]                    also has the receiver that runs ask the stations for it',
      '[STATION] --acknowledge --reason CODE [--config FILE]       also says that somebody has seen it',
    ],
    about: `
For a vault that was put back from a backup, or of which something was lost. A receiver that runs notices that by itself, by what stations
tell, and asks for what they still have; it may go on running meanwhile. Let the stations connect first: what came since the backup stands
in their logs. Listed are, for each station:

  lost         receipted, and by the station's log neither in its spool nor on its camera
  missing      receipted, and still in the station's spool, or maybe on its camera: then it comes with the next docking
  incomplete   a folder that is not whole
  unreceipted  a folder without its receipt
  ahead        receipts here name entries of the station's log that are not here
`,
    options: {
      config: RECEIVER_FILE,
      ask: {
        type: 'boolean',
        text: 'what is missing is asked for, also where no log came anew, such as after single folders were lost',
      },
      acknowledge: {
        type: 'boolean',
        text: 'what is lost or missing is no condition any more; it stays listed as long as the log tells of it',
      },
      reason: { type: 'string', value: 'CODE', text: '1 to 64 of a-z, 0-9 and -; no words, no names' },
    },
    exits:
      '0 all is here, or was acknowledged as lost or missing, 1 something is listed, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 1,
  },
  async (line, io) => {
    const [station] = line.words;
    const { ask = false, acknowledge = false, reason, config } = line.values;
    const { json } = line;
    if (station !== undefined && !isStationId(station))
      throw usageError(`${JSON.stringify(station)} is no id of a station`);
    if (acknowledge !== (reason !== undefined))
      throw usageError('--acknowledge and --reason CODE go together');
    if (reason !== undefined && !/^[a-z0-9-]{1,64}$/.test(reason))
      throw usageError('--reason is a code of 1 to 64 of a-z, 0-9 and -');
    const deps = await openRetentionCommand(config, io);
    await checkKnown(deps, station);
    let found = await reconcileVault(deps, station);
    let [asked, acknowledged] = [0, 0];
    for (const each of found) {
      if (ask) asked += await askForMissing(deps, each);
      // Behind it: what is asked for is marked as it was found, and that somebody has seen it must not be overwritten.
      if (reason !== undefined) acknowledged += await acknowledgeMissing(deps, each, reason);
    }
    if (acknowledged > 0) found = await reconcileVault(deps, station);
    const shown: ShownStation[] = [];
    for (const each of found) shown.push({ ...each, underWay: await unfinishedOf(deps, each.station) });
    const done = { asked, acknowledged };
    io.out(json ? reconcileJson(shown, done) : reconcileText(shown, done));
    return found.every(isGood) ? EXIT_GOOD : EXIT_FAILURE;
  },
);
