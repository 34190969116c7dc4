// What `bodydock spool tries` says, in English and German.
import type { Language } from '../evidence/page/language.ts';

export interface TriesWords {
  readonly nothing: string;
  /** Camera, bay, size. */
  readonly file: string;
  /** Count of ends, time of the last. */
  readonly aside: string;
  readonly noted: string;
  readonly toDo: string;
  readonly nothingAside: string;
  readonly wanted: string;
}

export const TRIES_WORDS: Readonly<Record<Language, TriesWords>> = {
  en: {
    nothing: 'The agent ended at no file of a camera.',
    file: '{} in {}: a file of {}',
    aside: 'SET ASIDE: ends of the agent while it took it: {}, last found {} UTC; it stays on the camera',
    noted: 'noted: ends of the agent while it took it: {}, last found {} UTC; it is tried again',
    toDo: 'To do: `journalctl -u bodydock` and `dmesg` say what ended the agent (too little memory, a fault of the program). Once that is mended: `bodydock spool tries --again`; a new version tries by itself, any version once a day. Until then neither erase nor format the camera.',
    nothingAside: 'Nothing is set aside: there is nothing to try again.',
    wanted: 'The running agent, or its next start, tries what is set aside once more, one file at a time.',
  },
  de: {
    nothing: 'Der Agent endete an keiner Datei einer Kamera.',
    file: '{} in {}: eine Datei von {}',
    aside:
      'ZURÜCKGESTELLT: Enden des Agenten, während er sie übernahm: {}, zuletzt bemerkt {} UTC; sie bleibt auf der Kamera',
    noted:
      'vermerkt: Enden des Agenten, während er sie übernahm: {}, zuletzt bemerkt {} UTC; es wird erneut versucht',
    toDo: 'Zu tun: `journalctl -u bodydock` und `dmesg` sagen, was den Agenten beendet hat (zu wenig Speicher, ein Fehler des Programms). Ist das behoben: `bodydock spool tries --again`; eine neue Version versucht es von selbst, jede Version einmal am Tag. Bis dahin die Kamera weder löschen noch formatieren.',
    nothingAside: 'Nichts ist zurückgestellt: Es gibt nichts erneut zu versuchen.',
    wanted:
      'Der laufende Agent, oder sein nächster Start, versucht das Zurückgestellte noch einmal, eine Datei nach der anderen.',
  },
};
