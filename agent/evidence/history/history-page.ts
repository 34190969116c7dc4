// The life of a recording or docking as a text to read and a page to print. Pure: what is told comes in, in one language it goes out.
import { filled } from '../../../config/texts.ts';
import { HISTORY_DE } from '../../../config/texts/de/history.ts';
import { HISTORY_EN, type HistoryWords } from '../../../config/texts/en/history.ts';
import {
  type Block,
  blocksHtml,
  blocksText,
  heading,
  list,
  paragraph,
  small,
  table,
  warning,
} from '../page/blocks.ts';
import { eventSentence, type Language, number, shownAt } from '../page/language.ts';
import { meaningOf, type Remark } from '../verify/remark.ts';
import type { History, HistoryLog, Step } from './history.ts';
import { shortRows, worthOf } from './short-rows.ts';

/** Remarks of one kind that are listed. */
const REMARKS_MAX = 100;
/** Findings that say that a log is broken, cut, or not whole. */
const BROKEN =
  /^(?:custody\.(?:entry|not-opened|checkpoint|signature|two-starts|fork|cycle|segment-missing|tail-missing|link-differs|unreadable|two-keys|key-not-announced|group)|receipt\.custody)/;
interface Page {
  readonly history: History;
  readonly words: HistoryWords;
  readonly language: Language;
}

/** For a terminal or a plain file. */
export function historyText(history: History, language: Language): string {
  const page = pageOf(history, language);
  return blocksText(title(page), blocks(page));
}

/** Self-contained, prints on A4. */
export function historyHtml(history: History, language: Language): string {
  const page = pageOf(history, language);
  return blocksHtml(language, title(page), blocks(page));
}

function pageOf(history: History, language: Language): Page {
  return { history, language, words: language === 'de' ? HISTORY_DE : HISTORY_EN };
}

function title({ history: { subject }, words }: Page): string {
  return filled(subject.kind === 'recording' ? words.titleRecording : words.titleDocking, { id: subject.id });
}

function blocks(page: Page): Block[] {
  const chapters = [
    head,
    shortly,
    findings,
    steps,
    between,
    companions,
    documents,
    logs,
    notes,
    keys,
    meaning,
    made,
  ];
  return chapters.flatMap((chapter) => chapter(page));
}

function head({ history, words }: Page): Block[] {
  const { place, subject, steps: told, findings: found } = history;
  const claimed = told.filter(({ proof }) => proof === 'claimed').length;
  const broken = found.filter(({ code }) => BROKEN.test(code)).length;
  const intro = place.kind === 'vault' ? words.intro : words.introSpool;
  const warnings = [
    ...(found.length > 0 ? [filled(words.bad, { count: found.length })] : []),
    ...(broken > 0 ? [filled(words.broken, { count: broken })] : []),
    ...(claimed > 0 ? [filled(words.claimed, { count: claimed })] : []),
    ...(history.logs.some(({ kind }) => kind === 'station') ? [] : [words.noLog]),
  ];
  return [
    paragraph(filled(intro, { station: subject.station ?? words.notKnown })),
    ...(found.length > 0 ? [] : [paragraph(words.good)]),
    ...warnings.map(warning),
  ];
}

function shortly({ history, words, language }: Page): Block[] {
  return [heading(words.shortly), table(words.shortlyHead, shortRows(history, words, language))];
}

function findings({ history, words, language }: Page): Block[] {
  const { findings: found } = history;
  if (found.length === 0) return [];
  const rows = found
    .slice(0, REMARKS_MAX)
    .map(({ where, code, message }) => [where, message, meaningOf(code, language)]);
  return [
    heading(words.findings),
    table(words.findingsHead, rows),
    ...more(words.more, found.length - REMARKS_MAX),
  ];
}

function steps({ history, words, language }: Page): Block[] {
  const title = heading(words.steps);
  if (history.steps.length === 0) return [title, paragraph(words.stepsNone)];
  const hidden = history.logs.reduce((sum, log) => sum + log.more_steps, 0);
  return [
    title,
    table(words.stepsHead, stepRows(history.steps, history.logs, words, language)),
    ...more(words.stepsMore, hidden),
  ];
}

