// The annex on data handling in German.
import type { HandlingWords } from '../en/data-handling.ts';

export const HANDLING_DE: HandlingWords = {
  title: 'Bodycams: Was wo wie lange gespeichert wird und wer es sehen kann',
  intro:
    'Anlage zur Dienstvereinbarung. Erstellt aus der Konfiguration, die an der Station {station} gilt, und nicht von Hand geschrieben: Wer die Konfiguration ändert, ändert diesen Text. Die Prüfsummen am Ende sagen, aus welchen Dateien er entstanden ist.',
  noStore:
    'Die Datei des Zentralspeichers (receiver.yaml) lag nicht vor. Wo dieser Text ohne Zahl vom Zentralspeicher spricht, entscheidet diese Datei.',
  conflicts: {
    'unknown-station':
      'Die Datei des Zentralspeichers nennt diese Station nicht: Er nimmt nichts von ihr an.',
    'unknown-receiver': 'Die Datei der Station nennt diesen Zentralspeicher nicht: Sie liefert ihm nichts.',
    'no-officers':
      'Es ist kein Schlüssel einer oder eines Aufzeichnungsbeauftragten eingetragen: Niemand kann eine Aufzeichnung über ihre Frist hinaus aufbewahren oder vorzeitig löschen lassen.',
    'no-supervisors':
      'Es ist kein Schlüssel einer vorgesetzten Stelle eingetragen: Eine Löschsperre verfällt nach {hold} Tagen, und niemand kann eine Aufzeichnung vorzeitig löschen lassen.',
  },

  places: 'Was wo liegt, und wie lange',
  placesHead: ['Ort', 'Was dort liegt', 'Wie lange'],
  camera: 'Kamera',
  cameraWhat:
    'Aufzeichnungen und Begleitdateien, so wie die Kamera sie selbst schreibt. Ob eine Kamera verschlüsselt, hat dieses Produkt nicht in der Hand.',
  cameraNever: 'Bis jemand sie mit den Mitteln der Kamera löscht. Diese Station löscht nichts.',
  cameraAfterReceipt:
    'Bis der Zentralspeicher jede einzelne Datei mit seiner Signatur bestätigt und jeder Öffnungsberechtigte gezeigt hat, dass er öffnen kann. Dann löscht die Station diese eine Datei und sieht nach, ob sie weg ist.',
  spool: 'Station, Datenträger ({path})',
  spoolWhat:
    'Versiegelte Aufzeichnungen. Versiegelt wird im Arbeitsspeicher, während die Kamera gelesen wird; die Station hat keinen Schlüssel, der sie öffnet.',
  spoolHow:
    'Bis zur signierten Quittung des Zentralspeichers, danach höchstens {hours} Stunden, und in keinem Fall länger als {days} Tage (gerechnet wie unten). Ohne Quittung, bis es eine gibt.',
  stationDocuments: 'Station, Dokumente',
  stationDocumentsWhat:
    'Signierte Dokumente zu jeder Aufzeichnung und jedem Andockvorgang: Zeiten, Größen, Prüfsummen, Nummer der Kamera. Kein Bild, kein Ton, kein lesbarer Dateiname.',
  stationDocumentsHow:
    '{days} Tage nach der Quittung, länger, wenn eine Kamera die Datei noch enthält: Daran erkennt die Station sie wieder.',
  stationLog: 'Station, Verwahrprotokoll',
  stationLogWhat:
    'Welcher Schritt wann mit welcher Aufzeichnung geschah, nach Nummern. Verkettet und signiert.',
  stationLogHow: '{days} Tage, nachdem der Zentralspeicher diesen Teil des Verwahrprotokolls hat.',
  broker: 'Nachrichtenvermittler ({broker})',
  brokerWhat:
    'Reicht versiegelte Aufzeichnungen und signierte Dokumente weiter. Zeigt den Zustand jedes Platzes: Anzeigename der Kamera, Zahl der Dateien, das Licht.',
  brokerHow: 'Aufzeichnungen: werden nicht gespeichert. Zustand eines Platzes: bis der nächste ihn ersetzt.',
  screen: 'Bildschirm am Dock',
  screenWhat:
    'Zeigt zu jedem Platz Leuchte, Anzeigename der Kamera, Fortschritt und Ladung, und welche Kameras seit wann unterwegs sind; keinen Namen einer Person und keine Aufzeichnung. Nur an diesem Gerät zu sehen, nichts vom Gezeigten wird gezählt.',
  screenHow: 'Wird nicht gespeichert.',
  staff: 'Berichte des Personals an diesem Bildschirm',
  staffWhat:
    'Antworten auf die Fragen der Datei, mit Station und Tag; eigene Texte liegen getrennt davon und versiegelt. Keine Kamera, kein Platz, keine Uhrzeit, keine Person, keine Anmeldung. Erst wenn der Tag vorbei ist, werden sie signiert und gesendet, alle eines Tages zusammen und ohne zeitliche Reihenfolge; bis dahin liegen sie auf dem Datenträger der Station, die Texte schon versiegelt. Niemand soll darin genannt werden; die Seite sagt es.',
  staffHow:
    'An der Station wie Andockprotokolle. Im Zentralspeicher {days} Tage ab Eingang, die Texte {text} Tage ab Eingang.',
  staffHowUnknown:
    'An der Station wie Andockprotokolle. Im Zentralspeicher so lange wie Dokumente, die Texte {text} Tage ab Eingang, wenn keine Richtlinie anderes sagt.',
  vault: 'Zentralspeicher {receiver}',
  vaultWhat:
    'Versiegelte Aufzeichnungen. Das Programm des Zentralspeichers hat keinen Schlüssel, der sie öffnet.',
  vaultHow: '{days} Tage (gerechnet wie unten), außer eine Anordnung hält die Aufzeichnung fest.',
  vaultHowUnknown: 'Wie es die Datei des Zentralspeichers sagt; 14 Tage, wenn sie nichts sagt.',
  documents: 'Zentralspeicher, Dokumente',
  documentsWhat:
    'Signierte Dokumente zu Aufzeichnungen, Andockvorgängen, Quittungen und Löschungen; Anordnungen: Löschsperre oder Löschung (Nummer der Aufzeichnung, Grund als Kürzel, Schlüsselnummern); Auswertungen von Aufzeichnungen (Antworten auf feste Fragen, der Tag, die Schlüsselnummer der auswertenden Person), die mit den Dokumenten der Aufzeichnung gehen.',
  documentsHow:
    '{days} Tage: ab der Löschung der Aufzeichnung, bei einem Andockprotokoll ab seinem Eingang und nicht vor seinen Aufzeichnungen. Solange es die Aufzeichnung gibt, bleiben sie. Ihr Löschnachweis bleibt immer: Nummern, Prüfsummen, Zeiten und die Anordnung, kein Name.',
  documentsHowUnknown: 'Wie es die Datei des Zentralspeichers sagt; 730 Tage, wenn sie nichts sagt.',
  lasting: 'Zentralspeicher, eigenes Verwahrprotokoll',
  lastingWhat:
    'Was der Zentralspeicher gelöscht, gewarnt und herausgegeben hat, nach Nummern; Wechsel und Sperren von Schlüsseln; und Quittungen, nach Prüfsummen.',
  lastingHow: 'Ohne Frist: Nur daran lässt sich später erkennen, was gelöscht und was entwendet wurde.',
  quarantine: 'Quarantäne von Station und Zentralspeicher',
  quarantineWhat:
    'Was auffällig oder beschädigt war, versiegelt, soweit es Aufzeichnungen sind, mit einem Vermerk, warum.',
  quarantineHow: 'Bis ein Mensch es angesehen hat. Dort verschwindet nichts von selbst.',
  counted:
    'Wie die Tage gerechnet werden: ab dem spätesten Zeitpunkt, zu dem die Aufzeichnung entstanden sein kann, wenn die Uhr der Kamera gemessen wurde; sonst ab der Versiegelung; und ab der Quittung des Zentralspeichers, wenn die Uhr der Station selbst nicht gestellt war. Eine falsche Uhr verkürzt die Frist nie. Was binnen 72 Stunden nach der Quittung fällig wäre, wird erst nach einer Warnung gelöscht, die 24 Stunden alt ist.',
  policy:
    'Die Richtlinie {number}, die beide Rollen signiert haben, sagt: Eine Aufzeichnung bleibt mindestens {days} und höchstens {most} Tage, ihre Dokumente danach mindestens {documents} Tage. Eine Löschsperre einer Rolle verfällt nach {hold} Tagen, und ein Text des Personals ist nach {text} Tagen gelöscht. Wer den Zentralspeicher betreibt, kann nur länger aufbewahren, diesen Text nur kürzer.',
  noPolicy:
    'Es gilt keine Richtlinie beider Rollen: Eine Aufzeichnung bleibt mindestens {days} Tage, ihre Dokumente danach mindestens {documents} Tage, auch wenn die Datei des Zentralspeichers anderes vorsieht.',
  policyUnknown:
    'Ob eine Richtlinie beider Rollen gilt, sagt nur der Zentralspeicher selbst, der hier nicht gelesen wurde; ohne sie bleibt eine Aufzeichnung mindestens {days} Tage, ihre Dokumente danach mindestens {documents} Tage.',
  alone: 'Gelöscht wird durch das Programm: alle {hours} Stunden, ohne Zutun von irgendwem.',
  byHand: 'Hier läuft das Löschen nicht von selbst: Jemand muss es aufrufen.',
  aloneUnknown: 'Gelöscht wird durch das Programm des Zentralspeichers.',

  sealed: 'Wer Aufzeichnungen öffnen kann',
  sealedText:
    'Jede Aufzeichnung ist für die folgenden öffentlichen Schlüssel versiegelt; zu jedem gehört eine Identität (eine geheime Datei). Wer eine der {count} Identitäten hat und den Zentralspeicher lesen kann, kann öffnen. Die Station, der Nachrichtenvermittler und das Programm des Zentralspeichers können es nicht. Welche Person welche Identität verwahrt, weiß das Produkt nicht; das muss an anderer Stelle festgehalten werden.',
  recipient: '{recipient}, Fingerabdruck {fingerprint}',

  roles: 'Wer was darf',
  rolesHead: ['Was', 'Wer', 'Was davon bleibt'],
  openWhat: 'Eine Aufzeichnung ansehen',
  openWho: 'Wer eine der {count} Identitäten hat und den Zentralspeicher lesen darf.',
  openTrace:
    'Ein Grund (als Kürzel) wird vorher verlangt und kommt mit Zeit und Nummer der Aufzeichnung in das Verwahrprotokoll des Zentralspeichers. Wer im Zentralspeicher schreiben darf, kann diesen Eintrag noch eine Minute lang verhindern, und eine Kopie lässt sich ohne Spur öffnen.',
  exportWhat: 'Eine Aufzeichnung an ein Gericht geben',
  exportWho: 'Wer den Zentralspeicher lesen darf. Die Aufzeichnung bleibt versiegelt.',
  exportTrace: 'Wie oben.',
  holdWhat: 'Löschsperre: eine Aufzeichnung über ihre Frist hinaus aufbewahren',
  holdWho:
    'Aufzeichnungsbeauftragte ({officers}) sofort; sie verfällt nach {hold} Tagen, wenn nicht auch die vorgesetzte Stelle ({supervisors}) unterschreibt.',
  holdTrace: 'Die signierte Anordnung und ein Eintrag je Unterschrift.',
  deleteWhat: 'Eine Löschsperre aufheben oder vorzeitig löschen',
  deleteWho:
    'Nur Aufzeichnungsbeauftragte ({officers}) und vorgesetzte Stelle ({supervisors}) gemeinsam, nie zweimal derselbe Schlüssel.',
  deleteTrace: 'Die signierte Anordnung, ein signierter Löschnachweis, Einträge im Verwahrprotokoll.',
  expireWhat: 'Löschen nach Fristablauf',
  expireWho:
    'Niemand: Das Programm tut es. Es braucht niemanden, und niemand kann es hindern, außer durch eine Anordnung.',
  expireByHandWho:
    'Wer den Zentralspeicher betreibt, mit einem Befehl seines Programms; es geht nur, was fällig ist.',
  expireTrace: 'Ein signierter Löschnachweis und Einträge im Verwahrprotokoll.',
  configWhat: 'Fristen, Öffnungsberechtigte, Schlüssel ändern',
  configWho: 'Wer das Gerät verwaltet, in dessen Konfigurationsdatei. Keine Nachricht aus dem Netz kann es.',
  configTrace:
    'Die Prüfsumme der Datei der Station steht bei jedem Start und jeder Änderung in ihrem Verwahrprotokoll.',
  keys: '{count} Schlüssel: {ids}',
  oneKey: '1 Schlüssel: {id}',
  noKey: 'kein Schlüssel',
  keysUnknown: 'Schlüssel in der Datei des Zentralspeichers',

  persons: 'Daten über Personen: was vorkommen kann',
  personsCan: [
    'Bild und Ton von Personen vor und hinter der Kamera: nur in den versiegelten Aufzeichnungen.',
    'Positionen, Zeiten und Gerätevermerke, wenn die Kamera Begleitdateien schreibt: nur in den versiegelten Aufzeichnungen.',
    'Dateinamen auf der Kamera, die einen Namen enthalten können: versiegelt; außerhalb nur ihre Prüfsumme.',
    'Nummer der Kamera, dazu Modell und Seriennummer, wenn die Kamera oder die Konfiguration sie nennt: in signierten Dokumenten. Nachrichten zeigen nur den Anzeigenamen.',
    'Zeiten der Andockvorgänge, Akku, Zahl und Länge der Aufzeichnungen. Wer außerdem den Dienstplan hat, kann daraus schließen, wer eine Kamera wahrscheinlich getragen hat. Das Produkt enthält keinen Dienstplan und keine Zuordnung.',
    'Gründe (als Kürzel) von Anordnungen und Einsichten, und die Nummern der Schlüssel, die unterschrieben haben.',
  ],
  personsCanStaff:
    'Eigene Texte des Personals am Bildschirm, die einen Namen enthalten können, obwohl die Seite darum bittet, keinen zu nennen: nur versiegelt, für dieselben Identitäten wie die Aufzeichnungen.',
  cameras: 'Kameras dieser Station (Nummer, Anzeigename für das Personal): {cameras}.',
  personsNever: 'Was nie vorkommt',
  personsNeverList: [
    'Namen, Personalnummern, Anmeldenamen oder E-Mail-Adressen, in keinem Dokument, Verwahrprotokoll oder Programmprotokoll, keiner Nachricht und keiner Einstellung. (Einen Anzeigenamen wählt, wer die Konfiguration schreibt: Oben ist er zu sehen.)',
    'Wer welche Kamera getragen hat.',
    'Eine unversiegelte Aufzeichnung auf dem Datenträger der Station, auf der Leitung, beim Nachrichtenvermittler oder im Zentralspeicher.',
    'Livebilder, Fernstart einer Kamera, Mithören.',
    'Erkennung oder Auswertung von Gesichtern, Stimmen, Kennzeichen, Verhalten oder Leistung.',
  ],

  logs: 'Verwahrprotokolle',
  logsHead: ['Verwahrprotokoll', 'Was darin steht', 'Wie lange'],
  logStation: 'Verwahrprotokoll der Station',
  logStationWhat:
    'Starts, Änderungen der Konfiguration, Zustand der Uhr; zu jedem Andockvorgang und jeder Aufzeichnung: angedockt, aufgelistet, gelesen, versiegelt, bestätigt, gelöscht. Nach Nummern.',
  logStationHow:
    'An der Station {days} Tage, nachdem der Zentralspeicher es hat; im Zentralspeicher {atStore}.',
  logStore: 'Verwahrprotokoll des Zentralspeichers',
  logStoreWhat:
    'Warnungen und Löschungen, Anordnungen, Einsichten mit Grund, Wechsel und Sperren von Schlüsseln.',
  logProgram: 'Programmprotokoll (Journal des Betriebssystems)',
  logProgramWhat:
    'Betrieb und Störungen, Stufe „{level}“. Keine Namen, keine Dateinamen, keine Seriennummern.',
  logProgramHow: 'Wie das Betriebssystem eingestellt ist; das Produkt verlängert und verkürzt es nicht.',
  daysOf: 'bis {days} Tage nach allem, wovon es handelt',
  forEver: 'Ohne Frist.',
  asFile: 'wie es dessen Datei sagt',

  leaves: 'Was das Haus verlässt',
  leavesTls:
    'Station und Zentralspeicher sprechen nur über den Nachrichtenvermittler {broker} miteinander, verschlüsselt auf der Leitung (TLS). Aufzeichnungen sind versiegelt und Dokumente signiert, bevor sie übertragen werden.',
  leavesLocal:
    'Station und Zentralspeicher sprechen nur über den Nachrichtenvermittler {broker} auf dem Gerät der Station selbst miteinander. Aufzeichnungen sind versiegelt und Dokumente signiert, bevor sie übertragen werden.',

  leavesNothingElse: 'Keine andere Adresse wird angesprochen: keine Cloud, kein Hersteller, keine Statistik.',
  leavesOutside:
    'Außerdem legt der Zentralspeicher Größe und Prüfsumme seines Verwahrprotokolls diesen Stellen außerhalb vor: {outside}. Mehr erfahren sie nicht. Keine andere Adresse wird angesprochen: keine Cloud, kein Hersteller, keine Statistik.',
  leavesUnknown:
    'Die Station spricht keine andere Adresse an. Ob der Zentralspeicher die Prüfsumme seines Verwahrprotokolls Stellen außerhalb vorlegt, sagt seine Datei. Keine Cloud, kein Hersteller, keine Statistik.',

  holds: 'Wovor das schützt, und wovor nicht',
  holdsList: [
    'Wer die Station verwaltet oder stiehlt, kann nichts öffnen, was schon versiegelt ist, und nichts zurücknehmen, wofür es eine Quittung gibt. Er kann sehen, was gerade gelesen wird, und weglassen, was noch nicht signiert ist.',
    'Wer den Zentralspeicher verwaltet, kann nichts öffnen. Was er entfernt, austauscht, zurückdatiert oder zu früh löscht, zeigt die Prüfung, sobald jemand außerhalb davon gehört hat: {heard}. Eine vordatierte Löschung zeigt sie auf Dauer nur, wenn ein Zeuge oder Zeitstempeldienst davor das Verwahrprotokoll gesehen hat. Er kann die Herausgabe verweigern und Versiegeltes kopieren.',
    'Eine der beiden Rollen allein kann eine Aufzeichnung einmal für {hold} Tage aufbewahren lassen, sonst nichts. Beide zusammen können löschen lassen; die Anordnung mit beiden Signaturen bleibt.',
    'Wer eine Identität hat, kann kopieren, was er öffnet, und eine Kopie des Zentralspeichers öffnen, ohne dass es vermerkt wird. Ändern kann er nichts, ohne dass die Prüfung es zeigt.',
    'Wer eine Kamera trägt, kann sie ausgeschaltet lassen und vor dem Andocken auf ihr löschen. Die Station sieht, was dann noch da ist.',
  ],
  heardStations: 'eine Station auf einem anderen Gerät, mit jeder Quittung',
  heardOutside:
    'eine Station auf einem anderen Gerät, mit jeder Quittung, oder {outside}, mindestens einmal am Tag',

  made: 'Erstellt von bodydock {version} am {day} aus station.yaml (SHA-256 {digest}){store}.',
  madeStore: ' und receiver.yaml (SHA-256 {digest})',
};
