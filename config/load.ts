// Loads a configuration file: all of it is good and comes back typed, or every problem comes back and nothing is applied.
// Looks at no other file, but for the kernel's table of USB buses: whether keys, certificates and folders are there is asked elsewhere.
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type * as z from 'zod';
import type { OptionDeclaration } from './command-line.ts';
import { orderProblems, type Problem } from './problems.ts';
import {
  checkReceiver,
  mapReceiver,
  type ReceiverConfig,
  receiverPlaces,
  type ReceiverPlaces,
} from './receiver-config.ts';
import { type ReceiverFile, receiverFileSchema } from './receiver-schema.ts';
import { RuleReport } from './rules.ts';
import { type Good, goodGroups, goodParts, schemaProblems } from './schema-problems.ts';
import { readSource, type Source } from './source.ts';
import {
  mapSpool,
  mapStation,
  type SpoolConfig,
  type StationConfig,
  stationPlaces,
  type StationPlaces,
} from './station-config.ts';
import { checkStation } from './station-rules.ts';
import { type StationFile, stationFileSchema } from './station-schema.ts';
import { scanYaml } from './yaml-scan.ts';
import { parseYaml, type YamlTree } from './yaml-tree.ts';

/** Where the packages put the files. */
export const STATION_FILE_DEFAULT = '/etc/bodydock/station.yaml';
export const RECEIVER_FILE_DEFAULT = '/etc/bodydock/receiver.yaml';

/** The option of commands that works on one of them. */
export const STATION_FILE = {
  type: 'string',
  value: 'FILE',
  default: STATION_FILE_DEFAULT,
  text: "the station's file",
} as const satisfies OptionDeclaration;
export const RECEIVER_FILE = {
  type: 'string',
  value: 'FILE',
  default: RECEIVER_FILE_DEFAULT,
  text: "the receiver's file",
} as const satisfies OptionDeclaration;

/**
 * `sha256` is the digest of the file's bytes, in hex; the custody log records it. Problems are in the order of the file. `places` is what
 * of a refused file can be looked for on this machine anyway, so that one look tells everything; absent where it could not be parsed.
 */
export type Loaded<Config, Places = unknown> =
  | { readonly kind: 'loaded'; readonly config: Config; readonly sha256: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly places?: Places };
type LoadedStation = Loaded<StationConfig, StationPlaces>;
type LoadedReceiver = Loaded<ReceiverConfig, ReceiverPlaces>;

/** Loads station.yaml; `usbRoot` is /sys/bus/usb/devices unless given. Never rejects: a file that cannot be read is a problem like any other. */
export async function loadStationConfig(file: string, usbRoot?: string): Promise<LoadedStation> {
  return stationConfigOf(await readSource(file), file, usbRoot);
}

/** The same of a text that was read, for anybody who looks first whether it is one that is known. Never throws. */
export function stationConfigOf(source: Source, file: string, usbRoot?: string): LoadedStation {
  return loadFile(source, file, stationFileSchema, {
    check: checkStation,
    map: (value: StationFile, folder) => mapStation(value, folder, usbRoot),
    places: (value: Good<StationFile>, folder) => stationPlaces(value, folder, usbRoot),
  });
}

/** Loads receiver.yaml. Never rejects. */
export async function loadReceiverConfig(file: string): Promise<LoadedReceiver> {
  return loadFile(await readSource(file), file, receiverFileSchema, {
    check: checkReceiver,
    map: mapReceiver,
    places: receiverPlaces,
  });
}

/** What a file says in the groups that somebody needs, while others may wait for what is still to come. */
export interface Unfinished<File> {
  readonly kind: 'loaded';
  /** With their defaults; all of the needed ones are there. */
  readonly groups: File;
  /** Everything that the file says, good or not, and where. */
  readonly tree: YamlTree;
  readonly text: string;
  /** Folder of the file: relative paths start there. */
  readonly folder: string;
}
type Refused = Extract<Loaded<unknown, never>, { kind: 'refused' }>;
type Needed<File, Name extends keyof File> = Unfinished<Partial<File> & Pick<File, Name>> | Refused;

/** Loads the named groups of a station.yaml whose others may not be good yet. Never rejects. */
export function loadUnfinishedStation<Name extends keyof StationFile>(
  file: string,
  needed: readonly Name[],
): Promise<Needed<StationFile, Name>> {
  return loadUnfinished(file, stationFileSchema, checkStation, needed);
}

