// `bodydock spool tries`: files of cameras at which the agent ended without a word, and which of them are set aside. With --again a person's
// word that these are to be tried once more; the running agent, or the next start, does it.
import { command, LANG, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { printable } from '../../config/problems.ts';
import { dataSize, type Language, shownAt } from '../evidence/page/language.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { BROKEN_OFF_MAX, readAgain, readTally, type Tallied, writeAgain } from '../pull/tally.ts';
import { SPOOL, spoolOf, type SpoolPlace } from './spool-place.ts';

interface Told {
  readonly file: Tallied;
  readonly isAside: boolean;
}

/** Errors: "usage", "config.refused", "spool.absent", "document.*", the system's. */
export const listTries = command(
  {
    name: 'bodydock spool tries',
    usage: ['[--again] [--config FILE] [--lang en|de] [--json]'],
    about: `
Lists files of cameras at which the agent ended without a word: out of memory, killed, by a fault. Behind ${BROKEN_OFF_MAX} such ends the agent does
not read a file for now: it stays on its camera, everything else is taken. It is tried again by itself once a day, and by a new version.
`,
    options: {
      again: {
        type: 'boolean',
        text: 'let the agent try the files that are set aside once more, one at a time',
      },
      config: STATION_FILE,
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits:
      '0 done, also where nothing is there, 1 no spool, or --again and nothing is set aside, 2 usage, 78 configuration.',
  },
  async (line, io) => {
    const language = line.language;
    const place = await spoolOf(line.values.config, io);
    const folder = place.layout.tries;
    const tally = await readTally(nodeFiles(), folder);
    const told = (tally?.files ?? []).map((file) => ({ file, isAside: file.brokenOff >= BROKEN_OFF_MAX }));
    const aside = told.filter(({ isAside }) => isAside).length;
    const isWanted = line.values.again === true && aside > 0;
    if (isWanted) await wantAgain(place);
    const waits = isWanted || (await readAgain(nodeFiles(), folder));
    if (line.json)
      writeJson(io, {
        agent: tally?.agent ?? null,
        entries: told.map(documentOf),
        set_aside: aside,
        again: waits,
      });
    else io.out(textOf(told, { place, language, isWanted, again: line.values.again === true }));
    return line.values.again === true && !isWanted ? EXIT_FAILURE : EXIT_GOOD;
  },
);

async function wantAgain({ layout }: SpoolPlace): Promise<void> {
  const files = await ownedFiles(layout.tries);
  await writeAgain(files, layout.tries, new Date(nodeClock().wallMs()).toISOString());
  await files.syncFolder(layout.tries);
}

function documentOf({ file, isAside }: Told): object {
  const { bay, camera, pathSha256, sizeBytes, brokenOff, at } = file;
  return {
    bay,
    camera,
    path_sha256: pathSha256,
    size_bytes: sizeBytes,
    broken_off: brokenOff,
    at,
    set_aside: isAside,
  };
}

interface Telling {
  readonly place: SpoolPlace;
  readonly language: Language;
  /** What was set aside is tried again. */
  readonly isWanted: boolean;
  /** ... and somebody asked for that. */
  readonly again: boolean;
}

function textOf(told: readonly Told[], { place, language, isWanted, again }: Telling): string {
  const words = SPOOL[language];
  const aliases = new Map(place.config.cameras.map(({ id, alias }) => [id, alias]));
  const lines = told.flatMap(({ file: { bay, camera, pathSha256, sizeBytes, brokenOff, at }, isAside }) => [
    words('file', { camera: aliases.get(camera) ?? camera, bay, size: dataSize(sizeBytes, language) }),
    `  ${words(isAside ? 'aside' : 'noted', { count: brokenOff, at: shownAt(at) })}`,
    `  path_sha256 ${pathSha256}`,
  ]);
  if (lines.length === 0) lines.push(words('nothing'));
  else if (isWanted) lines.push('', words('wanted'));
  else if (again) lines.push('', words('triesNothingAside'));
  else if (told.some(({ isAside }) => isAside)) lines.push('', words('triesToDo'));
  return lines.map((each) => `${printable(each)}\n`).join('');
}
