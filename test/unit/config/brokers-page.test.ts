// The page on brokers in both languages. That its lines work is shown by test/system/brokers.test.ts.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const pageOf = (language: string): Promise<string> =>
  readFile(new URL(`../../../config/brokers.${language}.md`, import.meta.url), 'utf8');

test('the page on brokers has the same lines to type, the same tables and the same names in both languages', async () => {
  const [english, german] = await Promise.all([pageOf('en'), pageOf('de')]);
  const blocks = (page: string): string[] => [...page.matchAll(/```[\s\S]*?```/g)].map(([block]) => block);
  expect(blocks(english).length).toBeGreaterThan(4);
  expect(blocks(german)).toEqual(blocks(english));
  const shape = (page: string): string[] =>
    page
      .split('\n')
      .flatMap((line) => (/^#+ |^\|/.exec(line) ? [line.slice(0, 2) + line.split('|').length] : []));
  expect(shape(german)).toEqual(shape(english));
  const spans = (page: string): string[] =>
    [...page.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  expect([...new Set(spans(german))].filter((span) => span !== 'bodydock keys enrol').toSorted()).toEqual(
    [...new Set(spans(english))].toSorted(),
  );
});
