// What each remark means and what can be done about it, in German. English: texts-en.ts.
import type * as en from './texts-en.ts';

/** The same texts in another language. */
export type Texts = { readonly [Kind in keyof typeof en]: Readonly<Record<keyof (typeof en)[Kind], string>> };

const NO_CHAIN =
  'Ein Eintrag wurde weggenommen, hinzugefügt oder verändert, nachdem das Verwahrprotokoll geschrieben war.';
const ALTERED =
  'Es wurde nach dem Signieren verändert oder beschädigt, oder es wurde nie mit diesem Schlüssel signiert.';
const OTHER_KEY =
  'Jemand anders hat es signiert, oder der Schlüssel ist nicht unter den angegebenen: Schlüsselnummern mit den Etiketten von Station und Zentralspeicher vergleichen.';
const OTHER_KIND = 'Die Signatur wurde für eine andere Art von Dokument gemacht und neben dieses gelegt.';
const MEDIUM =
  'Der Datenträger oder seine Zugriffsrechte lassen es nicht lesen; über den Inhalt ist nichts bekannt.';
const NOT_OURS =
  'Keines unserer Programme schreibt solche Bytes: Die Datei wurde verändert, beschädigt oder von etwas anderem gemacht.';

export const FAULTS: Texts['FAULTS'] = {
  missing:
    'Ohne dieses Dokument lässt sich über das, wofür es steht, nichts sagen: Es ging verloren oder wurde weggenommen.',
  unreadable: MEDIUM,
  oversize: NOT_OURS,
  'not-canonical': NOT_OURS,
  refused: NOT_OURS,
  version: 'Ein neueres Programm hat es geschrieben: Mit diesem prüfen.',
  'signature-missing':
    'Jeder könnte das Dokument geschrieben haben: Seine Signatur ging verloren oder wurde weggenommen.',
  'signature-unreadable': MEDIUM,
  'signature-malformed':
    'Die Signaturdatei wurde beschädigt oder ist von anderer Art; nichts bürgt für das Dokument.',
  'signature-unknown-key': OTHER_KEY,
  'signature-wrong': ALTERED,
  'signature-comment': OTHER_KIND,
};

