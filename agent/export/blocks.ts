// What a text for people is made of, once for the terminal and once for paper: headings, paragraphs, lists, tables.
import { escapeHtml, page, table } from '../report/html-text.ts';
import type { Language } from '../report/words.ts';

/** One piece of a text. All of it is plain text; cells of a table too. */
export type Block =
  | { readonly kind: 'heading' | 'paragraph' | 'warning' | 'small'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

const LINE_CHARACTERS = 100;

/** Tables hold sentences here, not numbers. */
const STYLE = `
.words th, .words td { text-align: left; overflow-wrap: break-word; } .words th:first-child { width: 24%; } .words tbody th { font-weight: 600; }
ul { padding-left: 1.2em; } li { margin: .15em 0; overflow-wrap: anywhere; } p { overflow-wrap: anywhere; }
`;

/** The text for a terminal or a plain file. */
export function blocksText(title: string, blocks: readonly Block[]): string {
  const parts = blocks.map((block) => blockText(block).join('\n'));
  return `${[`${title}\n${'='.repeat(title.length)}`, ...parts].join('\n\n')}\n`;
}

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [block.text, '-'.repeat(block.text.length)];
    case 'list':
      return block.items.flatMap((item) => wrapped(item, '- ', '  '));
    case 'table':
      return block.rows.flatMap((row) => rowText(block.head, row));
    case 'warning':
      return wrapped(block.text, '! ', '! ');
    case 'paragraph':
    case 'small':
      return wrapped(block.text, '', '');
    default:
      return unknownBlock(block);
  }
}

/** A row as an entry: its first cell, then each further cell below the name of its column. */
function rowText(head: readonly string[], [first = '', ...cells]: readonly string[]): string[] {
  return [
    ...wrapped(first, '* ', '  '),
    ...cells.flatMap((cell, at) => wrapped(`${head[at + 1] ?? ''}: ${cell}`, '    ', '      ')),
  ];
}

function wrapped(text: string, first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const begun = line === first || line === next;
    if (!begun && line.length + 1 + word.length > LINE_CHARACTERS) {
      lines.push(line);
      line = next + word;
    } else line += begun ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** The same as a page that prints on A4. */
export function blocksHtml(language: Language, title: string, blocks: readonly Block[]): string {
  const body = [`<h1>${escapeHtml(title)}</h1>`, ...blocks.map(blockHtml)].join('\n');
  return page(language, title, body, STYLE);
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${escapeHtml(block.text)}</h2>`;
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'warning':
      return `<p class="warn">${escapeHtml(block.text)}</p>`;
    case 'small':
      return `<p class="small">${escapeHtml(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
    case 'table':
      return `<div class="words">${table(block.head, block.rows)}</div>`;
    default:
      return unknownBlock(block);
  }
}

function unknownBlock(block: never): never {
  throw new Error(`no such block: ${JSON.stringify(block)}`);
}
