// The group `pipeline` as the command line asks for it: which parties can run here, the work they all get, and their outcome.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';
import { spaceBytes } from './parties/bodydock-rig.ts';
import type { Party } from './parties/party.ts';
import { pipelineDocument, pipelineFigures, pipelineText } from './pipeline-report.ts';
import { allParties, measurePipeline, missingTools } from './pipeline.ts';
import { inBenchFolder, makeWork, requireSpace } from './work.ts';

const MIB = 1024 * 1024;
/** Of each party's work. */
export const FILES = 16;

/** Errors: too little disk; the signal's reason. */
export async function pipelineGroup(
  { only, workMib, repetitions }: Pick<BenchOptions, 'only' | 'workMib' | 'repetitions'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  const wanted = allParties().filter(({ name }) => only.length === 0 || only.includes(name));
  await requireSpace(tmpdir(), spaceBytes(workMib * MIB));
  return inBenchFolder(async (folder) => {
    try {
      const { able, skipped } = await sortOut(wanted, signal);
      const work = await makeWork(join(folder, 'source'), FILES, workMib, signal);
      const results = await measurePipeline(able, work, repetitions, signal, progress);
      const head = `${FILES} files, together ${work.sizeBytes / MIB} MiB, ${repetitions} repetitions, medians`;
      return {
        text: `${head}\n\n${pipelineText(results, work, skipped)}`,
        document: pipelineDocument(results, work, skipped),
        figures: pipelineFigures(results, work),
        disturbance: disturbanceOf(results.flatMap(({ samples }) => samples.map(({ load }) => load))),
        good: results.every(({ error }) => error === undefined),
      };
    } finally {
      for (const party of wanted) await party.remove?.();
    }
  });
}

interface SortedOut {
  readonly able: readonly Party[];
  readonly skipped: readonly string[];
}

/** Skipped, by name, are those that lack a program or cannot fetch what they need. */
async function sortOut(wanted: readonly Party[], signal: AbortSignal): Promise<SortedOut> {
  const able: Party[] = [];
  const skipped: string[] = [];
  for (const party of wanted) {
    const reason = await whyNot(party, signal);
    if (reason === undefined) able.push(party);
    else skipped.push(`SKIPPED: ${party.title}: ${reason}`);
  }
  return { able, skipped };
}

async function whyNot(party: Party, signal: AbortSignal): Promise<string | undefined> {
  const missing = missingTools(party);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  try {
    await party.fetch?.(signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `not fetched: ${error instanceof Error ? error.message.split('\n').slice(0, 2).join('; ') : String(error)}`;
  }
}
