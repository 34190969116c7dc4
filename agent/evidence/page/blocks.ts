// What a text for people is made of, once for the terminal and once for paper: headings, paragraphs, lists, tables.
import type { Language } from '../../../config/language.ts';

/** One piece of a text. All of it is plain text; cells of a table too. */
export type Block =
  | {
      readonly kind: 'heading' | 'subheading' | 'paragraph' | 'warning' | 'small';
      readonly text: string;
    }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table' | 'numbers';
      readonly head: readonly string[];
      readonly rows: Rows;
    }
  /** Figures that matter most: what is counted, and how many. */
  | { readonly kind: 'figures'; readonly figures: readonly (readonly [string, string])[] }
  /** Safe HTML, such as a chart; a plain text leaves it out. */
  | { readonly kind: 'html'; readonly html: string }
  | CommandBlock;

/** Lines to type, and what they must show, below the words for that. `name` says in the page's source what kind of line it is. */
export interface CommandBlock {
  readonly kind: 'command';
  readonly name: string;
  readonly command: string;
  readonly expected: readonly string[];
  readonly words: string;
}

export const heading = (text: string): Block => ({ kind: 'heading', text });
export const subheading = (text: string): Block => ({ kind: 'subheading', text });
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const warning = (text: string): Block => ({ kind: 'warning', text });
export const small = (text: string): Block => ({ kind: 'small', text });
export const list = (items: readonly string[]): Block => ({ kind: 'list', items });
type Rows = readonly (readonly string[])[];
/** Of sentences. */
export const table = (head: readonly string[], rows: Rows): Block => ({ kind: 'table', head, rows });
/** Of figures. */
export const numbers = (head: readonly string[], rows: Rows): Block => ({ kind: 'numbers', head, rows });

const LINE_CHARACTERS = 100;

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
    case 'numbers':
      return block.rows.flatMap((row) => rowText(block.head, row));
    case 'figures':
      return block.figures.map(([name, count]) => `${name}: ${count}`);
    case 'html':
      return [];
    case 'warning':
      return wrapped(block.text, '! ', '! ');
    case 'paragraph':
    case 'small':
      break;
  }
  return wrapped(block.text, '', '');
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

/** The same as a page that prints on A4: self-contained, without a script. */
export function blocksHtml(language: Language, title: string, blocks: readonly Block[]): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
${blocks.map(blockHtml).join('\n')}
</body></html>
`;
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
      return `<div class="words">${tableHtml(block.head, block.rows)}</div>`;
    case 'numbers':
      return tableHtml(block.head, block.rows);
    case 'figures':
      return `<div class="figures">${block.figures.map(([name, count]) => `<div><b>${escapeHtml(count)}</b>${escapeHtml(name)}</div>`).join('')}</div>`;
    case 'html':
      break;
  }
  return block.html;
}

function commandHtml({ name, command, expected, words }: CommandBlock): string {
  const line = `<pre class="command ${escapeHtml(name)}">${escapeHtml(command)}</pre>`;
  if (expected.length === 0) return `<div class="line">${line}</div>`;
  const shown = escapeHtml(expected.join('\n'));
  return `<div class="line">${line}<p class="must">${escapeHtml(words)}</p><pre class="expected">${shown}</pre></div>`;
}

/** What a reader does not see, or by which a line reads in another order than it is written. Line ends and tabs are shown as they are. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\p{Surrogate}\u2028\u2029\ufeff]/gu;

/** Text as it may stand in HTML and in attribute values; an unseen character is named by its number, as in "\u202e". */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(UNSEEN, (each) =>
      '\n\t'.includes(each) ? each : `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** No id is longer: a browser may break a word of more, such as a digest, after each 16 characters, and no other. */
const WHOLE_CHARACTERS = 26;

function cellHtml(text: string, isHead: boolean): string {
  const pieces = text.match(/[^\S\u{A0}]+|[\S\u{A0}]+/gu) ?? []; // what a no-break space joins is one word
  const broken = pieces.map((word) =>
    word.length > WHOLE_CHARACTERS
      ? (word.match(/.{1,16}/gsu) ?? []).map(escapeHtml).join('<wbr>')
      : escapeHtml(word),
  );
  // One name or number is not broken at its hyphens and slashes either.
  const whole = text.length <= WHOLE_CHARACTERS && pieces.length < 2 ? ' class="whole"' : '';
  return isHead ? `<th scope="row"${whole}>${broken.join('')}</th>` : `<td${whole}>${broken.join('')}</td>`;
}

/** A table; cells are text, the first column is the head of its row. */
function tableHtml(head: readonly string[], rows: Rows): string {
  const cells = (row: readonly string[]): string => row.map((cell, at) => cellHtml(cell, at === 0)).join('');
  const heads = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
  return `<table><thead><tr>${heads}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table>`;
}

/** Tables of the class `words` hold sentences, not numbers. */
const PAGE_STYLE = `
@page { size: A4; margin: 18mm 16mm; }
body { font: 11pt/1.45 system-ui, "DejaVu Sans", Arial, sans-serif; color: #111; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7em; margin-bottom: .2em; overflow-wrap: anywhere; } h2 { font-size: 1.2em; margin-top: 1.8em; border-bottom: 1px solid #999; break-after: avoid; }
h3 { font-size: 1em; margin-bottom: .2em; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .86em; margin: .6em 0; }
th, td { padding: .25em .4em; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 1px solid #666; }
table:has(th:nth-child(7)) thead th { font-size: .82em; } thead { display: table-header-group; } tr, svg, article { break-inside: avoid; } p:has(+ svg), p:has(+ table), p:has(+ .words) { break-after: avoid; }
.whole { white-space: nowrap; }
svg { width: 100%; height: auto; } svg text { font: 10px system-ui, "DejaVu Sans", Arial, sans-serif; fill: #333; }
.figures { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; } .figures div { box-sizing: border-box; flex: 1 1 8rem; border: 1px solid #bbb; padding: .6rem .8rem; }
.figures b { display: block; font-size: 1.6em; } .small { font-size: .86em; color: #444; } .warn { border-left: 4px solid #a33; padding-left: .8rem; }
article { border-left: 3px solid #bbb; padding-left: .8rem; margin: 1rem 0; }
.words th, .words td { text-align: left; } .words th:first-child { width: 24%; } .words tbody th { font-weight: 600; } ul { padding-left: 1.2em; } li { margin: .15em 0; overflow-wrap: anywhere; } p { overflow-wrap: anywhere; }
.line { break-inside: avoid; margin: .5em 0; } h3 { margin-top: 1.2em; overflow-wrap: anywhere; }
pre { font: .8em/1.35 "DejaVu Sans Mono", Consolas, Menlo, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: .35em .6em; }
pre.command { background: #f0f0f0; border-left: 3px solid #555; } pre.expected { border-left: 3px solid #bbb; color: #333; }
p.must { font-size: .75em; margin: .15em 0 0 .8em; color: #444; }
.warn { font-weight: 600; }
@media screen and (max-width: 40rem) { table { font-size: .68em; } th, td { padding: .2em; white-space: normal; overflow-wrap: anywhere; } table:not(:has(th:nth-child(7))) thead th { overflow-wrap: break-word; } }
@media print { body { margin: 0; max-width: none; padding: 0; } table { font-size: .78em; } }
`;
