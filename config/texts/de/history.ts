// The life of a recording or docking in German: everything but the events.
import type { HistoryWords } from '../en/history.ts';

export const HISTORY_DE: HistoryWords = {
  titleRecording: 'Verwahrung der Aufzeichnung {id}',
  titleDocking: 'Verwahrung zum Andockvorgang {id}',
  intro:
    'Alles, was die signierten Verwahrprotokolle und Dokumente der Station {station} und des Zentralspeichers darüber sagen, in der Reihenfolge, in der es geschah. Alle Zeiten sind UTC. Jede Zeile sagt, was sie wert ist; was das heißt, steht am Ende.',
  introSpool:
    'Alles, was das signierte Verwahrprotokoll und die Dokumente auf der Station {station} darüber sagen, in der Reihenfolge, in der es geschah. Was der Zentralspeicher danach tat (Anordnungen, Öffnen, Löschen), steht nur dort. Alle Zeiten sind UTC. Jede Zeile sagt, was sie wert ist; was das heißt, steht am Ende.',
  good: 'Alle Signaturen, Prüfsummen und Ketten, auf denen diese Seite beruht, wurden beim Erstellen geprüft und stimmen.',
  bad: 'NICHT ALLES STIMMT (Befunde: {count}). Sie stehen unten unter „Was nicht stimmt“; die betroffenen Zeilen sind nicht mehr wert, als diese zulassen.',
  claimed:
    'Nicht alle Zeilen unten sind belegt (nur behauptet: {count}): Hinter diesen steht keine Signatur, der vertraut wird. Sie sind gekennzeichnet.',
  broken:
    'DAS VERWAHRPROTOKOLL IST UNTERBROCHEN, ABGESCHNITTEN ODER UNVOLLSTÄNDIG (Stellen: {count}, siehe unten): Dort können Einträge fehlen, und diese Seite kann nicht sagen, welche.',
  noLog:
    'Hier liegt kein Verwahrprotokoll der Station. Was gesagt wird, beruht allein auf einzelnen Dokumenten.',

  shortly: 'Das Wichtigste',
  shortlyHead: ['', 'Was bekannt ist', 'Wert'],
  camera: 'Kamera',
  cameraWords: 'Angaben der Kamera',
  cameraSaid: 'Kamera {id}: Modell {model}, Seriennummer {serial}',
  bay: 'Station und Platz',
  docked: 'In der Station',
  dockedText: 'von {from} bis {to}',
  stationClock: 'Uhr der Station',
  cameraClock: 'Uhr der Kamera',
  captured: 'Aufgenommen',
  capturedText: 'zwischen {from} und {to}',
  bases: {
    'clock-unmeasured': 'wie die Kamera angab; ihre Uhr ließ sich nicht messen',
    'clock-measured': 'berichtigt um die gemessene Abweichung der Kamerauhr',
    'docking-interval': 'die Zeit zwischen zwei Andockvorgängen; die Kamerauhr war nicht glaubhaft',
  },
  read: 'Von der Kamera gelesen',
  original: 'Original',
  originalText: '{size} Bytes, SHA-256 {digest}',
  sealed: 'Versiegelte Datei',
  sealedText: '{size} Bytes, SHA-256 ihrer Prüfsummenliste {digest}',
  sealedFor: 'Versiegelt für',
  sealedHere: 'Versiegelte Datei hier',
  sealedHereText:
    'sie liegt hier; alle {units} Einheiten wurden gelesen und stimmen mit ihren Prüfsummen überein',
  sealedDamagedText:
    'sie liegt hier, und NICHT ALLES DARAN STIMMT: {units} von {all} Einheiten stimmen mit ihren Prüfsummen überein; siehe unten',
  sealedNotHere: 'sie liegt nicht hier',
  rejected: 'Auffällig',
  signedAt: 'Von der Station signiert',
  signedText: '{at}; SHA-256 des Manifests {digest}',
  receipt: 'Quittung des Zentralspeichers',
  receiptText: '{at} von {receiver}; SHA-256 {digest}',
  receiptDocument: 'die Quittung selbst nennt {at}, Tresor {vault}',
  noReceipt: 'keine, soweit hier bekannt',
  erased: 'Auf der Kamera gelöscht',
  erasedText: '{at} durch Station {station}, das Fehlen bestätigt (Andockvorgang {docking})',
  erasedOpen:
    'nicht bekannt: {at} durch Station {station} angewiesen; ob die Datei fort ist, war nicht zu sehen (Andockvorgang {docking})',
  notErased: 'nicht, soweit dieses Verwahrprotokoll sagt',
  reclaimed: 'Eigene Kopie der Station',
  reclaimedText: 'entfernt am {at}',
  orders: 'Anordnung',
  orderText: '{verb}, angeordnet am {at}, Grund {reason}; gültige Unterschriften: {signers}',
  opened: 'Geöffnet oder herausgegeben',
  openedText: 'Einträge: {count}; zuletzt am {at} ({command}, Grund {reason})',
  openedPending: 'wartet auf das Verwahrprotokoll des Zentralspeichers: {command} am {at}, Grund {reason}',
  notOpened:
    'kein Eintrag im Verwahrprotokoll des Zentralspeichers hier; wer eine Identität hat, kann eine Kopie ohne Eintrag öffnen',
  deleted: 'Im Zentralspeicher gelöscht',
  deletedText: '{at}; {reason}',
  deletedReasons: { expired: 'die Frist war abgelaufen', ordered: 'von zwei Rollen angeordnet' },
  inventory: 'Auf der Kamera',
  inventoryText: '{files} Dateien mit {bytes} Bytes bei der ersten Auflistung; SHA-256 der Liste {digest}',
  inventoryEmpty: 'nichts: Die signierte Liste der Kamera war vollständig und leer',
  inventoryPartial:
    'Sie konnte NICHT vollständig aufgelistet werden: {files} Dateien wurden gesehen, weitere können da gewesen sein',
  inventoryUnsure:
    '{files} Dateien wurden aufgelistet; kein signiertes Andockprotokoll hier sagt, ob das alles war',
  ended: 'Wie es endete',
  endings: {
    unplugged: 'die Kamera wurde herausgenommen',
    stopped: 'das Programm der Station wurde beendet, während die Kamera steckte',
    failed: 'die Kamera antwortete nicht mehr',
    continued: 'neu aufgelistet; die Kamera blieb in ihrem Platz',
    'cut-off': 'abgerissen, vom nächsten Start gefunden',
  },
  fates: 'Was aus jeder Datei wurde',
  fatesText:
    '{stored} gespeichert, {matched} schon bekannt, {notFiles} keine Dateien, {waiting} wartend, {vanished} verschwunden',
  record: 'Andockprotokoll',
  recordText: 'Teil {part} von {parts}; SHA-256 {digest}',
  battery: 'Zustand der Kamera',
  batteryText: 'Ladung {charge}, freier Speicher {free} Bytes',
  notKnown: 'nicht bekannt',

  steps: 'Jeder Schritt',
  stepsHead: ['Zeit (UTC)', 'Was', 'Wer', 'Wert'],
  stepsMore: '{count} weitere Einträge dazu stehen in den Verwahrprotokollen und sind hier nicht aufgeführt.',
  stepsNone: 'Kein Eintrag eines Verwahrprotokolls hier nennt es.',
  between: 'Was in dieser Zeit sonst geschah',
  betweenText:
    'Starts, Uhren, Konfigurationen und Schlüssel von Station und Zentralspeicher von kurz vor dem ersten bis zum letzten Schritt: Sie bestimmen mit, was die Schritte wert sind.',
  betweenMore: '{count} weitere davon stehen in den Verwahrprotokollen und sind hier nicht aufgeführt.',
  station: 'Station {keeper}',
  store: 'Zentralspeicher {keeper}',

  companions: 'Was dazugehört',
  companionsOfDocking: 'Was bei diesem Andockvorgang gelesen wurde',
  companionsHead: ['Aufzeichnung', 'Was', 'Original'],
  relations: { sidecar: 'Begleitdatei', media: 'die Aufzeichnung, die sie begleitet', 'of-docking': '' },
  meetings: { pulled: 'gelesen und versiegelt', matched: 'schon bekannt, dieselben Bytes' },
  companionsMore: '{count} weitere sind hier nicht aufgeführt.',

  documents: 'Dokumente, die hier liegen',
  documentsHead: ['Dokument', 'Wo, und sein SHA-256', 'Signiert von'],
  kinds: {
    manifest: 'Manifest der Aufzeichnung',
    receipt: 'Quittung des Zentralspeichers',
    'deletion-record': 'Löschnachweis',
    'docking-record': 'Andockprotokoll',
    order: 'Anordnung',
    disclosure: 'Einsicht oder Herausgabe, noch nicht im Verwahrprotokoll des Zentralspeichers',
  },
  nobody: 'niemandem: nur behauptet',
  documentsNone: 'Keine: Was oben steht, stammt allein aus den Verwahrprotokollen.',

  logs: 'Gelesene Verwahrprotokolle',
  logsText:
    'Jedes wurde vom ersten bis zum letzten Byte gelesen, jeder Eintrag mit dem vorigen verglichen, jeder Prüfpunkt mit seiner Signatur.',
  logsHead: ['Verwahrprotokoll von', 'Von, bis', 'Umfang'],
  logsSize: 'Einträge: {entries}, Abschnitte: {segments}',
  logFromStart: 'es beginnt mit dem allerersten Eintrag',
  logLater: 'ältere Abschnitte liegen nicht hier',

  findings: 'Was nicht stimmt',
  findingsHead: ['Wo', 'Was gefunden wurde', 'Was es heißt'],
  notes: 'Wissenswert',
  more: '{count} weitere sind nicht aufgeführt; „bodydock verify“ führt alle auf.',

  keys: 'Schlüssel',
  keysText:
    'Vergleichen Sie diese Schlüsselnummern mit den Etiketten von Station und Zentralspeicher: Was diese Seite sagt, ist so viel wert wie der Weg, auf dem die Schlüssel kamen. Sie kamen aus {from}.',
  keysHead: ['Schlüsselnummer', 'Wessen', 'Woher'],
  revoked: 'gesperrt am {at}',
  holders: {
    station: 'Station',
    store: 'Zentralspeicher',
    officer: 'Aufzeichnungsbeauftragte',
    supervisor: 'vorgesetzte Stelle',
  },

  meaning: 'Was die Wörter heißen',
  proofs: { confirmed: 'bestätigt', signed: 'signiert', claimed: 'NUR BEHAUPTET' },
  doubts: {
    'no-signature': 'keine Signatur dahinter',
    'revoked-key': 'ihr Schlüssel wurde gesperrt',
  },
  meanings: [
    'bestätigt: Es steht in einem Verwahrprotokoll, das die Station (oder der Zentralspeicher) signiert hat, und der Zentralspeicher hat später in einer Quittung oder seinem eigenen Verwahrprotokoll einen Stand derselben lückenlosen Kette signiert. Einen Eintrag der Station kann seitdem keiner der beiden allein geändert haben. Einen Eintrag im eigenen Verwahrprotokoll des Zentralspeichers könnte dieser allein neu geschrieben haben: Bis wann jemand außerhalb es bezeugt, sagt „bodydock verify“.',
    'signiert: Ein vertrauter Schlüssel hat es signiert, in einem Verwahrprotokoll oder Dokument. Niemand ohne diesen Schlüssel kann es geschrieben oder geändert haben.',
    'NUR BEHAUPTET: Dahinter steht keine Signatur, der vertraut werden kann (die neuesten Einträge einer laufenden Station, eine nicht signierte Datei, eine dahinter unterbrochene Kette, ein gesperrter Schlüssel). Es kann wahr sein; bewiesen ist es nicht.',
    'Wer hier handelt, ist ein Gerät mit einem Schlüssel oder eine Rolle mit einem Schlüssel: Stationen, Zentralspeicher und Kameras haben Nummern, und kein Verwahrprotokoll enthält den Namen einer Person.',
  ],
  check:
    'Zum Prüfen: „bodydock verify“ über denselben Ort mit Schlüsseln aus eigener Quelle; ohne dieses Programm: Jeder Eintrag „checkpoint“ eines Verwahrprotokolls enthält den Text eines Standes und den Text seiner minisign-Signatur, und jede Zeile nennt den SHA-256 der Zeile davor.',
  made: 'Erstellt von bodydock {program} am {at} UTC aus: {place} {path}.',
  places: { vault: 'Tresor', spool: 'Zwischenspeicher' },
};
