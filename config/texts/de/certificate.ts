// The certificate that goes with the original of a recording, in German.

export const CERTIFICATE_DE = {
  title: 'Bescheinigung zur Herausgabe einer Aufzeichnung',
  titleSeveral: 'Bescheinigung zur Herausgabe von {count} Aufzeichnungen',
  intro:
    'Dieser Ordner enthält Aufzeichnungen einer Bodycam so, wie sie auf der Kamera waren, zum Abspielen, und daneben den Nachweis ihrer Herkunft. Der Ordner „{proof}“ ist für Sachverständige; dort mit INDEX.html beginnen.',
  recording: 'Aufzeichnung {id}',
  file: 'Datei',
  size: 'Größe',
  bytes: '{size} ({bytes} Bytes)',
  sha256: 'SHA-256',
  made: 'Aufgenommen',
  span: '{from} bis {to}',
  length: 'Dauer',
  camera: 'Kamera',
  model: '{id} ({model})',
  station: 'Dockingstation',
  sealed: 'Von der Station gelesen und signiert',
  receipted: 'Beim Zentralspeicher eingegangen',
  noReceipt: 'ohne Quittung',
  zone: 'Zeiten in der Zeitzone {zone}.',
  check: 'Ist diese Datei die signierte?',
  checkText:
    'Die SHA-256-Prüfsumme der Datei berechnen: Sie muss Zeichen für Zeichen mit der oben genannten übereinstimmen. Wer auch nur ein Bit der Datei ändert, erhält eine andere.',
  windows: 'Windows (PowerShell)',
  linux: 'Linux, macOS',
  proven: 'Was damit nachgewiesen ist',
  provenItems: [
    'Die Dockingstation hat genau diese Bytes von der genannten Kamera gelesen und ihre Prüfsumme signiert, bevor sie die Station verließen.',
    'Seither hat sie niemand verändert: Die Prüfsumme oben ist die aus dem Manifest in „{proof}“, das die Station signiert hat.',
    'Welche Einsichten vorher vermerkt wurden und warum, steht im Verwahrprotokoll; die betreffenden Teile liegen in „{proof}“.',
  ],
  limits: 'Was damit nicht nachgewiesen ist',
  keys: 'Wem die Schlüssel gehören, mit denen signiert wurde: Das vergleichen Sachverständige anhand des Ordners „{proof}“ mit Schlüsseln, die auf anderem Weg kamen.',
  reason: 'Herausgegeben für: {reason}',
  madeAt: 'Erstellt am {at} von bodydock {version} aus dem Tresor {vault}.',
  signed: 'Ort, Datum, Unterschrift der Dienststelle:',
} as const;
