// Every text of the pilot report in English and German. Plain words for people who never saw the station.
import { fill, type Language, number } from '../page/language.ts';

/** Texts of one language; `{}` stands for a value. */
export type Words = Readonly<Record<keyof typeof EN, string>>;

const EN = {
  title: 'Body cameras: report on the pilot',
  period: '{} to {}, days in {}',
  stations: 'Stations: {}',
  made: 'Made at {} from signed documents. Only documents whose signatures hold were counted.',
  noName: 'Cameras and bays have numbers here, no names.',
  pooled:
    'Whoever made this report said that cameras are handed out again in each shift: then the figures of one camera are about no single person.',
  notPooled:
    'Where a person keeps the same camera, the figures of that camera are data on that person. Ask the data protection officer before you pass this report on, or make it without them (--without-cameras).',
  withoutCameras: 'Figures of single cameras were left out.',
  summary: 'In short',
  dockings: 'Dockings',
  dockingsEmpty: 'of these of a camera with nothing new on it',
  days: 'Days in the period',
  daysEmpty: 'with proof that nothing was recorded',
  daysRecorded: 'with at least one recording',
  daysOpen: 'open: a camera or a docking record is awaited',
  daysUndecided: 'undecided: something may have been recorded',
  daysWithout: 'without a camera in use',
  dayByDay: 'What is known of the days',
  daysText:
    'A day is proven when every camera in use has docked after the end of that day, and nothing that it held was, or may have been, recorded on that day. A day stays open until each camera in use has docked again, or until its docking record has come. A camera that is lost leaves days open, and is retired by a signed entry.',
  dayRecorded: 'with recording',
  dayProven: 'proven: none',
  dayOpen: 'open',
  dayUndecided: 'undecided',
  awaited: 'Cameras that leave days open',
  lastListed: 'last complete listing',
  openDays: 'open days',
  never: 'never',
  retired: 'Cameras taken out of use',
  retiredOn: 'retired on',
  reason: 'reason',
  recordings: 'Recordings',
  minutes: 'Minutes recorded',
  minutesUnknown: '{} recordings do not tell how long they are',
  bytes: 'Data',
  otherFiles: 'Accompanying files (positions, logs)',
  kept: 'Kept as evidence',
  deleted: 'Deleted (due, or by order of both roles)',
  notReceipted: 'Not yet confirmed by the store',
  latency: 'From docking to the receipt of the store',
  latencyNone: 'No recording was receipted in this period.',
  latencyRecords: 'Records of dockings, from the end of the docking: {}.',
  median: 'half of them within {}',
  p95: '95 of 100 within {}',
  worst: 'slowest {}',
  perWeek: 'Week by week',
  perCamera: 'Camera by camera',
  week: 'Week',
  camera: 'Camera',
  clock: "Cameras' clocks",
  clockText:
    'How far the clock of a camera was ahead of the station (+) or behind (-) when it was docked. Times of recordings are corrected by it.',
  clockMedian: 'usual offset',
  clockWorst: 'largest offset',
  clockDrift: 'gains a day',
  clockResets: 'jumps',
  battery: 'Batteries',
  batteryText:
    'Charge at docking. A camera that comes back emptier every month has a battery that is wearing out.',
  batteryTrend: 'change in 30 days',
  batteryNone: 'No camera told its charge.',
  clockNone: 'No camera let its clock be read.',
  failures: 'What went wrong or was odd',
  failuresNone: 'Nothing.',
  kind: 'Kind',
  count: 'Count',
  unproven:
    '{} folders, single documents or logs do not hold, such as by their signature, or are missing although the store had them. They are not counted. `bodydock verify` says what is wrong with them.',
  ordersNotJudged:
    '{} orders to hold or delete could not be judged: the public keys of the roles that sign them were not given. “Kept as evidence” may be too small.',
  notes: "The users' own reports",
  notesText:
    'Written by users of the cameras. Number of reports: {}. A program searched each line for e-mail addresses, telephone numbers, a form of address with a name (Herr, Frau, Mr, Mrs, Ms) and lines for a name, a staff number or a signature, and found none. It does not find other names: somebody must read the reports before this page is passed on.',
  shift: 'shift',
  withRecording: 'with recordings, or undecided',
  withoutRecording: 'without a recording',
  upTo: 'up to {}',
  longer: 'longer',
  seconds: '{} s',
  minutesShort: '{} min',
  hours: '{} h',
  daysShort: '{} days',
  unknown: 'not told',
  none: 'none',
  check: 'How this was counted',
  checkText:
    'A docking is one camera in one bay from plug to unplug: starts of the station in between, and the daily listing of a camera that stays, do not make it several. It counts on the day on which it began. A docking counts as one without a new recording when its signed record shows a complete list of what was on the camera, nothing was left behind, and every file that was taken lies in the store and is known to be no recording. A file of an unknown kind may be a recording, and so may one whose content is a film, or that is larger than 64 KiB, whatever its name says. A docking shows what was on one camera until that moment: it proves the time before it, not its own day. A day is proven only when every camera in use has such a listing from after the end of the day. A camera is in use from its first docking until it is retired by a signed entry. A recording counts for the day on which it was made where the clock of its camera was measured; elsewhere it leaves every day undecided from the listing before to the one that showed it, and so do a docking record that is missing, a file that was left behind, a camera that was refused because the station does not know it, and a time of which the custody log of a station is not here. The time of a recording may be its beginning or its end: a day before or after it that it may reach into is undecided, too. Where the station did not know the time, its listing proves no day. This report cannot know of what was deleted on a camera before it docked, nor of cameras that never docked. Weeks are counted from Monday, recordings by the day on which they reached the station.',
};

