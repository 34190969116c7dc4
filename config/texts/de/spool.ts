// What `bodydock spool ls`, `quarantine` and `tries` say, in German.
import type { Translated } from '../../texts.ts';
import type { SPOOL_EN } from '../en/spool.ts';

export const SPOOL_DE = {
  state: 'ZUSTAND',
  age: 'ALTER',
  size: 'GRÖSSE',
  camera: 'KAMERA',
  recording: 'AUFZEICHNUNG',
  receipt: 'QUITTUNG (UTC)',
  'state.spooled': 'wartet',
  'state.receipted': 'gesichert',
  'state.released': 'geräumt',
  'state.unreadable': 'UNLESBAR',
  sum: {
    one: '{count} Aufzeichnung, {size}; davon warten {waiting} ({waitingSize}) auf den Zentralspeicher\n',
    other: '{count} Aufzeichnungen, {size}; davon warten {waiting} ({waitingSize}) auf den Zentralspeicher\n',
  },
  nothingAside: 'Nichts ist in Quarantäne.',
  since: 'seit {at} UTC',
  why: 'Grund: ',
  unknownWhy: 'das Verwahrprotokoll der Station sagt es nicht',
  toDo: 'Zu tun: ',
  'remedy.recording':
    'Prüfen. Was beschädigt ist, liegt womöglich heil auf der Kamera oder im Zentralspeicher: zuerst dort nachsehen.',
  'remedy.docking': 'Prüfen. Die Aufzeichnungen dieses Andockvorgangs haben eigene Dokumente.',
  'remedy.other':
    'Klären, wer es dorthin gelegt hat. Die Station hat es nicht gemacht oder kann es nicht mehr lesen.',
  command: 'Befehl: ',
  leftOff: '{count} weitere Namen sind hier nicht aufgeführt.',
  closing:
    'Die Station löscht nichts davon. Eine Kopie behalten (`cp -a`), dann aus dem Ordner nehmen; die Meldung endet mit dem nächsten Start.',
  nothing: 'Der Agent endete an keiner Datei einer Kamera.',
  file: '{camera} in {bay}: eine Datei von {size}',
  aside:
    'ZURÜCKGESTELLT: Enden des Agenten, während er sie übernahm: {count}, zuletzt bemerkt {at} UTC; sie bleibt auf der Kamera',
  noted:
    'vermerkt: Enden des Agenten, während er sie übernahm: {count}, zuletzt bemerkt {at} UTC; es wird erneut versucht',
  triesToDo:
    'Zu tun: `journalctl -u bodydock` und `dmesg` sagen, was den Agenten beendet hat (zu wenig Speicher, ein Fehler des Programms). Ist das behoben: `bodydock spool tries --again`; eine neue Version versucht es von selbst, jede Version einmal am Tag. Bis dahin die Kamera weder löschen noch formatieren.',
  triesNothingAside: 'Nichts ist zurückgestellt: Es gibt nichts erneut zu versuchen.',
  wanted:
    'Der laufende Agent, oder sein nächster Start, versucht das Zurückgestellte noch einmal, eine Datei nach der anderen.',
} as const satisfies Translated<typeof SPOOL_EN>;
