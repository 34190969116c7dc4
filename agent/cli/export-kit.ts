// `bodydock export RECORDING...`: the kit for a court's expert, and what is said of it.
import { basename, resolve } from 'node:path';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { printable } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import { isRecordingId } from '../../protocol/format/ids.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { makeKit, type KitWish, type MadeKit } from '../evidence/kit/make-kit.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { disclosureText, OPENING_WORDS } from './opening-words.ts';
import { usageError, writeJson, type Io } from '../../config/command-line.ts';
import { remarkDocument } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';

/** Makes the kit; gives the exit code. Errors: those of makeKit; "usage" for a word that is no recording. */
export async function exportKit(
  wish: Omit<KitWish, 'recordings'> & { readonly words: readonly string[]; readonly json: boolean },
  io: Io,
): Promise<number> {
  const recordings = [...new Set(wish.words.map(recordingIn))];
  const files = await ownedFiles(wish.vault);
  const ports = { files, clock: nodeClock(), random: nodeRandom(), signal: io.signal };
  const kit = await makeKit({ ...wish, recordings }, { ...ports, version: await readVersion() });
  if (wish.json) writeJson(io, kitDocument(kit, wish.out));
  else io.out(kit.made ? madeText(kit, wish.out, wish.language) : refusedText(kit, wish.language));
  return kit.findings.length === 0 ? EXIT_GOOD : EXIT_FAILURE;
}

/** An id, or the path of a recording's folder. */
function recordingIn(word: string): string {
  const id = basename(resolve(word));
  if (isRecordingId(id)) return id;
  throw usageError(
    `${JSON.stringify(word.slice(0, 80))} is no recording: give the id of 26 characters of a recording or docking record, or its folder`,
  );
}

function madeText({ parts, findings, place, disclosures }: MadeKit, out: string, language: Language): string {
  const words = OPENING_WORDS[language];
  const { asked, sidecars, dockings, segments } = parts;
  const lines = [
    disclosureText(place, disclosures, words),
    fill(words.kit, out, asked.length, sidecars.length, dockings.length, segments.length),
    findings.length === 0 ? words.kitGood : fill(words.kitBad, findings.length),
  ];
  return new VerifyText(language).remarks(findings) + lines.map((line) => `${printable(line)}\n`).join('');
}

function refusedText({ findings }: MadeKit, language: Language): string {
  return `${new VerifyText(language).remarks(findings)}${OPENING_WORDS[language].notExported}\n`;
}

function kitDocument({ made, parts, findings, disclosures }: MadeKit, out: string): unknown {
  const ids = (list: readonly { readonly recording: string }[]): string[] =>
    list.map(({ recording }) => recording);
  return {
    good: findings.length === 0,
    out: made ? out : null,
    recordings: ids(parts.asked),
    sidecars: ids(parts.sidecars),
    docking_records: parts.dockings.map(({ record }) => record),
    segments: parts.segments.map(({ keeper, segment }) => ({ keeper, segment })),
    disclosures: disclosures.map(({ disclosure }) => disclosure),
    remarks: findings.map(remarkDocument),
  };
}