const DE: Record<keyof typeof EN, string> = {
  title: 'Bodycams: Bericht zum Pilotversuch',
  period: '{} bis {}, Tage in {}',
  stations: 'Stationen: {}',
  made: 'Erstellt am {} aus signierten Dokumenten. Gezählt wurden nur Dokumente, deren Signatur stimmt.',
  noName: 'Kameras und Plätze haben hier Nummern, keine Namen.',
  pooled:
    'Wer diesen Bericht erstellt hat, gab an, dass die Kameras in jeder Schicht neu ausgegeben werden: Dann sagen die Zahlen einer Kamera nichts über eine einzelne Person.',
  notPooled:
    'Behält eine Person immer dieselbe Kamera, so sind die Zahlen dieser Kamera Daten über diese Person. Bitte vor der Weitergabe die Datenschutzbeauftragte oder den Datenschutzbeauftragten fragen, oder den Bericht ohne sie erstellen (--without-cameras).',
  withoutCameras: 'Zahlen einzelner Kameras wurden weggelassen.',
  summary: 'Das Wichtigste',
  dockings: 'Andockvorgänge',
  dockingsEmpty: 'davon mit einer Kamera, auf der nichts Neues war',
  days: 'Tage im Zeitraum',
  daysEmpty: 'mit dem Nachweis, dass nichts aufgezeichnet wurde',
  daysRecorded: 'mit mindestens einer Aufzeichnung',
  daysOpen: 'offen: Eine Kamera oder ein Andockprotokoll steht noch aus',
  daysUndecided: 'ungeklärt: Es kann aufgezeichnet worden sein',
  daysWithout: 'ohne Kamera in Betrieb',
  dayByDay: 'Was über die Tage bekannt ist',
  daysText:
    'Ein Tag ist nachgewiesen, wenn jede Kamera in Betrieb nach dem Ende des Tages angedockt wurde und nichts von dem, was auf ihr war, an diesem Tag aufgezeichnet wurde oder worden sein kann. Er bleibt offen, bis jede Kamera in Betrieb wieder angedockt wurde oder bis das ausstehende Andockprotokoll eingegangen ist. Eine verlorene Kamera lässt Tage offen; sie wird durch einen signierten Eintrag außer Betrieb genommen.',
  dayRecorded: 'mit Aufzeichnung',
  dayProven: 'nachgewiesen ohne',
  dayOpen: 'offen',
  dayUndecided: 'ungeklärt',
  awaited: 'Kameras, die Tage offen lassen',
  lastListed: 'zuletzt vollständig gelesen',
  openDays: 'offene Tage',
  never: 'nie',
  retired: 'Außer Betrieb genommene Kameras',
  retiredOn: 'außer Betrieb seit',
  reason: 'Grund',
  recordings: 'Aufzeichnungen',
  minutes: 'Aufgezeichnete Minuten',
  minutesUnknown: '{} Aufzeichnungen geben ihre Dauer nicht an',
  bytes: 'Datenmenge',
  otherFiles: 'Begleitdateien (Positionen, Protokolle)',
  kept: 'Als Beweismittel aufbewahrt',
  deleted: 'Gelöscht (Frist um, oder von beiden Rollen angeordnet)',
  notReceipted: 'Vom Zentralspeicher noch nicht bestätigt',
  latency: 'Vom Andocken bis zur Quittung des Zentralspeichers',
  latencyNone: 'In diesem Zeitraum wurde keine Aufzeichnung quittiert.',
  latencyRecords: 'Andockprotokolle, ab dem Ende ihres Andockvorgangs: {}.',
  median: 'die Hälfte innerhalb von {}',
  p95: '95 von 100 innerhalb von {}',
  worst: 'am längsten {}',
  perWeek: 'Woche für Woche',
  perCamera: 'Kamera für Kamera',
  week: 'Woche',
  camera: 'Kamera',
  clock: 'Uhren der Kameras',
  clockText:
    'Wie weit die Uhr einer Kamera beim Andocken gegenüber der Station vorging (+) oder nachging (-). Die Zeiten der Aufzeichnungen sind darum berichtigt.',
  clockMedian: 'übliche Abweichung',
  clockWorst: 'größte Abweichung',
  clockDrift: 'Gang am Tag',
  clockResets: 'Sprünge',
  battery: 'Akkus',
  batteryText:
    'Ladung beim Andocken. Kommt eine Kamera von Monat zu Monat leerer zurück, so lässt ihr Akku nach.',
  batteryTrend: 'Änderung in 30 Tagen',
  batteryNone: 'Keine Kamera hat ihre Ladung angegeben.',
  clockNone: 'Bei keiner Kamera ließ sich die Uhr auslesen.',
  failures: 'Störungen und Auffälligkeiten',
  failuresNone: 'Keine.',
  kind: 'Art',
  count: 'Anzahl',
  unproven:
    '{} Ordner, einzelne Dokumente oder Verwahrprotokolle stimmen nicht, etwa ihre Signatur, oder fehlen, obwohl der Zentralspeicher sie hatte. Sie sind nicht gezählt. Was an ihnen falsch ist, sagt `bodydock verify`.',
  ordersNotJudged:
    '{} Anordnungen (Löschsperre oder Löschung) ließen sich nicht prüfen: Die öffentlichen Schlüssel der Rollen, die sie signieren, wurden nicht angegeben. „Als Beweismittel aufbewahrt“ kann zu klein sein.',
  notes: 'Erfahrungsberichte der Nutzenden',
  notesText:
    'Von Nutzenden der Kameras geschrieben. Zahl der Berichte: {}. Ein Programm hat in jeder Zeile nach E-Mail-Adressen, Telefonnummern, einer Anrede mit Namen (Herr, Frau, Mr, Mrs, Ms) und nach Zeilen für Name, Personalnummer oder Unterschrift gesucht und keine gefunden. Andere Namen findet es nicht: Jemand muss die Berichte lesen, bevor diese Seite weitergegeben wird.',
  shift: 'Schicht',
  withRecording: 'mit Aufzeichnungen oder ungeklärt',
  withoutRecording: 'ohne Aufzeichnung',
  upTo: 'bis {}',
  longer: 'länger',
  seconds: '{} s',
  minutesShort: '{} min',
  hours: '{} h',
  daysShort: '{} Tage',
  unknown: 'keine Angabe',
  none: 'keine',
  check: 'Wie gezählt wurde',
  checkText:
    'Ein Andockvorgang ist eine Kamera in einem Platz vom Einstecken bis zum Herausnehmen: Neustarts der Station dazwischen und das tägliche Auflisten einer Kamera, die bleibt, machen nicht mehrere daraus. Er zählt an dem Tag, an dem er begann. Er zählt als einer ohne neue Aufzeichnung, wenn sein signiertes Andockprotokoll eine vollständige Liste des Kamerainhalts zeigt, nichts zurückgeblieben ist und jede übernommene Datei im Zentralspeicher liegt und sicher keine Aufzeichnung ist. Eine Datei unbekannter Art kann eine Aufzeichnung sein, ebenso eine, deren Inhalt ein Film ist oder die größer als 64 KiB ist, wie immer sie heißt. Ein Andockvorgang zeigt, was bis zu diesem Augenblick auf einer Kamera war: Er belegt die Zeit davor, nicht seinen eigenen Tag. Ein Tag ist erst nachgewiesen, wenn von jeder Kamera in Betrieb eine solche Liste aus der Zeit nach seinem Ende vorliegt. In Betrieb ist eine Kamera ab ihrem ersten Andockvorgang, bis ein signierter Eintrag sie außer Betrieb nimmt. Eine Aufzeichnung zählt für den Tag, an dem sie entstand, wenn die Uhr ihrer Kamera gemessen wurde; sonst bleibt jeder Tag ungeklärt von der Liste davor bis zu der, die sie zeigte. Dasselbe gilt für ein fehlendes Andockprotokoll, eine zurückgebliebene Datei, eine Kamera, die abgewiesen wurde, weil die Station sie nicht kennt, und eine Zeit, aus der das Verwahrprotokoll einer Station fehlt. Die Zeit einer Aufzeichnung kann ihr Anfang oder ihr Ende sein: Ein Tag davor oder danach, in den sie reichen kann, ist ebenfalls ungeklärt. Kannte die Station die Zeit nicht, so belegt ihre Liste keinen Tag. Was vor dem Andocken auf einer Kamera gelöscht wurde, kann dieser Bericht nicht wissen, auch nichts von Kameras, die nie angedockt wurden. Wochen beginnen am Montag; Aufzeichnungen zählen an dem Tag, an dem sie die Station erreichten.',
};

