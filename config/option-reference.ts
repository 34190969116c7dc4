// The option reference for technicians: options.en.md and options.de.md, made from the schemas that the programs check with. Pure.
import * as z from 'zod';
import type { Language } from './language.ts';
import { LIVE_OPTIONS } from './live-options.ts';
import { receiverFileSchema } from './receiver-schema.ts';
import { stationFileSchema } from './station-schema.ts';
import { ALLOWED_DE, RECEIVER_OPTIONS_DE, STATION_OPTIONS_DE } from './texts/de/options.ts';

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

// Every option of a schema as rows for people: one source for the option reference and for tests on the example files. Pure.

/** What stands behind the colon. */
type OptionKind = 'group' | 'list' | 'text' | 'number' | 'choice' | 'truth';

/** One key of a configuration file. */
interface SchemaOption {
  /** As in `bays[].serial.baud`: "[]" is each entry of a list. */
  readonly path: string;
  readonly kind: OptionKind;
  /** What counts where the key is not there; undefined where it must be there, or where nothing counts then. */
  readonly byDefault: string | number | boolean | undefined;
  /** Whether the key may be left out. */
  readonly isOptional: boolean;
  readonly description: string;
  /** What may stand there, in words. */
  readonly allowed: string;
}

/** All keys that count, in the order of the file, each group and list before what is in it. */
export function schemaOptions(schema: z.core.$ZodType): SchemaOption[] {
  return below(schema, '');
}

function below(schema: z.core.$ZodType, path: string): SchemaOption[] {
  if (schema instanceof z.ZodArray) return optionAndBelow(schema.element, `${path}[]`);
  if (!(schema instanceof z.ZodObject)) return [];
  const all = Object.entries<z.core.$ZodType>(schema.shape);
  const fields = all.filter(([, field]) => z.globalRegistry.get(field)?.deprecated !== true);
  return fields.flatMap(([key, field]) => optionAndBelow(field, path === '' ? key : `${path}.${key}`));
}

function optionAndBelow(schema: z.core.$ZodType, path: string): SchemaOption[] {
  const { inner, byDefault, isOptional, texts } = unwrapped(schema);
  const option = { path, kind: kindOf(inner), byDefault, isOptional, ...texts };
  return [option, ...below(inner, path)];
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly byDefault: SchemaOption['byDefault'];
  readonly isOptional: boolean;
  readonly texts: Pick<SchemaOption, 'description' | 'allowed'>;
}

/** Takes off what only says that a key may be left out. The outermost words count. */
function unwrapped(schema: z.core.$ZodType): Unwrapped {
  let inner = schema;
  let byDefault: SchemaOption['byDefault'];
  let { description, allowed } = textsOf(inner);
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    if (inner instanceof z.ZodDefault) byDefault = plain(inner.def.defaultValue);
    inner = inner.unwrap();
    const texts = textsOf(inner);
    description ??= texts.description;
    allowed ??= texts.allowed;
  }
  const texts = { description: description ?? '', allowed: allowed ?? '' };
  return { inner, byDefault, isOptional: inner !== schema, texts };
}

function textsOf(schema: z.core.$ZodType): { description: string | undefined; allowed: string | undefined } {
  const meta = z.globalRegistry.get(schema);
  const allowed = meta?.['allowed'];
  return { description: meta?.description, allowed: typeof allowed === 'string' ? allowed : undefined };
}

function plain(value: unknown): SchemaOption['byDefault'] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

function kindOf(schema: z.core.$ZodType): OptionKind {
  if (schema instanceof z.ZodObject) return 'group';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'truth';
  return schema instanceof z.ZodString ? 'text' : 'choice';
}
