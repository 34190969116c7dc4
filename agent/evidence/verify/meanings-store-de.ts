// What remarks about the store's own documents mean, in German; see meanings-store.ts.
import type { STORE_MEANINGS } from './meanings-store.ts';

export const STORE_MEANINGS_DE: Readonly<Record<keyof typeof STORE_MEANINGS, string>> = {
  'deletion.differs':
    'Der Löschnachweis spricht von etwas anderem, als neben ihm liegt: Er wurde ausgetauscht oder gefälscht.',
  'deletion.wrong-due':
    'Wann die Aufzeichnung fällig war, folgt aus Manifest und Quittung, und es ist eine andere Zeit.',
  'deletion.too-early':
    'Die Aufzeichnung wurde gelöscht, bevor sie fällig war, und niemand hatte es angeordnet.',
  'deletion.not-warned':
    'Was bald nach seinem Eintreffen fällig ist, wird einen Tag nach einer Warnung gelöscht, und was kam, als die Uhr des Speichers ihre Zeit verloren hatte, nach so vielen Tagen, wie es aufbewahrt wird; es gab keine rechtzeitige.',
  'deletion.held': 'Die Aufzeichnung wurde gelöscht, obwohl eine Aufbewahrung es verbot.',
  'deletion.order-missing':
    'Die Anordnung, auf der die Löschung beruht, ist nicht hier: Sie ging verloren, wurde weggenommen oder nie gegeben.',
  'deletion.order-invalid':
    'Die Anordnung, auf der die Löschung beruht, erlaubt sie nicht: Sie handelt von etwas anderem, oder es fehlt eine Unterschrift.',
  'deletion.unfinished':
    'Die Löschung riss zwischen ihrem Nachweis und dem letzten Byte ab; das Programm des Zentralspeichers beendet sie bei seinem nächsten Start.',
  'deletion.put-back':
    'Die Aufzeichnung wurde gelöscht, und an ihrer Stelle liegen wieder Bytes: Jemand hat eine Kopie behalten und zurückgelegt.',
  'deletion.not-logged':
    'Das Verwahrprotokoll des Zentralspeichers kennt diesen Löschnachweis nicht: Er wurde gefälscht, oder das Protokoll wurde abgeschnitten.',
  'deletion.missing':
    'Laut Protokoll des Zentralspeichers wurde die Aufzeichnung gelöscht, und der Nachweis ist nicht hier: Er ging verloren oder wurde weggenommen.',
  'deletion.not-judged': 'Ob die Löschung erlaubt war, lässt sich ohne das hier Genannte nicht sagen.',

  'order.other-order':
    'In diesem Ordner liegen die Dokumente einer anderen Anordnung: Ordner oder Dateien wurden vertauscht.',
  'order.other-station':
    'Die Anordnung handelt von einer Aufzeichnung einer anderen Station: Sie wurde von Hand verschoben.',
  'order.other-manifest':
    'Die Anordnung nennt ein anderes Manifest dieser Aufzeichnung: Für das, was hier liegt, zählt sie nicht.',
  'order.unsigned': 'Niemand der beiden Rollen hat die Anordnung unterschrieben; sie zählt nichts.',
  'order.same-key': 'Beide Unterschriften sind von einem Schlüssel: Zwei Personen müssen unterschreiben.',
  'order.incomplete':
    'Eine Rolle hat unterschrieben. Eine Aufbewahrung gilt so sieben Tage, die anderen Anordnungen gar nicht.',
  'order.not-judged':
    'Die Schlüssel der beiden Rollen sind nicht angegeben: Niemand kann sagen, wer unterschrieben hat.',
  'order.other-logged':
    'Der Zentralspeicher hat unter dieser Nummer eine andere Anordnung aufgenommen: Sie wurde seither ausgetauscht, wer immer sie neu unterschrieb.',
  'order.signature-gone':
    'Der Zentralspeicher hat eine Unterschrift aufgenommen, die nicht mehr hier ist: Sie ging verloren oder wurde weggenommen.',
  'order.lapsed-early':
    'Eine Aufbewahrung durch eine Rolle gilt sieben Tage; der Zentralspeicher nannte sie früher verfallen.',
  'order.not-logged':
    'Der Zentralspeicher hat sie noch nicht aufgenommen, oder der Abschnitt seines Protokolls, der sie nennt, ist nicht hier.',
  'order.missing':
    'Das Verwahrprotokoll des Zentralspeichers nennt eine Anordnung, die nicht hier ist: Sie ging verloren oder wurde weggenommen.',

  'disclosure.made':
    'Jemand hat die Aufzeichnung geöffnet oder herausgegeben und gesagt, warum; das Verwahrprotokoll des Zentralspeichers bewahrt es.',
  'disclosure.pending':
    'Jemand hat eine Aufzeichnung geöffnet oder herausgegeben, und seither hat es kein Zentralspeicher in sein Protokoll eingetragen.',
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
    'Laut Protokoll wurde der Schlüssel gewechselt, und das Dokument darüber ist nicht hier: Es ging verloren oder wurde weggenommen.',
  'key-change.goes-back':
    'Jeder Wechsel macht einen neuen Schlüssel, daher geht niemand zu einem abgelegten zurück: Jemand, der den alten hat, will ihn wieder gelten lassen.',
  'key-change.twice':
    'Von einem Schlüssel wechselt sein Inhaber zu einem anderen: Jemand, der den alten hat, machte einen eigenen Wechsel.',
  'key-change.other-logged':
    'Das Dokument handelt von einem anderen Wechsel als das Protokoll: Eines von beiden wurde ausgetauscht oder erfunden.',
  'key-change.not-logged': 'Das Protokoll nennt diesen Schlüsselwechsel (noch) nicht.',
  'key-revocation.rule': 'Die Sperre widerspricht ihrem Ort oder dem Format.',
  'key-revocation.not-logged':
    'Das Verwahrprotokoll des Zentralspeichers kennt diese Sperre nicht: Sie wurde gefälscht, oder das Protokoll wurde abgeschnitten.',
  'key-revocation.other-logged':
    'Der Zentralspeicher hat den Schlüssel aus einem anderen Grund gesperrt, als das Dokument sagt: Es wurde seither ausgetauscht.',
  'key-revocation.missing':
    'Laut Protokoll hat der Zentralspeicher einen Schlüssel gesperrt, und das Dokument darüber ist nicht hier: Es ging verloren oder wurde weggenommen, damit gefälschte Dokumente gut aussehen.',

  'witness.rule': 'Das Zeugnis widerspricht seinem Ort oder sich selbst.',
  'witness.too-soon':
    'Ein Tag wird eine Viertelstunde nach seinem Ende bezeugt, wenn nichts mehr kommen kann: Dieses wurde vorher gemacht.',
  'witness.root-differs':
    'Die Dokumente jenes Tages sind nicht die, für die der Zentralspeicher gebürgt hat: Eines wurde seither weggenommen, hinzugefügt oder verändert.',
  'witness.head-differs':
    'Das Protokoll ist nicht das, für das der Zentralspeicher gebürgt hat: Es wurde ausgetauscht, verändert oder abgeschnitten.',
  'witness.left-out':
    'Hier liegen Dokumente jenes Tages, für die der Zentralspeicher nicht gebürgt hat: Sie wurden später hinzugefügt.',
  'witness.chain':
    'Ein Zeugnis folgt nicht auf das davor: Eines wurde weggenommen, hinzugefügt oder ausgetauscht.',
  'witness.line-differs':
    'Die gedruckte Zeile ist nicht die des Zeugnisses im Tresor: Eines der beiden wurde ausgetauscht, oder die Zeile wurde falsch abgelesen.',
  'witness.no-line':
    'Der Tresor enthält zu einer gedruckten Zeile kein gutes Zeugnis: Es ging verloren oder wurde weggenommen.',
  'witness.begins-later': 'Frühere Zeugnisse sind nicht hier.',
  'witness.not-logged': 'Das Verwahrprotokoll des Zentralspeichers kennt dieses Zeugnis (noch) nicht.',
  'witness.missing':
    'Das Verwahrprotokoll des Zentralspeichers nennt ein Zeugnis, das nicht hier ist: Es ging verloren oder wurde weggenommen.',

  'restored.break':
    'Der Zentralspeicher wurde aus einer Sicherung wiederhergestellt und hat das erklärt. Was ihm seither fehlt, haben die Stationen vielleicht erneut geliefert; was sie nicht mehr hatten, ist verloren.',
  'restored.rule': 'Die Erklärung widerspricht ihrem Ort oder sich selbst.',
  'restored.not-logged':
    'Das Protokoll des Zentralspeichers kennt diese Erklärung nicht: Sie wurde gefälscht, oder das Protokoll wurde abgeschnitten.',
  'restored.other-logged':
    'Die Erklärung sagt etwas anderes als das Protokoll des Zentralspeichers über sie: Eines von beiden wurde ausgetauscht.',
  'restored.missing':
    'Das Protokoll des Zentralspeichers nennt eine Erklärung, dass er wiederhergestellt wurde, und sie ist nicht hier: Sie ging verloren oder wurde weggenommen.',

  'store-log.none':
    'Ein Zentralspeicher behält sein Protokoll für immer: Es ging verloren oder wurde weggenommen. Ohne es lässt sich über Löschungen, Anordnungen und Herausgaben, die hier fehlen, nichts sagen.',
  'store-log.key-missing':
    'Ein Empfänger mit einem neuen Schlüssel beginnt mit ihm einen Abschnitt seines Protokolls: Dieser ging verloren oder wurde weggenommen.',
  'store-log.old-key':
    'Dieses Protokoll kann jemand geschrieben haben, der einen alten Schlüssel des Zentralspeichers hat: Es erklärt nichts, was hier fehlt.',
};
