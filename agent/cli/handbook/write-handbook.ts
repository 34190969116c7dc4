// Program of `npm run schemas`: writes the conditions into the handbooks of the folder that its argument names.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LANGUAGES } from '../../evidence/page/language.ts';
import { withConditionChapter } from './condition-chapter.ts';

const folder = process.argv[2] ?? 'config';
for (const language of LANGUAGES) {
  const file = join(folder, `handbook.${language}.md`);
  await writeFile(file, withConditionChapter(await readFile(file, 'utf8'), language));
}
