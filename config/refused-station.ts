// What can still be read in a station.yaml that is refused: where the spool lies. The agent may go on with what the file said before, and
// anybody who looks after it needs to ask it then most of all.
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { readSource } from './source.ts';
import { mapSpool, type SpoolConfig } from './station-config.ts';
import { stationFileSchema } from './station-schema.ts';
import { scanYaml } from './yaml-scan.ts';

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
