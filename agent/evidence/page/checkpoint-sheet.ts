// A checkpoint as people carry it on paper (SPEC 4.15.39): the line, how it is read again, and the sheet of a day, with digits that eyes can
// compare, a code that a phone reads, and room for a signature. Pure.
import { renderSVG } from 'uqr';
import { CHECKPOINT_SHEET_DE } from '../../../config/texts/de/checkpoint-sheet.ts';
import { CHECKPOINT_SHEET_EN } from '../../../config/texts/en/checkpoint-sheet.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { Checkpoint } from '../../../protocol/transparency/checkpoint.ts';
import { type Block, blocksHtml, escapeHtml, heading, paragraph, subheading, table } from './blocks.ts';
import { type Language, number, shownAt } from './language.ts';

/** The line: nobody signed it, so who kept it vouches for it. */
export function checkpointLine(checkpoint: Checkpoint): string {
  return `${unchecked(checkpoint)} =${checkDigits(checkpoint)}`;
}

function unchecked({ origin, size, root }: Checkpoint): string {
  return `${origin} ${size} ${Buffer.from(root).toString('hex')}`;
}

/** Four digits by which a line that was mistyped is known from one of another log. */
function checkDigits(checkpoint: Checkpoint): string {
  return sha256Hex(Buffer.from(unchecked(checkpoint))).slice(0, 4);
}

const LINE =
  /(bodydock\/[a-z0-9/-]{1,120})\s+(\d{1,16})\s+((?:[0-9a-f]\s*){64})(?![0-9a-f])(?:=\s*([0-9a-f]*))?/g;
const BEGINNING = /bodydock\/[a-z0-9/-]{1,120}\s+\d{1,16}\s/g;

/** The lines in a text, broken and spaced as paper has them, and how many more begin in it but cannot be read as a whole, or have other check digits. */
export function parseCheckpointLines(text: string): {
  readonly checkpoints: Checkpoint[];
  readonly unreadable: number;
} {
  const plain = text.toLowerCase();
  const checkpoints = [...plain.matchAll(LINE)].flatMap(([, origin = '', size = '', root = '', check]) => {
    const read = { origin, size: Number(size), root: Buffer.from(root.replaceAll(/\s/g, ''), 'hex') };
    return check === undefined || check === checkDigits(read) ? [read] : [];
  });
  return { checkpoints, unreadable: [...plain.matchAll(BEGINNING)].length - checkpoints.length };
}

const WORDS = { en: CHECKPOINT_SHEET_EN, de: CHECKPOINT_SHEET_DE } as const;

/** One page for the logs of a vault, each with one row and one code; `printedAt` is RFC 3339 UTC. */
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
        [words.printed, words.size, words.root, words.check, words.signature],
        [
          [
            shownAt(printedAt),
            number(checkpoint.size, language),
            grouped(Buffer.from(checkpoint.root).toString('hex')),
            checkDigits(checkpoint),
            '_'.repeat(18),
          ],
        ],
      ),
      subheading(words.line),
      command('line', checkpointLine(checkpoint)),
      code(checkpointLine(checkpoint), words.code),
    ]),
    paragraph(words.compare),
    command('check', 'bodydock verify VAULT --trust KEYS --checkpoint FILE'),
    paragraph(words.hang),
  ]);
}

/** The line as a QR code. */
function code(line: string, name: string): Block {
  const svg = renderSVG(line, { ecc: 'M', border: 4 });
  const words = `role="img" aria-label="${escapeHtml(name)}" style="display: block; width: 50mm; break-before: avoid" `;
  return { kind: 'html', html: svg.replace('<svg ', `<svg ${words}`) };
}

/** A digest in groups of four, for eyes. */
function grouped(digest: string): string {
  return (digest.match(/.{1,4}/g) ?? []).join(' ');
}
