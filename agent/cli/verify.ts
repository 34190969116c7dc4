// `bodydock verify`: checks vaults, spools and single recordings with nothing but public keys; with an identity it opens them too.
import { realpath } from 'node:fs/promises';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_NOT_JUDGED, exitOf } from '../../config/exit-codes.ts';
import { readIdentityFile, type OpenedIdentity } from '../../config/enrolment/identity-file.ts';
import { printable } from '../../config/problems.ts';
import { describeError, DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import {
  addTotals,
  noTotals,
  type Totals,
  verifyFolder,
  type VerifyReport,
} from '../evidence/verify/verify-place.ts';
import { command, usageError, writeJson, type Io, LANG } from '../../config/command-line.ts';
import { VerifyJson } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';

const FOLDERS_MAX = 1024;

/** What is the same for all folders of one call. */
interface Wish {
  readonly keysFolder: string | undefined;
  readonly identities: readonly OpenedIdentity[];
  readonly text: VerifyText;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Errors: "usage", "key.*" of the identity, the signal's reason. */
export const verify = command(
  {
    name: 'bodydock verify',
    usage: ['DIR... [--keys KEYS] [--identity FILE] [--lang en|de] [--json]'],
    about: `
Checks every document, signature, digest and chain, what the logs say of them, and whether what was deleted was due. Needs public keys only, changes nothing, and can be done by anybody.
DIR is a vault, the folder of a station in it, the folder of one recording or docking record, the spool of a station, or the folder of a
first run.
`,
    options: {
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys that are trusted: station*.pub and store*.pub, as minisign writes them, and those of the two roles that sign orders: officer*.pub, supervisor*.pub. A file named station-ID.pub or station-ID.TEXT.pub is the key of that station alone, for which no other name counts then. Default: keys/ beside the vault or spool; there is none for a folder that is neither and lies in no vault. Compare the key ids with the labels of station and store: keys that come with the evidence prove nothing.',
      },
      identity: {
        type: 'string',
        value: 'FILE',
        text: 'age identity file: opens every payload as well, and compares size and SHA-256 of the original',
      },
      lang: LANG,
    },
    notes: `
A finding is something that does not hold; a note is worth knowing and no fault. Each has a code that stays the same, what was found, what it
means, and what to do where there is something. Counted are recordings, dockings and how many of them found no file on the camera, deletions,
holds, orders, disclosures, witnesses, key changes and entries of the custody logs.

Whoever wants to check without this program: minisign -Vm manifest.json -p station.pub; sha256sum chunks.bin;
age -d -i FILE payload.age | sha256sum
`,
    exits:
      '0 no finding (rejected recordings are good evidence, and are counted), 1 a finding, or nothing there that can be verified, 2 usage, 3 no finding and not judged: a deletion rests on an order, and the keys of the roles are not given, 78 keys.',
    wordsMax: FOLDERS_MAX,
  },
  async (line, io) => {
    const { keys: keysFolder, identity } = line.values;
    const { json } = line;
    const text = new VerifyText(line.language);
    if (line.words.length === 0) throw usageError('name at least one folder to verify');
    const identities = identity === undefined ? [] : await readIdentityFile(identity);
    const sum = noTotals();
    const documents: unknown[] = [];
    let exitCode: number = EXIT_GOOD;
    for (const folder of line.words) {
      const done = await verifyOne(folder, { keysFolder, identities, text, json }, io);
      // A finding in one of them says more than what another one cannot say.
      if (exitCode === EXIT_GOOD || (exitCode === EXIT_NOT_JUDGED && done.exitCode !== EXIT_GOOD))
        exitCode = done.exitCode;
      documents.push(done.document);
      if (done.totals !== undefined) addTotals(sum, done.totals);
    }
    if (json) writeJson(io, { good: exitCode === EXIT_GOOD, folders: documents, totals: sum });
    else if (line.words.length > 1) io.out(text.together(sum));
    return exitCode;
  },
);

interface Done {
  readonly exitCode: number;
  readonly totals?: Totals;
  readonly document: unknown;
}

/** A folder that cannot be verified at all does not keep the others from it. */
async function verifyOne(folder: string, wish: Wish, io: Io): Promise<Done> {
  try {
    return await verifyThere(await realFolder(folder), wish, io);
  } catch (error) {
    if (io.signal.aborted || !(error instanceof DockError)) throw error;
    io.err(`bodydock: ${printable(describeError(error))}\n`);
    const { code, message } = error;
    return {
      exitCode: exitOf(code) ?? EXIT_FAILURE,
      document: { folder, good: false, error: { code, message } },
    };
  }
}

async function verifyThere(
  path: string,
  { keysFolder, identities, text, json }: Wish,
  io: Io,
): Promise<Done> {
  const collected = new VerifyJson();
  const printed: VerifyReport = {
    recording: (checked) => io.out(text.recording(checked)),
    docking: (checked) => io.out(text.docking(checked)),
    remark: (remark) => io.out(text.remarks([remark])),
  };
  const nowMs = nodeClock().wallMs();
  const options = { files: nodeFiles(), keysFolder, identities, nowMs, signal: io.signal };
  const verified = await verifyFolder(path, options, json ? collected : printed, (place, keys) => {
    if (!json) io.out(text.place(place, keys));
  });
  if (!json) io.out(text.totals(verified.totals));
  return {
    exitCode: exitOfTotals(verified.totals),
    totals: verified.totals,
    document: json ? collected.document(verified) : undefined,
  };
}

function exitOfTotals({ findings, not_judged: notJudged }: Totals): number {
  if (findings > 0) return EXIT_FAILURE;
  return notJudged > 0 ? EXIT_NOT_JUDGED : EXIT_GOOD;
}

/** The folder that a path leads to: links in what the user typed are followed, links inside are not. */
export async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const why = systemCode(error) ?? 'unknown error';
    throw new DockError('verify.missing', `${folder} cannot be found (${why})`, {
      cause: error,
      retry: 'person',
    });
  }
}
