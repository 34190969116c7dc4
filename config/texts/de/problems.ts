// What `check` says, in German: each text by its English words, with {} for what changes. A test looks for texts that are missing here.
import { allowedText } from '../../option-reference.ts';

const ENROLMENT = 'oder auf die Anmeldung warten (`bodydock keys enrol`), die ihn mitbringt';
const OWN_FOLDER = 'jedem Platz einen eigenen Ordner geben';
const KEEP_ONE = 'eines von beiden behalten';
const TAKE_OUT = 'weglassen';
const EXAMPLE = 'mit der Beispieldatei vergleichen';
const SERVICE_FOLDER = '{} für den Benutzer des Dienstes anlegen';

/** What a value is, and what to do about it. */
const SCHEMA_DE: Readonly<Record<string, string>> = {
  '"{}" is missing': '„{}“ fehlt',
  'add it': 'ergänzen',
  'has no value': 'hat keinen Wert',
  'is not allowed': 'ist nicht erlaubt',
  'is still to be filled in': 'ist noch auszufüllen',
  'write the value that the line asks for': 'den Wert eintragen, den die Zeile verlangt',
  'write a value, or take the key out': 'einen Wert eintragen oder die Angabe weglassen',
  'this program reads version 1 only: use a program of that version':
    'dieses Programm liest nur Version 1: ein Programm jener Version nehmen',
  'take the quotation marks away': 'die Anführungszeichen weglassen',
  'put it in quotation marks': 'in Anführungszeichen setzen',
  'write a list: a line with "- " for each item': 'eine Liste schreiben: je Eintrag eine Zeile mit "- "',
  'take it out, or write the fewest days that are allowed; fewer need a policy of both roles: `bodydock-receiver policy make`':
    'weglassen oder die erlaubte Mindestzahl an Tagen eintragen; eine kürzere Frist gilt nur mit einer Richtlinie beider Rollen: `bodydock-receiver policy make`',
  'did you mean {}?': 'gemeint war vielleicht {}',
  'take it out': TAKE_OUT,
  'this key is not known': 'diese Angabe ist nicht bekannt',
  'a list of {}': 'eine Liste mit {} Einträgen',
  '(not shown: looks like a secret)': '(nicht gezeigt: sieht nach einem Geheimnis aus)',
  '{} more problems are not shown': '{} weitere Fehler werden nicht gezeigt',
  'copy the line of the .recipient file that `bodydock keys make identity` wrote; `bodydock keys show FILE` prints it':
    'die Zeile der .recipient-Datei eintragen, die `bodydock keys make identity` angelegt hat; `bodydock keys show DATEI` zeigt sie',
  [`copy the second line of store.pub, which \`bodydock keys make store\` wrote at the store, {}`]:
    'die zweite Zeile von store.pub eintragen, das `bodydock keys make store` beim Zentralspeicher angelegt hat, {}',
  [`copy the second line of station.pub, which \`bodydock keys make station\` wrote on the station, {}`]:
    'die zweite Zeile von station.pub eintragen, das `bodydock keys make station` auf der Station angelegt hat, {}',
  'or wait for the enrolment (`bodydock keys enrol`), which brings it': ENROLMENT,
  'copy the second line of the .pub file that the officer made with `minisign -G`, or take the list out for now':
    'die zweite Zeile der .pub-Datei eintragen, die für die Rolle der Aufzeichnungsbeauftragten mit `minisign -G` angelegt wurde, oder die Liste vorerst weglassen',
  'copy the second line of the .pub file that the evaluator made with `minisign -G`, or take the list out for now':
    'die zweite Zeile der .pub-Datei eintragen, die für die Rolle der auswertenden Person mit `minisign -G` angelegt wurde, oder die Liste vorerst weglassen',
  'copy the second line of the .pub file that the superior made with `minisign -G`, or take the list out for now':
    'die zweite Zeile der .pub-Datei eintragen, die für die Rolle der vorgesetzten Stelle mit `minisign -G` angelegt wurde, oder die Liste vorerst weglassen',
};