export const MEANINGS: Texts['MEANINGS'] = {
  'folder.unreadable':
    'Es ist kein Ordner, oder der Datenträger oder seine Zugriffsrechte lassen ihn nicht lesen; über das, was dort liegen sollte, ist nichts bekannt.',
  'folder.unexpected-entry': 'Es gehört nicht hierher, und nichts bürgt dafür: Es wurde von Hand hingelegt.',
  'folder.not-checked':
    'Keine Signatur sagt etwas über sie: nicht auf ihren Inhalt verlassen, sondern auf diese Prüfung mit Schlüsseln, die von anderswo kamen.',
  'folder.unfinished': 'Ein abgerissenes Schreiben hat es hinterlassen; niemand hat es je zugesagt.',

  'kit.findings':
    'Als diese Ausgabe entstand, stimmte nicht alles. Was hier zu prüfen ist, kann trotzdem stimmen: Vieles von dem, was diese Datei nennt, zeigt nur der ganze Tresor.',

  'manifest.rule':
    'Das Manifest widerspricht sich oder dem Format: Keine unserer Stationen signiert ein solches.',
  'manifest.other-recording':
    'In diesem Ordner liegen die Dokumente einer anderen Aufzeichnung: Ordner oder Dateien wurden vertauscht.',
  'manifest.other-station':
    'Hier liegt die Aufzeichnung einer anderen Station: Sie wurde von Hand verschoben.',
  'manifest.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass es vorher da war: Wer den Schlüssel hat, kann es seither gemacht haben.',
  'manifest.doubtful-key':
    'Sein Schlüssel wurde gesperrt, und laut Zentralspeicher kann ihn ein anderer gehabt haben, als dies eintraf: Es kann von diesem sein.',

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
    'Der Zentralspeicher hatte diesen Abschnitt des Verwahrprotokolls, als er die Quittung gab; er ging verloren oder wurde weggenommen.',
  'receipt.custody-head-missing':
    'Der Zentralspeicher hatte mehr vom Verwahrprotokoll, als er die Quittung gab: Sein Ende wurde abgeschnitten.',
  'receipt.custody-head-differs':
    'Das Verwahrprotokoll ist nicht das, das der Zentralspeicher hatte, als er die Quittung gab: Es wurde ausgetauscht oder verändert.',

  'payload.missing': 'Die versiegelte Aufzeichnung selbst ist weg.',
  'payload.asked-again':
    'Der Zentralspeicher hatte diese Aufzeichnung verloren und noch einmal verlangt, daher behielt die Station sie: Ihre versiegelte Datei ging verloren oder wurde weggenommen.',
  'payload.unreadable': MEDIUM,
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
  'chunks.unreadable': MEDIUM,
  'chunks.size': 'In der Liste fehlen Prüfsummen, oder es wurden welche hinzugefügt.',
  'chunks.digest':
    'Die Liste der Prüfsummen wurde verändert oder beschädigt; was sie über einzelne Einheiten sagt, beweist nichts.',
  'source.damaged': 'Der versiegelte Name des Originals lässt sich nicht öffnen.',
  'source.refused': 'Der versiegelte Name des Originals hat nicht die Form, die eine Station schreibt.',
  'source.wrong-path': 'Der versiegelte Name ist nicht der, dessen Prüfsumme das Manifest trägt.',

  'recording.doubled':
    'Jemand hat eine Kopie in den Ordner einer anderen Station gelegt oder eine Id ein zweites Mal vergeben: keine von beiden nach dieser Prüfung beurteilen.',
  'recording.missing':
    'Laut Verwahrprotokoll der Station war sie hier: Sie ging verloren oder wurde weggenommen.',
  'recording.waiting':
    'Die Station hat sie gespeichert, und der Zentralspeicher hat sie nicht bestätigt: Sie kommen noch oder wurden ersetzt.',
  'recording.unlogged':
    'Kein Eintrag im Verwahrprotokoll ihrer Station nennt sie, obwohl es danach weitergeht: Die Station hat sie nicht gemacht, oder es ist nicht ihr Verwahrprotokoll.',
  'recording.not-logged':
    'Der Abschnitt des Verwahrprotokolls der Station, der sie nennen würde, ist (noch) nicht hier.',
  'chain.two-starts':
    'Jede Kamera hat je Schlüssel der Station eine erste Aufzeichnung: Ein älterer Stand der Station wurde zurückgespielt, oder eine wurde gefälscht.',
  'chain.fork':
    'Zwei Aufzeichnungen nennen denselben Vorgänger: Ein älterer Stand der Station wurde zurückgespielt, oder eine wurde gefälscht.',
  'chain.gap':
    'Eine Aufzeichnung, die die Station signiert hat, ist nicht hier: Sie ging verloren oder wurde weggenommen.',
  'chain.gap-dropped':
    'Der Zentralspeicher hat ihre Dokumente lange nach ihrem Inhalt entfernt; sein Verwahrprotokoll sagt es.',
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

  'log.shortened':
    'Jemand sah mehr Zeilen des Verwahrprotokolls des Zentralspeichers, als hier sind: Sein Ende wurde weggenommen, oder der Tresor wurde aus einer Sicherung zurückgespielt.',
  'log.forked':
    'Jemand sah andere Zeilen des Verwahrprotokolls des Zentralspeichers als die, die hier sind: Es wurde neu geschrieben, von jemandem, der seinen Schlüssel hat.',
  'log.checkpoint':
    'Was hier als Prüfpunkt des Verwahrprotokolls des Zentralspeichers liegt, hat kein Schlüssel von ihm signiert.',
  'log.cosignature': 'Die Mitsignatur stimmt nicht mit dem Schlüssel des Zeugen überein, den sie nennt.',
  'log.timestamp': 'Niemand, dessen Zertifikat gegeben ist, sagt, wann es diesen Prüfpunkt gab.',
  'log.other-vault': 'Ein Prüfpunkt eines anderen Tresors wird nicht beurteilt.',
  'log.no-checkpoint': 'Ohne ihn ruhen die Zeilen des Verwahrprotokolls allein auf ihrer Kette.',
  'log.origin':
    'Das Verwahrprotokoll geht als ein anderes weiter, als es darf: Es wurde zusammengesetzt, oder eine Erklärung über eine Wiederherstellung fehlt.',
  'log.size':
    'Das Verwahrprotokoll geht an einer anderen Zeile weiter, als es endete: Zeilen wurden weggenommen oder eingefügt.',
  'log.tail-missing':
    'Der Tresor hielt mehr vom Verwahrprotokoll dieser Station, als hier ist: Sein Ende wurde weggenommen.',
  'log.not-fixed':
    'Bis wann das Verwahrprotokoll war, wie es hier ist, sagt nur der Zentralspeicher: Was seitdem weggenommen wurde, würde nicht vermisst.',
  'receipt.proof':
    'Der Nachweis verbindet die Quittung hier nicht mit dem Verwahrprotokoll des Zentralspeichers: Eines von beiden wurde ausgetauscht.',
  'receipt.fixed':
    'Eine Stelle außerhalb hat das Verwahrprotokoll des Zentralspeichers mit dieser Quittung gesehen: Spätestens zu diesem Zeitpunkt lag sie so vor wie hier.',
  'receipt.not-fixed': 'Seit wann diese Quittungen im Verwahrprotokoll stehen, sagt nur der Zentralspeicher.',
  'receipt.policy':
    'Der Eintrag des Zentralspeichers über diese Quittung nennt eine andere Richtlinie als das Dokument oder keine: So könnte er später kürzere Fristen behaupten.',
  'receipt.misdated':
    'Der Zentralspeicher hat diese Quittung mehr als einen Tag nach der Zeit eingetragen, die sie nennt: Seine Uhr ging falsch, oder die Quittung wurde zurückdatiert. Was sich nach dieser Zeit richtet, ist nicht beurteilt.',
  'receipt.unlogged':
    'Das Verwahrprotokoll des Zentralspeichers nennt diese Quittung nicht: Ein Stromausfall kann den Eintrag verhindert haben.',

  'custody.retired-unknown':
    'Jemand hat eine Kamera außer Betrieb genommen, die hier nie angedockt wurde: Vielleicht ist ihre Kennung falsch geschrieben, und die gemeinte Kamera steht weiter aus.',
  'custody.none': 'Ohne es lässt sich über Aufzeichnungen, die hier fehlen, nichts sagen.',
  'custody.unreadable': MEDIUM,
  'custody.torn-tail':
    'Ein Stromausfall beim Schreiben, oder ein Eintrag, der gerade geschrieben wird; er wurde niemandem zugesagt.',
  'custody.torn-ended':
    'In einen Abschnitt, auf den ein anderer folgt, schreibt niemand: Er wurde gekürzt oder verlängert, von Hand oder durch seinen Datenträger.',
  'custody.entry-refused':
    'Die Zeile ist kein Eintrag eines Verwahrprotokolls: Sie wurde verändert oder beschädigt.',
  'custody.entry-missing': NO_CHAIN,
  'custody.entry-doubled': NO_CHAIN,
  'custody.entry-order': NO_CHAIN,
  'custody.entry-altered': NO_CHAIN,
  'custody.not-opened': 'Der Anfang des Abschnitts fehlt oder gehört zu einem anderen.',
  'custody.other-station':
    'Hier liegt das Verwahrprotokoll einer anderen Station: Es wurde von Hand verschoben.',
  'custody.checkpoint-refused':
    'Der signierte Prüfpunkt lässt sich nicht lesen: Für die Einträge bis hier bürgt nichts.',
  'custody.checkpoint-signature-malformed': 'Für die Einträge bis hier bürgt nichts.',
  'custody.checkpoint-signature-unknown-key': OTHER_KEY,
  'custody.checkpoint-signature-wrong': ALTERED,
  'custody.checkpoint-signature-comment': OTHER_KIND,
  'custody.checkpoint-head':
    'Der signierte Prüfpunkt passt nicht zu den Einträgen davor: Einträge oder der Prüfpunkt wurden ausgetauscht.',
  'custody.unsigned-tail':
    'Die neuesten Einträge warten auf ihren Prüfpunkt; die Kette hält sie, eine Signatur noch nicht.',
  'custody.unsigned-end':
    'Der Zentralspeicher nimmt ein Verwahrprotokoll nur so weit, wie seine signierten Prüfpunkte reichen, und auf etwas, das noch auf einen wartet, folgt nichts: Diese Zeilen schrieb jemand ohne Schlüssel.',
  'custody.signature-unreadable': MEDIUM,
  'custody.signature-malformed': 'Die Signaturdatei wurde beschädigt oder ist von anderer Art.',
  'custody.signature-unknown-key': OTHER_KEY,
  'custody.signature-wrong': ALTERED,
  'custody.signature-comment': OTHER_KIND,
  'custody.signature-alone': 'Das Verwahrprotokoll, das sie signiert, ging verloren oder wurde weggenommen.',
  'custody.other-head':
    'Der signierte Kopf eines Abschnitts in einer Ausgabe ist der seines letzten Prüfpunkts: Er wurde weggenommen oder ausgetauscht, oder der Abschnitt wurde gekürzt.',
  'custody.two-starts':
    'Ein Verwahrprotokoll hat einen ersten Abschnitt: Ein älterer Stand der Station wurde zurückgespielt, oder sie hat ihr Verwahrprotokoll einmal verloren.',
  'custody.repeated':
    'Dort schlug das Schreiben fehl und wurde im nächsten Abschnitt wiederholt; nichts ist verloren.',
  'custody.fork':
    'Ein älterer Stand der Station wurde zurückgespielt, und das Verwahrprotokoll ging von dort ein zweites Mal weiter.',
  'custody.cycle':
    'Abschnitte folgen im Kreis aufeinander, was keine Station schreiben kann: Sie wurden gefälscht.',
  'custody.segment-missing': 'Ein Abschnitt des Verwahrprotokolls ging verloren oder wurde weggenommen.',
  'custody.segment-dropped':
    'Er wurde entfernt, so alt wie eingestellt, und sein Ende bewahrt; was hier ist, geht von dort weiter.',
  'custody.two-keys': 'Ein Abschnitt hat einen Schlüssel: Einen Teil davon hat jemand anders signiert.',
  'custody.key-not-announced':
    'Wer zu einem neuen Schlüssel wechselt, sagt es im zweiten Eintrag; dieser Abschnitt tut es nicht.',
  'custody.old-key':
    'Wer zu einem neuen Schlüssel gewechselt hat, signiert nichts mehr mit dem alten: Jemand, der den alten hat, führte das Verwahrprotokoll weiter oder signierte danach ein Dokument.',
  'custody.revoked-key':
    'Für diese Einträge bürgt nur ein gesperrter Schlüssel, und keine Quittung zeigt, dass sie vorher da waren: mit Vorsicht beurteilen.',
  'custody.end-refused':
    'Ein Zentralspeicher nimmt keine Einträge an, die nur ein gesperrter Schlüssel signiert hat: Was hier fehlt, liegt an der Station, und was davon kam, in seiner Quarantäne.',
  'custody.tail-missing': 'Das Ende eines Abschnitts wurde abgeschnitten.',
  'custody.link-differs':
    'Der Abschnitt, auf den ein anderer folgte, ist nicht der, der hier liegt: Er wurde ausgetauscht oder verändert.',
  'custody.break-noted':
    'Die Station fand ihr Verwahrprotokoll selbst unterbrochen und ging in einem neuen Abschnitt weiter.',
  'custody.other-manifest':
    'Das Verwahrprotokoll bürgt für ein anderes Manifest dieser Aufzeichnung: Es wurde ausgetauscht.',
  'custody.other-original':
    'Laut Verwahrprotokoll wurden andere Bytes von der Kamera gelesen, als das Manifest beschreibt: Eines der beiden wurde gefälscht.',
  'custody.other-sealed':
    'Laut Verwahrprotokoll wurde etwas anderes versiegelt, als das Manifest beschreibt: Eines der beiden wurde gefälscht.',
  'custody.other-rejection':
    'Verwahrprotokoll und Manifest nennen verschiedene Gründe, warum die Aufzeichnung auffällig ist: Eines der beiden wurde gefälscht.',
  'custody.not-named':
    'Das Verwahrprotokoll kennt den ganzen Andockvorgang und diese Aufzeichnung nicht: Sie wurde später hingelegt, oder das Verwahrprotokoll ist nicht das, das geschrieben wurde.',
  'custody.facts':
    'Ein Eintrag sagt etwas anderes, als Einträge seiner Art sagen; keines unserer Programme schreibt einen solchen.',
  'custody.group-open':
    'Eine Gruppe von Einträgen wird nach höchstens 64 signiert; so viele ohne Prüfpunkt schreibt keine unserer Stationen.',
  'custody.other-receipt':
    'Das Verwahrprotokoll nennt eine andere Quittung für diese Aufzeichnung: Sie wurde ausgetauscht.',
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
    'Der Zentralspeicher hat sie in Quarantäne genommen, weil sie auffällig waren; eine Notiz bei jedem sagt, warum.',
  'spool.unfinished': 'Sie wurden gerade versiegelt; der nächste Start entfernt, was kein Manifest nennt.',
  'spool.quarantined': 'Die Station hat sie in Quarantäne genommen, weil sie auffällig waren.',
  'proof.refused':
    'Der Nachweis, dass ein Öffnungsberechtigter öffnen kann, gilt nicht; bei der Freigabe zum Löschen zählt er als keiner.',

  // Docking records (SPEC 4.6).
  'docking.other-record':
    'In diesem Ordner liegen die Dokumente eines anderen Andockvorgangs: Ordner oder Dateien wurden vertauscht.',
  'docking.other-station':
    'Hier liegt das Andockprotokoll einer anderen Station: Es wurde von Hand verschoben.',
  'docking.rule':
    'Das Andockprotokoll widerspricht sich oder dem Format: Keine unserer Stationen signiert ein solches.',
  'docking.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass es vorher da war: Wer den Schlüssel hat, kann es seither gemacht haben.',
  'docking.doubtful-key':
    'Sein Schlüssel wurde gesperrt, und laut Zentralspeicher kann ihn ein anderer gehabt haben, als dies eintraf: Es kann von diesem sein.',
  'docking.twice':
    'Ein Andockvorgang hat ein Andockprotokoll: Ein älterer Stand der Station wurde zurückgespielt, oder eines wurde gefälscht.',
  'docking.part-missing':
    'Ein Teil des Andockprotokolls ist nicht hier: Er ging verloren oder wurde weggenommen.',
  'docking.part-waiting':
    'Ein Teil des Andockprotokolls ist noch nicht eingetroffen; laut Verwahrprotokoll der Station liegt er noch dort.',
  'docking.part-dropped':
    'Der Zentralspeicher hat einen Teil des Andockprotokolls entfernt, lange nach den Aufzeichnungen, die er nennt; sein Verwahrprotokoll sagt es.',
  'docking.part-differs':
    'Teile eines Andockprotokolls widersprechen sich: Sie gehören zu verschiedenen, oder einer wurde gefälscht.',
  'docking.inventory-differs':
    'Die Einträge sind nicht die, die die Kamera beim Andocken zeigte: Einer wurde weggenommen, hinzugefügt oder verändert.',
  'docking.recording-missing':
    'Die Station hat diese Aufzeichnung bei jenem Andockvorgang übernommen, und sie ist nicht hier: Sie ging verloren oder wurde weggenommen.',
  'docking.recording-waiting':
    'Sie ist noch nicht eingetroffen; soweit das Verwahrprotokoll der Station hier reicht, liegt sie noch dort.',
  'docking.recording-elsewhere':
    'Geprüft wurden einzelne Ordner, kein ganzer Tresor: Die Aufzeichnungen können woanders liegen.',
  'docking.recording-replaced': 'Sie wurde neu versiegelt, und die Aufzeichnung, die sie ersetzt, ist hier.',
  'docking.recording-dropped':
    'Der Zentralspeicher hat ihre Dokumente lange nach ihrem Inhalt entfernt; sein Verwahrprotokoll sagt es.',
  'docking.recording-set-aside':
    'Die Station hat sie in Quarantäne genommen, weil sie auffällig war; ihr Verwahrprotokoll sagt es.',
  'docking.recording-differs':
    'Andockprotokoll und Manifest sagen Verschiedenes über eine Aufzeichnung: Eines der beiden wurde ausgetauscht oder gefälscht.',
  'capture.bounds':
    'Die Aufnahmezeit liegt nicht zwischen den beiden Andockvorgängen, wie ihre Andockprotokolle sie nennen: Manifest oder Andockprotokoll wurde gefälscht.',
  'capture.measured':
    'Die Aufnahmezeit ergibt sich nicht aus der Zeit der Datei und den Messungen der Kamerauhr: Manifest oder Andockprotokoll wurde gefälscht.',
  'capture.unmeasured':
    'Die Aufnahmezeit nennt sich gemessen, und das Andockprotokoll enthält keine Messung der Kamerauhr: Eines der beiden wurde gefälscht.',
  'docking.recording-not-listed':
    'Ihr Andockprotokoll kennt sie nicht: Die Aufzeichnung wurde später hingelegt, oder das Andockprotokoll ist nicht das, das gemacht wurde.',
  'docking.record-elsewhere':
    'Ohne ihr Andockprotokoll lässt sich nicht sagen, ob alles hier ist, was auf der Kamera war.',
  'docking.stay':
    'Ein Andockvorgang ist eine Kamera in einem Platz vom Einstecken bis zum Herausnehmen: Dieser Teil eines Andockvorgangs wurde zu einem anderen gezählt, was keine unserer Stationen tut.',
  'docking.missing':
    'Laut Verwahrprotokoll der Station war es hier: Es ging verloren oder wurde weggenommen.',
  'docking.waiting':
    'Die Station hat es gemacht, und der Zentralspeicher hat es nicht bestätigt: Es kommt noch.',
  'docking.unlogged':
    'Kein Eintrag im Verwahrprotokoll der Station nennt es, obwohl es danach weitergeht: Die Station hat es nicht gemacht, oder es ist nicht ihr Verwahrprotokoll.',
  'docking.not-logged':
    'Der Abschnitt des Verwahrprotokolls der Station, der es nennen würde, ist (noch) nicht hier.',
  'docking.not-recorded':
    'Eine Kamera war in ihrem Platz, und nichts sagt, was auf ihr war: Die Station hat das Andockprotokoll verloren oder nie gemacht.',
  'docking.record-refused':
    'Ein gesperrter Schlüssel hat dieses Andockprotokoll signiert, und der Zentralspeicher nimmt von einem solchen nichts an: Es liegt an der Station.',
  'docking.open':
    'Die Kamera war noch in ihrem Platz oder hatte ihn eben verlassen, als das Verwahrprotokoll der Station hier endet.',
  'docking.log-differs':
    'Andockprotokoll und Verwahrprotokoll der Station sagen Verschiedenes über einen Andockvorgang: Eines der beiden wurde ausgetauscht oder gefälscht.',
  'docking.erased-not-logged':
    'Das Andockprotokoll und das Verwahrprotokoll der Station sagen Verschiedenes über das Löschen einer Datei auf der Kamera: Eines der beiden wurde gefälscht.',
  'docking.erased-uncompared':
    'Eine Datei, die über mehrere Andockvorgänge gelesen wurde, wurde auf der Kamera gelöscht, ohne noch einmal ganz verglichen zu werden: Das darf nie geschehen.',
  'custody.other-docking-record':
    'Das Verwahrprotokoll der Station bürgt für ein anderes Andockprotokoll: Es wurde ausgetauscht.',
  'staff-report.other-record':
    'In diesem Ordner liegen die Dokumente eines anderen Berichts des Personals: Ordner oder Dateien wurden vertauscht.',
  'staff-report.other-station':
    'Hier liegt ein Bericht des Personals einer anderen Station: Er wurde von Hand verschoben.',
  'staff-report.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass er vorher da war: Wer den Schlüssel hat, kann ihn seither gemacht haben.',
  'staff-report.doubtful-key':
    'Sein Schlüssel wurde gesperrt, und laut Zentralspeicher kann ihn ein anderer gehabt haben, als dies eintraf: Er kann von diesem sein.',
  'staff-text.other-record':
    'In diesem Ordner liegen die Dokumente eines anderen Textes des Personals: Ordner oder Dateien wurden vertauscht.',
  'staff-text.other-station':
    'Hier liegt ein Text des Personals einer anderen Station: Er wurde von Hand verschoben.',
  'staff-text.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass er vorher da war: Wer den Schlüssel hat, kann ihn seither gemacht haben.',
  'staff-text.doubtful-key':
    'Sein Schlüssel wurde gesperrt, und laut Zentralspeicher kann ihn ein anderer gehabt haben, als dies eintraf: Er kann von diesem sein.',
  'document.missing':
    'Laut Verwahrprotokoll der Station war dieser Bericht oder Text des Personals hier: Er ging verloren oder wurde weggenommen.',
  'document.waiting':
    'Die Station hat ihn gemacht, und der Zentralspeicher hat ihn nicht bestätigt: Er kommt noch.',
  'document.unlogged':
    'Kein Eintrag im Verwahrprotokoll der Station nennt diesen Bericht oder Text des Personals, obwohl es danach weitergeht: Die Station hat ihn nicht gemacht, oder es ist nicht ihr Verwahrprotokoll.',
  'document.not-logged':
    'Der Abschnitt des Verwahrprotokolls der Station, der ihn nennen würde, ist (noch) nicht hier.',
  'custody.other-document':
    'Das Verwahrprotokoll der Station bürgt für einen anderen Bericht oder Text des Personals: Er wurde ausgetauscht.',
  'docking-chain.two-starts':
    'Jede Kamera hat je Schlüssel der Station einen ersten Andockvorgang: Ein älterer Stand der Station wurde zurückgespielt, oder eines wurde gefälscht.',
  'docking-chain.fork':
    'Zwei Andockprotokolle nennen denselben Vorgänger: Ein älterer Stand der Station wurde zurückgespielt, oder eines wurde gefälscht.',
  'docking-chain.gap':
    'Ein Andockprotokoll, das die Station signiert hat, ist nicht hier: Es ging verloren oder wurde weggenommen.',
  'docking-chain.gap-elsewhere':
    'Geprüft wurden einzelne Ordner, kein ganzer Tresor: Das dazwischen kann woanders liegen.',
  'docking-chain.gap-waiting':
    'Das dazwischen ist noch nicht eingetroffen; laut Verwahrprotokoll der Station liegt es noch dort.',
  'docking-chain.gap-dropped':
    'Es wurde entfernt, nachdem es quittiert oder so alt wie eingestellt war; ein Verwahrprotokoll sagt es oder begann später.',
  'docking-chain.other-chain':
    'Ein Andockprotokoll nennt das einer anderen Kamera oder eines anderen Schlüssels als Vorgänger: Es wurde ausgetauscht oder gefälscht.',
  'docking-chain.cycle':
    'Andockprotokolle nennen einander als Vorgänger, was keine Station kann: Sie wurden gefälscht.',
  'docking-chain.order':
    'Ein Andockvorgang begann vor dem, auf den er folgt, nach einer Uhr, die bei beiden richtig ging: Andockprotokolle wurden ausgetauscht oder gefälscht.',
  'docking-chain.order-twice':
    'Zwei Kameras mit einer Id steckten gleichzeitig in zwei Plätzen: Ihre Andockprotokolle folgen aufeinander, wie ihre Andockvorgänge endeten.',
  'docking-chain.order-unsure':
    'Nach der Uhr der Station begann ein Andockvorgang vor dem, auf den er folgt; doch sie war bei einem nicht abgeglichen, oder der Andockvorgang riss ab und sein Andockprotokoll wurde spät gemacht.',

  // The store's own documents: deletions, orders, disclosures and keys (SPEC 4.7 to 4.11).
  'deletion.differs':
    'Der Löschnachweis spricht von etwas anderem, als neben ihm liegt: Er wurde ausgetauscht oder gefälscht.',
  'deletion.wrong-due':
    'Wann die Aufzeichnung fällig war, folgt aus Manifest und Quittung, und es ist eine andere Zeit.',
  'deletion.before-receipt':
    'Der Nachweis sagt, die Aufzeichnung sei vor ihrem Eingang gelöscht worden: Er ist zurückdatiert.',
  'deletion.too-early':
    'Die Aufzeichnung wurde gelöscht, bevor sie fällig war, und niemand hatte es angeordnet.',
  'deletion.in-future':
    'Der Nachweis nennt eine Zeit, die noch nicht gekommen war, als es ihn schon gab: Er ist vordatiert, damit die Aufzeichnung fällig aussieht, oder eine Uhr ging falsch.',
  'policy.not-judged':
    'Hier liegt eine Richtlinie beider Rollen, und es ist kein Schlüssel einer Rolle angegeben, mit dem sie zu beurteilen wäre.',
  'policy.other-number': 'Die Richtlinie liegt in einem Ordner mit anderer Nummer: Sie gilt nicht.',
  'policy.other-vault': 'Die Richtlinie gehört zu einem anderen Tresor: Hier gilt sie nicht.',
  'policy.same-key':
    'Ein einziger Schlüssel hat die Richtlinie für beide Rollen unterschrieben: Sie gilt nicht.',
  'policy.not-entered':
    'Das Verwahrprotokoll des Zentralspeichers nennt diese Richtlinie nicht: Sie galt nie, oder ein Abbruch verhinderte den Eintrag.',
  'policy.number':
    'Das Verwahrprotokoll des Zentralspeichers setzt eine Richtlinie in Kraft, deren Nummer nicht über einer früheren liegt.',
  'policy.differs':
    'Das Verwahrprotokoll des Zentralspeichers nennt diese Richtlinie mit einer anderen Prüfsumme: Eine von beiden wurde ausgetauscht.',
  'deletion.policy-not-judged':
    'Wie lange die Aufzeichnung bleiben musste, sagt eine Richtlinie beider Rollen, und sie ist ohne die Schlüssel der Rollen, oder weil sie hier fehlt, nicht zu beurteilen.',
  'deletion.receiver-not-known':
    'Ob dieser Empfänger überhaupt lief, zeigt nur der ganze Tresor: Lassen Sie ihn prüfen.',
  'drop.policy-not-judged':
    'Dokumente gingen nach weniger als 90 Tagen. Eine Richtlinie erlaubt das, die ohne die Schlüssel der Rollen nicht zu beurteilen ist.',
  'drop.hold-not-judged':
    'Beide Rollen hatten eine Aufzeichnung gesperrt und das aufgehoben, bevor ihre Dokumente gingen: Ob es beide waren, ist ohne ihre Schlüssel nicht zu beurteilen.',
  'deletion.too-few-days':
    'Die Aufzeichnung wurde weniger Tage aufbewahrt, als bei ihrem Eintreffen galten: Kürzer gilt nur für das, was danach kommt, und unter 14 Tagen nur durch beide Rollen.',
  'deletion.no-outside-time':
    'Sie wurde nach ihrer Frist gelöscht, und nach dem Verwahrprotokoll des Speichers hatte niemand außerhalb gesagt, wie spät es ist: Seine Uhr kann vorgestellt gewesen sein.',
  'deletion.not-warned':
    'Was bald nach seinem Eintreffen fällig ist, wird einen Tag nach einer Warnung gelöscht, und was kam, als die Uhr des Speichers ihre Zeit verloren hatte, nach so vielen Tagen, wie es aufbewahrt wird; es gab keine rechtzeitige.',
  'deletion.held': 'Die Aufzeichnung wurde gelöscht, obwohl eine Löschsperre es verbot.',
  'deletion.order-missing':
    'Die Anordnung, auf der die Löschung beruht, ist nicht hier: Sie ging verloren, wurde weggenommen oder nie gegeben.',
  'deletion.order-invalid':
    'Die Anordnung, auf der die Löschung beruht, erlaubt sie nicht: Sie handelt von etwas anderem, oder es fehlt eine Unterschrift.',
  'deletion.unfinished':
    'Die Löschung riss zwischen ihrem Nachweis und dem letzten Byte ab; das Programm des Zentralspeichers beendet sie bei seinem nächsten Start.',
  'deletion.put-back':
    'Die Aufzeichnung wurde gelöscht, und an ihrer Stelle liegen wieder Bytes: Jemand hat eine Kopie behalten und zurückgelegt.',
  'deletion.not-logged':
    'Das Verwahrprotokoll des Zentralspeichers kennt diesen Löschnachweis nicht: Er wurde gefälscht, oder das Verwahrprotokoll wurde abgeschnitten.',
  'deletion.missing':
    'Laut Verwahrprotokoll des Zentralspeichers wurde die Aufzeichnung gelöscht, und der Nachweis ist nicht hier: Er ging verloren oder wurde weggenommen.',
  'deletion.order-not-judged':
    'Die Aufzeichnung wurde auf Anordnung gelöscht; ohne die Schlüssel beider Rollen ist nicht bekannt, ob diese sie erteilt haben: Zwei Schlüssel, die jemand anderes einträgt, täten dasselbe.',
  'deletion.hold-not-judged':
    'Hier liegt eine Löschsperre, und ohne die Schlüssel der beiden Rollen lässt sich nicht sagen, ob sie die Löschung verbot.',
  'deletion.not-judged': 'Ob die Löschung erlaubt war, lässt sich ohne das hier Genannte nicht sagen.',

  'drop.recording':
    'Der Zentralspeicher entfernte die Dokumente dieser Aufzeichnung lange nach ihrer Löschung. Ihr Löschnachweis bleibt; wann sie empfangen, gelöscht und entfernt wurde, steht hier.',
  'drop.unrecorded':
    'Version 0.1.0 des Zentralspeichers entfernte den Löschnachweis mit den anderen Dokumenten: Ob die Aufzeichnung fällig war und auf welche Anordnung sie gelöscht wurde, lässt sich nicht mehr prüfen.',
  'drop.not-deleted':
    'Laut Verwahrprotokoll des Zentralspeichers wurden Dokumente einer Aufzeichnung entfernt, die er vorher nicht gelöscht hatte: Die Aufzeichnung wurde beseitigt.',
  'drop.too-early': 'Dokumente wurden entfernt, bevor ihre Zeit um war: Was sie beweisen, wurde weggenommen.',
  'drop.held':
    'Dokumente einer Aufzeichnung wurden entfernt, deren Löschung eine Löschsperre beider Rollen verbietet.',
  'drop.in-future':
    'Laut Verwahrprotokoll des Zentralspeichers wurde zu einer Zeit etwas entfernt, die noch nicht gekommen ist: Der Eintrag ist gefälscht, oder eine Uhr ging falsch.',
  'drop.other-receipt':
    'Das Verwahrprotokoll des Zentralspeichers nennt eine andere Quittung, als die Station für diese Dokumente hatte: Es wurde etwas anderes entfernt, als es sagt.',
  'drop.other-time':
    'Wann die Dokumente empfangen wurden, passt nicht zum Verwahrprotokoll der Station, und der Zentralspeicher hat die Quittung damals nicht eingetragen: Die Zeit wurde erfunden.',
  'drop.docking-needed':
    'Ein Andockprotokoll wurde entfernt, während eine Aufzeichnung jenes Andockvorgangs noch hier ist, die es nennen sollte.',
  'drop.segment':
    'Ein Teil eines Verwahrprotokolls wurde entfernt, bevor seine Zeit um war, oder einer, der immer bleibt: Was er sagt, wurde weggenommen.',

  'order.other-order':
    'In diesem Ordner liegen die Dokumente einer anderen Anordnung: Ordner oder Dateien wurden vertauscht.',
  'order.other-station':
    'Die Anordnung handelt von einer Aufzeichnung einer anderen Station: Sie wurde von Hand verschoben.',
  'order.other-manifest':
    'Die Anordnung nennt ein anderes Manifest dieser Aufzeichnung: Für das, was hier liegt, zählt sie nicht.',
  'order.unsigned': 'Niemand der beiden Rollen hat die Anordnung unterschrieben; sie zählt nichts.',
  'order.same-key': 'Beide Unterschriften sind von einem Schlüssel: Zwei Personen müssen unterschreiben.',
  'order.incomplete':
    'Eine Rolle hat unterschrieben. Eine Löschsperre gilt so sieben Tage, die anderen Anordnungen gar nicht.',
  'order.not-judged':
    'Die Schlüssel der beiden Rollen sind nicht angegeben: Niemand kann sagen, wer unterschrieben hat.',
  'order.other-logged':
    'Der Zentralspeicher hat unter dieser Nummer eine andere Anordnung aufgenommen: Sie wurde seither ausgetauscht, wer immer sie neu unterschrieb.',
  'order.signature-gone':
    'Der Zentralspeicher hat eine Unterschrift aufgenommen, die nicht mehr hier ist: Sie ging verloren oder wurde weggenommen.',
  'order.lapsed-early':
    'Eine Löschsperre durch eine Rolle gilt sieben Tage; der Zentralspeicher nannte sie früher verfallen.',
  'order.not-logged':
    'Der Zentralspeicher hat sie noch nicht aufgenommen, oder der Abschnitt seines Verwahrprotokolls, der sie nennt, ist nicht hier.',
  'order.missing':
    'Das Verwahrprotokoll des Zentralspeichers nennt eine Anordnung, die nicht hier ist: Sie ging verloren oder wurde weggenommen.',
  'order.not-kept':
    'Version 0.1.0 des Zentralspeichers entfernte die Anordnung mit den Dokumenten ihrer Aufzeichnung: Was sie anordnete, lässt sich nicht mehr prüfen.',

  'evaluation.misplaced':
    'Die Auswertung liegt im Ordner einer anderen Station, einer anderen Aufzeichnung oder eines anderen Schlüssels: Sie wurde von Hand verschoben.',
  'evaluation.no-recording':
    'Die ausgewertete Aufzeichnung ist nicht hier, oder sie ist eine andere: Über das, was hier liegt, sagt die Auswertung nichts.',
  'evaluation.not-judged':
    'Kein Schlüssel einer auswertenden Person ist angegeben: Niemand kann sagen, wer unterschrieben hat.',
  'evaluation.other-logged':
    'Der Zentralspeicher hat von diesem Schlüssel eine andere Auswertung aufgenommen: Sie wurde seither ausgetauscht, wer immer sie unterschrieb.',
  'evaluation.not-logged':
    'Der Zentralspeicher hat sie noch nicht eingetragen, oder der Abschnitt seines Verwahrprotokolls, der sie nennt, ist nicht hier.',

  'disclosure.made':
    'Jemand hat die Aufzeichnung geöffnet oder herausgegeben und gesagt, warum; das Verwahrprotokoll des Zentralspeichers bewahrt es.',
  'disclosure.pending':
    'Jemand hat eine Aufzeichnung geöffnet oder herausgegeben, und seither hat es kein Zentralspeicher in sein Verwahrprotokoll eingetragen.',
  'disclosure.refused':
    'Es sollte sagen, wer was warum geöffnet oder herausgegeben hat; es lässt sich nicht lesen oder trägt den Namen eines anderen.',

  'key.introduced':
    'Er ist nicht unter den angegebenen Schlüsseln; ein geprüfter Wechsel durch einen von ihnen führt ihn ein. Seine Nummer mit dem Etikett vergleichen.',
  'key.revoked':
    'Der Zentralspeicher nimmt nicht mehr an, was dieser Schlüssel signiert; was vorher quittiert wurde, bleibt gut.',
  'keys.signature-alone':
    'Das Dokument über einen Schlüssel, das sie signiert, ging verloren oder wurde weggenommen.',
  'key-change.rule': 'Der Schlüsselwechsel widerspricht seinem Ort oder dem Format.',
  'key-change.other-holder':
    'Hier liegt der Schlüsselwechsel von jemand anderem: Er wurde von Hand verschoben.',
  'key-change.lost':
    'Der alte Schlüssel war verloren, daher signierte nur der neue: Der Wechsel beweist nichts, und nur ein von Hand überbrachter Schlüssel zählt.',
  'key-change.revoked':
    'Der Schlüssel, der den neuen einführt, wurde gesperrt: Nur ein von Hand überbrachter Schlüssel zählt.',
  'key-change.missing':
    'Laut Verwahrprotokoll wurde der Schlüssel gewechselt, und das Dokument darüber ist nicht hier: Es ging verloren oder wurde weggenommen.',
  'key-change.goes-back':
    'Jeder Wechsel macht einen neuen Schlüssel, daher geht niemand zu einem abgelegten zurück: Jemand, der den alten hat, will ihn wieder gelten lassen.',
  'key-change.twice':
    'Von einem Schlüssel wechselt sein Inhaber zu einem anderen: Jemand, der den alten hat, machte einen eigenen Wechsel.',
  'key-change.other-logged':
    'Das Dokument handelt von einem anderen Wechsel als das Verwahrprotokoll: Eines von beiden wurde ausgetauscht oder erfunden.',
  'key-change.not-logged': 'Das Verwahrprotokoll nennt diesen Schlüsselwechsel (noch) nicht.',
  'key-revocation.rule': 'Die Sperre widerspricht ihrem Ort oder dem Format.',
  'key-revocation.not-logged':
    'Das Verwahrprotokoll des Zentralspeichers kennt diese Sperre nicht: Sie wurde gefälscht, oder das Verwahrprotokoll wurde abgeschnitten.',
  'key-revocation.other-logged':
    'Der Zentralspeicher hat den Schlüssel aus einem anderen Grund gesperrt oder hält ihn ab einem anderen Zeitpunkt für zweifelhaft, als das Dokument sagt: Es wurde seither ausgetauscht.',
  'key-revocation.misdated':
    'Die Sperre nennt eine andere Zeit als ihr Eintrag im Verwahrprotokoll des Zentralspeichers: Sie wurde zurückdatiert, damit gute Dokumente gefälscht aussehen, oder vordatiert, damit gefälschte zählen.',
  'key-revocation.missing':
    'Laut Verwahrprotokoll hat der Zentralspeicher einen Schlüssel gesperrt, und das Dokument darüber ist nicht hier: Es ging verloren oder wurde weggenommen, damit gefälschte Dokumente gut aussehen.',

  'witness.not-judged':
    'Versionen bis 0.1.0 legten für jeden Tag eines an. Was sie belegten, belegen jetzt die Prüfpunkte des Verwahrprotokolls des Zentralspeichers.',

  'restored.break':
    'Der Zentralspeicher wurde aus einer Sicherung wiederhergestellt und hat das erklärt. Was ihm seither fehlt, haben die Stationen vielleicht erneut geliefert; was sie nicht mehr hatten, ist verloren.',
  'restored.unsigned':
    'Dass der Tresor zurückgespielt wurde, müssen beide Rollen unterschreiben, und das fehlt: Warum etwas fehlt, erklärt allein der Betreiber des Zentralspeichers.',
  'restored.not-judged':
    'Dass der Tresor zurückgespielt wurde, müssen beide Rollen unterschreiben; ohne ihre Schlüssel ist das nicht zu beurteilen.',
  'restored.rule': 'Die Erklärung widerspricht ihrem Ort oder sich selbst.',
  'restored.not-logged':
    'Das Verwahrprotokoll des Zentralspeichers kennt diese Erklärung nicht: Sie wurde gefälscht, oder das Verwahrprotokoll wurde abgeschnitten.',
  'restored.other-logged':
    'Die Erklärung sagt etwas anderes als das Verwahrprotokoll des Zentralspeichers über sie: Eines von beiden wurde ausgetauscht.',
  'restored.missing':
    'Das Verwahrprotokoll des Zentralspeichers nennt eine Erklärung, dass er wiederhergestellt wurde, und sie ist nicht hier: Sie ging verloren oder wurde weggenommen.',

  'store-log.none':
    'Ein Zentralspeicher behält sein Verwahrprotokoll für immer: Es ging verloren oder wurde weggenommen. Ohne es lässt sich über Löschungen, Anordnungen und Herausgaben, die hier fehlen, nichts sagen.',
  'store-log.key-missing':
    'Ein Empfänger mit einem neuen Schlüssel beginnt mit ihm einen Abschnitt seines Verwahrprotokolls: Dieser ging verloren oder wurde weggenommen.',
  'store-log.not-known':
    'Stationen erfahren von dem Empfänger, der läuft. Was ein anderer nach seinem Protokoll inzwischen getan hat, wurde mit dem Schlüssel des Zentralspeichers erfunden oder zurückdatiert, es sei denn, keine Station konnte sich damals verbinden.',
};

