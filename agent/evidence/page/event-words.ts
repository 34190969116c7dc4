// Every event of a custody log as a sentence for people, English and German. `{name}` is a fact of the entry, `{keeper}` whose log it is; a
// name with a unit behind a colon is told in that unit. An event without words here is shown by its name and its facts.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { type Language, number, shownAt } from './language.ts';

type Sentence = readonly [en: string, de: string];

const SENTENCES: Readonly<Partial<Record<CustodyEntry['event'], Sentence>>> = {
  docked: [
    'Camera {camera} was put into bay {bay}.',
    'Die Kamera {camera} wurde in den Platz {bay} gesteckt.',
  ],
  undocked: [
    'The camera was taken out of bay {bay}, or the docking ended.',
    'Die Kamera wurde aus dem Platz {bay} genommen, oder der Andockvorgang endete.',
  ],
  'camera-refused': [
    'A camera in bay {bay} was refused ({reason}): nothing on it was listed, read or erased.',
    'Eine Kamera im Platz {bay} wurde abgewiesen ({reason}): nichts auf ihr wurde aufgelistet, gelesen oder gelöscht.',
  ],
  'camera-clock': [
    'The camera’s clock was measured against the station’s: {offset_ms:s} s, ± {uncertainty_ms:u} s (+ is ahead).',
    'Die Uhr der Kamera wurde mit der Uhr der Station verglichen: {offset_ms:s} s, ± {uncertainty_ms:u} s (+ heißt, sie ging vor).',
  ],
  'camera-clock-set': [
    'The station set the camera’s clock; what was left: {offset_ms:s} s, ± {uncertainty_ms:u} s.',
    'Die Station stellte die Uhr der Kamera; übrig blieben {offset_ms:s} s, ± {uncertainty_ms:u} s.',
  ],
  inventory: [
    'The camera was listed: {entries:n} files with {bytes:n} bytes; SHA-256 of the list {sha256}.',
    'Die Kamera wurde aufgelistet: {entries:n} Dateien mit {bytes:n} Bytes; SHA-256 der Liste {sha256}.',
  ],
  seen: [
    'A file of {size_bytes:n} bytes was seen on the camera; SHA-256 of its place {path_sha256}.',
    'Auf der Kamera wurde eine Datei mit {size_bytes:n} Bytes gesehen; SHA-256 ihres Ortes {path_sha256}.',
  ],
  'seen-more': [
    '{entries:n} more files were seen that the log counts only; SHA-256 of their list {sha256}.',
    '{entries:n} weitere Dateien wurden gesehen, die das Verwahrprotokoll nur zählt; SHA-256 ihrer Liste {sha256}.',
  ],
  pulled: [
    'Every byte was read from the camera: {size_bytes:n} bytes, SHA-256 {sha256}.',
    'Jedes Byte wurde von der Kamera gelesen: {size_bytes:n} Bytes, SHA-256 {sha256}.',
  ],
  sealed: [
    'Sealed in the same pass: {sealed_size_bytes:n} bytes, SHA-256 of the list of digests {chunks_sha256}.',
    'Im selben Zug versiegelt: {sealed_size_bytes:n} Bytes, SHA-256 der Prüfsummenliste {chunks_sha256}.',
  ],
  rejected: [
    'It counts as odd ({reason}), and was kept all the same.',
    'Sie gilt als auffällig ({reason}) und wurde trotzdem aufbewahrt.',
  ],
  spooled: [
    'Signed and durable on the station’s disk; SHA-256 of the manifest {manifest_sha256}.',
    'Signiert und dauerhaft auf dem Datenträger der Station; SHA-256 des Manifests {manifest_sha256}.',
  ],
  matched: [
    'The file on the camera was read again and has the bytes of recording {recording}.',
    'Die Datei auf der Kamera wurde erneut gelesen und hat die Bytes der Aufzeichnung {recording}.',
  ],
  'not-taken': [
    'A file could not be taken then ({reason}); it stayed on the camera.',
    'Eine Datei konnte da nicht übernommen werden ({reason}); sie blieb auf der Kamera.',
  ],
  'docking-recorded': [
    'The record of the docking was signed, part {part} of {parts}: SHA-256 {sha256}.',
    'Das Andockprotokoll wurde signiert, Teil {part} von {parts}: SHA-256 {sha256}.',
  ],
  offered: ['Offered to the store ({recording}).', 'Dem Zentralspeicher angeboten ({recording}).'],
  receipted: [
    'The receipt of store {receiver} for {recording} was verified and kept: SHA-256 {receipt_sha256}.',
    'Die Quittung des Zentralspeichers {receiver} für {recording} wurde geprüft und verwahrt: SHA-256 {receipt_sha256}.',
  ],
  'asked-again': [
    'Store {receiver} did not hold {recording} any more and asked for it again: its receipt with SHA-256 {receipt_sha256} allowed nothing from then on.',
    'Der Zentralspeicher {receiver} hatte {recording} nicht mehr und forderte sie erneut an: Seine Quittung mit SHA-256 {receipt_sha256} erlaubte von da an nichts mehr.',
  ],
  'store-restored': [
    'Store {receiver} was restored from a backup, as its statement with SHA-256 {restored_sha256} says: no receipt of before allowed anything from then on.',
    'Der Zentralspeicher {receiver} wurde aus einer Sicherung wiederhergestellt, wie seine Erklärung mit SHA-256 {restored_sha256} sagt: Keine frühere Quittung erlaubte von da an noch etwas.',
  ],
  'receipt-refused': [
    'A receipt was not accepted ({reason}).',
    'Eine Quittung wurde nicht anerkannt ({reason}).',
  ],
  erasing: [
    'Station {keeper} was about to erase the file of recording {recording} from the camera.',
    'Die Station {keeper} war dabei, die Datei der Aufzeichnung {recording} auf der Kamera zu löschen.',
  ],
  erased: [
    'Station {keeper} erased the file of recording {recording} from the camera; a new listing, or a look for its name, confirmed that it is gone.',
    'Die Station {keeper} löschte die Datei der Aufzeichnung {recording} auf der Kamera; eine neue Auflistung oder die Suche nach ihrem Namen bestätigte, dass sie fort ist.',
  ],
  'not-erased': [
    'The station did not erase the file of recording {recording} from the camera ({reason}).',
    'Die Station löschte die Datei der Aufzeichnung {recording} nicht auf der Kamera ({reason}).',
  ],
  'erasure-unconfirmed': [
    'Station {keeper} told the camera to erase the file of recording {recording}; nobody could see whether it is gone ({reason}).',
    'Die Station {keeper} wies die Kamera an, die Datei der Aufzeichnung {recording} zu löschen; ob sie fort ist, war nicht zu sehen ({reason}).',
  ],
  'spool-reclaimed': [
    'The station removed its own sealed copy of {recording}.',
    'Die Station entfernte ihre eigene versiegelte Kopie von {recording}.',
  ],
  'spool-documents-dropped': [
    'The station let go of its copies of manifest and receipt of {recording}; the store holds both.',
    'Die Station gab ihre Kopien von Manifest und Quittung von {recording} auf; der Zentralspeicher hat beide.',
  ],
  quarantined: [
    '{name} was set aside at the station ({reason}).',
    '{name} kam in der Station in Quarantäne ({reason}).',
  ],
  'difference-found': [
    'The station found a difference between its log and the store or its disk: {difference}, {subject}.',
    'Die Station fand einen Unterschied zwischen ihrem Verwahrprotokoll und dem Zentralspeicher oder ihrem Datenträger: {difference}, {subject}.',
  ],
  'difference-gone': [
    'That difference is gone: {difference}, {subject}.',
    'Dieser Unterschied besteht nicht mehr: {difference}, {subject}.',
  ],
  'difference-acknowledged': [
    'Somebody looked at {differences} differences and acknowledged them ({reason}).',
    'Jemand hat {differences} Unterschiede angesehen und bestätigt ({reason}).',
  ],
  carried: [
    'Said again, before an old segment of the log was dropped.',
    'Erneut eingetragen, bevor ein alter Abschnitt des Verwahrprotokolls entfernt wurde.',
  ],
  'camera-retired': [
    'Somebody took camera {camera} out of use ({reason}).',
    'Jemand hat Kamera {camera} außer Betrieb genommen ({reason}).',
  ],
  'agent-started': [
    'The station’s program started, version {version}.',
    'Das Programm der Station startete, Version {version}.',
  ],
  'agent-stopped': ['The station’s program was stopped.', 'Das Programm der Station wurde beendet.'],
  configuration: [
    'In force from here on: the configuration with SHA-256 {sha256}.',
    'Ab hier gilt die Konfiguration mit SHA-256 {sha256}.',
  ],
  'clock-state': [
    'The station’s clock was synchronised: {synchronised}.',
    'Die Uhr der Station war mit einer Zeitquelle abgeglichen: {synchronised}.',
  ],
  'clock-stepped': [
    'The station’s clock was changed by {step_ms:s} s.',
    'Die Uhr der Station wurde um {step_ms:s} s verstellt.',
  ],
  'key-changed': [
    '{keeper} changed its signing key from {old_key_id} to {new_key_id}.',
    '{keeper} wechselte den Signaturschlüssel von {old_key_id} zu {new_key_id}.',
  ],
  'proof-installed': [
    'From here on it counts as proven that the recipient with SHA-256 {recipient_sha256} can open what is sealed.',
    'Ab hier gilt als nachgewiesen, dass der Öffnungsberechtigte mit SHA-256 {recipient_sha256} Versiegeltes öffnen kann.',
  ],
  'chain-broken': [
    'The station itself found its log broken: segment {segment} behind entry {sequence}.',
    'Die Station selbst fand ihr Verwahrprotokoll unterbrochen: Abschnitt {segment} nach Eintrag {sequence}.',
  ],
  'expiry-warned': [
    'The store warned that it will be deleted at {due_at:t}.',
    'Der Zentralspeicher warnte, dass sie am {due_at:t} gelöscht wird.',
  ],
  order: [
    'An order to {verb} was signed by the {role} and taken up.',
    'Eine Anordnung ({verb}) mit der Unterschrift der Rolle {role} wurde angenommen.',
  ],
  'hold-lapsed': [
    'A hold lapsed: its second signature did not come.',
    'Eine Löschsperre verfiel: die zweite Unterschrift kam nicht.',
  ],
  deleting: [
    'The store began to delete it; SHA-256 of the deletion record {deletion_sha256}.',
    'Der Zentralspeicher begann, sie zu löschen; SHA-256 des Löschnachweises {deletion_sha256}.',
  ],
  deleted: [
    'The store deleted the sealed file; SHA-256 of the deletion record {deletion_sha256}.',
    'Der Zentralspeicher löschte die versiegelte Datei; SHA-256 des Löschnachweises {deletion_sha256}.',
  ],
  retention: [
    'The store announced that recordings stay for {days} days and documents for {documents_days}.',
    'Der Zentralspeicher kündigte an, dass Aufzeichnungen {days} Tage bleiben und Dokumente {documents_days}.',
  ],
  'documents-dropped': [
    'The store let its documents go, as old as configured.',
    'Der Zentralspeicher entfernte ihre Dokumente, so alt wie eingestellt.',
  ],
  disclosed: [
    'Somebody used “{command}” on it at {asked_at:t}; reason: {reason}.',
    'Jemand hat sie am {asked_at:t} mit „{command}“ herausgeholt; Grund: {reason}.',
  ],
};

