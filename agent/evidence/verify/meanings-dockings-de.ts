// What remarks about docking records mean, in German; see meanings-dockings.ts.
import type { DOCKING_MEANINGS } from './meanings-dockings.ts';

export const DOCKING_MEANINGS_DE: Readonly<Record<keyof typeof DOCKING_MEANINGS, string>> = {
  'docking.other-record':
    'In diesem Ordner liegen die Dokumente eines anderen Andockvorgangs: Ordner oder Dateien wurden vertauscht.',
  'docking.other-station':
    'Hier liegt das Andockprotokoll einer anderen Station: Es wurde von Hand verschoben.',
  'docking.rule':
    'Das Andockprotokoll widerspricht sich oder dem Format: Keine unserer Stationen signiert ein solches.',
  'docking.revoked-key':
    'Sein Schlüssel wurde gesperrt, und keine Quittung zeigt, dass es vorher da war: Wer den Schlüssel hat, kann es seither gemacht haben.',
  'docking.twice':
    'Ein Andockvorgang hat ein Andockprotokoll: Ein älterer Stand der Station wurde zurückgespielt, oder eines wurde gefälscht.',
  'docking.part-missing':
    'Ein Teil des Andockprotokolls ist nicht hier: Er ging verloren oder wurde weggenommen.',
  'docking.part-waiting':
    'Ein Teil des Andockprotokolls ist noch nicht eingetroffen; laut Verwahrprotokoll der Station liegt er noch dort.',
  'docking.part-dropped':
    'Der Zentralspeicher hat einen Teil des Andockprotokolls entfernt, lange nach den Aufzeichnungen, die er nennt; sein Protokoll sagt es.',
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
    'Der Zentralspeicher hat ihre Dokumente lange nach ihrem Inhalt entfernt; sein Protokoll sagt es.',
  'docking.recording-set-aside':
    'Die Station hat sie zur Seite gelegt, weil sie auffällig war; ihr Protokoll sagt es.',
  'docking.recording-differs':
    'Andockprotokoll und Manifest sagen Verschiedenes über eine Aufzeichnung: Eines der beiden wurde ausgetauscht oder gefälscht.',
  'docking.recording-not-listed':
    'Ihr Andockprotokoll kennt sie nicht: Die Aufzeichnung wurde später hingelegt, oder das Protokoll ist nicht das, das gemacht wurde.',
  'docking.record-elsewhere':
    'Ohne ihr Andockprotokoll lässt sich nicht sagen, ob alles hier ist, was auf der Kamera war.',
  'docking.stay':
    'Ein Andockvorgang ist eine Kamera in einem Platz vom Einstecken bis zum Herausnehmen: Dieser Teil eines Andockvorgangs wurde zu einem anderen gezählt, was keine unserer Stationen tut.',
  'docking.missing':
    'Laut Verwahrprotokoll der Station war es hier: Es ging verloren oder wurde weggenommen.',
  'docking.waiting':
    'Die Station hat es gemacht, und der Zentralspeicher hat es nicht bestätigt: Es kommt noch.',
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
    'Es wurde entfernt, nachdem es quittiert oder so alt wie eingestellt war; ein Protokoll sagt es oder begann später.',
  'docking-chain.other-chain':
    'Ein Andockprotokoll nennt das einer anderen Kamera oder eines anderen Schlüssels als Vorgänger: Es wurde ausgetauscht oder gefälscht.',
  'docking-chain.cycle':
    'Andockprotokolle nennen einander als Vorgänger, was keine Station kann: Sie wurden gefälscht.',
  'docking-chain.order':
    'Ein Andockvorgang begann vor dem, auf den er folgt, nach einer Uhr, die bei beiden richtig ging: Protokolle wurden ausgetauscht oder gefälscht.',
  'docking-chain.order-twice':
    'Zwei Kameras mit einer Id steckten gleichzeitig in zwei Plätzen: Ihre Protokolle folgen aufeinander, wie ihre Andockvorgänge endeten.',
  'docking-chain.order-unsure':
    'Nach der Uhr der Station begann ein Andockvorgang vor dem, auf den er folgt; doch sie war bei einem nicht abgeglichen, oder der Andockvorgang riss ab und sein Andockprotokoll wurde spät gemacht.',
};
