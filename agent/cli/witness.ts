// `bodydock witness`: the newest checkpoint of the log of each store of a vault as a line, to be put on paper. `bodydock verify` compares it.
import { resolve } from 'node:path';
import { command, LANG, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { checkpointLine, checkpointSheet } from '../evidence/page/checkpoint-sheet.ts';
import { newestCheckpoints } from '../evidence/verify/log-past.ts';
import { findPlace } from '../evidence/verify/place.ts';
import { knownKeys } from '../evidence/verify/known-keys.ts';
import { readTrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { replacePage } from './page-file.ts';
import { realFolder } from './verify.ts';

/** Runs the command; gives the exit code. Errors: "usage", "witness.*", "checkpoint.*", "note.*", "verify.*", "key.*", the system's. */
export const witness = command(
  {
    name: 'bodydock witness',
    usage: ['--vault DIR [--html FILE] [--keys KEYS] [--lang en|de] [--json]'],
    about: `
Prints how far the log of the store has come, as one line to be put on paper: its name, how many lines it has, the root over them, and the time.
Somebody outside keeps the paper. "bodydock verify --checkpoint" takes such a line, typed or in a file: none of these lines can be taken
away, changed or added since without contradicting the paper.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "the store's vault" },
      html: {
        type: 'string',
        value: 'FILE',
        text: 'the sheet of a day for A4, with a QR code and room for a signature',
      },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with store*.pub (default: keys/ beside the vault)',
      },
      lang: LANG,
    },
    json: 'one JSON document instead of text',
    exits: '0 good, 1 no checkpoint, or none that a key of the store signed, 2 usage, 78 keys.',
  },
  async ({ values, json, language }, io) => {
    if (values.vault === undefined) throw usageError('--vault DIR is missing');
    const files = nodeFiles();
    const place = await findPlace(files, await realFolder(values.vault));
    if (place.kind !== 'vault')
      throw new DockError(
        'witness.no-vault',
        `${values.vault} is no vault: name the folder with vault.json`,
        {
          retry: 'person',
        },
      );
    const trusted = await readTrustedKeys(values.keys ?? place.keysFolder);
    const { keys } = await knownKeys(files, place, trusted);
    const checkpoints = await newestCheckpoints(files, place.path, keys);
    if (checkpoints.length === 0)
      throw new DockError(
        'witness.none',
        'the vault holds no checkpoint: no receiver of this version has run on it yet',
        {
          retry: 'person',
        },
      );
    const at = new Date(nodeClock().wallMs()).toISOString();
    if (values.html !== undefined)
      await replacePage(resolve(values.html), checkpointSheet(checkpoints, at, language));
    const lines = checkpoints.map(checkpointLine);
    if (json) writeJson(io, { at, lines });
    else io.out(lines.map((line) => `${line} (${at})\n`).join(''));
    return EXIT_GOOD;
  },
);