/** German for the codes behind a colon; others stay as they are. */
const CODES_DE: ReadonlyMap<string, string> = new Map([
  ['empty', 'leere Datei'],
  ['unknown-kind', 'unbekannte Art von Datei'],
  ['odd-name', 'ungewöhnlicher Name'],
  ['damaged', 'teilweise unlesbar'],
  ['changing', 'Datei änderte sich noch'],
  ['unreadable', 'nicht lesbar'],
  ['too-damaged', 'zu viel davon unlesbar'],
  ['camera-failed', 'Kamera antwortete nicht'],
  ['spool-full', 'Zwischenspeicher der Station voll'],
  ['spool-failed', 'Zwischenspeicher der Station gestört'],
  ['quarantined', 'in Quarantäne'],
  ['agent-failed', 'Datei beendete das Programm der Station mehrmals'],
  ['not-reached', 'Andockvorgang endete vorher'],
]);

/** German for the kinds that failures.ts and gather.ts name. */
const KINDS_DE: ReadonlyMap<string, string> = new Map([
  ['waiting', 'nicht übernommen'],
  ['docking failed', 'Andockvorgang abgebrochen (Kamera antwortete nicht)'],
  ['docking cut-off', 'Andockvorgang durch Stromausfall oder Neustart unterbrochen'],
  ['inventory not complete', 'Inhalt der Kamera nicht vollständig lesbar'],
  ['odd but kept', 'auffällig, aber aufbewahrt'],
  ['recording of a docking record is missing', 'Aufzeichnung eines Andockprotokolls fehlt'],
  ['docking record is missing', 'Andockprotokoll fehlt'],
  ['docking record was let go in order', 'Andockprotokoll nach Ablauf der Frist entfernt'],
  ['docking record has not come yet', 'Andockprotokoll noch nicht eingegangen'],
  ['receipt refused', 'Quittung zurückgewiesen'],
  ['set aside as damaged', 'beschädigt, in Quarantäne'],
  ['custody log broken', 'Verwahrprotokoll unterbrochen'],
  ['file not erased from its camera', 'Datei nicht von der Kamera gelöscht'],
  [
    'file gone from its camera before it was to be erased',
    'Datei war vor dem Löschen nicht mehr auf der Kamera',
  ],
  [
    'file to be erased from its camera, and nobody could see whether it went',
    'Datei sollte auf der Kamera gelöscht werden; ob sie fort ist, war nicht zu sehen',
  ],
  ["station's clock stepped", 'Uhr der Station gesprungen'],
  ['camera refused', 'Kamera abgewiesen'],
  ['try failed', 'Versuch fehlgeschlagen'],
  ['order that does not hold', 'Anordnung, deren Signatur nicht stimmt'],
  ['other', 'Sonstiges'],
]);

/** The texts of a language. */
export function wordsOf(language: Language): Words {
  return language === 'de' ? DE : EN;
}

/** A kind of failure in that language. */
export function kindWords(kind: string, language: Language): string {
  if (language === 'en') return kind;
  const [head = '', ...code] = kind.split(': ');
  return [KINDS_DE.get(head) ?? head, ...code.map((each) => CODES_DE.get(each) ?? each)].join(': ');
}

/** A duration in the unit that a person would use. */
export function duration(seconds: number, language: Language): string {
  const words = wordsOf(language);
  if (seconds < 120) return fill(words.seconds, number(seconds, language));
  if (seconds < 7200) return fill(words.minutesShort, number(seconds / 60, language));
  if (seconds < 172_800) return fill(words.hours, number(seconds / 3600, language, 1));
  return fill(words.daysShort, number(seconds / 86_400, language, 1));
}
