// All conditions as a page for people, in both languages: made from the tables, so that it is never older than they are. Pure.
import {
  CONDITION_TABLE,
  type ConditionKind,
  type ConditionTable,
  type Severity,
} from './condition-table.ts';
import { STORE_CONDITION_TABLE } from './store-condition-table.ts';

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

Made by \`npm run schemas\` from the tables in \`agent/monitoring/\` and \`config/texts/\`. Each is a retained topic \`<base>/v1/<station>/condition/<code>\` while it
is shown. Warning: look within days. Error: a person is needed today. Critical: call somebody now.

${rows('en', CONDITION_TABLE)}

# Conditions of a store

Each is a retained topic \`<base>/v1/store/<receiver>/condition/<code>\` while it is shown.

${rows('en', STORE_CONDITION_TABLE)}

# Meldungen einer Station

Jede ist ein gespeichertes Topic, solange sie gezeigt wird. Warnung: in den nächsten Tagen ansehen. Fehler: heute wird jemand gebraucht.
Kritisch: sofort Hilfe holen.

${rows('de', CONDITION_TABLE)}

# Meldungen eines Zentralspeichers

${rows('de', STORE_CONDITION_TABLE)}
`;
}

function rows(language: Language, table: ConditionTable): string {
  const head = HEADS[language];
  const lines = Object.entries(table).map(([code, kind]) => row(code, kind, language));
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function row(code: string, { severity, text, remedy }: ConditionKind, language: Language): string[] {
  const cells = [text[language], remedy[language]].map((words) => words.replaceAll('|', '/'));
  return [`\`${code}\``, SEVERITIES[language][severity], ...cells];
}
