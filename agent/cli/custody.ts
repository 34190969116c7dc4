// `bodydock custody`: the life of one recording or docking for a person, with proof: text, a page that prints, or JSON. Changes nothing
// but with --acknowledge.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import {
  command,
  type Io,
  LANG,
  languageOf,
  refuseOptions,
  usageError,
  writeJson,
} from '../../config/command-line.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_USAGE } from '../../config/exit-codes.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { printable, renderProblems } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { publicKeyOf } from '../../protocol/documents/minisign.ts';
import { reasonCodeSchema } from '../../protocol/documents/order.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { writeAcknowledgement } from '../custody/acknowledgement.ts';
import { gatherHistory } from '../evidence/history/gather.ts';
import { historyHtml, historyText } from '../evidence/history/history-page.ts';
import type { History, Subject } from '../evidence/history/history.ts';
import { findSubjects, historyPlace, PREFIX_CHARACTERS_MIN } from '../evidence/history/subjects.ts';
import { vaultAbove } from '../evidence/kit/disclosure.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { findPlace, type Place } from '../evidence/verify/place.ts';
import { NO_KEYS, readTrustedKeys, type TrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { filesAtOnce } from '../platform/files-at-once.ts';
import { makePage } from './page-file.ts';
import { spoolOf } from './spool-place.ts';
import { realFolder } from './verify.ts';

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
    const files = filesAtOnce();
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

// Where `bodydock custody` reads: a store's vault, or the spool of this station; and which keys it trusts there.

/** What the command line says of it. */
interface PlaceWish {
  readonly vault: string | undefined;
  readonly spool: string | undefined;
  readonly config: string | undefined;
  readonly keys: string | undefined;
  /** What is asked for; the folder of a recording in a vault tells both. */
  readonly word: string;
}

/** A place, the keys that count there, and what is asked for in it. */
interface FoundPlace {
  readonly place: Place & { readonly kind: 'vault' | 'spool' };
  readonly keys: TrustedKeys;
  readonly word: string;
  /** Where the word was a folder in the folder of a station. */
  readonly station: string | undefined;
}

/** Finds it. Errors: "usage", "verify.*", "key.*", "config.refused". */
async function custodyPlace(wish: PlaceWish): Promise<FoundPlace> {
  const { vault, spool, config } = wish;
  const given = [vault, spool, config].filter((each) => each !== undefined);
  if (given.length > 1) throw usageError('--vault, --spool and --config name different places: give one');
  if (vault !== undefined) return inFolder(vault, 'vault', wish);
  if (spool !== undefined) return inFolder(spool, 'spool', wish);
  return (config === undefined ? await aroundFolder(wish) : undefined) ?? ofStation(wish);
}

async function inFolder(folder: string, kind: 'vault' | 'spool', wish: PlaceWish): Promise<FoundPlace> {
  const path = await realFolder(folder);
  const place = await findPlace(filesAtOnce(), path);
  if (place.kind !== kind)
    throw new DockError('verify.not-recognised', `${path} is no ${kind}, it is a ${place.kind}`, {
      retry: 'person',
    });
  const keys = await readTrustedKeys(wish.keys ?? place.keysFolder);
  return { place: { ...place, kind }, keys, word: lastPart(wish.word), station: undefined };
}

/** The folder of a recording in a vault, as somebody copies it from a file manager. */
async function aroundFolder(wish: PlaceWish): Promise<FoundPlace | undefined> {
  if (!wish.word.includes('/')) return undefined;
  const path = await realFolder(wish.word).catch(() => undefined);
  if (path === undefined || (await filesAtOnce().stat(path))?.kind !== 'folder') return undefined;
  const vault = await vaultAbove(filesAtOnce(), path);
  if (vault === undefined) return undefined;
  return { ...(await inFolder(vault, 'vault', wish)), station: basename(dirname(path)) };
}

/** A folder's own name is the id. */
function lastPart(word: string): string {
  const name = basename(word);
  return /^[a-z2-7]{26}$/.test(name) ? name : word;
}

async function ofStation({
  config: file = STATION_FILE_DEFAULT,
  keys,
  word,
}: PlaceWish): Promise<FoundPlace> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') {
    const message = `name a vault with --vault, a spool with --spool, or a good configuration with --config:\n${renderProblems(loaded.problems)}`;
    throw new DockError('config.refused', message, { retry: 'person' });
  }
  const { path } = loaded.config.spool;
  const place = { kind: 'spool', path, keysFolder: keys ?? file } as const;
  const trusted = keys === undefined ? await keysOfStation(loaded.config, file) : await readTrustedKeys(keys);
  return { place, keys: trusted, word, station: undefined };
}

/** A station knows its own keys, and those of its store: they are pinned in its file. */
async function keysOfStation(
  { station, keys, spool, store }: StationConfig,
  file: string,
): Promise<TrustedKeys> {
  const own = publicKeyOf(await readSigningKey(keys.signingFile));
  const { earlier } = await loadKeyHistory(keyChangesFolder(spool.path), station, own);
  return {
    ...NO_KEYS,
    folder: file,
    station: [own, ...earlier].map((key) => ({ file: keys.signingFile, key, station })),
    store: store.publicKeys.map((key) => ({ file, key, station: null })),
  };
}

// `bodydock custody --acknowledge`: a person's word that the differences which this station shows were looked at. The running agent, or the
// next start, enters it into the custody log; nothing else changes.

interface AcknowledgeWish {
  /** The station's file. */
  readonly config: string;
  readonly reason: string | undefined;
  readonly json: boolean;
}

/** Gives the exit code. Errors: "usage" for a reason that is no code, "config.refused", "spool.absent", the system's. */
export async function acknowledge({ config, reason, json }: AcknowledgeWish, io: Io): Promise<number> {
  const code = reasonCodeSchema.safeParse(reason);
  if (!code.success)
    throw usageError(
      '--reason CODE says why: 1 to 64 of a-z, 0-9 and "-", such as "card-replaced"; never a name',
    );
  const { layout } = await spoolOf(config, io);
  const files = await ownedFiles(layout.root);
  const madeAt = new Date(nodeClock().wallMs()).toISOString();
  await writeAcknowledgement(files, layout.acknowledgement, { reason: code.data, made_at: madeAt });
  await files.syncFolder(layout.root);
  if (json) writeJson(io, { acknowledged: true, reason: code.data, made_at: madeAt });
  else io.out('acknowledged: the running agent, or its next start, enters it into the custody log\n');
  return EXIT_GOOD;
}
