// What `bodydock-receiver ca` says, in German.
import type { Translated } from '../../texts.ts';
import type { AUTHORITY_EN } from '../en/authority.ts';

export const AUTHORITY_DE = {
  made: `angelegt: {folder}, die eigene Zertifizierungsstelle, gültig bis {until}
{folder}/ca-key.pem ist geheim: Wer sie hat, kann jedem Zugang zum Broker geben. Eine Kopie des Ordners gehört in einen Panzerschrank.
Weiter: bodydock-receiver ca issue NAME --role broker|receiver|station|monitoring|desk-server|viewer|officer
`,
  kept: `{folder} ist schon eine Zertifizierungsstelle, gültig bis {until}: was da war, ist unverändert
`,
  issued: `ausgestellt: {name} als {role}, gültig bis {until}
`,
  file: `  {file}
`,
  secret: `  {file} (geheim)
`,
  password: `Das Passwort von {file} steht in {password}: auf anderem Weg übergeben als die Datei.
`,
  revoked: `gesperrt: {name} als {role}, Seriennummer {serial}
`,
  revocations: `Liste aller gesperrten: {file}
`,
  nextRevoke: `Sie gilt, sobald sie beim Zertifikat des Brokers liegt (crlfile in mosquitto.conf) und nach: systemctl restart mosquitto
Für Arbeitsplätze der Dienststelle gilt sie, sobald sie unter desk.crl_file in receiver.yaml liegt (--out /etc/bodydock/desk) und nach: systemctl restart bodydock-desk
Was der Signierschlüssel einer Station signiert hat, gilt weiter. Ist er vielleicht in falschen Händen: bodydock-receiver revoke
`,
  authority: `{folder}: Zertifizierungsstelle bis {until} ({days} Tage)
`,
  none: `Noch ist nichts ausgestellt.
`,
  head: 'Name|Rolle|Zustand|bis|Tage|Seriennummer',
  valid: 'gültig',
  ended: 'abgelaufen',
  'is-revoked': 'gesperrt',
  soon: {
    one: 'Ein Zertifikat läuft binnen {within} Tagen ab: mit demselben Befehl neu ausstellen.\n',
    other: '{count} Zertifikate laufen binnen {within} Tagen ab: mit demselben Befehl neu ausstellen.\n',
  },
  'authority.missing':
    '{folder} enthält keine Zertifizierungsstelle: mit `bodydock-receiver ca init` anlegen oder mit --ca einen anderen Ordner nennen',
  'authority.in-use':
    'In {folder} ändert gerade ein anderer Befehl die Zertifizierungsstelle: noch einmal eingeben, wenn er fertig ist',
  'authority.name-taken':
    '{name} hat schon ein Zertifikat als {role}, und ein Broker kennt Clients nur am Namen: einen anderen Namen nehmen oder jenes vorher sperren',
  'authority.key-revoked':
    'Das Zertifikat von {name} mit diesem privaten Schlüssel ist gesperrt, und andere haben den Schlüssel vielleicht: ihn an einen anderen Ort verschieben, damit ein neuer entsteht',
  'authority.unknown-name':
    'Die Zertifizierungsstelle in {folder} hat für {name} nichts ausgestellt: `bodydock-receiver ca list` zeigt die Namen',
  otherFile:
    '{file} ist schon da und nicht von {name} aus dieser Zertifizierungsstelle: mit --out einen anderen Ordner nennen oder die Datei an einen anderen Ort verschieben',
  noName: '`ca {command}` braucht einen Namen',
  noRole:
    '--role fehlt: broker, receiver, station, monitoring, desk-server, desk, viewer, evaluator, officer, supervisor oder auditor',
  badDays: '--days {days}: eine ganze Zahl von 1 bis {most}',
  badHost: '--host {host} ist weder der Name noch die Adresse eines Geräts',
  noHost: '--host gibt es nur für broker und desk-server',
  'name.broker': '{name} kann kein Broker heißen: Er heißt wie das Gerät, zum Beispiel broker.example.org',
  'name.receiver': '{name} kann kein Empfänger heißen: Er heißt wie in receiver.yaml, „r-“ und a-z, 0-9, „-“',
  'name.station':
    '{name} kann keine Station heißen: Sie heißt wie in station.yaml, a-z, 0-9, „-“, ohne „r-“ am Anfang',
  'name.monitoring':
    '{name} kann keine Überwachung heißen: a-z, 0-9, „-“, ohne „r-“ am Anfang, und so, wie die ACL des Brokers sie nennt',
  'name.desk': '{name} kann kein Arbeitsplatz heißen: a-z, 0-9, „-“, ohne „r-“ am Anfang',
} as const satisfies Translated<typeof AUTHORITY_EN>;
