// All conditions as a page for people, in both languages: made from the tables, so that it is never older than they are. Pure.
import { CONDITION_TABLE, type ConditionKind, type Severity } from './condition-table.ts';

type Language = 'en' | 'de';

const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ['code', 'severity', 'what is wrong', 'what to do'],
  de: ['Code', 'Schwere', 'was los ist', 'was zu tun ist'],
};
const SEVERITIES: Readonly<Record<Language, Readonly<Record<Severity, string>>>> = {
  en: { info: 'info', warning: 'warning', error: 'error', critical: 'critical' },
  de: { info: 'Hinweis', warning: 'Warnung', error: 'Fehler', critical: 'kritisch' },
};

/** The page in Markdown. */
export function conditionPage(): string {
  return `# Conditions of a station

Made by \`npm run schemas\` from \`agent/monitoring/condition-table.ts\` and \`config/texts/\`. Each is a retained topic \`<base>/v1/<station>/condition/<code>\` while it
is shown. Warning: look within days. Error: a person is needed today. Critical: call somebody now.

${rows('en')}

# Meldungen einer Station

Jede ist ein gespeichertes Topic, solange sie gezeigt wird. Warnung: in den nächsten Tagen ansehen. Fehler: heute wird jemand gebraucht.
Kritisch: sofort Hilfe holen.

${rows('de')}
`;
}

function rows(language: Language): string {
  const head = HEADS[language];
  const lines = Object.entries(CONDITION_TABLE).map(([code, kind]) => row(code, kind, language));
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function row(code: string, { severity, text, remedy }: ConditionKind, language: Language): string[] {
  const cells = [text[language], remedy[language]].map((words) => words.replaceAll('|', '/'));
  return [`\`${code}\``, SEVERITIES[language][severity], ...cells];
}