function between({ history, words, language }: Page): Block[] {
  if (history.between.length === 0) return [];
  const hidden = history.logs.reduce((sum, log) => sum + log.more_between, 0);
  return [
    heading(words.between),
    paragraph(words.betweenText),
    table(words.stepsHead, stepRows(history.between, history.logs, words, language)),
    ...more(words.betweenMore, hidden),
  ];
}

function stepRows(
  list: readonly Step[],
  logList: readonly HistoryLog[],
  words: HistoryWords,
  language: Language,
): string[][] {
  const stores = new Set(logList.filter(({ kind }) => kind === 'store').map(({ keeper }) => keeper));
  return list.map((step) => [
    shownAt(step.at),
    eventSentence(step, language),
    filled(stores.has(step.keeper) ? words.store : words.station, { keeper: step.keeper }),
    worthOf(step, words),
  ]);
}

function companions({ history, words, language }: Page): Block[] {
  const { companions: list, subject } = history;
  if (list.length === 0) return [];
  const rows = list.map(({ recording, relation, event, size_bytes: size, sha256 }) => [
    recording,
    [words.relations[relation], words.meetings[event]].filter((text) => text !== '').join(', '),
    size === null || sha256 === null
      ? ''
      : filled(words.originalText, { size: number(size, language), digest: sha256 }),
  ]);
  const title = subject.kind === 'docking' ? words.companionsOfDocking : words.companions;
  return [
    heading(title),
    table(words.companionsHead, rows),
    ...more(words.companionsMore, history.more_companions),
  ];
}

function documents({ history, words }: Page): Block[] {
  const title = heading(words.documents);
  if (history.documents.length === 0) return [title, paragraph(words.documentsNone)];
  const rows = history.documents.map(({ kind, where, sha256, signed_by: signers }) => [
    words.kinds[kind],
    `${where}, ${sha256 ?? words.notKnown}`,
    signers.join(', ') || words.nobody,
  ]);
  return [title, table(words.documentsHead, rows)];
}

function logs({ history, words, language }: Page): Block[] {
  if (history.logs.length === 0) return [];
  const rows = history.logs.map((log) => [
    filled(log.kind === 'store' ? words.store : words.station, { keeper: log.keeper }),
    `${[log.from_at, log.to_at].map((at) => (at === null ? '' : shownAt(at))).join(' – ')}; ${log.from_the_start ? words.logFromStart : words.logLater}`,
    filled(words.logsSize, {
      entries: number(log.entries, language),
      segments: number(log.segments, language),
    }),
  ]);
  return [heading(words.logs), paragraph(words.logsText), table(words.logsHead, rows)];
}

function notes({ history, words, language }: Page): Block[] {
  const { notes: shown } = history;
  if (shown.length === 0) return [];
  const items = shown.slice(0, REMARKS_MAX).map((each) => noteText(each, language));
  return [heading(words.notes), list(items), ...more(words.more, shown.length - REMARKS_MAX)];
}

function noteText({ where, message, code }: Remark, language: Language): string {
  return `${where}: ${message}. ${meaningOf(code, language)}`;
}

function keys({ history, words }: Page): Block[] {
  const rows = history.keys.map(({ key_id: id, holder, from, revoked_at: revoked }) => [
    id,
    words.holders[holder],
    revoked === null ? from : `${from}; ${filled(words.revoked, { at: shownAt(revoked) })}`,
  ]);
  return [
    heading(words.keys),
    paragraph(filled(words.keysText, { from: history.keys_from })),
    table(words.keysHead, rows),
  ];
}

function meaning({ words }: Page): Block[] {
  return [heading(words.meaning), list([...words.meanings, words.check])];
}

function made({ history, words }: Page): Block[] {
  const { program, made_at: at, place } = history;
  return [
    small(
      filled(words.made, { program, at: shownAt(at), place: words.places[place.kind], path: place.path }),
    ),
  ];
}

function more(text: string, count: number): Block[] {
  return count > 0 ? [paragraph(filled(text, { count }))] : [];
}
