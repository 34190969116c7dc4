// `bodydock export`: a kit for a court's expert, or the annex on data handling. Parses the command line; the work is elsewhere.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE_DEFAULT } from '../../config/load.ts';
import { LANGUAGES, type Language } from '../report/words.ts';
import { exportHandling } from './export-handling.ts';
import { parseCommandLine, usageError, type Io } from './output.ts';

const HELP = `bodydock export --data-handling [--config FILE] [--receiver-config FILE] [--html FILE] [--lang en|de] [--json]

The annex to the works agreement, from the configuration alone: what is stored where and how long, who can open it, who may hold or
delete it, which data on persons can occur and which never do, which logs there are.

  --config FILE           the station's file (default: ${STATION_FILE_DEFAULT})
  --receiver-config FILE  the store's file; without it the store's periods and roles are left open
  --html FILE             a page that prints on A4, instead of text
  --lang en|de            language (default: en)
  --json                  the facts as one JSON document instead of text

Exit codes: 0 good, 2 usage, 78 configuration.
`;
const OPTIONS = {
  'data-handling': { type: 'boolean' },
  config: { type: 'string' },
  'receiver-config': { type: 'string' },
  html: { type: 'string' },
  lang: { type: 'string' },
} as const;

/** Runs the command; gives the exit code. Errors: "usage", and those of what was asked for. */
export async function exportCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(args, io, { help: HELP, options: OPTIONS });
  if (line === undefined) return EXIT_GOOD;
  const { config, html, json = false } = line.values;
  const language = languageOf(line.values.lang);
  if (line.values['data-handling'] !== true) throw usageError('say what to export: --data-handling');
  return exportHandling({ config, receiverConfig: line.values['receiver-config'], language, html, json }, io);
}

function languageOf(text = 'en'): Language {
  const language = LANGUAGES.find((known) => known === text);
  if (language !== undefined) return language;
  throw usageError(`--lang ${JSON.stringify(text)}: en or de`);
}