/** What a code means where a person could not guess it. Codes that are not here stay as they are. */
const CODES_DE: Readonly<Record<string, string>> = {
  true: 'ja',
  false: 'nein',
  null: 'unbekannt',
  hold: 'Löschsperre',
  unhold: 'Löschsperre aufheben',
  delete: 'löschen',
  officer: 'Aufzeichnungsbeauftragte',
  supervisor: 'vorgesetzte Stelle',
  open: 'öffnen',
  export: 'herausgeben',
  empty: 'leer',
  'unknown-kind': 'unbekannte Art',
  'odd-name': 'auffälliger Name',
  damaged: 'beschädigt',
  'not-a-file': 'keine Datei',
  changing: 'änderte sich gerade',
  unreadable: 'nicht lesbar',
  'too-damaged': 'zu stark beschädigt',
  'camera-failed': 'Kamera antwortete nicht',
  'spool-full': 'kein Platz in der Station',
  'spool-failed': 'Schreiben in der Station schlug fehl',
  'agent-failed': 'beendete das Programm der Station mehrmals',
};
const CODES_EN: Readonly<Record<string, string>> = { true: 'yes', false: 'no', null: 'not known' };

/** Facts whose texts are codes; others are names, ids and digests. */
const CODED: ReadonlySet<string> = new Set(['reason', 'verb', 'role', 'command']);

