// What a text for people is made of, once for the terminal and once for paper: headings, paragraphs, lists, tables.
import { escapeHtml, page, table } from './html-text.ts';
import type { Language } from './language.ts';

/** One piece of a text. All of it is plain text; cells of a table too. */
export type Block =
  | {
      readonly kind: 'heading' | 'subheading' | 'paragraph' | 'warning' | 'small';
      readonly text: string;
    }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | CommandBlock;

/** Lines to type, and what they must show, below the words for that. `name` says in the page's source what kind of line it is. */
export interface CommandBlock {
  readonly kind: 'command';
  readonly name: string;
  readonly command: string;
  readonly expected: readonly string[];
  readonly words: string;
}

const LINE_CHARACTERS = 100;

/** Tables hold sentences here, not numbers. */
const STYLE = `
.words th, .words td { text-align: left; } .words th { overflow-wrap: break-word; } .words td { overflow-wrap: anywhere; }
.words th:first-child { width: 24%; } .words tbody th { font-weight: 600; } ul { padding-left: 1.2em; } li { margin: .15em 0; overflow-wrap: anywhere; } p { overflow-wrap: anywhere; }
.line { break-inside: avoid; margin: .5em 0; } h3 { margin-top: 1.2em; overflow-wrap: anywhere; }
pre { font: .8em/1.35 "DejaVu Sans Mono", Consolas, Menlo, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: .35em .6em; }
pre.command { background: #f0f0f0; border-left: 3px solid #555; } pre.expected { border-left: 3px solid #bbb; color: #333; }
p.must { font-size: .75em; margin: .15em 0 0 .8em; color: #444; }
.warn { font-weight: 600; }
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
    case 'subheading':
      return [`${block.text}:`];
    case 'command':
      return commandText(block);
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

function commandText({ command, expected, words }: CommandBlock): string[] {
  const lines = command.split('\n').map((line) => `  ${line}`);
  return expected.length === 0 ? lines : [...lines, `${words}:`, ...expected.map((line) => `    ${line}`)];
}

/** A row as an entry: its first cell, then each further cell below the name of its column. Without names the first cell is one. */
function rowText(head: readonly string[], [first = '', ...cells]: readonly string[]): string[] {
  if (head.every((name) => name === '')) return wrapped(`${first}: ${cells.join(', ')}`, '* ', '    ');
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

/** The same as a page that prints on A4; `style` adds to the common one. */
export function blocksHtml(language: Language, title: string, blocks: readonly Block[], style = ''): string {
  const body = [`<h1>${escapeHtml(title)}</h1>`, ...blocks.map(blockHtml)].join('\n');
  return page(language, title, body, STYLE + style);
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${escapeHtml(block.text)}</h2>`;
    case 'subheading':
      return `<h3>${escapeHtml(block.text)}</h3>`;
    case 'command':
      return commandHtml(block);
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

function commandHtml({ name, command, expected, words }: CommandBlock): string {
  const line = `<pre class="command ${escapeHtml(name)}">${escapeHtml(command)}</pre>`;
  if (expected.length === 0) return `<div class="line">${line}</div>`;
  const shown = escapeHtml(expected.join('\n'));
  return `<div class="line">${line}<p class="must">${escapeHtml(words)}</p><pre class="expected">${shown}</pre></div>`;
}

function unknownBlock(block: never): never {
  throw new Error(`no such block: ${JSON.stringify(block)}`);
}
