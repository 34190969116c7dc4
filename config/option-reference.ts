// The option reference for technicians: options.en.md and options.de.md, made from the schemas that the programs check with. Pure.
import type * as z from 'zod';
import type { Language } from './language.ts';
import { LIVE_OPTIONS } from './live-options.ts';
import { ALLOWED_DE, RECEIVER_OPTIONS_DE, STATION_OPTIONS_DE } from './texts/de/options.ts';
import { receiverFileSchema } from './receiver-schema.ts';
import { schemaOptions, type SchemaOption } from './schema-options.ts';
import { stationFileSchema } from './station-schema.ts';

const KIB = 1024;

interface Words {
  readonly title: string;
  readonly intro: string;
  readonly byDefault: string;
  readonly required: string;
  readonly optional: string;
  /** When a change counts; {} are the keys for which it does at once. */
  readonly station: string;
  readonly receiver: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Options of station.yaml and receiver.yaml',
    intro:
      '`[]` stands for each entry of a list. "Required" means: must be there wherever its group is. Relations between options are told by `bodydock check` and `bodydock-receiver check`, each with line and remedy.',
    byDefault: 'default',
    required: 'required',
    optional: 'may be left out',
    station:
      'The running agent takes over a good change by itself: {} at once, everything else as soon as no camera is being read, except `spool.path`: stop the service, move the folder, start the service. A bad file changes nothing and shows as the condition `configuration.refused`. Private files (`keys.signing_file`, `broker.key_file`, `broker.password_file`, `cameras[].password_file`) are handed over when the service starts: after a change of one, `systemctl restart bodydock`.',
    receiver: 'A change counts after `systemctl restart bodydock-receiver`.',
  },
  de: {
    title: 'Optionen von station.yaml und receiver.yaml',
    intro:
      '`[]` steht für jeden Eintrag einer Liste. „Pflicht“ heißt: muss da sein, wo ihre Gruppe da ist. Was zwischen Optionen gelten muss, sagen `bodydock check` und `bodydock-receiver check`, jeweils mit Zeile und Abhilfe.',
    byDefault: 'ohne Angabe',
    required: 'Pflicht',
    optional: 'kann fehlen',
    station:
      'Der laufende Agent übernimmt eine gute Änderung von selbst: {} sofort, alles andere, sobald keine Kamera mehr gelesen wird, außer `spool.path`: den Dienst anhalten, den Ordner verschieben, den Dienst starten. Eine fehlerhafte Datei ändert nichts und zeigt sich als Meldung `configuration.refused`. Geheime Dateien (`keys.signing_file`, `broker.key_file`, `broker.password_file`, `cameras[].password_file`) werden beim Start des Dienstes übergeben: Nach einer Änderung an einer davon `systemctl restart bodydock`.',
    receiver: 'Eine Änderung gilt nach `systemctl restart bodydock-receiver`.',
  },
};

/** Says which file it is and that nobody edits it. */
const MARK =
  '<!-- Made from config/station-schema.ts, config/receiver-schema.ts and config/texts/de/options.ts by `npm run schemas`: edit those. -->';

interface OneFile {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly german: Readonly<Record<string, string>>;
}

const FILES: readonly OneFile[] = [
  { name: 'station', schema: stationFileSchema, german: STATION_OPTIONS_DE },
  { name: 'receiver', schema: receiverFileSchema, german: RECEIVER_OPTIONS_DE },
];

/** File names in this folder and their texts. */
export function optionReferences(): Readonly<Record<'options.en.md' | 'options.de.md', string>> {
  return { 'options.en.md': reference('en'), 'options.de.md': reference('de') };
}

function reference(language: Language): string {
  const { title, intro } = WORDS[language];
  const parts = FILES.map((file) => filePart(file, language));
  return `# ${title}\n\n${MARK}\n\n${intro}\n\n${parts.join('\n')}`;
}

function filePart({ name, schema, german }: OneFile, language: Language): string {
  const { station, receiver } = WORDS[language];
  const options = schemaOptions(schema);
  const sections = options
    .filter(({ path }) => topKey(path) === path)
    .map(({ path: key }) => {
      const own = options.filter(({ path }) => topKey(path) === key);
      return `### ${key}\n\n${own.map((option) => optionLines(option, language, german)).join('')}`;
    });
  const live = [...LIVE_OPTIONS].map((key) => `\`${key}\``).join(', ');
  const when = name === 'station' ? station.replace('{}', live) : receiver;
  return `## ${name}.yaml\n\n${when}\n\n${sections.join('\n')}`;
}

/** "bays" of "bays[].serial.baud". */
function topKey(path: string): string {
  return path.split(/[.[]/)[0] ?? '';
}

function optionLines(option: SchemaOption, language: Language, german: OneFile['german']): string {
  const { path, kind } = option;
  const description = language === 'en' ? option.description : (german[path] ?? '');
  const facts = [kind === 'group' ? '' : allowedText(option.allowed, language), presence(option, language)];
  const line = facts.filter((fact) => fact !== '').join('; ');
  return `- **\`${path}\`**: ${description}${line === '' ? '' : `\n  *${line}*`}\n`;
}

/** The German words of what may stand somewhere, with the numbers of the English ones; empty where there are none yet. */
export function allowedText(allowed: string, language: Language): string {
  const numbers = allowed.match(/\d+/g) ?? [];
  const pattern = allowed.replaceAll(/\d+/g, '{}');
  const words = language === 'en' ? pattern : (ALLOWED_DE[pattern] ?? '');
  let at = 0;
  return words.replaceAll('{}', () => sized(numbers[at++] ?? ''));
}

function presence({ path, byDefault, isOptional }: SchemaOption, language: Language): string {
  const words = WORDS[language];
  if (path.endsWith('[]')) return '';
  if (byDefault !== undefined) return `${words.byDefault}: \`${byDefault}\`${sizeWord(String(byDefault))}`;
  return isOptional ? words.optional : words.required;
}

function sized(number: string): string {
  return `${number}${sizeWord(number)}`;
}

/** " (64 MiB)" behind a number that is a round size of at least 1 MiB. */
function sizeWord(text: string): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = Number(text);
  let unit = 0;
  while (value >= KIB && value % KIB === 0 && unit < units.length - 1)
    [value, unit] = [value / KIB, unit + 1];
  return unit < 2 ? '' : ` (${value} ${units[unit]})`;
}
