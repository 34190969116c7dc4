// `bodydock export`: a kit for a court's expert, or the annex on data handling. Parses the command line; the work is elsewhere.
import { resolve } from 'node:path';
import { STATION_FILE_DEFAULT } from '../../config/load.ts';
import { exportHandling } from './export-handling.ts';
import { exportKit } from './export-kit.ts';
import { command, refuseOptions, usageError } from '../../config/command-line.ts';
import { realFolder } from './verify.ts';

const OF_KIT = ['vault', 'out', 'reason', 'station', 'keys', 'with-findings'] as const;
/** Recordings of one kit. */
const RECORDINGS_MAX = 1024;

/** Runs the command; gives the exit code. Errors: "usage", and those of what was asked for. */
export const exportCommand = command(
  {
    name: 'bodydock export',
    usage: [
      'RECORDING... --vault DIR --out DIR --reason CODE [--station ID] [--keys KEYS] [--with-findings] [--lang en|de] [--json]',
      '--data-handling [--config FILE] [--receiver-config FILE] [--html FILE] [--lang en|de] [--json]',
    ],
    about: `
The first makes a folder for a court's expert: the recordings as they are (sealed, or their documents alone where they were deleted),
their accompanying files, the records of their dockings, the parts of the logs that name them, receipts, orders, the public keys, and
pages in English and German that explain all of it and how to check it with minisign, age and coreutils alone. Before, everything is
verified and compared with the logs of the vault, so that it shows what was taken away; what lies in the folder is verified again.
RECORDING is an id, or the folder of a recording. The id of a docking record exports that docking: the proof of what was on the camera,
such as nothing.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "the store's vault" },
      out: { type: 'string', value: 'DIR', text: 'a new or empty folder outside of the vault' },
      reason: {
        type: 'string',
        value: 'CODE',
        text: 'why, as a code of 1 to 64 of a-z, 0-9 and "-": it goes into the store\'s log. Not needed on a read-only medium.',
      },
      station: { type: 'string', value: 'ID', text: 'whose recordings, where an id is not enough' },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys (default: keys/ beside the vault)',
      },
      'with-findings': {
        type: 'boolean',
        text: 'make it although something does not hold; what that is stands in FINDINGS.txt and on the page',
      },
      'data-handling': { type: 'boolean', text: 'print the annex to the works agreement' },
      config: {
        type: 'string',
        value: 'FILE',
        text: `the station's file (default: ${STATION_FILE_DEFAULT})`,
      },
      'receiver-config': {
        type: 'string',
        value: 'FILE',
        text: "the store's file; without it the store's periods and roles are left open",
      },
      html: { type: 'string', value: 'FILE', text: 'a page that prints on A4, instead of text' },
      lang: {
        type: 'string',
        value: 'en|de',
        text: 'language of the text and of INDEX.html (default: by LANG); the page in the other one lies beside it',
      },
    },
    notes: `
The second prints the annex to the works agreement, from the configuration alone: what is stored where and how long, who can open it, who
may hold or delete it, which data on persons can occur and which never do, which logs there are.
`,
    exits:
      '0 good, 1 a finding (nothing is exported without --with-findings) or a failure, 2 usage, 78 configuration or keys.',
    wordsMax: RECORDINGS_MAX,
  },
  async (line, io) => {
    const { values, words, json, language } = line;
    const { config, html, vault, out, station, reason, keys } = values;
    if (values['data-handling'] === true) {
      if (words.length > 0) throw usageError('--data-handling takes no recording');
      refuseOptions(values, OF_KIT, 'with --data-handling');
      return exportHandling({ config, receiverConfig: values['receiver-config'], language, html, json }, io);
    }
    if (words.length === 0) throw usageError('name at least one recording, or say --data-handling');
    refuseOptions(values, ['config', 'receiver-config', 'html'], 'without --data-handling');
    if (vault === undefined) throw usageError('--vault DIR is missing');
    if (out === undefined) throw usageError('--out DIR is missing');
    const withFindings = values['with-findings'] === true;
    const places = { vault: await realFolder(vault), out: resolve(out), keysFolder: keys };
    return exportKit({ ...places, words, station, reason, withFindings, language, json }, io);
  },
);