/** The form of the file. */
const YAML_DE: Readonly<Record<string, string>> = {
  'a tab stands where the line is indented': 'ein Tabulator steht, wo die Zeile eingerückt ist',
  'indent with spaces': 'mit Leerzeichen einrücken',
  'a second document starts here': 'hier beginnt ein zweites Dokument',
  'keep one document, without a "---" in between': 'ein Dokument behalten, ohne "---" dazwischen',
  'the indentation does not fit the lines around it': 'die Einrückung passt nicht zu den Zeilen daneben',
  'indent as the lines beside it': 'einrücken wie die Zeilen daneben',
  'a closing mark, a colon or a comma is missing':
    'ein schließendes Zeichen, ein Doppelpunkt oder ein Komma fehlt',
  'compare with the example file': EXAMPLE,
  'two keys stand in one line': 'zwei Angaben stehen in einer Zeile',
  'start a line for each key, or quote the value':
    'je Angabe eine Zeile beginnen oder den Wert in Anführungszeichen setzen',
  'an unknown "\\" sequence stands in a quoted text':
    'eine unbekannte "\\"-Folge steht in einem Text in Anführungszeichen',
  'use \'...\' instead of "..."': '\'...\' statt "..." nehmen',
  'this is not YAML': 'das ist kein YAML',
  'a group or list stands as a key': 'eine Gruppe oder Liste steht als Name einer Angabe',
  'this key stands twice': 'diese Angabe steht zweimal da',
  'keep one of the two': KEEP_ONE,
  'nested deeper than {} brackets or {} columns': 'tiefer verschachtelt als {} Klammern oder {} Spalten',
  'write it as the example file does': 'so schreiben wie in der Beispieldatei',
  'anchors are not read': 'Anker werden nicht gelesen',
  'aliases are not read': 'Verweise werden nicht gelesen',
  'write the value out at each place': 'den Wert an jeder Stelle ausschreiben',
  'tags are not read': 'Typangaben (!) werden nicht gelesen',
  'write the plain value': 'den bloßen Wert schreiben',
  'directives are not read': 'Direktiven (%) werden nicht gelesen',
  'take the line out': 'die Zeile weglassen',
  'copy the example file there, or name another one with --config':
    'die Beispieldatei dorthin kopieren oder mit --config eine andere nennen',
  'make it readable for the user that runs the program':
    'sie für den Benutzer lesbar machen, unter dem das Programm läuft',
  'cannot be read (unknown error)': 'ist nicht lesbar (unbekannter Fehler)',
  'cannot be read ({})': 'ist nicht lesbar ({})',
  'is not a regular file': 'ist keine gewöhnliche Datei',
  'belongs to user {}, who could change the pinned keys':
    'gehört dem Benutzer {}, der so die eingetragenen Schlüssel ändern könnte',
  'others can write this file, and with it the pinned keys':
    'andere können diese Datei ändern und damit die eingetragenen Schlüssel',
  'is longer than {} bytes': 'ist länger als {} Bytes',
  'shorten it': 'kürzen',
  'is not UTF-8': 'ist kein UTF-8',
  'save it as UTF-8': 'als UTF-8 speichern',
  'starts with a byte-order mark': 'beginnt mit einer Bytereihenfolge-Marke (BOM)',
  'save it as UTF-8 without byte-order mark': 'als UTF-8 ohne BOM speichern',
};

/** What may not be there twice. */
const SAME_DE: Readonly<Record<string, string>> = {
  id: 'dieselbe Id',
  'key id': 'dieselbe Id eines Schlüssels',
  key: 'derselbe Schlüssel',
  recipient: 'derselbe recipient',
  receiver: 'derselbe Empfänger',
  station: 'dieselbe Station',
  camera: 'dieselbe Kamera',
  alias: 'derselbe Name',
  'USB port': 'derselbe USB-Anschluss',
  'serial port': 'derselbe serielle Anschluss',
  LED: 'dieselbe LED',
  'serial number': 'dieselbe Seriennummer',
};