/** A code of a document or an entry in words. */
export function codeWords(code: string, language: Language): string {
  const words = language === 'de' ? CODES_DE : CODES_EN;
  return Object.hasOwn(words, code) ? (words[code] ?? code) : code;
}

/** An entry as a sentence. */
export function eventSentence(
  { event, facts, keeper }: Pick<CustodyEntry, 'event' | 'facts'> & { readonly keeper: string },
  language: Language,
): string {
  const sentence = SENTENCES[event]?.[language === 'de' ? 1 : 0];
  if (sentence === undefined) {
    const told = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
    return [event, ...told].join(', ');
  }
  return sentence.replaceAll(/\{(\w+)(?::(\w))?\}/g, (_, name: string, unit?: string) =>
    name === 'keeper' ? keeper : valueWords(name, facts[name], unit, language),
  );
}

function valueWords(
  name: string,
  value: CustodyEntry['facts'][string] | undefined,
  unit: string | undefined,
  language: Language,
): string {
  if (typeof value === 'number') {
    if (unit === 's') return `${value < 0 ? '−' : '+'}${number(Math.abs(value) / 1000, language, 3)}`;
    if (unit === 'u') return number(value / 1000, language, 3);
    return unit === 'n' ? number(value, language) : String(value);
  }
  const text = String(value ?? null);
  if (unit === 't') return `${shownAt(text)} UTC`;
  return typeof value !== 'string' || CODED.has(name) ? codeWords(text, language) : text;
}
