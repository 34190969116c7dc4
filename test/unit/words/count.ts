// How many places have a word, in code that runs, in tests, and in pages. Pure but for reading the files, once.
import { textOfFile, treeFiles } from './tree.ts';
import { FIXED_NAMES, type RetiredWord } from './retired.ts';

export interface Places {
  readonly product: number;
  readonly tests: number;
  readonly pages: number;
}

/** The table of words and the glossary name what they retire; seeds and recordings are what somebody else wrote. */
const LEFT_OUT = /^(?:GLOSSARY\.md|test\/unit\/words\/|test\/.*\/seeds\/|test\/FAULTS\.md)/;
const PAGE = /\.(?:md|html|example\S*\.yaml)$/;
const GERMAN_PAGE = /\.de\.(?:md|html|yaml)$/;
const GERMAN_LINE = /[äöüßÄÖÜ„]|\bde: |\b(?:der|die|das|den|dem|ein|eine|ist|wird|nicht|und|auf)\b/;

export interface Line {
  readonly of: keyof Places;
  readonly text: string;
  readonly german: boolean;
}

/** A line without names of formats, each part of an identifier a word of its own. */
export function plainLine(line: string): string {
  let text = line;
  for (const name of FIXED_NAMES) text = text.replaceAll(name, '');
  return text.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
}

function linesOf(path: string): Line[] {
  const of = PAGE.test(path) ? 'pages' : path.startsWith('test/') ? 'tests' : 'product';
  return textOfFile(path)
    .split('\n')
    .map((line) => ({
      of,
      german: GERMAN_PAGE.test(path) || GERMAN_LINE.test(line),
      text: plainLine(of === 'pages' ? line.replaceAll(/`[^`]*`/g, '') : line),
    }));
}

/** Every line of the tree that people wrote for people, or for the compiler. */
export function treeLines(): Line[] {
  return treeFiles(['.ts', '.py', '.md', '.html', '.yaml', '.sh', '.service'])
    .filter((path) => !LEFT_OUT.test(path) && !/\.schema\.json$|asyncapi\.yaml$/.test(path))
    .flatMap(linesOf);
}

export function countWord(
  lines: readonly Line[],
  { word }: Pick<RetiredWord, 'word'>,
  german: boolean,
): Places {
  const places = { product: 0, tests: 0, pages: 0 };
  const pattern = new RegExp(`(?<![\\p{L}\\d])(?:${word})(?![\\p{L}\\d])`, 'giu');
  for (const line of lines) {
    if (german && !line.german) continue;
    places[line.of] += line.text.match(pattern)?.length ?? 0;
  }
  return places;
}
