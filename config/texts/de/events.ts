// Every event of a custody log as a sentence for people, in German. A name in braces is a fact of the
// entry, `{keeper}` whose log it is; what comes after a colon is the unit in which a fact is shown (agent/evidence/page/language.ts).
import type { EventSentences } from '../en/events.ts';

export const EVENTS_DE: EventSentences = {
  docked: 'Die Kamera {camera} wurde in den Platz {bay} gesteckt.',
  undocked: 'Die Kamera wurde aus dem Platz {bay} genommen, oder der Andockvorgang endete.',
  'camera-refused':
    'Eine Kamera im Platz {bay} wurde abgewiesen ({reason}): nichts auf ihr wurde aufgelistet, gelesen oder gelöscht.',
  'camera-clock':
    'Die Uhr der Kamera wurde mit der Uhr der Station verglichen: {offset_ms:s} s, ± {uncertainty_ms:u} s (+ heißt, sie ging vor).',
  'camera-clock-set':
    'Die Station stellte die Uhr der Kamera; übrig blieben {offset_ms:s} s, ± {uncertainty_ms:u} s.',
  inventory:
    'Die Kamera wurde aufgelistet: {entries:n} Dateien mit {bytes:n} Bytes; SHA-256 der Liste {sha256}.',
  seen: 'Auf der Kamera wurde eine Datei mit {size_bytes:n} Bytes gesehen; SHA-256 ihres Ortes {path_sha256}.',
  'seen-more':
    '{entries:n} weitere Dateien wurden gesehen, die das Verwahrprotokoll nur zählt; SHA-256 ihrer Liste {sha256}.',
  pulled: 'Jedes Byte wurde von der Kamera gelesen: {size_bytes:n} Bytes, SHA-256 {sha256}.',
  sealed:
    'Im selben Zug versiegelt: {sealed_size_bytes:n} Bytes, SHA-256 der Prüfsummenliste {chunks_sha256}.',
  rejected: 'Sie gilt als auffällig ({reason}) und wurde trotzdem aufbewahrt.',
  spooled: 'Signiert und dauerhaft auf dem Datenträger der Station; SHA-256 des Manifests {manifest_sha256}.',
  matched: 'Die Datei auf der Kamera wurde erneut gelesen und hat die Bytes der Aufzeichnung {recording}.',
  'not-taken': 'Eine Datei konnte da nicht übernommen werden ({reason}); sie blieb auf der Kamera.',
  'docking-recorded': 'Das Andockprotokoll wurde signiert, Teil {part} von {parts}: SHA-256 {sha256}.',
  'document-recorded': 'Ein Dokument der Art {kind} wurde signiert: SHA-256 {sha256}.',
  offered: 'Dem Zentralspeicher angeboten ({recording}).',
  receipted:
    'Die Quittung des Zentralspeichers {receiver} für {recording} wurde geprüft und verwahrt: SHA-256 {receipt_sha256}.',
  'asked-again':
    'Der Zentralspeicher {receiver} hatte {recording} nicht mehr und forderte sie erneut an: Seine Quittung mit SHA-256 {receipt_sha256} erlaubte von da an nichts mehr.',
  'store-restored':
    'Der Zentralspeicher {receiver} wurde aus einer Sicherung wiederhergestellt, wie seine Erklärung mit SHA-256 {restored_sha256} sagt: Keine frühere Quittung erlaubte von da an noch etwas.',
  'store-log':
    'Die Station hat einen Prüfpunkt des Verwahrprotokolls des Zentralspeichers aufgehoben: {checkpoint}',
  'receipt-refused': 'Eine Quittung wurde nicht anerkannt ({reason}).',
  erasing:
    'Die Station {keeper} war dabei, die Datei der Aufzeichnung {recording} auf der Kamera zu löschen.',
  erased:
    'Die Station {keeper} löschte die Datei der Aufzeichnung {recording} auf der Kamera; eine neue Auflistung oder die Suche nach ihrem Namen bestätigte, dass sie fort ist.',
  'not-erased': 'Die Station löschte die Datei der Aufzeichnung {recording} nicht auf der Kamera ({reason}).',
  'erasure-unconfirmed':
    'Die Station {keeper} wies die Kamera an, die Datei der Aufzeichnung {recording} zu löschen; ob sie fort ist, war nicht zu sehen ({reason}).',
  'spool-reclaimed': 'Die Station entfernte ihre eigene versiegelte Kopie von {recording}.',
  'spool-documents-dropped':
    'Die Station gab ihre Kopien von Manifest und Quittung von {recording} auf; der Zentralspeicher hat beide.',
  quarantined: '{name} kam in der Station in Quarantäne ({reason}).',
  'difference-found':
    'Die Station fand einen Unterschied zwischen ihrem Verwahrprotokoll und dem Zentralspeicher oder ihrem Datenträger: {difference}, {subject}.',
  'difference-gone': 'Dieser Unterschied besteht nicht mehr: {difference}, {subject}.',
  'difference-acknowledged': 'Jemand hat {differences} Unterschiede angesehen und bestätigt ({reason}).',
  carried: 'Erneut eingetragen, bevor ein alter Abschnitt des Verwahrprotokolls entfernt wurde.',
  'camera-retired': 'Jemand hat Kamera {camera} außer Betrieb genommen ({reason}).',
  'agent-started': 'Das Programm der Station startete, Version {version}.',
  'agent-stopped': 'Das Programm der Station wurde beendet.',
  configuration: 'Ab hier gilt die Konfiguration mit SHA-256 {sha256}.',
  'clock-state': 'Die Uhr der Station war mit einer Zeitquelle abgeglichen: {synchronised}.',
  'clock-stepped': 'Die Uhr der Station wurde um {step_ms:s} s verstellt.',
  'key-changed': '{keeper} wechselte den Signaturschlüssel von {old_key_id} zu {new_key_id}.',
  'proof-installed':
    'Ab hier gilt als nachgewiesen, dass der Öffnungsberechtigte mit SHA-256 {recipient_sha256} Versiegeltes öffnen kann.',
  'chain-broken':
    'Die Station selbst fand ihr Verwahrprotokoll unterbrochen: Abschnitt {segment} nach Eintrag {sequence}.',
  'expiry-warned': 'Der Zentralspeicher warnte, dass sie am {due_at:t} gelöscht wird.',
  order: 'Eine Anordnung ({verb}) mit der Unterschrift der Rolle {role} wurde angenommen.',
  evaluation: 'Eine Auswertung mit der Unterschrift einer auswertenden Stelle wurde angenommen.',
  'hold-lapsed': 'Eine Löschsperre verfiel: die zweite Unterschrift kam nicht.',
  deleting: 'Der Zentralspeicher begann, sie zu löschen; SHA-256 des Löschnachweises {deletion_sha256}.',
  deleted:
    'Der Zentralspeicher löschte die versiegelte Datei; SHA-256 des Löschnachweises {deletion_sha256}.',
  policy: 'Die Richtlinie {number} beider Rollen trat in Kraft; ihre SHA-256 ist {policy_sha256}.',
  retention:
    'Der Zentralspeicher kündigte an, dass Aufzeichnungen {days} Tage bleiben und Dokumente {documents_days}.',
  'documents-dropped': 'Der Zentralspeicher entfernte ihre Dokumente, so alt wie eingestellt.',
  disclosed: 'Jemand hat sie am {asked_at:t} mit „{command}“ herausgeholt; Grund: {reason}.',
};
