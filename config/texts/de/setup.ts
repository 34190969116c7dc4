// What `bodydock setup` says, in German.
import type { Translated } from '../../texts.ts';
import type { SETUP_EN } from '../en/setup.ts';

export const SETUP_DE = {
  intro: `Ein Pilotbetrieb auf diesem einen Gerät: Station, Broker und Zentralspeicher. Fünf Fragen; vor der letzten wird nichts geschrieben. Was in [] steht, gilt ohne Eingabe.
`,
  'ask.station': '1. Name dieser Station (a-z, 0-9, „-“) [{usual}]: ',
  'ask.host': '2. Name, unter dem andere Geräte dieses finden werden [{usual}]: ',
  'ask.bays':
    '3. Wo Kameras eingesteckt werden, durch Leerzeichen getrennt: Ordner, oder USB-Anschlüsse, wie `bodydock bays` sie zeigt [{usual}]: ',
  'ask.recipients':
    '4. Wer Aufzeichnungen öffnen darf: Öffnungsberechtigte (age1...), durch Leerzeichen getrennt; nichts: hier entsteht eine neue Identität [{usual}]: ',
  'ask.roles':
    '5. Öffentliche Schlüssel von Aufzeichnungsbeauftragten und vorgesetzter Stelle, in dieser Reihenfolge: zwei .pub-Dateien oder Zeilen „RW...“; nichts: vorerst ohne [{usual}]: ',
  'bad.station': 'So kann eine Station nicht heißen',
  'bad.host': 'Das ist kein Name eines Geräts',
  'bad.bays': 'Das ist weder ein absoluter Pfad noch ein USB-Anschluss',
  'bad.recipients': 'Ein Öffnungsberechtigter ist „age1“ mit 58 weiteren Zeichen',
  'bad.roles': 'Nötig sind zwei Schlüssel von zwei Personen, oder keiner',
  noTerminal:
    'Niemand ist an einem Terminal zu fragen: eine Datei mit Antworten nennen, --answers DATEI (siehe --help)',
  noRoot: 'Dies richtet Dienste ein: als root eingeben, oder mit --no-start nur die Dateien schreiben',
  noPackages:
    'Auf diesem Gerät fehlt: {missing}. Vorher installieren: apt install mosquitto, und beide Pakete, bodydock und bodydock-receiver',
  otherBroker:
    'Dieser Broker ist in {file} für anderes eingerichtet. Der Pilotbetrieb braucht einen eigenen: ein anderes Gerät nehmen, oder die Datei an einen anderen Ort verschieben, wenn nichts sie braucht',
  goesOn: `weiter mit den Antworten in {file}
`,
  made: `angelegt: {file}
`,
  kept: `war da und bleibt, wie es ist: {file}
`,
  aside: `umbenannt: {file}, jetzt {aside}
`,
  asideTaken: '{file} ist von früher da: an einen anderen Ort verschieben',
  proven: `nachgewiesen: Die Identität öffnet, was diese Station versiegelt
`,
  started: `gestartet: {unit}
`,
  notGood: `{file} ist noch nicht in Ordnung. Berichtigen und diesen Befehl noch einmal eingeben:
`,
  done: `
Station {station}, Zentralspeicher {receiver} und Broker sind eingerichtet. Ihm fehlt eine Stelle außerhalb: Was das heißt, steht im Handbuch, 10 und 13.
`,
  'next.started': `Weiter:
`,
  'next.not-started': `Kein Dienst wurde gestartet (--no-start). Weiter, nach: systemctl enable --now mosquitto bodydock-receiver bodydock
`,
  'next.identity': `1. {folder} von diesem Gerät wegbringen, eine Kopie in einen Panzerschrank: Wer den Ordner hat, öffnet jede Aufzeichnung, und ohne ihn niemand. Dann hier löschen.
`,
  'next.prove': `1. Jede Identität nachweisen lassen, dass sie öffnet; sonst wird auf keiner Kamera etwas gelöscht: bodydock keys prove --ask ORDNER
`,
  'next.proven': `1. Jede Identität hat nachgewiesen, dass sie öffnet, was diese Station versiegelt.
`,
  'next.policy': `2. Aufzeichnungsbeauftragte und vorgesetzte Stelle {folder}/policy.json signieren lassen, wie sign.txt daneben es sagt; dann: bodydock-receiver policy place {folder}
`,
  'next.policyLater': `2. Sobald der Zentralspeicher läuft, die Richtlinie zum Signieren anlegen: bodydock-receiver policy make --out {folder}
`,
  'next.roles': `2. Rollen fehlen: Ohne Aufzeichnungsbeauftragte und vorgesetzte Stelle kann niemand eine Löschsperre oder Löschung anordnen. Ihre Schlüssel unter roles in beide Dateien eintragen (Handbuch, 1.5).
`,
  'next.dock': `3. bodydock doctor, dann eine Kamera stecken: bodydock status. Kameras werden erst geleert, wenn release geändert ist (Handbuch, Kapitel 2).
`,
} as const satisfies Translated<typeof SETUP_EN>;
