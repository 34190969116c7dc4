// Reads the page of an evidence kit as a person reads it: which lines to type, and what must appear.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One block of lines on the page with what it must show: nothing, or whole lines. */
export interface PageBlock {
  readonly name: string;
  readonly lines: readonly string[];
  readonly expected: string;
}

/** The pages of a kit whose INDEX.html is in English. */
export const PAGES = ['INDEX.html', 'INDEX.de.html'] as const;

const BLOCK =
  /<pre class="command ([a-zA-Z]+)">([^<]*)<\/pre>(?:<p class="must">[^<]*<\/p><pre class="expected">([^<]*)<\/pre>)?/g;

/** All blocks of a page in their order. */
export async function checkPage(kit: string, page: string): Promise<PageBlock[]> {
  const html = await readFile(join(kit, page), 'utf8');
  return [...html.matchAll(BLOCK)].map(([, name = '', lines = '', expected = '']) => ({
    name,
    lines: unescaped(lines).split('\n'),
    expected: expected === '' ? '' : `${unescaped(expected)}\n`,
  }));
}

function unescaped(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
