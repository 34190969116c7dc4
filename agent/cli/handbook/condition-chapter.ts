// The handbook's part on conditions, made from the condition tables: one entry a code, in the words that monitoring and `bodydock status`
// show. Pure.
import type { Language } from '../../evidence/page/language.ts';
import {
  CONDITION_AREAS,
  type ConditionKind,
  type ConditionTable,
  type SubjectKind,
  type Words,
} from '../../monitoring/condition-table.ts';
import { STORE_CONDITION_AREAS } from '../../monitoring/store-condition-table.ts';
import { STATUS } from '../status-view.ts';

/** Lines of the handbook between which the part stands. */
export const CONDITIONS_BEGIN =
  '<!-- From here on: made by `npm run schemas` from config/texts. Edit those. -->';
export const CONDITIONS_END = '<!-- Up to here. -->';

const AREAS: readonly (readonly [Words, ConditionTable])[] = [
  [{ en: 'Cameras in their bays', de: 'Kameras in ihren Plätzen' }, CONDITION_AREAS.camera],
  [
    { en: 'Which camera, and what is plugged in', de: 'Welche Kamera, und was wo steckt' },
    CONDITION_AREAS.identity,
  ],
  [{ en: 'Disk and recordings', de: 'Datenträger und Aufzeichnungen' }, CONDITION_AREAS.spool],
  [{ en: 'Log and docking records', de: 'Verwahrprotokoll und Andockprotokolle' }, CONDITION_AREAS.custody],
  [{ en: 'Central store', de: 'Zentralspeicher' }, CONDITION_AREAS.store],
  [{ en: 'Broker', de: 'Broker' }, CONDITION_AREAS.broker],
  [{ en: 'Station', de: 'Station' }, CONDITION_AREAS.station],
  [
    { en: 'At the store: vault and disk', de: 'Im Zentralspeicher: Datenträger' },
    STORE_CONDITION_AREAS.vault,
  ],
  [
    { en: 'At the store: what stations send', de: 'Im Zentralspeicher: was Stationen senden' },
    STORE_CONDITION_AREAS.stations,
  ],
  [{ en: 'At the store: logs', de: 'Im Zentralspeicher: Verwahrprotokolle' }, STORE_CONDITION_AREAS.logs],
  [
    { en: 'At the store: keeping and deleting', de: 'Im Zentralspeicher: Aufbewahren und Löschen' },
    STORE_CONDITION_AREAS.retention,
  ],
  [
    { en: 'At the store: the desk of the office', de: 'Im Zentralspeicher: Arbeitsplätze der Dienststelle' },
    STORE_CONDITION_AREAS.desk,
  ],
  [{ en: 'At the store: mails', de: 'Im Zentralspeicher: Mails' }, STORE_CONDITION_AREAS.notify],
  [{ en: 'At the store: broker', de: 'Im Zentralspeicher: Broker' }, STORE_CONDITION_AREAS.broker],
];

const SUBJECTS: Readonly<Record<Exclude<SubjectKind, 'none'>, Words>> = {
  bay: { en: 'names the bay', de: 'nennt den Platz' },
  port: { en: 'names the port', de: 'nennt den Anschluss' },
  camera: { en: 'names the camera', de: 'nennt die Kamera' },
  recording: { en: 'names the recording', de: 'nennt die Aufzeichnung' },
  led: { en: 'names the bay', de: 'nennt den Platz' },
  certificate: { en: 'names the certificate', de: 'nennt das Zertifikat' },
  station: { en: 'names the station', de: 'nennt die Station' },
  witness: { en: 'names the witness', de: 'nennt den Zeugen' },
};
const TO_DO: Words = { en: 'To do', de: 'Zu tun' };

/** The whole part with both marks. */
export function conditionChapter(language: Language): string {
  const areas = AREAS.map(([title, table]) => {
    const entries = Object.entries(table).map(([code, kind]) => entry(code, kind, language));
    return `### ${title[language]}\n\n${entries.join('\n')}`;
  });
  return `${CONDITIONS_BEGIN}\n\n${areas.join('\n')}\n${CONDITIONS_END}`;
}

/** The handbook with this part in the place of an earlier one. Errors: without both marks, in this order, there is none. */
export function withConditionChapter(handbook: string, language: Language): string {
  const begin = handbook.indexOf(CONDITIONS_BEGIN);
  const end = handbook.indexOf(CONDITIONS_END, begin);
  if (begin < 0 || end < 0) throw new Error(`the handbook (${language}) has lost its marks for conditions`);
  return handbook.slice(0, begin) + conditionChapter(language) + handbook.slice(end + CONDITIONS_END.length);
}

function entry(code: string, { severity, subject, text, remedy }: ConditionKind, language: Language): string {
  const named = subject === 'none' ? '' : `, ${SUBJECTS[subject][language]}`;
  const how = `${STATUS[language](`severity.${severity}`)}${named}`;
  return `- **\`${code}\`** (${how}): ${text[language]}\n  *${TO_DO[language]}:* ${remedy[language]}\n`;
}
