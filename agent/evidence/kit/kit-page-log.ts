// The chapter of a kit's page that tells what the logs say, for people: the entries that matter to them, in plain words. Pure.
import type { Block } from '../page/blocks.ts';
import { fill, shownAt, type Language } from '../page/language.ts';
import { eventWords, SHOWN_FACTS, type ShownFact } from './kit-event-words.ts';
import type { KitEntry, KitParts } from './kit-parts.ts';
import type { KitWords } from './kit-words-en.ts';

/** Entries that are shown; the rest is in the files. */
const ENTRIES_SHOWN_MAX = 200;
/** What comes many times, or says what another entry says: in the files only. */
const LEFT_OUT: ReadonlySet<string> = new Set(['seen', 'seen-more', 'offered', 'erasing', 'sealed']);
/** Heading and table. */
export function logBlocks(parts: KitParts, words: KitWords, language: Language): Block[] {
  const entries = parts.entries.filter((one) => isShown(one, parts));
  const title: Block = { kind: 'heading', text: words.log };
  if (entries.length === 0) return [title, { kind: 'paragraph', text: words.logNone }];
  const rows = entries.slice(0, ENTRIES_SHOWN_MAX).map((one) => entryRow(one, words, language));
  const more = fill(words.logMore, ENTRIES_SHOWN_MAX);
  return [
    title,
    { kind: 'paragraph', text: words.logText },
    { kind: 'table', head: words.logHead, rows },
    ...(entries.length > ENTRIES_SHOWN_MAX ? [{ kind: 'paragraph' as const, text: more }] : []),
  ];
}

/** Other recordings of the same docking have no place here; receipts of docking records name these as recordings. */
function isShown({ entry: { event, facts } }: KitEntry, parts: KitParts): boolean {
  if (LEFT_OUT.has(event)) return false;
  const subject = facts['recording'];
  if (typeof subject !== 'string') return true;
  const { asked, sidecars, dockings } = parts;
  return (
    [...asked, ...sidecars].some(({ recording }) => recording === subject) ||
    dockings.some(({ record }) => record === subject)
  );
}

function valueWords(name: ShownFact, value: string, { verbs, roles }: KitWords): string {
  const known: Readonly<Record<string, string>> = name === 'verb' ? verbs : name === 'role' ? roles : {};
  return known[value] ?? value;
}

function entryRow({ keeper, entry }: KitEntry, words: KitWords, language: Language): string[] {
  const { event, at, facts: own } = entry;
  const about = own['recording'] ?? own['record'] ?? own['docking'] ?? '';
  const more = SHOWN_FACTS.flatMap((name) => {
    const value = own[name];
    return value === undefined || value === null
      ? []
      : [fill(words.logFacts[name], valueWords(name, String(value), words))];
  });
  return [shownAt(at), keeper, eventWords(event, language), [String(about), ...more].join(', ')];
}
