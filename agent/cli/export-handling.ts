// `bodydock export --data-handling`: the annex to the works agreement, from the configuration alone.
import { resolve } from 'node:path';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadReceiverConfig, loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { printable, refusedFile } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import type { DockError } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { blocksHtml, blocksText } from '../evidence/page/blocks.ts';
import { handlingDocument, type HandlingFacts, handlingFacts } from '../evidence/kit/handling-document.ts';
import type { Language } from '../evidence/page/language.ts';
import { writeJson, type Io } from '../../config/command-line.ts';
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
  const facts = await factsOf(wish, io);
  const stamp = { madeAt: new Date(nodeClock().wallMs()).toISOString(), version: await readVersion() };
  const { title, blocks } = handlingDocument(facts, wish.language, stamp);
  if (wish.html !== undefined) {
    await replacePage(resolve(wish.html), blocksHtml(wish.language, title, blocks));
    if (!wish.json) io.out(`${printable(wish.html)}: ${title}\n`);
  } else if (!wish.json) io.out(blocksText(title, blocks).replaceAll(/[^\n]+/g, printable));
  if (wish.json) writeJson(io, { ...facts, made_at: stamp.madeAt, version: stamp.version });
  return EXIT_GOOD;
}

/** Errors: "config.refused", behind the problems of both files. */
async function factsOf(
  { config: file = STATION_FILE_DEFAULT, receiverConfig }: HandlingWish,
  io: Io,
): Promise<HandlingFacts> {
  const station = await loadStationConfig(file);
  const store = receiverConfig === undefined ? undefined : await loadReceiverConfig(receiverConfig);
  const refusals: DockError[] = [];
  if (station.kind === 'refused') refusals.push(refusedFile(file, station.problems, 'bodydock', io));
  if (receiverConfig !== undefined && store?.kind === 'refused')
    refusals.push(refusedFile(receiverConfig, store.problems, 'bodydock-receiver', io));
  if (station.kind === 'refused' || store?.kind === 'refused') throw refusals[0];
  return handlingFacts(station, store);
}
