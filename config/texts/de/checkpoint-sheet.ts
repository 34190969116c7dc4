// The sheet with a checkpoint of a log of the store, in German.

export const CHECKPOINT_SHEET_DE = {
  title: 'Prüfpunkt des Zentralspeichers für Bodycam-Aufzeichnungen',
  intro:
    'Die Zeile unten steht für alle Zeilen des Verwahrprotokolls des Zentralspeichers bis jetzt: welche Aufzeichnungen und Andockvorgänge er bestätigt hat, was gelöscht, angeordnet und jemandem gezeigt wurde. Sie sagt nichts über den Inhalt einer Aufzeichnung und nennt keinen Namen. Wer dieses Blatt hat, kann später beweisen, dass seither keine dieser Zeilen entfernt, hinzugefügt oder ausgetauscht wurde.',
  size: 'Zeilen',
  root: 'Wurzel über alle (SHA-256)',
  printed: 'Ausgedruckt (UTC)',
  check: 'Prüfziffern',
  signature: 'Unterschrift',
  line: 'Die Zeile, und als QR-Code',
  code: 'Die Zeile als QR-Code',
  compare:
    'Zum Prüfen die Zeile mit den Prüfziffern abtippen oder den QR-Code mit einem Telefon lesen und in einer Textdatei ablegen, dann:',
  hang: 'An jedem Tag ein Blatt drucken, unterschreiben und außer Haus geben oder aushängen. Niemand muss es lesen: Es genügt, dass es aufbewahrt wird.',
} as const;
