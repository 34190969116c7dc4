// What each remark means, in German; see meanings.ts.
import { DOCKING_MEANINGS_DE } from './meanings-dockings-de.ts';
import { ALTERED_DE, MEDIUM_DE, OTHER_KEY_DE, OTHER_KIND_DE } from './meanings-documents-de.ts';
import { STORE_MEANINGS_DE } from './meanings-store-de.ts';
import type { MEANINGS } from './meanings.ts';

const NO_CHAIN_DE =
  'Ein Eintrag wurde weggenommen, hinzugefügt oder verändert, nachdem das Protokoll geschrieben war.';

/** Code to meaning. */
export const MEANINGS_DE: Readonly<Record<keyof typeof MEANINGS, string>> = {
  ...DOCKING_MEANINGS_DE,
  ...STORE_MEANINGS_DE,

  'folder.unreadable':
    'Es ist kein Ordner, oder der Datenträger oder seine Zugriffsrechte lassen ihn nicht lesen; über das, was dort liegen sollte, ist nichts bekannt.',
  'folder.unexpected-entry': 'Es gehört nicht hierher, und nichts bürgt dafür: Es wurde von Hand hingelegt.',
  'folder.not-checked': 'Hier werden nur Ordner angesehen, die wie Aufzeichnungen heißen.',
  'folder.unfinished': 'Ein abgerissenes Schreiben hat es hinterlassen; niemand hat es je zugesagt.',

  'kit.findings':
    'Als diese Mappe entstand, stimmte nicht alles. Was hier zu prüfen ist, kann trotzdem stimmen: Vieles von dem, was diese Datei nennt, zeigt nur der ganze Tresor.',

  'manifest.rule':
    'Das Manifest widerspricht sich oder dem Format: Keine unserer Stationen signiert ein solches.',
  'manifest.other-recording':
    'In diesem Ordner liegen die Dokumente einer anderen Aufzeichnung: Ordner oder Dateien wurden vertauscht.',
  'manifest.other-station':
    'Hier liegt die Aufzeichnung einer anderen Station: Sie wurde von Hand verschoben.',
  'manifest.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass es vorher da war: Wer den Schlüssel hat, kann es seither gemacht haben.',

  'receipt.missing':
    'Die Station hatte eine Quittung des Zentralspeichers; die Kopie hier ging verloren oder wurde weggenommen.',
  'receipt.none':
    'Der Zentralspeicher hat diese Aufzeichnung noch nicht bestätigt; bis dahin behält die Kamera ihre Datei.',
  'receipt.wrong-kind':
    'Die Quittung bestätigt ein Andockprotokoll, wo eine Aufzeichnung liegt, oder umgekehrt.',
  'receipt.wrong-recording': 'Die Quittung bestätigt eine andere Aufzeichnung.',
  'receipt.wrong-station': 'Die Quittung bestätigt eine Aufzeichnung einer anderen Station.',
  'receipt.wrong-manifest':
    'Die Quittung bestätigt ein anderes Manifest: eine ältere Versiegelung, oder das Manifest wurde seither ausgetauscht.',
  'receipt.wrong-size': 'Der Zentralspeicher hat eine versiegelte Datei anderer Länge bestätigt.',
  'receipt.wrong-chunks': 'Der Zentralspeicher hat eine versiegelte Datei anderen Inhalts bestätigt.',
  'receipt.wrong-vault':
    'Die Quittung gab ein anderer Tresor: Diese Kopie wurde von Hand hingelegt, oder vault.json wurde ausgetauscht.',
  'receipt.custody-segment-missing':
    'Der Zentralspeicher hatte diesen Abschnitt des Protokolls, als er die Quittung gab; er ging verloren oder wurde weggenommen.',
  'receipt.custody-head-missing':
    'Der Zentralspeicher hatte mehr vom Protokoll, als er die Quittung gab: Sein Ende wurde abgeschnitten.',
  'receipt.custody-head-differs':
    'Das Protokoll ist nicht das, das der Zentralspeicher hatte, als er die Quittung gab: Es wurde ausgetauscht oder verändert.',

  'payload.missing': 'Die versiegelte Aufzeichnung selbst ist weg.',
  'payload.asked-again':
    'Der Zentralspeicher hatte diese Aufzeichnung verloren und noch einmal verlangt, daher behielt die Station sie: Ihre versiegelte Datei ging verloren oder wurde weggenommen.',
  'payload.unreadable': MEDIUM_DE,
  'payload.size': 'Bytes der versiegelten Aufzeichnung fehlen oder wurden hinzugefügt.',
  'payload.unit-altered':
    'Die versiegelte Aufzeichnung wurde an dieser Stelle verändert oder beschädigt; andere Einheiten betrifft es nicht.',
  'payload.header':
    'Die versiegelte Datei beginnt nicht wie eine age-Datei für die Öffnungsberechtigten, die das Manifest nennt.',
  'payload.not-for-identity':
    'Ob sich die Aufzeichnung öffnen lässt, wurde nicht geprüft: Die Identität eines ihrer Öffnungsberechtigten angeben.',
  'payload.no-recipient':
    'Das Manifest verspricht, dass diese Identität die Aufzeichnung öffnet, und sie tut es nicht.',
  'payload.damaged':
    'Beim Entschlüsseln fanden sich veränderte Bytes; das Original lässt sich nicht vollständig wiederherstellen.',
  'payload.truncated':
    'Das Ende der versiegelten Aufzeichnung fehlt; das Original lässt sich nicht vollständig wiederherstellen.',
  'payload.original-size': 'Versiegelt wurde nicht das, was das Manifest beschreibt.',
  'payload.original-digest': 'Versiegelt wurde nicht das, was das Manifest beschreibt.',
  'chunks.missing':
    'Ohne die Liste der Prüfsummen lässt sich nicht sagen, welcher Teil der versiegelten Aufzeichnung gut ist.',
  'chunks.unreadable': MEDIUM_DE,
  'chunks.size': 'In der Liste fehlen Prüfsummen, oder es wurden welche hinzugefügt.',
  'chunks.digest':
    'Die Liste der Prüfsummen wurde verändert oder beschädigt; was sie über einzelne Einheiten sagt, beweist nichts.',
  'source.damaged': 'Der versiegelte Name des Originals lässt sich nicht öffnen.',
  'source.refused': 'Der versiegelte Name des Originals hat nicht die Form, die eine Station schreibt.',
  'source.wrong-path': 'Der versiegelte Name ist nicht der, dessen Prüfsumme das Manifest trägt.',

  'recording.missing':
    'Laut Verwahrprotokoll der Station war sie hier: Sie ging verloren oder wurde weggenommen.',
  'recording.waiting':
    'Die Station hat sie gespeichert, und der Zentralspeicher hat sie nicht bestätigt: Sie kommen noch oder wurden ersetzt.',
  'recording.not-logged':
    'Der Abschnitt des Verwahrprotokolls der Station, der sie nennen würde, ist (noch) nicht hier.',
  'chain.two-starts':
    'Jede Kamera hat je Schlüssel der Station eine erste Aufzeichnung: Ein älterer Stand der Station wurde zurückgespielt, oder eine wurde gefälscht.',
  'chain.fork':
    'Zwei Aufzeichnungen nennen denselben Vorgänger: Ein älterer Stand der Station wurde zurückgespielt, oder eine wurde gefälscht.',
  'chain.gap':
    'Eine Aufzeichnung, die die Station signiert hat, ist nicht hier: Sie ging verloren oder wurde weggenommen.',
  'chain.gap-dropped':
    'Der Zentralspeicher hat ihre Dokumente lange nach ihrem Inhalt entfernt; sein Protokoll sagt es.',
  'chain.gap-elsewhere':
    'Geprüft wurden einzelne Aufzeichnungen, kein ganzer Tresor: Die dazwischen kann woanders liegen.',
  'chain.gap-waiting':
    'Die Aufzeichnung dazwischen ist noch nicht eingetroffen; laut Verwahrprotokoll der Station liegt sie noch dort.',
  'chain.gap-superseded': 'Die Aufzeichnung dazwischen wurde durch eine andere ersetzt, die hier ist.',
  'chain.other-chain':
    'Eine Aufzeichnung nennt die einer anderen Kamera oder eines anderen Schlüssels als Vorgänger: Manifeste wurden ausgetauscht oder gefälscht.',
  'chain.cycle':
    'Aufzeichnungen nennen einander als Vorgänger, was keine Station kann: Sie wurden gefälscht.',
  'sidecar.missing': 'Sie kamen bei einem anderen Andockvorgang, gingen verloren oder wurden weggenommen.',
  'sidecar.one-sided':
    'Nur eine der beiden nennt die andere; sie wurden vielleicht in verschiedenen Auflistungen gesehen.',

  'custody.retired-unknown':
    'Jemand hat eine Kamera außer Betrieb genommen, die hier nie angedockt wurde: Vielleicht ist ihre Kennung falsch geschrieben, und die gemeinte Kamera steht weiter aus.',
  'custody.none': 'Ohne es lässt sich über Aufzeichnungen, die hier fehlen, nichts sagen.',
  'custody.unreadable': MEDIUM_DE,
  'custody.torn-tail':
    'Ein Stromausfall beim Schreiben, oder ein Eintrag, der gerade geschrieben wird; er wurde niemandem zugesagt.',
  'custody.torn-ended':
    'In einen Abschnitt, auf den ein anderer folgt, schreibt niemand: Er wurde gekürzt oder verlängert, von Hand oder durch seinen Datenträger.',
  'custody.entry-refused':
    'Die Zeile ist kein Eintrag eines Protokolls: Sie wurde verändert oder beschädigt.',
  'custody.entry-missing': NO_CHAIN_DE,
  'custody.entry-doubled': NO_CHAIN_DE,
  'custody.entry-order': NO_CHAIN_DE,
  'custody.entry-altered': NO_CHAIN_DE,
  'custody.not-opened': 'Der Anfang des Abschnitts fehlt oder gehört zu einem anderen.',
  'custody.other-station': 'Hier liegt das Protokoll einer anderen Station: Es wurde von Hand verschoben.',
  'custody.checkpoint-refused':
    'Der signierte Prüfpunkt lässt sich nicht lesen: Für die Einträge bis hier bürgt nichts.',
  'custody.checkpoint-signature-malformed': 'Für die Einträge bis hier bürgt nichts.',
  'custody.checkpoint-signature-unknown-key': OTHER_KEY_DE,
  'custody.checkpoint-signature-wrong': ALTERED_DE,
  'custody.checkpoint-signature-comment': OTHER_KIND_DE,
  'custody.checkpoint-head':
    'Der signierte Prüfpunkt passt nicht zu den Einträgen davor: Einträge oder der Prüfpunkt wurden ausgetauscht.',
  'custody.unsigned-tail':
    'Die neuesten Einträge warten auf ihren Prüfpunkt; die Kette hält sie, eine Signatur noch nicht.',
  'custody.unsigned-end':
    'Der Zentralspeicher nimmt ein Protokoll nur so weit, wie seine signierten Prüfpunkte reichen, und auf etwas, das noch auf einen wartet, folgt nichts: Diese Zeilen schrieb jemand ohne Schlüssel.',
  'custody.signature-unreadable': MEDIUM_DE,
  'custody.signature-malformed': 'Die Signaturdatei wurde beschädigt oder ist von anderer Art.',
  'custody.signature-unknown-key': OTHER_KEY_DE,
  'custody.signature-wrong': ALTERED_DE,
  'custody.signature-comment': OTHER_KIND_DE,
  'custody.signature-alone': 'Das Protokoll, das sie signiert, ging verloren oder wurde weggenommen.',
  'custody.two-starts':
    'Ein Protokoll hat einen ersten Abschnitt: Ein älterer Stand der Station wurde zurückgespielt, oder sie hat ihr Protokoll einmal verloren.',
  'custody.repeated':
    'Dort schlug das Schreiben fehl und wurde im nächsten Abschnitt wiederholt; nichts ist verloren.',
  'custody.fork':
    'Ein älterer Stand der Station wurde zurückgespielt, und das Protokoll ging von dort ein zweites Mal weiter.',
  'custody.cycle':
    'Abschnitte folgen im Kreis aufeinander, was keine Station schreiben kann: Sie wurden gefälscht.',
  'custody.segment-missing': 'Ein Abschnitt des Protokolls ging verloren oder wurde weggenommen.',
  'custody.segment-dropped':
    'Er wurde entfernt, so alt wie eingestellt, und sein Ende bewahrt; was hier ist, geht von dort weiter.',
  'custody.two-keys': 'Ein Abschnitt hat einen Schlüssel: Einen Teil davon hat jemand anders signiert.',
  'custody.key-not-announced':
    'Wer zu einem neuen Schlüssel wechselt, sagt es im zweiten Eintrag; dieser Abschnitt tut es nicht.',
  'custody.old-key':
    'Wer zu einem neuen Schlüssel gewechselt hat, signiert nichts mehr mit dem alten: Jemand, der den alten hat, führte das Protokoll weiter oder signierte danach ein Dokument.',
  'custody.revoked-key':
    'Für diese Einträge bürgt nur ein gesperrter Schlüssel, und keine Quittung zeigt, dass sie vorher da waren: mit Vorsicht beurteilen.',
  'custody.end-refused':
    'Ein Zentralspeicher nimmt keine Einträge an, die nur ein gesperrter Schlüssel signiert hat: Was hier fehlt, liegt an der Station, und was davon kam, in seiner Quarantäne.',
  'custody.tail-missing': 'Das Ende eines Abschnitts wurde abgeschnitten.',
  'custody.link-differs':
    'Der Abschnitt, auf den ein anderer folgte, ist nicht der, der hier liegt: Er wurde ausgetauscht oder verändert.',
  'custody.break-noted':
    'Die Station fand ihr Protokoll selbst unterbrochen und ging in einem neuen Abschnitt weiter.',
  'custody.other-manifest':
    'Das Protokoll bürgt für ein anderes Manifest dieser Aufzeichnung: Es wurde ausgetauscht.',
  'custody.other-original':
    'Laut Protokoll wurden andere Bytes von der Kamera gelesen, als das Manifest beschreibt: Eines der beiden wurde gefälscht.',
  'custody.other-sealed':
    'Laut Protokoll wurde etwas anderes versiegelt, als das Manifest beschreibt: Eines der beiden wurde gefälscht.',
  'custody.other-rejection':
    'Protokoll und Manifest nennen verschiedene Gründe, warum die Aufzeichnung auffällig ist: Eines der beiden wurde gefälscht.',
  'custody.not-named':
    'Das Protokoll kennt den ganzen Andockvorgang und diese Aufzeichnung nicht: Sie wurde später hingelegt, oder das Protokoll ist nicht das, das geschrieben wurde.',
  'custody.facts':
    'Ein Eintrag sagt etwas anderes, als Einträge seiner Art sagen; keines unserer Programme schreibt einen solchen.',
  'custody.group-open':
    'Eine Gruppe von Einträgen wird nach höchstens 64 signiert; so viele ohne Prüfpunkt schreibt keine unserer Stationen.',
  'custody.other-receipt':
    'Das Protokoll nennt eine andere Quittung für diese Aufzeichnung: Sie wurde ausgetauscht.',
  'custody.erased-early':
    'Eine Datei wurde auf einer Kamera gelöscht, bevor das Wort des Zentralspeichers da war: Das darf nie geschehen.',
  'custody.erased-unreceipted':
    'Eine Datei wurde ohne das Wort des Zentralspeichers auf einer Kamera gelöscht: Das darf nie geschehen.',

  'custody.reclaimed-unreceipted':
    'Die Station hat ihre versiegelte Kopie ohne das Wort des Zentralspeichers entfernt: Das darf nie geschehen.',

  'vault.no-id':
    'Der Ordner gilt nach seinem Inhalt als Tresor; Quittungen werden mit keiner Tresornummer verglichen.',
  'vault.id-refused': 'Welcher Tresor das ist, lässt sich nicht sagen.',
  'vault.unfinished': 'Sie werden gerade empfangen oder warten darauf, dass eine Station weitermacht.',
  'vault.quarantined':
    'Der Zentralspeicher hat sie als auffällig zur Seite gelegt; eine Notiz bei jedem sagt, warum.',
  'spool.unfinished': 'Sie wurden gerade versiegelt; der nächste Start entfernt, was kein Manifest nennt.',
  'spool.quarantined': 'Die Station hat sie als auffällig zur Seite gelegt.',
  'proof.refused':
    'Der Beweis, dass ein Öffnungsberechtigter öffnen kann, gilt nicht; bei der Freigabe zum Löschen zählt er als keiner.',
};
