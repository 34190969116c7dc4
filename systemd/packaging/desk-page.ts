// The page of the office's desk as one file: code and style are in it, and its policy names them by digest, so that nothing else runs. It goes to the
// office's machines by another way than through the store (SPEC 7.11), signed by the one who publishes it.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { evaluationQuestions } from '../../config/questions.ts';
import { DESK_DE } from '../../config/texts/de/desk.ts';
import { DESK_EN } from '../../config/texts/en/desk.ts';
import { filled } from '../../config/texts.ts';
import { librariesIn } from './bundle.ts';

/** Its name, wherever it is. */
export const DESK_PAGE = 'desk.html';

/**
 * Writes it into the folder `out`; `project` is the folder of the sources. The same bytes for the same source. Gives the absolute folders of the
 * libraries whose code is in it, in order. Errors: whatever the bundler warns of; the system's.
 */
export async function writeDeskPage(project: string, out: string): Promise<readonly string[]> {
  const folder = join(project, 'agent/desk/page');
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const { js, libraries } = await scriptOf(join(folder, 'desk.js'));
  const [css, html] = await Promise.all([read('desk.css'), read('desk.html')]);
  const texts = attribute(JSON.stringify({ en: DESK_EN, de: DESK_DE }));
  const questions = attribute(JSON.stringify(evaluationQuestions()));
  const page = filled(html, { script: digest(js), style: digest(css), texts, questions })
    .replace('<style></style>', () => `<style>${css}</style>`)
    .replace('<script></script>', () => `<script>${js}</script>`);
  await writeFile(join(out, DESK_PAGE), page);
  return libraries;
}

async function scriptOf(input: string): Promise<{ js: string; libraries: readonly string[] }> {
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
    const js = code.replaceAll(/<(?=\/script|!--)/gi, '\\x3c');
    return { js, libraries: librariesIn(output.filter((each) => each.type === 'chunk')) };
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
