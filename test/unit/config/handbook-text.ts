// A handbook as tests read it: its numbered sections, the lines that are typed, and what stands as code in its sentences.
import { readFile } from 'node:fs/promises';

export const HANDBOOK_LANGUAGES = ['en', 'de'] as const;
export type HandbookLanguage = (typeof HANDBOOK_LANGUAGES)[number];

export interface Step {
  readonly where: string;
  readonly line: string;
}

/** One section; `title` begins with its number. */
export interface Section {
  readonly title: string;
  /** "1.2", or "" where a heading has no number. */
  readonly number: string;
  /** Lines of its blocks of commands, without comments. */
  readonly typed: readonly string[];
  /** The same lines with the comment above each, which says where it is typed; "" where a block begins without one. */
  readonly steps: readonly Step[];
  /** Pieces of code in its sentences and tables, in their order. */
  readonly code: readonly string[];
}

export function handbookText(language: HandbookLanguage): Promise<string> {
  return readFile(new URL(`../../../config/handbook.${language}.md`, import.meta.url), 'utf8');
}

/** All sections in order. A "#" within a block of commands is a comment and no heading. */
export function sectionsOf(handbook: string): Section[] {
  const sections: { title: string; number: string; typed: string[]; steps: Step[]; code: string[] }[] = [];
  let isTyped = false;
  let where = '';
  for (const line of handbook.split('\n')) {
    const text = line.trim();
    if (text.startsWith('```')) {
      isTyped = !isTyped;
      where = '';
    } else if (!isTyped && /^#{1,3} /.test(line)) {
      const title = line.replace(/^#+ /, '');
      sections.push({
        title,
        number: /^\d+(?:\.\d+)?/.exec(title)?.[0] ?? '',
        typed: [],
        steps: [],
        code: [],
      });
    } else if (!isTyped && !text.startsWith('<!--'))
      sections.at(-1)?.code.push(...[...line.matchAll(/`([^`]+)`/g)].map(([, piece = '']) => piece));
    else if (isTyped && text.startsWith('#')) where = text.replace(/^#+ /, '');
    else if (isTyped && text !== '') {
      sections.at(-1)?.typed.push(text);
      sections.at(-1)?.steps.push({ where, line: text });
    }
  }
  return sections;
}

/** Everything that could be typed: whole blocks, and commands within sentences. */
export function commandsOf(sections: readonly Section[]): string[] {
  return sections.flatMap(({ typed, code }) => [
    ...typed,
    ...code.filter((piece) => /^(?:bodydock|bodydock-receiver|systemctl|journalctl|apt) \S/.test(piece)),
  ]);
}
