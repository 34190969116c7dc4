// Loads a configuration file: all of it is good and comes back typed, or every problem comes back and nothing is applied.
// Looks at no other file: whether keys, certificates and folders are there is asked elsewhere.
import { dirname, resolve } from 'node:path';
import type * as z from 'zod';
import { orderProblems, type Problem } from './problems.ts';
import { mapReceiver, type ReceiverConfig } from './receiver-config.ts';
import { checkReceiver } from './receiver-rules.ts';
import { receiverFileSchema } from './receiver-schema.ts';
import { RuleReport } from './rules.ts';
import { goodGroups, schemaProblems } from './schema-problems.ts';
import { readSource } from './source.ts';
import { mapStation, type StationConfig } from './station-config.ts';
import { checkStation } from './station-rules.ts';
import { stationFileSchema } from './station-schema.ts';
import { parseYaml } from './yaml-tree.ts';

/** Where the packages put the files. */
export const STATION_FILE_DEFAULT = '/etc/bodydock/station.yaml';
export const RECEIVER_FILE_DEFAULT = '/etc/bodydock/receiver.yaml';

/** `sha256` is the digest of the file's bytes, in hex; the custody log records it. Problems are in the order of the file. */
export type Loaded<Config> =
  | { readonly kind: 'loaded'; readonly config: Config; readonly sha256: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Loads station.yaml. Never rejects: a file that cannot be read is a problem like any other. */
export function loadStationConfig(file: string): Promise<Loaded<StationConfig>> {
  return load(file, stationFileSchema, checkStation, mapStation);
}

/** Loads receiver.yaml. Never rejects. */
export function loadReceiverConfig(file: string): Promise<Loaded<ReceiverConfig>> {
  return load(file, receiverFileSchema, checkReceiver, mapReceiver);
}

async function load<Schema extends z.ZodObject, Config>(
  file: string,
  schema: Schema,
  check: (groups: Partial<z.output<Schema>>, report: RuleReport) => void,
  map: (value: z.output<Schema>, folder: string) => Config,
): Promise<Loaded<Config>> {
  const source = await readSource(file);
  if (source.kind === 'refused') return source;
  const parsed = parseYaml(source.text, file);
  if (parsed.kind === 'refused') return { kind: 'refused', problems: orderProblems(parsed.problems) };
  const report = new RuleReport(file, parsed.tree);
  check(goodGroups(schema, parsed.tree), report);
  const problems = [...parsed.problems, ...schemaProblems(schema, parsed.tree, file), ...report.problems];
  if (problems.length > 0) return { kind: 'refused', problems: orderProblems(problems) };
  const config = map(schema.parse(parsed.tree.value), dirname(resolve(file)));
  return { kind: 'loaded', config, sha256: source.sha256 };
}
