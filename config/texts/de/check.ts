// What `bodydock check` and `bodydock-receiver check` say, in German.
import type { Translated } from '../../texts.ts';
import type { CHECK_EN } from '../en/check.ts';

export const CHECK_DE = {
  warning: 'Warnung: {file}: {message}',
  refused: {
    one: 'nicht in Ordnung: {count} Fehler in {file}',
    other: 'nicht in Ordnung: {count} Fehler in {file}',
  },
  stationGood:
    'in Ordnung: {file}: Station {station}, Plätze {bays}{ports}, Kameras {cameras}, recipients {recipients} ({proofs}), release {release}',
  serialPorts: ' ({count} mit seriellem Anschluss)',
  proven: 'alle nachgewiesen',
  unproven: '{count} ohne Nachweis',
  receiverGood: `in Ordnung: {file}: Empfänger {receiver}, Tresor {vault}, Stationen {stations}
Aufzeichnungen bleiben {days} Tage, Dokumente {documentsDays}, wenn keine Richtlinie beider Rollen anderes sagt; was fällig ist, wird {timer}; Schlüssel der Aufzeichnungsbeauftragten: {officers}, der vorgesetzten Stelle: {supervisors}
\`bodydock-receiver expire --preview\` zeigt, was wann fällig ist, was unter Löschsperre steht und was spät kam`,
  timerOff: 'nur gelöscht, wenn jemand `expire` aufruft',
  timer: { one: 'jede Stunde gelöscht', other: 'alle {count} Stunden gelöscht' },
  'severity.good': '',
  'severity.note': 'Hinweis: ',
  'severity.warning': 'Warnung: ',
  'severity.error': 'Fehler: ',
  brokerTaken: 'Der Broker nimmt diesen Empfänger an.',
  brokerUnreachable: 'Der Broker war nicht erreichbar oder hat diesen Empfänger nicht angenommen ({detail}).',
  brokerUnreachableRemedy: 'Das Journal des Brokers sagt, warum: journalctl -u mosquitto -n 50',
  monitoringUntold:
    'Welche Überwachung mit diesem Broker arbeitet, ist nicht festzustellen: Noch keine Station dieser Datei hat etwas gesagt, oder dieser Empfänger darf es nicht lesen.',
  monitoringUntoldRemedy:
    'Noch einmal fragen, wenn eine Station verbunden ist. Die ACL lässt den Empfänger <base>/v1/+/status lesen (mosquitto.acl dieses Pakets).',
} as const satisfies Translated<typeof CHECK_EN>;
