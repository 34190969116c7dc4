// `bodydock check`: says every problem of station.yaml and of the files that it names, or that all is good. Changes nothing.
import { CHECK_TEXTS, findsIn, refusedText, warningsText, type CheckFinds } from '../../config/check-text.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { checkStationFiles } from '../../config/enrolment/installed-files.ts';
import type { Language } from '../../config/language.ts';
import { loadStationConfig, STATION_FILE } from '../../config/load.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { bayOwnerWarnings } from './bay-owner.ts';
import { command, writeJson, LANG } from '../../config/command-line.ts';

/** Errors: "usage". */
export const check = command(
  {
    name: 'bodydock check',
    usage: ['[--config FILE] [--lang en|de] [--json]'],
    about: `
Checks station.yaml and the keys, certificates, folders and proofs that it names. Says every problem at once, each with its place
and what to do, and changes nothing. Ends with 0 when the station can start with it, else with 78.
`,
    options: {
      config: { ...STATION_FILE, text: 'the file to check' },
      lang: LANG,
    },
  },
  async (line, io) => {
    const { config: file } = line.values;
    const { json, language } = line;
    const loaded = await loadStationConfig(file);
    const places = loaded.kind === 'loaded' ? loaded.config : loaded.places;
    const files = places && (await checkStationFiles(places, Date.now()));
    const wrong = loaded.kind === 'refused' ? loaded.problems : [];
    const owners = places === undefined ? [] : await bayOwnerWarnings(places);
    const finds = {
      problems: [...wrong, ...(files?.problems ?? [])],
      warnings: [...(files?.warnings ?? []), ...owners],
    };
    if (loaded.kind === 'refused' || finds.problems.length > 0) {
      if (json) writeJson(io, { good: false, file, ...findsIn(finds, language) });
      else io.out(refusedText(finds, file, language));
      return EXIT_CONFIGURATION;
    }
    const { config, sha256 } = loaded;
    const unproven = files?.unprovenRecipients ?? [];
    if (json) writeJson(io, goodDocument(file, { config, sha256, unproven }, findsIn(finds, language)));
    else io.out(warningsText(finds.warnings, language) + summary(file, config, unproven.length, language));
    return EXIT_GOOD;
  },
);

interface Good {
  readonly config: StationConfig;
  readonly sha256: string;
  readonly unproven: readonly string[];
}

function goodDocument(file: string, { config, sha256, unproven }: Good, finds: CheckFinds): object {
  const { station, bays, cameras, release } = config;
  const counts = {
    bays: bays.length,
    serial_bays: serialBays(config),
    cameras: cameras.length,
    release,
  };
  return { good: true, file, sha256, station, ...counts, unproven_recipients: unproven, ...finds };
}

function summary(file: string, config: StationConfig, unproven: number, language: Language): string {
  const say = CHECK_TEXTS[language];
  const { station, bays, cameras, recipients, release } = config;
  const serial = serialBays(config);
  const text = say('stationGood', {
    file,
    station,
    bays: bays.length,
    ports: serial === 0 ? '' : say('serialPorts', { count: serial }),
    cameras: cameras.length,
    recipients: recipients.length,
    proofs: unproven === 0 ? say('proven') : say('unproven', { count: unproven }),
    release,
  });
  return `${text}\n`;
}

function serialBays({ bays }: StationConfig): number {
  return bays.filter(({ serial }) => serial !== null).length;
}
