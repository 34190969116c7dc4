// The page that explains a kit to somebody who never saw the product. Pure: all facts come in, one self-contained page goes out.
import { printable } from '../../../config/problems.ts';
import { blocksHtml, blocksText, type Block } from '../page/blocks.ts';
import { dockingFactRows, dockingsIn, proofText } from './kit-docking-facts.ts';
import { factRows } from './kit-facts.ts';
import { fileRows } from './kit-file-rows.ts';
import type { KitKey } from './kit-keys.ts';
import { checkBlocks } from './kit-page-check.ts';
import { logBlocks } from './kit-page-log.ts';
import type { KitContents } from './kit-steps.ts';
import { KIT_DE } from './kit-words-de.ts';
import { KIT_EN, type KitWords } from './kit-words-en.ts';
import { fill, shownAt, type Language } from '../page/language.ts';
import { meaningOf } from '../verify/meanings.ts';
import type { Remark } from '../verify/remark.ts';

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
  const { title, blocks } = kitBlocks(kit, language);
  return blocksHtml(language, title, blocks);
}

/** The same as plain text, for a machine without a browser. A terminal may show it, and it holds what cameras say of themselves. */
export function kitText(kit: KitPage, language: Language): string {
  const { title, blocks } = kitBlocks(kit, language);
  return blocksText(title, blocks).replaceAll(/[^\n]+/g, printable);
}

function kitBlocks(
  kit: KitPage,
  language: Language,
): { readonly title: string; readonly blocks: readonly Block[] } {
  const words = language === 'de' ? KIT_DE : KIT_EN;
  const first = [head, findings, shortly, recordings, dockings, limits];
  const blocks = [
    ...first.flatMap((chapter) => chapter(kit, words, language)),
    ...logBlocks(kit.parts, words, language),
    ...keys(kit, words),
    ...checkBlocks(kit, words),
    ...contents(kit, words),
    ...made(kit, words),
  ];
  return { title: hasRecordings(kit) ? words.title : words.titleDocking, blocks };
}

function hasRecordings({ parts }: KitPage): boolean {
  return parts.asked.length > 0;
}

function head(kit: KitPage, words: KitWords): Block[] {
  const { parts, findings: found, madeAt, otherPage } = kit;
  const { length } = parts.asked;
  const what = length === 1 ? words.oneRecording : fill(words.recordings, length);
  const intro = hasRecordings(kit)
    ? fill(words.intro, what)
    : fill(words.introDocking, dockingsIn(parts).length);
  return [
    { kind: 'small', text: fill(words.other, otherPage) },
    { kind: 'paragraph', text: intro },
    found.length === 0
      ? { kind: 'paragraph', text: fill(words.good, shownAt(madeAt)) }
      : { kind: 'warning', text: fill(words.bad, shownAt(madeAt), found.length) },
  ];
}

function shortly(kit: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.shortly },
    { kind: 'list', items: hasRecordings(kit) ? words.shortlyText : words.shortlyDocking },
  ];
}

function recordings({ parts }: KitPage, words: KitWords): Block[] {
  const titled = [
    ...parts.asked.map((one) => [words.facts, one] as const),
    ...parts.sidecars.map((one) => [words.sidecar, one] as const),
  ];
  return titled.flatMap(([title, recording]): Block[] => [
    { kind: 'heading', text: fill(title, recording.recording) },
    { kind: 'table', head: words.factsHead, rows: factRows(recording, parts, words) },
  ]);
}

function dockings({ parts }: KitPage, words: KitWords): Block[] {
  return dockingsIn(parts).flatMap((docking): Block[] => {
    const proof = proofText(docking, words);
    return [
      { kind: 'heading', text: fill(words.docking, docking.docking) },
      ...(proof === undefined ? [] : [{ kind: 'paragraph' as const, text: proof }]),
      { kind: 'table', head: words.factsHead, rows: dockingFactRows(docking, words) },
    ];
  });
}

function findings({ findings: found }: KitPage, words: KitWords, language: Language): Block[] {
  if (found.length === 0) return [];
  const rows = found
    .slice(0, FINDINGS_SHOWN_MAX)
    .map(({ code, where, message }) => [code, `${where}: ${message}. ${meaningOf(code, language)}`]);
  return [
    { kind: 'heading', text: words.findings },
    { kind: 'table', head: words.findingsHead, rows },
  ];
}

function contents({ paths, parts }: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.contents },
    { kind: 'table', head: words.contentsHead, rows: fileRows(paths, parts, words) },
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

function limits(_: KitPage, words: KitWords): Block[] {
  return [
    { kind: 'heading', text: words.limits },
    { kind: 'list', items: words.limitsText },
  ];
}

function made({ madeAt, version, vault }: KitPage, words: KitWords): Block[] {
  return [{ kind: 'small', text: fill(words.made, version, shownAt(madeAt), vault ?? '-') }];
}
