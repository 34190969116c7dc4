// `bodydock check`: says every problem of station.yaml and of the files that it names, or that all is good. Changes nothing.
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { checkStationFiles, type StationFinds } from '../../config/installed-files.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { printable, renderProblems, type Problem } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { parseCommandLine, writeJson, type Io } from './output.ts';

const HELP = `bodydock check [--config FILE] [--json]

Checks station.yaml and the keys, certificates, folders and proofs that it names. Says every problem at once, each with its place
and what to do, and changes nothing. Ends with 0 when the station can start with it, else with 78.

  --config FILE  the file to check (default: ${STATION_FILE_DEFAULT})
  --json         one JSON document on standard output instead of text
`;

/** Runs the command; gives the exit code. Errors: "usage". */
export async function check(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(args, io, { help: HELP, options: { config: { type: 'string' } } });
  if (line === undefined) return EXIT_GOOD;
  const file = line.values.config ?? STATION_FILE_DEFAULT;
  const json = line.values.json === true;
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') return refuse(io, json, file, loaded.problems, []);
  const finds = await checkStationFiles(loaded.config, Date.now());
  if (finds.problems.length > 0) return refuse(io, json, file, finds.problems, finds.warnings);
  const { warnings, unprovenRecipients } = finds;
  if (json) {
    const { config, sha256 } = loaded;
    const counts = {
      bays: config.bays.length,
      serial_bays: serialBays(config),
      cameras: config.cameras.length,
      release: config.release,
    };
    writeJson(io, {
      good: true,
      file,
      sha256,
      station: config.station,
      ...counts,
      unproven_recipients: unprovenRecipients,
      problems: [],
      warnings,
    });
  } else {
    io.out(renderWarnings(warnings) + summary(file, loaded.config, unprovenRecipients.length));
  }
  return EXIT_GOOD;
}

function refuse(
  io: Io,
  json: boolean,
  file: string,
  problems: readonly Problem[],
  warnings: StationFinds['warnings'],
): number {
  if (json) writeJson(io, { good: false, file, problems, warnings });
  else {
    io.out(renderWarnings(warnings) + renderProblems(problems));
    io.out(`not good: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} with ${file}\n`);
  }
  return EXIT_CONFIGURATION;
}

function renderWarnings(warnings: StationFinds['warnings']): string {
  return warnings.map(({ file, message }) => `${printable(`warning: ${file}: ${message}`)}\n`).join('');
}

function summary(file: string, config: StationConfig, unproven: number): string {
  const proofs = unproven === 0 ? 'all proven' : `${unproven} without proof`;
  const ports = serialBays(config);
  const parts = [
    `station ${config.station}`,
    `bays ${config.bays.length}${ports === 0 ? '' : ` (${ports} with a serial port)`}`,
    `cameras ${config.cameras.length}`,
    `recipients ${config.recipients.length} (${proofs})`,
    `release ${config.release}`,
  ];
  return `good: ${file}: ${parts.join(', ')}\n`;
}

function serialBays({ bays }: StationConfig): number {
  return bays.filter(({ serial }) => serial !== null).length;
}
