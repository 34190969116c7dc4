// A checkpoint as people carry it on paper (SPEC 4.15.39): the line, how it is read again, and the sheet that hangs on a wall, with digits that
// eyes can compare. Pure.
import { CHECKPOINT_SHEET_DE } from '../../../config/texts/de/checkpoint-sheet.ts';
import { CHECKPOINT_SHEET_EN } from '../../../config/texts/en/checkpoint-sheet.ts';
import type { Checkpoint } from '../../../protocol/transparency/checkpoint.ts';
import { type Block, blocksHtml, heading, paragraph, subheading, table } from './blocks.ts';
import { type Language, number, shownAt } from './language.ts';

/** The line: nobody signed it, so who kept it vouches for it. */
export function checkpointLine({ origin, size, root }: Checkpoint): string {
  return `${origin} ${size} ${Buffer.from(root).toString('hex')}`;
}

const LINE = /(bodydock\/[a-z0-9/-]{1,120})\s+(\d{1,16})\s+((?:[0-9a-f]\s*){64})(?![0-9a-f])/g;
const BEGINNING = /bodydock\/[a-z0-9/-]{1,120}\s+\d{1,16}\s/g;

/** The lines in a text, broken and spaced as paper has them, and how many more begin in it but cannot be read as a whole. */
export function parseCheckpointLines(text: string): {
  readonly checkpoints: Checkpoint[];
  readonly unreadable: number;
} {
  const plain = text.toLowerCase();
  const checkpoints = [...plain.matchAll(LINE)].map(([, origin = '', size = '', root = '']) => ({
    origin,
    size: Number(size),
    root: Buffer.from(root.replaceAll(/\s/g, ''), 'hex'),
  }));
  return { checkpoints, unreadable: [...plain.matchAll(BEGINNING)].length - checkpoints.length };
}

const WORDS = { en: CHECKPOINT_SHEET_EN, de: CHECKPOINT_SHEET_DE } as const;

/** One page for the logs of a vault; `printedAt` is RFC 3339 UTC. */
export function checkpointSheet(
  checkpoints: readonly Checkpoint[],
  printedAt: string,
  language: Language,
): string {
  const words = WORDS[language];
  const command = (name: string, text: string): Block => ({
    kind: 'command',
    name,
    command: text,
    expected: [],
    words: '',
  });
  return blocksHtml(language, words.title, [
    paragraph(words.intro),
    ...checkpoints.flatMap((checkpoint) => [
      heading(checkpoint.origin),
      table(
        ['', ''],
        [
          [words.size, number(checkpoint.size, language)],
          [words.root, grouped(Buffer.from(checkpoint.root).toString('hex'))],
          [words.printed, shownAt(printedAt)],
        ],
      ),
      subheading(words.line),
      command('line', checkpointLine(checkpoint)),
    ]),
    paragraph(words.check),
    command('check', 'bodydock verify VAULT --trust KEYS --checkpoint FILE'),
    paragraph(words.hang),
  ]);
}

/** A digest in groups of eight, for eyes. */
function grouped(digest: string): string {
  return (digest.match(/.{1,8}/g) ?? []).join(' ');
}
