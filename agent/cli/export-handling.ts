// `bodydock export --data-handling`: the annex to the works agreement, from the configuration alone.
import { resolve } from 'node:path';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import {
  loadReceiverConfig,
  loadStationConfig,
  STATION_FILE_DEFAULT,
  type Loaded,
} from '../../config/load.ts';
import { printable, renderProblems } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import { nodeClock } from '../../protocol/io/clock-node.ts';
import { blocksHtml, blocksText } from '../page/blocks.ts';
import { handlingDocument } from '../export/handling-document.ts';
import { handlingFacts, type HandlingFacts, type LoadedFile } from '../export/handling-facts.ts';
import type { Language } from '../page/language.ts';
import { writeJson, type Io } from './output.ts';
import { replacePage } from './page-file.ts';

/** What was asked for. */
export interface HandlingWish {
  readonly config: string | undefined;
  readonly receiverConfig: string | undefined;
  readonly language: Language;
  readonly html: string | undefined;
  readonly json: boolean;
}

/** Prints the annex; gives the exit code. Errors: "page.unwritable". */
export async function exportHandling(wish: HandlingWish, io: Io): Promise<number> {
  const station = await loadStationConfig(wish.config ?? STATION_FILE_DEFAULT);
  const store = wish.receiverConfig === undefined ? undefined : await loadReceiverConfig(wish.receiverConfig);
  const facts = factsOf(station, store);
  if (facts === undefined) {
    for (const loaded of [station, store])
      if (loaded?.kind === 'refused') io.err(renderProblems(loaded.problems));
    return EXIT_CONFIGURATION;
  }
  const stamp = { madeAt: new Date(nodeClock().wallMs()).toISOString(), version: await readVersion() };
  const { title, blocks } = handlingDocument(facts, wish.language, stamp);
  if (wish.html !== undefined) {
    await replacePage(resolve(wish.html), blocksHtml(wish.language, title, blocks));
    if (!wish.json) io.out(`${printable(wish.html)}: ${title}\n`);
  } else if (!wish.json) io.out(blocksText(title, blocks).replaceAll(/[^\n]+/g, printable));
  if (wish.json) writeJson(io, { ...facts, made_at: stamp.madeAt, version: stamp.version });
  return EXIT_GOOD;
}

/** Undefined where one of the files was refused. */
function factsOf(
  station: Awaited<ReturnType<typeof loadStationConfig>>,
  store: Awaited<ReturnType<typeof loadReceiverConfig>> | undefined,
): HandlingFacts | undefined {
  const own = loadedOf(station);
  const far = store === undefined ? undefined : loadedOf(store);
  if (own === undefined || (store !== undefined && far === undefined)) return undefined;
  return handlingFacts(own, far);
}

function loadedOf<Config>(loaded: Loaded<Config>): LoadedFile<Config> | undefined {
  return loaded.kind === 'loaded' ? loaded : undefined;
}