/** What must hold between values. */
const RULES_DE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(SAME_DE).map(([what, german]) => [
      `the same ${what} stands at {}`,
      `${german} steht schon bei {}`,
    ]),
  ),
  'copy the key as the witness publishes it: name, id and base64, joined by "+"':
    'den Schlüssel so eintragen, wie ihn der Zeuge veröffentlicht: Name, Id und base64, verbunden mit „+“',
  'is the key of a log, not of a witness':
    'ist der Schlüssel eines Verwahrprotokolls, nicht der eines Zeugen',
  'is no key of a witness': 'ist kein Schlüssel eines Zeugen',
  'copy the second line of the .pub file': 'die zweite Zeile der .pub-Datei eintragen',
  'is no minisign public key': 'ist kein öffentlicher Schlüssel von minisign',
  'is no age recipient: a character is wrong': 'ist kein recipient von age: Ein Zeichen ist falsch',
  'copy it again from `age-keygen -y` or `bodydock keys show`':
    'noch einmal aus `age-keygen -y` oder `bodydock keys show` übernehmen',
  'shares its files with {}': 'hat Dateien gemeinsam mit: {}',
  'this file': 'diese Datei',
  'the signing key': 'der Signaturschlüssel',
  'a file for TLS': 'eine Datei für TLS',
  'a password file': 'eine Passwortdatei',
  'the spool': 'der Zwischenspeicher',
  'give each bay a folder of its own': OWN_FOLDER,
  'names no place for a camera': 'nennt keinen Ort für eine Kamera',
  'add folder, usb_port, serial_path, or a serial_path beside one of the others':
    'folder, usb_port, serial_path oder serial_path neben einem der anderen ergänzen',
  'takes its files from a folder and from a USB port':
    'nimmt seine Dateien aus einem Ordner und von einem USB-Anschluss',
  'take one of them out': 'eines davon weglassen',
  'says how a serial port is run, but this bay has none':
    'beschreibt einen seriellen Anschluss, aber dieser Platz hat keinen',
  'add serial_path, or take it out': 'serial_path ergänzen oder dies weglassen',
  'is a second light, but this bay has no first one':
    'ist ein zweites Licht, aber dieser Platz hat kein erstes',
  'name it led, or add led': 'es led nennen oder led ergänzen',
  'take a name that `ls /dev/serial/by-path` shows': 'einen Namen nehmen, den `ls /dev/serial/by-path` zeigt',
  'is no absolute path': 'ist kein absoluter Pfad',
  'is no device: it does not lie below /dev': 'ist kein Gerät: Es liegt nicht unter /dev',
  'looks like an id that a station makes for an unregistered camera':
    'sieht aus wie die Id, die eine Station einer nicht eingetragenen Kamera gibt',
  'take another id': 'eine andere Id nehmen',
  'names no camera': 'nennt keine Kamera',
  'add the cameras that belong here; `unknown_cameras: accept` takes every camera':
    'die Kameras ergänzen, die hierher gehören; `unknown_cameras: accept` nimmt jede Kamera',
  'no camera of this id stands under cameras': 'unter cameras steht keine Kamera mit dieser Id',
  'add the camera there, or correct the id': 'die Kamera dort ergänzen oder die Id berichtigen',
  'has a folder and names no camera: files in a folder do not say whose they are':
    'hat einen Ordner und nennt keine Kamera: Dateien in einem Ordner sagen nicht, von welcher sie sind',
  'add camera, one of cameras': 'camera ergänzen, eine von cameras',
  'names no camera, and none could be known in it: no camera has a serial number here':
    'nennt keine Kamera, und keine wäre hier zu erkennen: Keine Kamera hat hier eine Seriennummer',
  'add serial to the cameras that belong here, or camera to this bay; `unknown_cameras: accept` takes every camera':
    'bei den Kameras, die hierher gehören, serial ergänzen oder bei diesem Platz camera; `unknown_cameras: accept` nimmt jede Kamera',
  'is for cameras on a USB port, and no bay has one':
    'ist für Kameras an einem USB-Anschluss, und kein Platz hat einen',
  'give the bay of the camera its usb_port, or take it out':
    'dem Platz der Kamera seinen usb_port geben oder dies weglassen',
  'keep one of the two, or give each its model where two makers use the same number':
    'eine von beiden behalten, oder beiden ihr model geben, wo zwei Hersteller dieselbe Nummer verwenden',
  '"{}" is missing: mqtts:// wants ca_file, and cert_file and key_file or username and password_file':
    '„{}“ fehlt: mqtts:// verlangt ca_file, und cert_file und key_file oder username und password_file',
  '"{}" is missing: a login by password wants username and password_file':
    '„{}“ fehlt: Eine Anmeldung mit Passwort verlangt username und password_file',
  'write mqtts:// in the address, or take this line out':
    'in der Adresse mqtts:// schreiben oder diese Zeile weglassen',
  'has no use with mqtt://': 'ist bei mqtt:// ohne Wirkung',
  'is no address of an MQTT broker': 'ist keine Adresse eines MQTT-Brokers',
  'write mqtts://HOST:PORT': 'mqtts://RECHNER:PORT schreiben',
  'is no address of a mail server': 'ist keine Adresse eines Mailservers',
  'write smtps://HOST[:PORT] or smtp://HOST[:PORT]': 'smtps://NAME[:PORT] oder smtp://NAME[:PORT] schreiben',
  'holds a user or a password': 'enthält einen Benutzer oder ein Passwort',
  'take it out: the client certificate says who this is, or username and password_file':
    'weglassen: Das eigene Zertifikat sagt, wer das ist, oder username und password_file',
  'holds a path or a query, which MQTT does not have':
    'enthält einen Pfad oder eine Abfrage; die gibt es bei MQTT nicht',
  'end it after the port': 'nach dem Port aufhören',
  'would go over the network without TLS': 'ginge ohne TLS über das Netz',
  'write mqtts://, with ca_file, cert_file and key_file':
    'mqtts:// schreiben, mit ca_file, cert_file und key_file',
  'is empty: it ends when it begins': 'ist leer: Es endet, wann es beginnt',
  'write another time; for all hours leave windows out':
    'eine andere Zeit schreiben; für alle Stunden windows weglassen',
  'overlaps broker.windows[{}]': 'überschneidet sich mit broker.windows[{}]',
  'make one window of the two': 'ein Zeitfenster aus beiden machen',
  'is less than `days`': 'ist weniger als `days`',
  'at least {}': 'mindestens {}',
  'is no file of questions ({}): correct it, or its path; questions.yaml of this program is an example':
    'ist keine Datei mit Fragen ({}): die Datei oder den Pfad berichtigen; ein Beispiel ist questions.yaml aus dem Paket',
  'keep documents at least as long as recordings':
    'Dokumente mindestens so lange behalten wie Aufzeichnungen',
};

