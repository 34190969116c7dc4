// The sheet with a checkpoint of a log of the store, in German.

export const CHECKPOINT_SHEET_DE = {
  title: 'Prüfpunkt des Zentralspeichers für Bodycam-Aufzeichnungen',
  intro:
    'Die Zeile unten steht für alle Zeilen des Verwahrprotokolls des Zentralspeichers bis jetzt: welche Aufzeichnungen und Andockvorgänge er bestätigt hat, was gelöscht, angeordnet und jemandem gezeigt wurde. Sie sagt nichts über den Inhalt einer Aufzeichnung und nennt keinen Namen. Wer dieses Blatt hat, kann später beweisen, dass seither keine dieser Zeilen entfernt, hinzugefügt oder ausgetauscht wurde.',
  size: 'Zeilen',
  root: 'Wurzel über alle (SHA-256)',
  printed: 'Ausgedruckt (UTC)',
  line: 'Die Zeile',
  check: 'Zum Prüfen die Zeile abtippen oder das Blatt in eine Textdatei einlesen, dann:',
  hang: 'Dieses Blatt am Tag des Ausdrucks aushängen oder jemandem außer Haus übergeben. Ausgedruckt am ______________   Unterschrift ______________________',
} as const;
