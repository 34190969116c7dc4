// `bodydock verify`: checks vaults, spools and single recordings with nothing but public keys; with an identity it opens them too.
import { realpath } from 'node:fs/promises';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_NOT_JUDGED, exitOf } from '../../config/exit-codes.ts';
import { readIdentityFile, type OpenedIdentity } from '../../config/enrolment/identity-file.ts';
import { printable } from '../../config/problems.ts';
import { describeError, DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { filesAtOnce } from '../platform/files-at-once.ts';
import { readSmall } from '../evidence/verify/read-files.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { NOTE_BYTES_MAX } from '../../protocol/transparency/signed-note.ts';
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
const DAY_MS = 86_400_000;

/** What is the same for all folders of one call. */
interface Wish {
  readonly keysFolder: string | undefined;
  readonly identities: readonly OpenedIdentity[];
  readonly checkpoints: readonly { readonly text: string; readonly where: string }[];
  readonly outsideWithinMs: number | undefined;
  readonly text: VerifyText;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Errors: "usage", "key.*" of the identity, the signal's reason. */
export const verify = command(
  {
    name: 'bodydock verify',
    usage: [
      'DIR... [--trust KEYS] [--checkpoint FILE|LINE]... [--require-outside DAYS] [--identity FILE] [--lang en|de] [--json]',
    ],
    about: `
Checks every document, signature, digest and chain, what the logs say of them, and whether what was deleted was due. Needs public keys only, changes nothing, and can be done by anybody.
DIR is a vault, the folder of a station in it, the folder of one recording or docking record, the spool of a station, or the folder of a
first run.
`,
    options: {
      keys: { type: 'string', value: 'KEYS', text: 'the same as --trust' },
      trust: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys that are trusted: station*.pub and store*.pub, as minisign writes them, and those of the two roles that sign orders: officer*.pub, supervisor*.pub; of evaluators: evaluator*.pub; of witnesses outside: witness*.vkey, as C2SP signed-note writes a key; certificates of time-stamp authorities: timestamp*.pem. A file named station-ID.pub or station-ID.TEXT.pub is the key of that station alone, for which no other name counts then. Default: keys/ beside the vault or spool; there is none for a folder that is neither and lies in no vault. Compare the key ids with the labels of station and store: keys that come with the evidence prove nothing.',
      },
      checkpoint: {
        type: 'string',
        multiple: true,
        value: 'FILE|LINE',
        text: 'checkpoint of the log of a store, as somebody kept it, or the lines of sheets as "bodydock witness" printed them: the log that lies here must be one that goes on from it; where several vaults are verified, one of each',
      },
      'require-outside': {
        type: 'string',
        value: 'DAYS',
        text: 'a finding where no witness, station on another machine or time stamp says that the log of each store was as it is here at most so many days ago, such as 1d',
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
holds, orders, disclosures, key changes and entries of the custody logs. "No finding" is not "complete": of each log of a store it is said up to
when somebody outside fixes it. What came later would not be missed where it was taken away.

Whoever wants to check without this program: minisign -Vm manifest.json -p station.pub; sha256sum chunks.bin;
age -d -i FILE payload.age | sha256sum
`,
    exits:
      '0 no finding (rejected recordings are good evidence, and are counted), 1 a finding, or nothing there that can be verified, 2 usage, 3 no finding and not judged: a deletion rests on an order or a policy, or a hold may forbid it, and the keys of the roles are not given, 78 keys.',
    wordsMax: FOLDERS_MAX,
  },
  async (line, io) => {
    const { trust, keys, identity, checkpoint: checkpointWords = [] } = line.values;
    if (trust !== undefined && keys !== undefined)
      throw usageError('--keys is the same as --trust: name one');
    const keysFolder = trust ?? keys;
    const outsideWithinMs = readDays(line.values['require-outside']);
    const { json } = line;
    const text = new VerifyText(line.language);
    if (line.words.length === 0) throw usageError('name at least one folder to verify');
    const identities = identity === undefined ? [] : await readIdentityFile(identity);
    const checkpoints = await Promise.all(checkpointWords.map(readCheckpoint));
    const sum = noTotals();
    const documents: unknown[] = [];
    let exitCode: number = EXIT_GOOD;
    for (const folder of line.words) {
      const done = await verifyOne(
        folder,
        { keysFolder, identities, checkpoints, outsideWithinMs, text, json },
        io,
      );
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

async function verifyThere(path: string, { text, json, ...wish }: Wish, io: Io): Promise<Done> {
  const collected = new VerifyJson();
  const printed: VerifyReport = {
    recording: (checked) => io.out(text.recording(checked)),
    docking: (checked) => io.out(text.docking(checked)),
    remark: (remark) => io.out(text.remarks([remark])),
  };
  const nowMs = nodeClock().wallMs();
  const options = { files: filesAtOnce(), ...wish, nowMs, signal: io.signal };
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

/** Errors: "usage" for anything but a number of days. */
function readDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^([1-9]\d{0,3})d$/.exec(text)?.[1];
  if (days === undefined) throw usageError('--require-outside takes a number of days, such as 1d');
  return Number(days) * DAY_MS;
}

/** A line from paper, or a file. Errors: "usage" where it cannot be read. */
async function readCheckpoint(path: string): Promise<{ readonly text: string; readonly where: string }> {
  if (/^bodydock\/\S+\s/i.test(path.trimStart())) return { text: path, where: 'paper' };
  const read = await readSmall(filesAtOnce(), path, NOTE_BYTES_MAX);
  const text = read.kind === 'bytes' ? parseUtf8(read.bytes) : undefined;
  if (text === undefined) throw usageError(`checkpoint ${path} cannot be read`);
  return { text, where: path };
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