/** The same for receiver.yaml. Never rejects. */
export function loadUnfinishedReceiver<Name extends keyof ReceiverFile>(
  file: string,
  needed: readonly Name[],
): Promise<Needed<ReceiverFile, Name>> {
  return loadUnfinished(file, receiverFileSchema, checkReceiver, needed);
}

async function loadUnfinished<Schema extends z.ZodObject, Name extends keyof z.output<Schema>>(
  file: string,
  schema: Schema,
  check: Check<Schema>,
  needed: readonly Name[],
): Promise<Needed<z.output<Schema>, Name>> {
  const examined = examine(await readSource(file), file, schema, check);
  if (examined.kind === 'refused') return examined;
  const isNeeded = ({ path }: Problem): boolean => {
    const [group = ''] = path?.split(/[.[]/) ?? [];
    return path === null || needed.some((name) => name === group);
  };
  const problems = examined.problems.filter(isNeeded);
  if (problems.length > 0) return { kind: 'refused', problems: orderProblems(problems) };
  const { text, tree } = examined;
  const groups = goodGroups(schema, tree) as Partial<z.output<Schema>> & Pick<z.output<Schema>, Name>;
  return { kind: 'loaded', groups, tree, text, folder: dirname(resolve(file)) };
}

interface Reader<Schema extends z.ZodObject, Config, Places> {
  readonly check: Check<Schema>;
  readonly map: (value: z.output<Schema>, folder: string) => Config;
  readonly places: (value: Good<z.output<Schema>>, folder: string) => Places;
}

/** Any file of one schema. Never throws. */
export function loadFile<Schema extends z.ZodObject, Config, Places>(
  source: Source,
  file: string,
  schema: Schema,
  { check, map, places }: Reader<Schema, Config, Places>,
): Loaded<Config, Places> {
  const folder = dirname(resolve(file));
  const examined = examine(source, file, schema, check);
  if (examined.kind === 'refused') return examined;
  const { problems, good, tree, sha256 } = examined;
  if (problems.length > 0)
    return { kind: 'refused', problems: orderProblems(problems), places: places(good, folder) };
  const config = map(schema.parse(tree.value), folder);
  return { kind: 'loaded', config, sha256 };
}

type Check<Schema extends z.ZodObject> = (file: Good<z.output<Schema>>, report: RuleReport) => void;

interface Examined<Schema extends z.ZodObject> {
  readonly kind: 'examined';
  readonly text: string;
  readonly sha256: string;
  readonly tree: YamlTree;
  readonly problems: readonly Problem[];
  readonly good: Good<z.output<Schema>>;
}

/** All problems of a file that is YAML at all. */
function examine<Schema extends z.ZodObject>(
  source: Source,
  file: string,
  schema: Schema,
  check: Check<Schema>,
): Examined<Schema> | Refused {
  if (source.kind === 'refused') return source;
  const parsed = parseYaml(source.text, file);
  if (parsed.kind === 'refused') return { kind: 'refused', problems: orderProblems(parsed.problems) };
  const { tree } = parsed;
  const report = new RuleReport(file, tree);
  const good = goodParts(schema, tree);
  check(good, report);
  const problems = [...parsed.problems, ...schemaProblems(schema, tree, file), ...report.problems];
  return { kind: 'examined', text: source.text, sha256: source.sha256, tree, problems, good };
}

// What can still be read in a station.yaml that is refused: where the spool lies. The agent may go on with what the file said before, and
// anybody who looks after it needs to ask it then most of all.

/**
 * The spool as the file names it, with what else the file says of it as far as that is good. Undefined where the file itself is refused
 * (somebody else may write it, it cannot be read) or names no path that can be one. Never rejects.
 */
export async function spoolOfRefused(file: string): Promise<SpoolConfig | undefined> {
  const source = await readSource(file);
  if (source.kind === 'refused' || scanYaml(source.text, file).length > 0) return undefined;
  const spool = stationFileSchema.shape.spool;
  // A slip in one line leaves the others as they are: the library reads on behind it.
  const document = parseDocument(source.text, { prettyErrors: false, uniqueKeys: false, version: '1.2' });
  const said: unknown = document.toJS()?.spool;
  const good = spool.safeParse(said);
  const path = typeof said === 'object' && said !== null && 'path' in said ? said.path : undefined;
  const { data } = good.success ? good : spool.safeParse({ path });
  return data && mapSpool(data, dirname(resolve(file)));
}