/** Keys, passwords and certificates. */
const KEYS_DE: Readonly<Record<string, string>> = {
  'is not there: put it there, or correct its path': 'ist nicht da: dorthin legen oder den Pfad berichtigen',
  'cannot be read ({}): {}': 'ist nicht lesbar ({}): {}',
  'let the user that runs the program read it; the service gets files of keys/ and tls/ when it starts: after a new one, `systemctl restart` it':
    'für den Benutzer lesbar machen, unter dem das Programm läuft; der Dienst erhält Dateien aus keys/ und tls/ bei seinem Start: nach einer neuen den Dienst mit `systemctl restart` neu starten',
  'see what lies there, and whether its disk is good':
    'nachsehen, was dort liegt und ob der Datenträger in Ordnung ist',
  'is not a regular file: name the file itself': 'ist keine gewöhnliche Datei: die Datei selbst nennen',
  'belongs to user {}, who knows this key: make a new one, or chown it':
    'gehört dem Benutzer {}, der diesen Schlüssel kennt: einen neuen anlegen oder den Eigentümer ändern (chown)',
  'has mode {}, others can use it: chmod 0600 {}':
    'hat den Modus {}, andere können sie benutzen: chmod 0600 {}',
  'is empty: put it back from a copy, or make a new one':
    'ist leer: aus einer Kopie zurückholen oder neu anlegen',
  'has more than {} bytes: this is another kind of file':
    'hat mehr als {} Bytes: Das ist eine andere Art von Datei',
  'holds no password of a camera: put one line of 1 to {} printable ASCII characters into it':
    'enthält kein Passwort einer Kamera: eine Zeile mit 1 bis {} druckbaren ASCII-Zeichen hineinschreiben',
  'key file refused: {}: name the file that `bodydock keys make` or `minisign -G -W` made, or put it back from a copy':
    'kein brauchbarer Schlüssel ({}): die Datei nennen, die `bodydock keys make` oder `minisign -G -W` angelegt hat, oder sie aus einer Kopie zurückholen',
  'not a minisign secret key': 'kein geheimer Schlüssel von minisign',
  'its checksum does not match: the file is damaged': 'die Prüfsumme stimmt nicht: Die Datei ist beschädigt',
  'longer than any key file': 'länger als jede Schlüsseldatei',
  'no line of base64 in it': 'keine Zeile in Base64 darin',
  'station and store need a key each: make one with `bodydock keys make`':
    'Station und Zentralspeicher brauchen je einen eigenen Schlüssel: mit `bodydock keys make` einen anlegen',
  'is one of the keys that this configuration pins for the other end':
    'ist einer der Schlüssel, die in dieser Konfiguration für die Gegenseite stehen',
  'does not belong to the certificate in {}': 'gehört nicht zum Zertifikat in {}',
  'name the key that the certificate was made with':
    'den Schlüssel nennen, zu dem das Zertifikat ausgestellt wurde',
  'is no certificate': 'ist kein Zertifikat',
  'name a file in PEM form ("BEGIN CERTIFICATE")': 'eine Datei in PEM-Form nennen ("BEGIN CERTIFICATE")',
  'is no private key, or has a passphrase and nobody is there to type it':
    'ist kein privater Schlüssel, oder er hat ein Passwort, und niemand ist da, der es eingibt',
  'name a file in PEM form without passphrase ("BEGIN PRIVATE KEY")':
    'eine Datei in PEM-Form ohne Passwort nennen ("BEGIN PRIVATE KEY")',
  'get a new certificate, or set the clock of this machine':
    'ein neues Zertifikat holen oder die Uhr dieses Geräts stellen',
  'expired at {}': 'ist seit {} abgelaufen',
  'is not valid before {}': 'gilt erst ab {}',
  'expires at {}: get a new certificate': 'läuft um {} ab: ein neues Zertifikat holen',
  'names {}, but the broker lets only {} write the topics of this id':
    'nennt {}, aber der Broker lässt nur {} in die Topics dieser Id schreiben',
  'get a certificate whose common name is the id in the configuration':
    'ein Zertifikat holen, dessen Common Name die Id der Konfiguration ist',
  'names no host, so no browser takes it': 'nennt keinen Namen eines Geräts, also nimmt es kein Browser an',
  'issue one with `bodydock-receiver ca issue STORE --role desk-server`':
    'mit `bodydock-receiver ca issue STORE --role desk-server` eines ausstellen',
  'is no list of revoked certificates': 'ist keine Liste gesperrter Zertifikate',
  'name a file in PEM form ("BEGIN X509 CRL")': 'eine Datei in PEM-Form nennen ("BEGIN X509 CRL")',
  'counts as no key change: {}': 'zählt nicht als Schlüsselwechsel: {}',
  'counts as no proof: {}': 'zählt nicht als Nachweis: {}',
  'has no proof that {} can open, so nothing is released: `bodydock keys prove`':
    'enthält keinen Nachweis, dass {} öffnen kann, also wird nichts freigegeben: `bodydock keys prove`',
  'cannot be read: {}': 'ist nicht lesbar: {}',
};

