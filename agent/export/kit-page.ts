// The page that explains a kit to somebody who never saw the product. Pure: all facts come in, one self-contained page goes out.
import { blocksHtml, type Block } from '../page/blocks.ts';
import { eventWords } from './kit-event-words.ts';
import { factRows } from './kit-facts.ts';
import { fileRows } from './kit-file-rows.ts';
import { DIALECTS, type KitDialect } from './kit-dialects.ts';
import type { KitKey } from './kit-keys.ts';
import type { KitEntry } from './kit-parts.ts';
import { kitSteps, type KitContents, type KitStep } from './kit-steps.ts';
import { KIT_DE } from './kit-words-de.ts';
import { KIT_EN, type KitWords } from './kit-words-en.ts';
import { fill, shownAt, type Language } from '../page/language.ts';
import type { Remark } from '../verify/remark.ts';
import { witnessLine } from '../../protocol/witness.ts';

/** Entries of the logs that the page shows; the rest is in the files. */
const ENTRIES_SHOWN_MAX = 200;
const FINDINGS_SHOWN_MAX = 100;

/** Everything that a page is made of. */
export interface KitPage extends KitContents {
  readonly keys: readonly KitKey[];
  readonly findings: readonly Remark[];
  /** All paths in the kit, sorted. */
  readonly paths: readonly string[];
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly version: string;
  /** Id of the vault, where it has one. */
  readonly vault: string | undefined;
  /** Name of the page in the other language. */
  readonly otherPage: string;
}

/** The page in one language. */
export function kitPage(kit: KitPage, language: Language): string {
  const words = language === 'de' ? KIT_DE : KIT_EN;
  const chapters = [head, shortly, facts, findings, files, keys, check, log, limits, made];
  const blocks = chapters.flatMap((chapter) => chapter(kit, words, language));
  return blocksHtml(language, words.title, blocks);
}

function head({ parts, findings, madeAt, otherPage }: KitPage, words: KitWords): Block[] {
  const { length } = parts.asked;
  const what = length === 1 ? words.oneRecording : fill(words.recordings, length);
  return [
    { kind: 'small', text: fill(words.other, otherPage) },
    { kind: 'paragraph', text: fill(words.intro, what) },
    findings.length === 0
      ? { kind: 'paragraph', text: fill(words.good, shownAt(madeAt)) }
      : { kind: 'warning', text: fill(words.bad, shownAt(madeAt), findings.length) },
  ];
}

function shortly(_: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.shortly },
    { kind: 'list', items: words.shortlyText },
  ];
}

function facts({ parts }: KitPage, words: KitWords): Block[] {
  const titled = [
    ...parts.asked.map((one) => [words.facts, one] as const),
    ...parts.sidecars.map((one) => [words.sidecar, one] as const),
  ];
  return titled.flatMap(([title, recording]): Block[] => [
    { kind: 'heading', text: fill(title, recording.recording) },
    { kind: 'table', head: words.factsHead, rows: factRows(recording, parts, words) },
  ]);
}

function findings({ findings: found }: KitPage, words: KitWords): Block[] {
  if (found.length === 0) return [];
  const rows = found
    .slice(0, FINDINGS_SHOWN_MAX)
    .map(({ code, where, message }) => [code, `${where}: ${message}`]);
  return [
    { kind: 'heading', text: words.findings },
    { kind: 'table', head: words.findingsHead, rows },
  ];
}

function files(kit: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.files },
    { kind: 'table', head: words.filesHead, rows: fileRows(kit, words) },
  ];
}

function keys({ keys: known }: KitPage, words: KitWords): Block[] {
  const rows = known.map(({ file, line, introduced }) => [
    introduced ? fill(words.keyIntroduced, file) : file,
    line,
  ]);
  return [
    { kind: 'heading', text: words.keys },
    { kind: 'paragraph', text: words.keysText },
    rows.length === 0
      ? { kind: 'warning', text: words.noKeys }
      : { kind: 'table', head: words.keysHead, rows },
  ];
}

function check(kit: KitPage, words: KitWords): Block[] {
  return DIALECTS.flatMap((dialect) => onSystem(kit, words, dialect));
}

function onSystem(kit: KitPage, words: KitWords, dialect: KitDialect): Block[] {
  const { system } = dialect;
  const [install, identity] = words.before[system];
  const steps = kitSteps(kit, dialect);
  const opens = steps.some(({ kind }) => kind === 'original' || kind === 'name');
  const first: Block[] = [
    { kind: 'heading', text: fill(words.check, words.systems[system]) },
    { kind: 'paragraph', text: install ?? '' },
  ];
  if (opens)
    first.push(
      { kind: 'paragraph', text: identity ?? '' },
      {
        kind: 'command',
        name: `identity ${system}`,
        command: words.identity[system],
        expected: [],
        words: '',
      },
    );
  // What a step means is said once; the other systems show their lines.
  return [...first, ...steps.flatMap((step) => stepBlocks(kit, step, words, dialect))];
}

function stepBlocks(
  kit: KitPage,
  { kind, subject, lines }: KitStep,
  words: KitWords,
  dialect: KitDialect,
): Block[] {
  const { title, why } = words.steps[kind];
  const { system } = dialect;
  const blocks: Block[] = [{ kind: 'subheading', text: fill(title, subject) }];
  if (system === 'linux') blocks.push({ kind: 'paragraph', text: why });
  if (kind === 'witness' && system === 'linux') blocks.push(...witnessed(kit));
  for (const { command, expected } of lines) {
    const shown = expected.length === 0 ? words.nothing : words.expected;
    blocks.push({ kind: 'command', name: `${kind} ${system}`, command, expected, words: shown });
  }
  return blocks;
}

function witnessed({ parts }: KitPage): Block[] {
  return [{ kind: 'list', items: parts.witnesses.map(({ witness }) => witnessLine(witness)) }];
}

function log({ parts }: KitPage, words: KitWords, language: Language): Block[] {
  const { entries } = parts;
  const title: Block = { kind: 'heading', text: words.log };
  if (entries.length === 0) return [title, { kind: 'paragraph', text: words.logNone }];
  const rows = entries.slice(0, ENTRIES_SHOWN_MAX).map((one) => entryRow(one, language));
  const more: Block[] =
    entries.length > ENTRIES_SHOWN_MAX
      ? [{ kind: 'paragraph', text: fill(words.logMore, ENTRIES_SHOWN_MAX) }]
      : [];
  return [
    title,
    { kind: 'paragraph', text: words.logText },
    { kind: 'table', head: words.logHead, rows },
    ...more,
  ];
}

/** Facts that say something to a reader; digests stand in the lines themselves. */
const SHOWN_FACTS = ['reason', 'verb', 'role', 'receiver', 'entries', 'command', 'camera', 'offset_ms'];

function entryRow({ keeper, entry }: KitEntry, language: Language): string[] {
  const { event, at, facts: own } = entry;
  const about = own['recording'] ?? own['record'] ?? own['docking'] ?? '';
  const more = SHOWN_FACTS.flatMap((name) => {
    const value = own[name];
    return value === undefined || value === null ? [] : [`${name} ${String(value)}`];
  });
  return [shownAt(at), keeper, eventWords(event, language), [String(about), ...more].join(', ')];
}

function limits(_: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.limits },
    { kind: 'list', items: words.limitsText },
  ];
}

function made({ madeAt, version, vault }: KitPage, words: KitWords): Block[] {
  return [{ kind: 'small', text: fill(words.made, version, shownAt(madeAt), vault ?? '-') }];
}
