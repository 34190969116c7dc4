// The page of a kit in German; of the same shape as kit-words-en.ts.
import type { KitWords } from './kit-words-en.ts';

export const KIT_DE: KitWords = {
  title: 'Beweismappe: Aufzeichnung einer Bodycam',
  other: 'English: {}',
  intro:
    'Dieser Ordner enthält {} einer Bodycam, so wie der Zentralspeicher einer Kommune sie verwahrt: versiegelt, mit allen signierten Dokumenten, die dazugehören. Diese Seite sagt in einfachen Worten, was hier liegt, was es beweist, und wie jede und jeder das nachprüft, ohne das Programm, das es erzeugt hat, und ohne Netz. Jeder Befehl unten wurde für genau diese Dateien geschrieben.',
  oneRecording: 'eine Aufzeichnung',
  recordings: '{} Aufzeichnungen',
  good: 'Geprüft, als diese Mappe entstand, am {} UTC: Jede Signatur, jede Prüfsumme und jede Kette darin stimmt. Das muss man nicht glauben: Unten steht, wie man es prüft.',
  bad: 'NICHT ALLES IN DIESER MAPPE STIMMT. Als sie am {} UTC entstand, gab es Befunde, Anzahl: {}. Sie stehen unten und in FINDINGS.txt.',

  shortly: 'Das Wichtigste',
  shortlyText: [
    'Als die Kamera in die Station gesteckt wurde, hat die Station jede Datei ein einziges Mal gelesen, dabei versiegelt, und ein Dokument (das Manifest) mit der Prüfsumme des Originals signiert. Eine Prüfsumme ist der Fingerabdruck von Bytes: Ändert man ein Bit, ist es eine andere.',
    'Der Zentralspeicher hat jedes Byte, das ankam, mit diesem Dokument verglichen und eine Quittung signiert. Weder die Station noch das Programm des Zentralspeichers kann öffnen, was versiegelt wurde: Das kann nur, wer die Identität (eine geheime Datei) eines der Empfänger hat.',
    'Station und Zentralspeicher führen je ein Protokoll, in dem jede Zeile die Prüfsumme der Zeile davor nennt. Daraus kann nichts entfernt und später nichts eingefügt werden, ohne dass die Kette bricht; signierte Punkte halten die Kette fest.',
    'Diese Signaturen beweisen also: Diese Aufzeichnung ist seit dem Augenblick ihrer Versiegelung Byte für Byte das, was die Station der Kamera entnommen hat.',
  ],

  facts: 'Aufzeichnung {}',
  sidecar: 'Begleitdatei {}',
  factsHead: ['', ''],
  station: 'Station, Platz',
  camera: 'Kamera',
  cameraText: '{}; Modell {}; Seriennummer {}',
  notTold: 'keine Angabe',
  kind: 'Art',
  kinds: {
    media: 'Aufzeichnung (Mediendatei)',
    sidecar: 'Begleitdatei einer Aufzeichnung',
    other: 'andere Datei',
  },
  rejected: 'auffällig, und trotzdem aufbewahrt: {}',
  recorded: 'Aufgezeichnet',
  between: 'zwischen {} und {}',
  bases: {
    'clock-measured': 'die Uhr der Kamera wurde mit der Station verglichen, ihre Zeit berichtigt',
    'docking-interval': 'zwischen zwei Andockvorgängen dieser Kamera; ihre Uhr gab nichts Genaueres her',
    'clock-unmeasured': 'wie die Kamera angibt; ihre Uhr wurde nicht gemessen',
  },
  docked: 'In der Station',
  dockedText: 'von {} bis {}',
  cameraClock: 'Uhr der Kamera dabei',
  cameraClockText: '{} s vor der Uhr der Station (minus: nach), auf {} s genau',
  sealedAt: 'Gelesen und versiegelt',
  clockGood: '{} (die Uhr der Station war gestellt)',
  clockBad: '{} (ob die Uhr der Station gestellt war, ist nicht bekannt)',
  original: 'Original',
  originalText: '{} Bytes, SHA-256 {}',
  sealedFor: 'Versiegelt für',
  received: 'Im Zentralspeicher eingegangen',
  receivedText: '{} bei {}, Tresor {}',
  noReceipt: 'hier liegt keine Quittung',
  erased: 'Auf der Kamera gelöscht',
  erasedText: '{}, nach der Quittung des Zentralspeichers',
  deleted: 'Im Zentralspeicher gelöscht',
  deletedText: '{}, weil {}; nur die Dokumente sind geblieben',
  deletedReasons: { expired: 'die Frist um war', ordered: 'es angeordnet war' },
  orders: 'Anordnungen',
  orderText: '{} am {}, Grund {}',
  verbs: { hold: 'aufbewahren', unhold: 'nicht mehr aufbewahren', delete: 'löschen' },
  noManifest: 'Das Manifest lässt sich nicht lesen: Über diese Aufzeichnung ist nichts bekannt.',

  findings: 'Befunde',
  findingsHead: ['Was', 'Wo und warum'],

  log: 'Was die Protokolle sagen',
  logText:
    'Die Einträge zu diesen Aufzeichnungen und ihrem Andocken, in der Reihenfolge der Protokolle; die vollständigen Zeilen liegen im Ordner log/. Zeiten sind die der Uhr von Station oder Zentralspeicher.',
  logHead: ['Zeit (UTC)', 'Wer', 'Was', 'Wozu'],
  logMore: 'In den Protokolldateien stehen mehr Einträge als diese {}.',
  logNone: 'Kein Protokoll mit Einträgen zu diesen Aufzeichnungen liegt im Tresor.',

  files: 'Was in diesem Ordner liegt',
  filesHead: ['Datei', 'Was es ist'],
  fileWords: {
    manifest: 'das signierte Wort der Station zu der Aufzeichnung',
    payload: 'die Aufzeichnung, versiegelt',
    chunks: 'Prüfsummen der versiegelten Datei, je 512 KiB eine',
    receipt: 'das signierte Wort des Zentralspeichers, dass er die Aufzeichnung hat',
    deletion: 'das signierte Wort des Zentralspeichers, dass die versiegelte Datei gelöscht wurde',
    docking: 'Protokoll des Andockens: alles, was auf der Kamera war, und was daraus wurde',
    order: 'eine Anordnung zu der Aufzeichnung',
    log: 'Teil des Verwahrprotokolls von {}',
    head: 'ein signierter Punkt dieses Protokolls, herausgeschrieben, damit minisign ihn prüfen kann',
    key: 'öffentlicher Schlüssel',
    introduced: 'öffentlicher Schlüssel, wie ihn ein Schlüsselwechsel in dieser Mappe nennt',
    change: 'Wechsel oder Sperre eines Signaturschlüssels',
    witness: 'das Zeugnis des Zentralspeichers über einen Tag: eine Prüfsumme über alles, was an ihm einging',
    signature: 'seine Signatur liegt daneben (.minisig)',
    check: 'die Befehle dieser Seite, für eine Linux-Shell',
    chain: 'folgt der Kette eines Protokolls; kurz, vor dem Ausführen zu lesen',
    format: 'die Formate in Kürze (englisch)',
    spec: 'die Formate Byte für Byte (englisch)',
    sums: 'Prüfsummen aller Dateien hier, gegen Schäden unterwegs',
    findings: 'was nicht stimmte, als diese Mappe entstand (englisch)',
    page: 'diese Seite auf Deutsch',
    otherPage: 'diese Seite auf Englisch',
  },

  keys: 'Die Schlüssel: das Einzige, was man anderswo erfragen muss',
  keysText:
    'Alles Folgende ruht auf diesen öffentlichen Schlüsseln. Sie kamen mit der Mappe, beweisen für sich also nur, dass alles zusammenpasst. Vergleichen Sie die Zeilen mit dem Aufkleber an der Station, mit dem Schlüsselverzeichnis der Kommune oder am Telefon. Erst dann ist bewiesen, wessen Signaturen das sind.',
  keysHead: ['Schlüssel', 'Seine Zeile'],
  keyIntroduced: '{} (durch einen Schlüsselwechsel genannt, der in der Mappe liegt)',
  noKeys: 'Als diese Mappe entstand, war zu ihren Signaturen kein Schlüssel bekannt.',

  check: 'Selbst prüfen: {}',
  systems: { linux: 'Linux', macos: 'macOS', windows: 'Windows' },
  before: {
    linux: [
      'Installieren Sie minisign und age (Debian, Ubuntu: apt install minisign age); alles andere ist schon da. Öffnen Sie ein Terminal, gehen Sie in diesen Ordner (cd), starten Sie bash und geben Sie die Zeilen ein.',
      'Um die Aufzeichnung zu öffnen, geben Sie einmal an, wo Ihre Identität liegt; ohne eine lassen Sie die Schritte aus, die öffnen. Was geöffnet wird, wird in diesen Ordner geschrieben: Zeigen Sie es niemandem, der es nicht sehen darf.',
    ],
    macos: [
      'Installieren Sie minisign und age (brew install minisign age); alles andere ist schon da. Öffnen Sie das Terminal, gehen Sie in diesen Ordner (cd) und geben Sie die Zeilen ein. Was jeder Schritt bedeutet, steht oben unter Linux.',
      'Um die Aufzeichnung zu öffnen, geben Sie einmal an, wo Ihre Identität liegt:',
    ],
    windows: [
      'Legen Sie minisign.exe und age.exe (von den Seiten ihrer Hersteller, jedisct1.github.io/minisign und age-encryption.org) in diesen Ordner oder in den Suchpfad, und öffnen Sie PowerShell in diesem Ordner. Was jeder Schritt bedeutet, steht oben unter Linux.',
      'Um die Aufzeichnung zu öffnen, geben Sie einmal an, wo Ihre Identität liegt:',
    ],
  },
  identity: {
    linux: 'IDENTITY=/pfad/zu/Ihrer/identity.txt',
    macos: 'IDENTITY=/pfad/zu/Ihrer/identity.txt',
    windows: "$IDENTITY = 'C:\\pfad\\zu\\Ihrer\\identity.txt'",
  },
  expected: 'muss zeigen',
  nothing: 'darf nichts zeigen, oder nur den Text selbst',
  steps: {
    sums: {
      title: 'Der Ordner kam unbeschädigt an',
      why: 'Vergleicht jede Datei mit der Liste, die mit der Mappe entstand. Die Liste ist nicht signiert: Das zeigt Schäden, keine Fälschung.',
    },
    keyDocuments: {
      title: 'Schlüsselwechsel',
      why: 'Wer den alten Schlüssel hat, nennt den neuen. So steht ein verglichener Schlüssel für den nächsten ein.',
    },
    manifest: {
      title: 'Das Wort der Station: {}',
      why: 'Das Manifest wurde mit dem Schlüssel der Station signiert und ist seitdem unverändert.',
    },
    receipt: {
      title: 'Das Wort des Zentralspeichers: {}',
      why: 'Die Quittung wurde mit dem Schlüssel des Zentralspeichers signiert und gilt genau diesem Manifest.',
    },
    deletion: {
      title: 'Die Löschung: {}',
      why: 'Der Zentralspeicher hat signiert, wann und warum die versiegelte Datei gelöscht wurde, und nennt genau dieses Manifest und diese Quittung.',
    },
    chunks: {
      title: 'Die Liste der Prüfsummen: {}',
      why: 'Es ist die, die die Station im signierten Manifest genannt hat.',
    },
    units: {
      title: 'Die versiegelte Aufzeichnung: {}',
      why: 'Je 512 KiB hat sie die Prüfsumme aus dieser Liste: Kein Byte der versiegelten Datei hat sich geändert.',
    },
    original: {
      title: 'Die Aufzeichnung selbst: {}',
      why: 'Öffnet sie mit Ihrer Identität und vergleicht sie mit der Prüfsumme, die die Station beim Lesen der Kamera signiert hat. Danach kann man die Datei abspielen.',
    },
    name: {
      title: 'Ihr Name auf der Kamera: {}',
      why: 'Zeigt den Pfad, den die Datei auf der Kamera hatte. Er ist versiegelt, weil Dateinamen oft eine Person nennen.',
    },
    docking: {
      title: 'Das Andocken: {}',
      why: 'Die Station hat signiert, was auf der Kamera war, bevor etwas angefasst wurde. Das Protokoll führt jede Datei mit ihrem Verbleib auf; eine fehlende würde auffallen.',
    },
    orders: {
      title: 'Anordnungen',
      why: 'Jede Anordnung wurde von Aufzeichnungsbeauftragten und vorgesetzter Stelle signiert.',
    },
    log: {
      title: 'Das Protokoll: {}',
      why: 'Ein signierter Punkt steht für die Kette ein, und die Kette für jede Zeile davor: Keine wurde geändert, eingefügt oder entfernt. (Einige tausend Zeilen brauchen eine Minute.)',
    },
    witness: {
      title: 'Das Tageszeugnis',
      why: 'Der Zentralspeicher hat eine Prüfsumme über alles signiert, was am Tag der Quittung einging. Wo seine Zeile ausgedruckt und aufgehängt wurde, muss sie dieselbe sein:',
    },
  },

  limits: 'Was das nicht beweist',
  limitsText: [
    'Dass die Kamera alles aufgezeichnet hat, was geschah, oder dass niemand sie ausgeschaltet hat.',
    'Dass die Datei der Kamera unverändert war, bevor die Station sie las: Die Station steht ab dem Lesen ein.',
    'Die genaue Zeit der Aufzeichnung über den Zeitraum oben hinaus. Die Uhren von Kamera und Station wurden verglichen, wo es oben steht; beides sind Uhren.',
    'Wer die Kamera getragen hat und wer zu sehen oder zu hören ist. Kein Dokument enthält einen Namen.',
    'Wem diese Schlüssel gehören, solange Sie sie nicht verglichen haben (oben).',
  ],
  made: 'Erstellt von bodydock {} am {} UTC aus dem Tresor {}.',
};