/** Folders, ports and what is allowed and yet must be meant. */
const PLACES_DE: Readonly<Record<string, string>> = {
  'cannot be looked at ({})': 'lässt sich nicht ansehen ({})',
  'unknown error': 'unbekannter Fehler',
  'give the service user access': 'dem Benutzer des Dienstes Zugriff geben',
  'is a symbolic link': 'ist ein symbolischer Link',
  'name the folder itself: a link can be turned elsewhere':
    'den Ordner selbst nennen: Ein Link kann woandershin gelegt werden',
  'is no folder': 'ist kein Ordner',
  'name a folder, or one that is yet to be made': 'einen Ordner nennen, oder einen, der noch anzulegen ist',
  'lies behind {}, which cannot be looked at ({})': 'liegt hinter {}, das sich nicht ansehen lässt ({})',
  'name another folder, or put right what this one leads to':
    'einen anderen Ordner nennen oder in Ordnung bringen, wohin dieser führt',
  'lies on {}, which does not keep what was synced and renamed':
    'liegt auf {}; dort bleibt nicht sicher, was geschrieben und umbenannt wurde',
  'use a local disk with ext4, XFS, Btrfs or F2FS':
    'einen eingebauten Datenträger mit ext4, XFS, Btrfs oder F2FS nehmen',
  'lies on {}, in memory: at power-off all is gone that the store does not have':
    'liegt auf {}, im Arbeitsspeicher: Beim Ausschalten ist alles verloren, was der Zentralspeicher nicht hat',
  'lies on the boot partition ({}): full, it keeps the machine from being updated':
    'liegt auf der Startpartition ({}): Ist sie voll, lässt sich das Gerät nicht mehr aktualisieren',
  'is yet to be made, and the folder above it is not there: the first start makes the last part alone':
    'ist noch anzulegen, und der Ordner darüber ist nicht da: Der erste Start legt nur den letzten Teil an',
  'make {} for the user of the service, or mount the disk on which it lies': `${SERVICE_FOLDER} oder den Datenträger einhängen, auf dem er liegt`,
  'make {} for the user of the service': SERVICE_FOLDER,
  'is yet to be made, and {} is read-only': 'ist noch anzulegen, und {} ist schreibgeschützt',
  'is yet to be made, and {} cannot be written by this user ({})':
    'ist noch anzulegen, und dieser Benutzer kann in {} nicht schreiben ({})',
  'name a folder on a disk that can be written; a unit writes elsewhere than below /var/lib only with ReadWritePaths= (systemctl edit)':
    'einen Ordner auf einem beschreibbaren Datenträger nennen; ein Dienst schreibt anderswo als unter /var/lib nur mit ReadWritePaths= (systemctl edit)',
  'names a USB controller that is not there: the bay is empty until it is; `bodydock bays` shows which there are':
    'nennt einen USB-Controller, der nicht da ist: Der Platz ist leer, bis er da ist; `bodydock bays` zeigt, welche es gibt',
  'is not there: the bay is empty until it appears': 'ist nicht da: Der Platz ist leer, bis es erscheint',
  'belongs to user {}, and the service (user {}) cannot erase in it: `{}`; a card with FAT or exFAT keeps no owner, so mount it with {}':
    'gehört dem Benutzer {}, und der Dienst (Benutzer {}) kann darin nicht löschen: `{}`; eine Karte mit FAT oder exFAT kennt keinen Eigentümer, also mit {} einhängen',
  'name the folder in which the files of the camera appear':
    'den Ordner nennen, in dem die Dateien der Kamera erscheinen',
  'leads to {}, which shares its files with {}': 'führt zu {} und hat Dateien gemeinsam mit: {}',
  'does not follow the socket: take the name that `ls -l /dev/serial/by-path` shows for it':
    'gehört nicht fest zur Buchse: den Namen nehmen, den `ls -l /dev/serial/by-path` dafür zeigt',
  'is no serial port': 'ist kein serieller Anschluss',
  'name a port that `ls /dev/serial/by-path` shows':
    'einen Anschluss nennen, den `ls /dev/serial/by-path` zeigt',
  'is the same port as {}': 'ist derselbe Anschluss wie {}',
  'give each bay a port of its own': 'jedem Platz einen eigenen Anschluss geben',
  'may not be opened by this user: the service user must be in the group that owns it (on Debian: dialout)':
    'darf von diesem Benutzer nicht geöffnet werden: Der Benutzer des Dienstes muss in der Gruppe sein, der er gehört (in Debian: dialout)',
  'logs in by password: the word of the broker alone says which station a message is from. Recordings and receipts stay signed':
    'meldet sich mit Passwort an: Von welcher Station eine Nachricht ist, sagt allein das Wort des Brokers. Aufzeichnungen und Quittungen bleiben signiert',
  'username is not {}: the ACL of this package lets each account write below its own name only':
    'username ist nicht {}: Die ACL dieses Pakets lässt jedes Konto nur unter seinem eigenen Namen schreiben',
  'holds no password: put one line of {} to {} bytes into it, without control characters':
    'enthält kein Passwort: eine Zeile von {} bis {} Bytes ohne Steuerzeichen hineinschreiben',
  'has shared_offers, which has no effect any more: the receiver hears every offer; take the line out':
    'enthält shared_offers, das nichts mehr bewirkt: Der Empfänger hört jedes Angebot; die Zeile herausnehmen',
  'has no effect any more: a copy that the store holds goes after spool.keep_hours and {} days at most, or fewer by a policy, its part of the log after {}; take the group out':
    'bewirkt nichts mehr: Eine Kopie, die der Zentralspeicher hat, bleibt so lange, wie spool.keep_hours sagt, und höchstens {} Tage oder weniger nach einer Richtlinie, ihr Teil des Verwahrprotokolls {}; die Gruppe herausnehmen',
  'cannot be read as a certificate of the time-stamp authority: its stamps are no time from outside, by which alone something is deleted':
    'ist nicht als Zertifikat des Zeitstempeldienstes zu lesen: Seine Zeitstempel gelten nicht als Zeit von außen, und nur nach einer solchen wird gelöscht',
  'has no keys of both roles, so no policy is taken, and nothing is erased once the store was restored':
    'hat nicht die Schlüssel beider Rollen; so wird keine Richtlinie angenommen, und nach dem Zurückspielen des Zentralspeichers wird nichts gelöscht',
  'has no keys, so no order to hold or to delete can be given':
    'hat keine Schlüssel; so kann keine Löschsperre und keine Löschung angeordnet werden',
  'has no {}, so a hold lapses after 7 days and no other order counts':
    'hat keine {}; so endet eine Löschsperre nach 7 Tagen, und keine andere Anordnung gilt',
  'timer_hours is 0, so what is due stays until `bodydock-receiver expire` is called':
    'timer_hours ist 0; so bleibt, was fällig ist, bis jemand `bodydock-receiver expire` aufruft',
};

const PROBLEMS_DE: Readonly<Record<string, string>> = {
  ...SCHEMA_DE,
  ...YAML_DE,
  ...RULES_DE,
  ...KEYS_DE,
  ...PLACES_DE,
};

interface Pattern {
  readonly english: RegExp;
  readonly german: string;
}

/** Those with more words of their own first: "cannot be read ({}): {}" is more than "cannot be read ({})". */
const PATTERNS: readonly Pattern[] = Object.entries(PROBLEMS_DE)
  .toSorted(([one], [other]) => other.length - one.length)
  .map(([english, german]) => ({ english: patternOf(english), german }));

function patternOf(text: string): RegExp {
  const parts = text.split('{}').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.+?)')}$`, 's');
}

/** A text of a problem or a remark in German; undefined where there are no words for it. */
export function germanOf(text: string): string | undefined {
  const allowed = allowedText(text, 'de');
  if (allowed !== '') return allowed;
  for (const { english, german } of PATTERNS) {
    const values = english.exec(text)?.slice(1);
    if (values === undefined) continue;
    let at = 0;
    return german.replaceAll('{}', () => {
      const value = values[at++] ?? '';
      return germanOf(value) ?? value;
    });
  }
  return undefined;
}
