// The page of the office's desk as one file: code and style are in it, and its policy names them by digest, so that nothing else runs. It goes to the
// office's machines by another way than through the store (SPEC 7.11), signed by the one who publishes it.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { DESK_DE } from '../../config/texts/de/desk.ts';
import { DESK_EN } from '../../config/texts/en/desk.ts';
import { filled } from '../../config/texts.ts';

/** Its name in the folder with what was compiled. */
export const DESK_PAGE = 'desk.html';

/** `code` is that folder, beside the sources. Errors: whatever the bundler warns of; the system's. */
export async function writeDeskPage(code: string): Promise<void> {
  const folder = join(code, '..', 'agent/desk/page');
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const js = await scriptOf(join(folder, 'desk.js'));
  const [css, html] = await Promise.all([read('desk.css'), read('desk.html')]);
  const texts = attribute(JSON.stringify({ en: DESK_EN, de: DESK_DE }));
  const page = filled(html, { script: digest(js), style: digest(css), texts })
    .replace('<style></style>', () => `<style>${css}</style>`)
    .replace('<script></script>', () => `<script>${js}</script>`);
  await writeFile(join(code, DESK_PAGE), page);
}

async function scriptOf(input: string): Promise<string> {
  const build = await rolldown({
    input,
    platform: 'browser',
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(`the bundler warns: ${message}`);
    },
  });
  try {
    const { output } = await build.generate({ format: 'iife', minify: true, comments: { legal: true } });
    const [{ code }] = output;
    // What would end the element, or begin a comment in it, within a text of the code.
    return code.replaceAll(/<(?=\/script|!--)/gi, '\\x3c');
  } finally {
    await build.close();
  }
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
