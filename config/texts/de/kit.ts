// The page of a kit in German.
import type { KitWords } from '../en/kit.ts';

export const KIT_DE: KitWords = {
  title: 'Ausgabe als Beweis: Aufzeichnung einer Bodycam',
  other: 'English: {page}',
  titleDocking: 'Ausgabe als Beweis: Andockvorgang einer Bodycam',
  intro:
    'Dieser Ordner enthält {what} einer Bodycam, so wie der Zentralspeicher einer Kommune sie verwahrt: versiegelt, mit allen signierten Dokumenten, die dazugehören. Diese Seite sagt in einfachen Worten, was hier liegt, was es beweist, und wie jede und jeder das nachprüft, ohne das Programm, das es erzeugt hat, und ohne Netz.',
  oneRecording: 'eine Aufzeichnung',
  recordings: '{count} Aufzeichnungen',
  introDocking:
    'Dieser Ordner enthält die Andockprotokolle einer Bodycam (Zahl der Andockvorgänge: {count}): was auf ihr war, und was daraus wurde. Eine Aufzeichnung ist nicht darin. Diese Seite sagt in einfachen Worten, was hier liegt, was es beweist, und wie jede und jeder das nachprüft, ohne das Programm, das es erzeugt hat, und ohne Netz.',
  good: 'Geprüft, als diese Ausgabe entstand, am {at} UTC: Jede Signatur, jede Prüfsumme und jede Kette darin stimmt, und nichts fehlt, was nach den Verwahrprotokollen da war. Das muss man nicht glauben: Unten steht, wie man es prüft.',
  bad: 'NICHT ALLES IN DIESER AUSGABE STIMMT. Als sie am {at} UTC entstand, gab es Befunde, Anzahl: {count}. Sie stehen unten und in FINDINGS.txt. Die Zeilen unten können trotzdem zeigen, was sie müssen: Vieles von dem, was die Befunde nennen, zeigt nur der ganze Tresor.',

  shortly: 'Das Wichtigste',
  shortlyText: [
    'Als die Kamera in die Station gesteckt wurde, hat die Station alles aufgelistet, was auf ihr war, bevor sie etwas anfasste, jede Datei ein einziges Mal gelesen, dabei versiegelt, und ein Dokument (das Manifest) mit der Prüfsumme des Originals signiert. Eine Prüfsumme ist der Fingerabdruck von Bytes: Ändert man ein Bit, ist es eine andere.',
    'Der Zentralspeicher hat jedes Byte, das ankam, mit diesem Dokument verglichen und eine Quittung signiert. Weder die Station noch das Programm des Zentralspeichers kann öffnen, was versiegelt wurde: Das kann nur, wer die Identität (eine geheime Datei) eines der Öffnungsberechtigten hat.',
    'Station und Zentralspeicher führen je ein Verwahrprotokoll, in dem jede Zeile die Prüfsumme der Zeile davor nennt. Daraus kann nichts entfernt und später nichts eingefügt werden, ohne dass die Kette bricht; signierte Punkte halten die Kette fest.',
    'Diese Signaturen beweisen also: Diese Aufzeichnung ist seit dem Augenblick ihrer Versiegelung Byte für Byte das, was die Station der Kamera entnommen hat.',
  ],
  shortlyDocking: [
    'Als die Kamera in die Station gesteckt wurde, hat die Station alles aufgelistet, was auf ihr war, bevor sie etwas anfasste. Am Ende hat sie ein Andockprotokoll signiert: diese Liste, und was aus jeder Datei wurde.',
    'Der Zentralspeicher hat dazu eine Quittung signiert, und beide führen ein Verwahrprotokoll, in dem jede Zeile die Prüfsumme der Zeile davor nennt. So kann nichts davon später geändert, entfernt oder untergeschoben werden, ohne dass es auffällt.',
  ],

  facts: 'Aufzeichnung {recording}',
  sidecar: 'Begleitdatei {recording}',
  docking: 'Die Kamera in der Station: Andockvorgang {docking}',
  factsHead: ['', ''],
  station: 'Station, Platz',
  camera: 'Kamera',
  cameraText: '{id}; Modell {model}; Seriennummer {serial}',
  notTold: 'keine Angabe',
  kind: 'Art',
  kinds: {
    media: 'Aufzeichnung (Mediendatei)',
    sidecar: 'Begleitdatei einer Aufzeichnung',
    other: 'andere Datei',
  },
  rejected: 'auffällig, und trotzdem aufbewahrt: {reason}',
  reasons: {
    empty: 'die Datei ist leer',
    'unknown-kind': 'von einer Art, die die Station nicht kennt',
    'odd-name': 'ihr Name ist ungewöhnlich',
    damaged: 'Teile ließen sich nicht lesen und stehen als Nullen darin',
  },
  recorded: 'Aufgezeichnet',
  between: 'zwischen {from} und {to}',
  bases: {
    'clock-measured': 'die Uhr der Kamera wurde mit der Station verglichen, ihre Zeit berichtigt',
    'docking-interval': 'zwischen zwei Andockvorgängen dieser Kamera; ihre Uhr gab nichts Genaueres her',
    'clock-unmeasured': 'wie die Kamera angibt; ihre Uhr wurde nicht gemessen',
  },
  docked: 'In der Station',
  dockedText: 'von {from} bis {to}',
  ended: {
    unplugged: 'die Kamera wurde herausgenommen',
    stopped: 'die Station wurde angehalten',
    failed: 'die Kamera antwortete nicht mehr',
    continued: 'die Kamera blieb in ihrem Platz und wurde neu aufgelistet',
    'cut-off': 'die Station verlor den Strom oder wurde neu gestartet',
  },
  files: 'Dateien auf der Kamera',
  filesText: '{count}, aufgelistet, bevor etwas angefasst wurde',
  filesLater: '{listed}; und {count}, die erst später zu sehen waren',
  filesIncomplete: '{listed}; die Liste ließ sich nicht vollständig lesen',
  filesNone: 'es ließ sich keine Liste lesen',
  fates: 'Was daraus wurde',
  fateWords: {
    stored: '{count} versiegelt und gespeichert',
    matched: '{count} schon bekannt, Byte für Byte verglichen',
    'not-a-file': '{count} keine Datei (ein Verweis oder Ähnliches)',
    waiting: '{count} nicht übernommen',
    vanished: '{count} verschwunden, bevor sie gelesen wurde',
  },
  fatesErased: '{count} danach auf der Kamera gelöscht',
  fatesUnseen: '{count} danach auf der Kamera zu löschen; ob sie fort sind, war nicht zu sehen',
  empty: 'Auf der Kamera war keine einzige Datei: Es war nichts aufgezeichnet, das noch auf ihr lag.',
  nothingNew:
    'Auf der Kamera war keine Aufzeichnung, die nicht schon bekannt war, und keine Datei blieb zurück: Es war nichts Neues aufgezeichnet, das noch auf ihr lag.',
  cameraClock: 'Uhr der Kamera dabei',
  cameraClockText: '{offset} s vor der Uhr der Station (minus: nach), auf {uncertainty} s genau',
  sealedAt: 'Gelesen und versiegelt',
  clockGood: '{at} (die Uhr der Station war gestellt)',
  clockBad: '{at} (ob die Uhr der Station gestellt war, ist nicht bekannt)',
  original: 'Original',
  originalText: '{size} Bytes, SHA-256 {digest}',
  sealedFor: 'Versiegelt für',
  received: 'Im Zentralspeicher eingegangen',
  receivedText: '{at} bei {receiver}, Tresor {vault}',
  noReceipt: 'hier liegt keine Quittung',
  erased: 'Auf der Kamera gelöscht',
  erasedText: '{at}, nach der Quittung des Zentralspeichers',
  erasedOpen: 'nicht bekannt: die Kamera wurde am {at} angewiesen; ob die Datei fort ist, war nicht zu sehen',
  deleted: 'Im Zentralspeicher gelöscht',
  deletedText: '{at}, weil {reason}; nur die Dokumente sind geblieben',
  deletedReasons: { expired: 'die Frist um war', ordered: 'es angeordnet war' },
  orders: 'Anordnungen',
  orderText: '{verb} am {at}, Grund {reason}',
  verbs: { hold: 'Löschsperre', unhold: 'Löschsperre aufheben', delete: 'löschen' },
  noManifest: 'Das Manifest lässt sich nicht lesen: Über diese Aufzeichnung ist nichts bekannt.',

  findings: 'Befunde',
  findingsHead: ['Was', 'Wo und warum'],

  log: 'Was die Verwahrprotokolle sagen',
  logText:
    'Was die Verwahrprotokolle zu diesen Aufzeichnungen und ihrem Andockvorgang sagen, in ihrer Reihenfolge; die vollständigen Zeilen und einige mehr liegen im Ordner log/. Zeiten sind die der Uhr von Station oder Zentralspeicher.',
  logHead: ['Zeit (UTC)', 'Wer', 'Was', 'Wozu'],
  logMore: 'In den Protokolldateien stehen mehr Einträge als diese {count}.',
  logNone: 'Kein Verwahrprotokoll mit Einträgen zu diesen Aufzeichnungen liegt im Tresor.',

  contents: 'Was in diesem Ordner liegt',
  contentsHead: ['Datei', 'Was es ist'],
  fileWords: {
    page: 'diese Seite, und dasselbe als reiner Text; auf Deutsch und auf Englisch',
    manifest: 'das signierte Wort der Station zu der Aufzeichnung',
    payload: 'die Aufzeichnung, versiegelt',
    chunks: 'Prüfsummen der versiegelten Datei, je 512 KiB eine',
    receipt: 'das signierte Wort des Zentralspeichers, dass er es hat',
    deletion: 'das signierte Wort des Zentralspeichers, dass die versiegelte Datei gelöscht wurde',
    docking: 'Andockprotokoll: alles, was auf der Kamera war, und was daraus wurde',
    order: 'eine Anordnung zu der Aufzeichnung',
    policy:
      'was beide Rollen vereinbart haben: wie lange Aufzeichnungen bleiben und wessen Schlüssel Anordnungen signieren',
    log: 'Teil des Verwahrprotokolls der Station oder des Verwahrprotokolls des Zentralspeichers',
    head: 'ein signierter Punkt dieses Verwahrprotokolls, herausgeschrieben, damit minisign ihn prüfen kann',
    proof:
      'verbindet eine Quittung mit einem Prüfpunkt des Verwahrprotokolls des Zentralspeichers, mit dem, was Zeugen außerhalb davon unterschrieben haben: „bodydock verify“ sagt mit deren Schlüsseln, seit wann sie spätestens da war',
    stamp: 'Zeitstempel eines Dienstes über den Text eines solchen Prüfpunkts',
    key: 'öffentliche Schlüssel',
    change: 'Wechsel und Sperren von Signaturschlüsseln',
    signature: 'Signatur der Datei dieses Namens',
    chain: 'folgt der Kette eines Verwahrprotokolls; kurz, vor dem Ausführen zu lesen',
    format: 'die Formate in Kürze (englisch)',
    spec: 'die Formate Byte für Byte (englisch)',
    sums: 'Prüfsummen aller Dateien hier, gegen Schäden unterwegs',
    findings: 'was nicht stimmte, als diese Ausgabe entstand; was gemessen wurde, auf Englisch',
  },
  recordingFolder: 'AUFZEICHNUNG',
  dockingFolder: 'ANDOCKVORGANG',

  keys: 'Die Schlüssel: das Einzige, was man anderswo erfragen muss',
  keysText:
    'Alles Folgende ruht auf diesen öffentlichen Schlüsseln. Sie kamen mit der Ausgabe, beweisen für sich also nur, dass alles zusammenpasst. Vergleichen Sie die Zeilen mit dem Aufkleber an der Station, mit dem Schlüsselverzeichnis der Kommune oder am Telefon. Erst dann ist bewiesen, wessen Signaturen das sind.',
  keysHead: ['Schlüssel', 'Seine Zeile'],
  keyIntroduced: '{file} (durch einen Schlüsselwechsel genannt, der in der Ausgabe liegt)',
  noKeys: 'Als diese Ausgabe entstand, war zu ihren Signaturen kein Schlüssel bekannt.',

  check: 'Selbst prüfen',
  before: [
    'Gebraucht werden eine Linux-Shell (bash), minisign und age. Debian, Ubuntu: apt install minisign age. Windows: dasselbe in seinem Linux-Subsystem (wsl --install). macOS: brew install bash coreutils minisign age, mit dem Ordner libexec/gnubin von coreutils zuerst im Suchpfad. Danach wird kein Netz mehr gebraucht.',
    'Öffnen Sie ein Terminal, gehen Sie in diesen Ordner (cd), starten Sie bash, und tippen oder kopieren Sie die Zeilen. Unter den meisten steht, was erscheinen muss. Jede Zeile zeigt eines. Alles auf einmal, und was die Dokumente voneinander sagen, beurteilt „bodydock verify ORDNER --keys SCHLÜSSEL“: SCHLÜSSEL ist ein Ordner mit öffentlichen Schlüsseln, die Sie von anderswo haben, nie denen dieser Ausgabe. Eine Ausgabe enthält kein Skript, das sagt, dass alles stimmt: Wer eine Ausgabe fälschen kann, kann auch ihr Skript fälschen.',
    'Zuerst eine Abkürzung für diese Sitzung: Sie zeigt, was ein signiertes Dokument in einem seiner Felder sagt.',
  ],
  identity:
    'Um die Aufzeichnung zu öffnen, geben Sie an, wo Ihre Identität liegt; ohne eine lassen Sie die Schritte aus, die öffnen. Was geöffnet wird, wird in diesen Ordner geschrieben: Zeigen Sie es niemandem, der es nicht sehen darf.',
  identityLine: 'IDENTITY=/pfad/zu/Ihrer/identity.txt',
  expected: 'muss zeigen',
  steps: {
    sums: {
      title: 'Der Ordner kam unbeschädigt an',
      why: 'Vergleicht jede Datei mit der Liste, die mit der Ausgabe entstand. Die Liste ist nicht signiert: Das zeigt Schäden, keine Fälschung.',
    },
    keyDocuments: {
      title: 'Schlüsselwechsel',
      why: 'Wer den alten Schlüssel hat, nennt den neuen; so steht ein verglichener Schlüssel für den nächsten ein. Die Sperre des Zentralspeichers sagt, ab wann ein Schlüssel nicht mehr gilt.',
    },
    manifest: {
      title: 'Das Wort der Station',
      why: 'Das Manifest jeder Aufzeichnung wurde mit dem Schlüssel der Station signiert und ist seitdem unverändert.',
    },
    receipt: {
      title: 'Das Wort des Zentralspeichers',
      why: 'Die Quittung wurde mit dem Schlüssel des Zentralspeichers signiert, gilt genau diesem Manifest und nennt die Liste der Prüfsummen, die der Zentralspeicher selbst aus dem gebildet hat, was bei ihm liegt.',
    },
    deletion: {
      title: 'Die Löschung',
      why: 'Der Zentralspeicher hat signiert, wann und warum die versiegelte Datei gelöscht wurde, und nennt genau dieses Manifest und diese Quittung.',
    },
    sealed: {
      title: 'Die versiegelte Aufzeichnung',
      why: 'Die Liste der Prüfsummen ist die, die die Station im signierten Manifest genannt hat, und je 512 KiB hat die versiegelte Datei die Prüfsumme aus dieser Liste: Kein Byte hat sich geändert.',
    },
    original: {
      title: 'Die Aufzeichnung selbst',
      why: 'Öffnet sie mit Ihrer Identität und vergleicht sie mit der Prüfsumme, die die Station beim Lesen der Kamera signiert hat. Danach kann man die Datei abspielen.',
    },
    name: {
      title: 'Ihr Name auf der Kamera',
      why: 'Öffnet den Pfad, den die Datei auf der Kamera hatte, vergleicht ihn mit der Prüfsumme im Manifest und zeigt ihn. Er ist versiegelt, weil Dateinamen oft eine Person nennen.',
    },
    docking: {
      title: 'Der Andockvorgang',
      why: 'Die Station hat signiert, was auf der Kamera war, bevor etwas angefasst wurde, und was aus jeder Datei wurde; der Zentralspeicher hat signiert, dass er dieses Andockprotokoll hat. Eine fehlende Datei würde auffallen.',
    },
    revoked: {
      title: 'Vor der Sperre des Schlüssels',
      why: 'Ein Schlüssel, den der Zentralspeicher gesperrt hat, steht noch für das ein, was dieser vorher bestätigt hatte: Jede dieser Quittungen ist älter als die Sperre. Wo eine es nicht ist oder fehlt, kann das Dokument seither gemacht haben, wer diesen Schlüssel hat.',
    },
    orders: {
      title: 'Anordnungen',
      why: 'Jede Anordnung wurde von Aufzeichnungsbeauftragten und von der vorgesetzten Stelle signiert, oder von der einen Seite, deren Signatur hier liegt.',
    },
    policies: {
      title: 'Richtlinien',
      why: 'Jede Richtlinie wurde von Aufzeichnungsbeauftragten und von der vorgesetzten Stelle signiert. Danach richtet sich, wie lange diese Aufzeichnung bleiben musste und wann eine Löschsperre einer Rolle verfiel.',
    },
    log: {
      title: 'Die Verwahrprotokolle',
      why: 'Ein signierter Punkt steht für die Kette ein, und die Kette für jede Zeile davor: Keine wurde geändert, eingefügt oder entfernt. Das Verwahrprotokoll nennt die Dokumente dieser Ausgabe mit ihren Prüfsummen. (Einige tausend Zeilen brauchen eine Minute.)',
    },
  },

  limits: 'Was das nicht beweist',
  limitsText: [
    'Dass die Kamera alles aufgezeichnet hat, was geschah, oder dass niemand sie ausgeschaltet hat.',
    'Dass die Datei der Kamera unverändert war, bevor die Station sie las: Die Station steht ab dem Lesen ein.',
    'Die genaue Zeit der Aufzeichnung über den Zeitraum oben hinaus. Die Uhren von Kamera und Station wurden verglichen, wo es oben steht; beides sind Uhren.',
    'Wer die Kamera getragen hat und wer zu sehen oder zu hören ist. Kein Dokument enthält einen Namen.',
    'Wem diese Schlüssel gehören, solange Sie sie nicht verglichen haben (unten).',
  ],
  made: 'Erstellt von bodydock {version} am {at} UTC aus dem Tresor {vault}.',
};
