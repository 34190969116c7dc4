// What the page of the office's desk says, in German.
import type { DESK_EN } from '../en/desk.ts';

export const DESK_DE: Readonly<Record<keyof typeof DESK_EN, string>> = {
  language: 'English',
  title: 'Aufzeichnungen des Zentralspeichers',
  store: 'Adresse des Zentralspeichers',
  day: 'Tag',
  lastDay: 'bis Tag',
  from: 'von (Uhrzeit)',
  to: 'bis (Uhrzeit)',
  camera: 'Kamera',
  station: 'Station',
  role: 'Art',
  state: 'Zustand',
  any: 'alle',
  'role.media': 'Aufzeichnung',
  'role.sidecar': 'Begleitdatei',
  'role.other': 'Andere Datei',
  'kind.video': 'Video',
  'state.waiting': 'ohne Quittung',
  'state.kept': 'aufbewahrt bis {until}',
  'state.due': 'wird gelöscht',
  'state.held': 'Löschsperre',
  'state.deleted': 'gelöscht',
  find: 'Suchen',
  searching: 'Suche läuft ...',
  found: '{from} bis {to} von {total}, Stand {at}',
  none: 'Nichts gefunden, Stand {at}',
  unproven:
    'Nicht in dieser Liste, weil die Prüfung sie nicht bestätigt: {count}. Den Grund sagt „bodydock verify“.',
  newer: 'Neuere',
  older: 'Ältere',
  row: '{kind}, {day}, {time}, {camera}, {length}',
  claimed: 'nach der Uhr der Kamera',
  minutes: '{count} min',
  seconds: '{count} s',
  noLength: 'Dauer unbekannt',
  identity: 'Datei mit der Identität (bleibt in diesem Browser)',
  reason: 'Grund, etwa das Aktenzeichen (a-z, 0-9, „-“)',
  open: 'Ansehen',
  close: 'Schließen',
  opening: 'Wird geöffnet ...',
  shown:
    'Der Grund kommt in das Verwahrprotokoll des Zentralspeichers. Von der Aufzeichnung wird auf diesem Gerät nichts gespeichert.',
  unchecked:
    'Was hier zu sehen ist, wurde geöffnet, nicht geprüft: Ob es das ist, was die Station unterschrieben hat, sagt „bodydock verify“.',
  unplayable:
    'Dieser Browser kann sie nicht abspielen. Wo Aufzeichnungen geöffnet werden, gibt „bodydock export KIT --with-original“ die Datei für ein anderes Abspielprogramm (Aufzeichnung {recording}).',
  deleted: 'Sie wurde gelöscht: Nur ihre Dokumente sind noch da.',
  badIdentity: 'Das ist keine Datei mit einer Identität.',
  notForIt:
    'Sie lässt sich nicht öffnen: Sie ist für eine andere Identität versiegelt, oder sie ist beschädigt.',
  noAnswer:
    'Der Zentralspeicher antwortet nicht. Stimmt die Adresse, ist das Zertifikat dieses Arbeitsplatzes installiert, und ist diese Seite unter desk.origins genannt?',
  refused: 'Der Zentralspeicher antwortet: {message} ({code})',
};
