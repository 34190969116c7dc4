// A handbook as tests read it: its numbered sections, the lines that are typed, and what stands as code in its sentences.
import { readFile } from 'node:fs/promises';

export const HANDBOOK_LANGUAGES = ['en', 'de'] as const;
export type HandbookLanguage = (typeof HANDBOOK_LANGUAGES)[number];

/** One section; `title` begins with its number. */
export interface Section {
  readonly title: string;
  /** "1.2", or "" where a heading has no number. */
  readonly number: string;
  /** Lines of its blocks of commands, without comments. */
  readonly typed: readonly string[];
  /** Pieces of code in its sentences and tables, in their order. */
  readonly code: readonly string[];
}

export function handbookText(language: HandbookLanguage): Promise<string> {
  return readFile(new URL(`../../config/handbook.${language}.md`, import.meta.url), 'utf8');
}

/** All sections in order. */
export function sectionsOf(handbook: string): Section[] {
  return handbook.split(/^(?=#{1,3} )/m).map((part) => {
    const [heading = ''] = part.split('\n');
    const title = heading.replace(/^#+ /, '');
    const blocks = [...part.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(([, , lines = '']) => lines);
    const typed = blocks
      .flatMap((lines) => lines.split('\n'))
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
    const sentences = part.replaceAll(/^( *)```sh\n.*?^\1```$/gms, '').replaceAll(/<!--.*?-->/gs, '');
    const code = [...sentences.matchAll(/`([^`\n]+)`/g)].map(([, piece = '']) => piece);
    return { title, number: /^\d+(?:\.\d+)?/.exec(title)?.[0] ?? '', typed, code };
  });
}

/** Everything that could be typed: whole blocks, and commands within sentences. */
export function commandsOf(sections: readonly Section[]): string[] {
  return sections.flatMap(({ typed, code }) => [
    ...typed,
    ...code.filter((piece) => /^(?:bodydock|bodydock-receiver|systemctl|journalctl|apt) \S/.test(piece)),
  ]);
}
