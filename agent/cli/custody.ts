// `bodydock custody`: the life of one recording or docking for a person, with proof: text, a page that prints, or JSON. Changes nothing
// but with --acknowledge.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_USAGE } from '../../config/exit-codes.ts';
import { STATION_FILE_DEFAULT } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { gatherHistory } from '../evidence/history/gather.ts';
import { historyHtml, historyText } from '../evidence/history/history-page.ts';
import type { History, Subject } from '../evidence/history/history.ts';
import { findSubjects, historyPlace, PREFIX_CHARACTERS_MIN } from '../evidence/history/subjects.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { acknowledge } from './custody-acknowledge.ts';
import { custodyPlace } from './custody-place.ts';
import { makePage } from './page-file.ts';
import {
  command,
  LANG,
  languageOf,
  refuseOptions,
  usageError,
  writeJson,
  type Io,
} from '../../config/command-line.ts';

const FORMATS = ['text', 'html', 'json'] as const;
type Format = (typeof FORMATS)[number];
/** Subjects that are listed where several fit. */
const LISTED_MAX = 20;

/** Runs the command; gives the exit code. Errors: "usage", "custody.*", "page.*", "verify.*", "key.*", "config.*", the signal's reason. */
export const custody = command(
  {
    name: 'bodydock custody',
    usage: [
      'RECORDING [--vault DIR | --spool DIR | --config FILE] [--station ID] [--keys KEYS] [--format text|html|json] [--language en|de] [--out FILE]',
      '--acknowledge --reason CODE [--config FILE]',
    ],
    about: `
Tells the life of one recording from the signed logs: camera and bay, times, sizes and digests, receipt, who erased it and that it was
confirmed, who opened it and why, orders, deletion; and of every line whether it is confirmed by the store, signed, or only claimed. All
of it is verified first, and where the log is broken, cut or incomplete the text says so. Reads only, and opens nothing.

RECORDING is what is at hand: the id or its first ${PREFIX_CHARACTERS_MIN} or more characters, the folder of a recording in a vault, a restored file, a SHA-256 (of
the original, of a manifest, of a receipt), or the path that the file had on its camera. The id of a docking or of its record tells the
life of that docking. Where several recordings fit, they are listed.

With --acknowledge a person says that the differences which this station shows between its log and the store (conditions
"custody.store-differs", "spool.recordings-lost") were looked at. It is entered into the log with its reason and clears them.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "a store's vault" },
      spool: { type: 'string', value: 'DIR', text: 'the spool of a station' },
      config: {
        type: 'string',
        value: 'FILE',
        text: `the station's file: its own spool, keys and store (default, where nothing else is named: ${STATION_FILE_DEFAULT})`,
      },
      station: { type: 'string', value: 'ID', text: 'whose recording, where a vault holds several stations' },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with station*.pub, store*.pub, officer*.pub, supervisor*.pub (default: keys/ beside vault or spool)',
      },
      format: {
        type: 'string',
        value: 'text|html|json',
        text: 'html: one page without scripts that prints on A4 (default: text)',
      },
      language: {
        type: 'string',
        value: 'en|de',
        text: 'the same as --lang',
      },
      lang: LANG,
      out: { type: 'string', value: 'FILE', text: 'a new file instead of standard output' },
      acknowledge: { type: 'boolean', text: 'write that the differences were looked at, and nothing else' },
      reason: { type: 'string', value: 'CODE', text: 'why: 1 to 64 of a-z, 0-9 and "-"; never a name' },
    },
    json: 'the same as --format json',
    exits:
      '0 all that is told holds, 1 a finding (it is told all the same) or no such recording, 2 usage, or several fit, 78 keys or configuration.',
    wordsMax: 1,
  },
  async (line, io) => {
    const { values, json } = line;
    const { vault, spool, config, keys } = values;
    const word = line.words[0];
    if (values.acknowledge === true) {
      const { config: file = STATION_FILE_DEFAULT, reason } = values;
      refuseOptions(values, ['vault', 'spool', 'station', 'keys', 'format', 'out'], 'with --acknowledge');
      if (word !== undefined)
        throw usageError(
          `--acknowledge is about a whole station: ${JSON.stringify(word)} has no place there`,
        );
      return acknowledge({ config: file, reason, json }, io);
    }
    refuseOptions(values, ['reason'], 'without --acknowledge');
    if (json && values.format !== 'json') refuseOptions(values, ['format'], 'with --json');
    if (word === undefined) throw usageError('name a recording: its id, its folder, or the restored file');
    const format = oneOf(FORMATS, json ? 'json' : (values.format ?? 'text'), 'format');
    const language = languageOf(values.language ?? values.lang, io);
    const found = await custodyPlace({ vault, spool, config, keys, word });
    const files = nodeFiles();
    const place = await historyPlace(files, found.place, values.station ?? found.station);
    const { signal } = io;
    const subjects = await findSubjects({ files, signal }, place, found.word, (file) =>
      digestOf(file, signal),
    );
    const [subject, ...others] = subjects;
    if (subject === undefined) throw noSuch(found.word, place.path);
    if (others.length > 0) return several(subjects, found.word, format, io);
    const madeAt = new Date(nodeClock().wallMs()).toISOString();
    const program = await readVersion();
    const history = await gatherHistory({ files, place, subject, keys: found.keys, madeAt, program, signal });
    await print(history, { format, language, out: values.out }, io);
    return history.good ? EXIT_GOOD : EXIT_FAILURE;
  },
);

