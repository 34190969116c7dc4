// Judges the configuration file of a running station: unchanged, good as a whole with all the files that it names, or refused.
// A refused file changes nothing: what is in force stays in force.
import { dirname, resolve } from 'node:path';
import { withCredentials } from '../../config/credentials.ts';
import { checkStationFiles } from '../../config/enrolment/installed-files.ts';
import { stationConfigOf } from '../../config/load.ts';
import { problem, showFound, type Problem } from '../../config/problems.ts';
import { readSource, type Source } from '../../config/source.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { kernelPort } from '../../config/usb-buses.ts';

/** A configuration that passed all checks. */
export interface GoodConfig {
  readonly config: StationConfig;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
}

/** At least one problem where it is refused. */
export type JudgedConfig =
  | { readonly kind: 'good'; readonly good: GoodConfig }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Where the file lies, and what systemd handed over. */
export interface ConfigPlace {
  readonly file: string;
  /** CREDENTIALS_DIRECTORY. */
  readonly credentialsFolder: string | undefined;
  /** /sys/bus/usb/devices unless given. */
  readonly usbRoot?: string | undefined;
}

/** Reads the file as at a start: its text only. What it names is not looked at. Never rejects. */
export async function readConfig(place: ConfigPlace): Promise<JudgedConfig> {
  return configOf(await readSource(place.file), place);
}

async function configOf(
  source: Source,
  { file, credentialsFolder, usbRoot }: ConfigPlace,
): Promise<JudgedConfig> {
  const loaded = stationConfigOf(source, file, usbRoot);
  if (loaded.kind === 'refused') return loaded;
  const config = await withCredentials(loaded.config, dirname(resolve(file)), credentialsFolder);
  return { kind: 'good', good: { config, sha256: loaded.sha256 } };
}

/**
 * Reads the file beside a running station, again and again: the text in force is not looked through anew, which holds a thread up for 13 ms on two
 * x86-64 cores beside other work (V8's profile). Another text must pass what `bodydock check` looks at: a station that runs is not ended for a key
 * that is not there. `nowMs` is the wall time. Never rejects.
 */
export async function judgeConfig(
  place: ConfigPlace,
  inForce: GoodConfig,
  nowMs: number,
): Promise<JudgedConfig> {
  const source = await readSource(place.file);
  const isInForce = source.kind === 'read' && source.sha256 === inForce.sha256;
  if (isInForce && !hasFoundPort(inForce.config, place.usbRoot)) return { kind: 'good', good: inForce };
  const judged = await configOf(source, place);
  if (judged.kind === 'refused') return judged;
  const { problems } = await checkStationFiles(judged.good.config, nowMs);
  const all = [...movedSpool(place.file, inForce.config, judged.good.config), ...problems];
  return all.length > 0 ? { kind: 'refused', problems: all } : judged;
}

/** A controller that was not there when the file was read came: the socket of a bay has a name of the kernel's now. */
function hasFoundPort({ bays }: StationConfig, usbRoot?: string): boolean {
  return bays.some(({ usbPort }) => usbPort !== null && kernelPort(usbPort, usbRoot) !== usbPort);
}

/** With another folder the station would begin anew: what waits in this one would be pushed by nobody, and its log would be another one. */
function movedSpool(file: string, { spool }: StationConfig, next: StationConfig): Problem[] {
  if (next.spool.path === spool.path) return [];
  const found = {
    code: 'config.spool-moved',
    file,
    path: 'spool.path',
    found: showFound(next.spool.path),
    message: `the running station keeps its recordings and its custody log in ${spool.path}`,
    remedy: 'stop the service, move that folder to its new place, and start the service again',
  };
  return [problem(found)];
}