export const REMEDIES: Texts['REMEDIES'] = {
  backup:
    'In einer Sicherung des Tresors danach suchen, und im Zwischenspeicher der Station, bevor sie ihre Kopie entfernt.',
  roleKeys:
    'officer*.pub und supervisor*.pub derer, die unterschreiben dürfen, in den Ordner der Schlüssel legen und erneut prüfen.',
  outside:
    'Mit einem neueren Prüfpunkt dieses Tresors prüfen, den jemand anderes aufbewahrt. Damit es einen gibt: in receiver.yaml einen Zeugen oder einen Zeitstempeldienst nennen oder eine Station auf einem anderen Gerät anschließen.',
  receiver: 'Das Programm des Zentralspeichers starten, das von selbst aufholt, und erneut prüfen.',
  station: 'Die Station mit ihrem Broker verbinden lassen; was dort wartet, wird von selbst übertragen.',
  putBack:
    'Herausfinden, wer eine Kopie behalten und zurückgelegt hat; der Zentralspeicher entfernt sie wieder.',
  bothRoles:
    'Beide Rollen unterschreiben lassen: "bodydock-receiver restored --fetch" am Zentralspeicher sagt, wie.',
  otherRole: 'Die andere Rolle auch unterschreiben lassen, oder sie verfallen lassen.',
  introduced:
    'Seinen öffentlichen Schlüssel von Hand besorgen, in den Ordner der Schlüssel legen und erneut prüfen.',
  keyLost:
    'Den neuen öffentlichen Schlüssel von Hand besorgen, seine Nummer mit dem Etikett der Station vergleichen und ihn neben dem alten in den Ordner der Schlüssel legen.',
  keyChange: 'Das Dokument von der Station besorgen, oder ihren neuen öffentlichen Schlüssel von Hand.',
  endByHand:
    'Das Ende des Verwahrprotokolls, und wovon es spricht, von Hand aus dem Zwischenspeicher der Station übernehmen.',
  recordByHand: 'Das Andockprotokoll von Hand aus dem Zwischenspeicher der Station übernehmen.',
  whoHadKey:
    'Fragen, wer den Schlüssel seither hatte, und mit dem eigenen Verwahrprotokoll der Station in ihrem Zwischenspeicher vergleichen.',
  olderImage:
    'Fragen, ob ein älterer Stand der Station zurückgespielt wurde; wenn ja, an der Station bestätigen.',
  kitFindings: 'Lesen, was in der Datei steht, und danach fragen, wer den Tresor führt.',
  quarantine: 'Die Notizen in .quarantine lesen und es leeren, sobald sie verstanden sind.',
  identity: 'Mit --identity die Identität eines der Öffnungsberechtigten angeben.',
  medium:
    'Nach dem Datenträger sehen und danach, wer dort lesen darf; kopieren, was sich lesen lässt, und die Kopie prüfen.',
  unknownKey:
    'Die Schlüsselnummer mit den Etiketten von Station und Zentralspeicher vergleichen. Gehört der Schlüssel ihnen, ihn neben dem alten in den Ordner der Schlüssel legen, ebenso benannt (`station-ID.KEYID.pub` neben `station-ID.pub`, `station.KEYID.pub` neben `station.pub`), und erneut prüfen.',
  version: 'Mit dem Programm prüfen, das es geschrieben hat, oder mit einem neueren.',
  revokedKey:
    'Nicht darauf vertrauen. Hat die Station es noch, es von dort von Hand übernehmen, mit einer Notiz, wie es kam.',
  doubtfulKey:
    'Verlassen Sie sich nicht allein darauf. Vergleichen Sie es mit dem, was jemand anders gesehen hat: Kamera, Zeuge, zweite Aufzeichnung.',
  unexpected: 'Es wegnehmen, fragen, wer es hingelegt hat, und erneut prüfen.',
  altered:
    'Alles lassen, wie es ist, und eine Kopie machen. Sie mit einer Sicherung des Tresors und mit dem Zwischenspeicher der Station vergleichen und herausfinden, wer hier seit der letzten guten Prüfung schreiben konnte.',
};