function oneOf<T extends string>(known: readonly T[], text: string, option: string): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw usageError(`--${option} ${JSON.stringify(text)}: ${known.join(', ')}`);
}

/** SHA-256 of a regular file; undefined where there is none of that name. Errors: "custody.unreadable"; the signal's reason. */
async function digestOf(word: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await stat(word).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(word, { signal }))
      if (piece instanceof Uint8Array) hash.update(piece);
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `${word} cannot be read (${systemCode(error) ?? 'unknown error'})`;
    throw new DockError('custody.unreadable', message, { retry: 'person', cause: error });
  }
  return hash.digest('hex');
}

function noSuch(word: string, path: string): DockError {
  const message = `nothing in ${path} is called ${JSON.stringify(word)}: neither an id that begins so, nor the content of such a file, nor a path on a camera`;
  return new DockError('custody.unknown', message, { retry: 'person' });
}

function several(subjects: readonly Subject[], word: string, format: Format, io: Io): number {
  if (format === 'json') writeJson(io, { error: { code: 'custody.several' }, subjects });
  const listed = subjects
    .slice(0, LISTED_MAX)
    .map(({ kind, id, station }) => `  ${kind} ${id} of ${station ?? 'this station'}\n`);
  const more = subjects.length > LISTED_MAX ? '  ...\n' : '';
  io.err(
    `bodydock: ${printable(JSON.stringify(word))} fits several; name one of them:\n${listed.join('')}${more}`,
  );
  return EXIT_USAGE;
}

/** What is said of a page that was written. */
const WRITTEN: Readonly<Record<Language, { readonly holds: string; readonly findings: string }>> = {
  en: { holds: 'all that it tells holds', findings: 'findings: {}' },
  de: { holds: 'alles, was darin steht, stimmt', findings: 'Befunde: {}' },
};

interface Printing {
  readonly format: Format;
  readonly language: Language;
  readonly out: string | undefined;
}

async function print(history: History, { format, language, out }: Printing, io: Io): Promise<void> {
  const text = {
    text: () => historyText(history, language).split('\n').map(printable).join('\n'),
    html: () => historyHtml(history, language),
    json: () => `${JSON.stringify(history)}\n`,
  }[format]();
  if (out === undefined) return io.out(text);
  const path = resolve(out);
  await makePage(path, text);
  const { holds, findings } = WRITTEN[language];
  const verdict = history.good ? holds : fill(findings, history.findings.length);
  io.out(`${printable(path)}: ${format}, ${verdict}\n`);
}
