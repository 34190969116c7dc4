// What `bodydock bays learn` says to whoever stands at the dock, in English and German.
import type { Language } from '../evidence/page/language.ts';

export interface LearnWords {
  readonly begin: string;
  /** {}: what is plugged in already. */
  readonly already: string;
  /** {}: the id that the next bay gets. */
  readonly next: string;
  /** {}: ids of bays of the file that were not shown yet, and the id that any other gets. */
  readonly nextKnown: string;
  /** {}: bay, port, device. */
  readonly learned: string;
  /** {}: ports. */
  readonly several: string;
  /** {}: port, bay. */
  readonly again: string;
  /** {}: port, device, why. */
  readonly noCamera: string;
  readonly gone: string;
  /** {}: number of bays. */
  readonly done: string;
  readonly none: string;
  /** {}: ids of bays. */
  readonly left: string;
  readonly written: string;
}

export const LEARN_WORDS: Readonly<Record<Language, LearnWords>> = {
  en: {
    begin:
      'Take all cameras out of the dock. One camera after the other shows which USB port is which bay; nothing on it is read.',
    already: 'Plugged in already, and not counted before it was taken out: {}',
    next: 'Put a camera into the bay that is to be {}. Enter ends.',
    nextKnown:
      'Put a camera into a bay. One that station.yaml has keeps its id ({}), any other becomes {}. Enter ends.',
    learned: '{} is USB port {} ({}).',
    several: 'More than one came at a time, on the ports {}. Take them out and put in one.',
    again: 'Port {} is {} already. Put the camera into the next bay.',
    noCamera: 'On port {} is {}: {}. Take it out and put in a camera.',
    gone: 'It was gone again at once. Put it in and leave it for a moment.',
    done: 'Ended with {} bays. For station.yaml:',
    none: 'No bay was learned.',
    left: 'Bays of the file that were not learned now stay as they are there: {}',
    written: 'Written to {}',
  },
  de: {
    begin:
      'Alle Kameras aus der Station nehmen. Eine Kamera nach der anderen zeigt, welcher USB-Anschluss welcher Platz ist; nichts auf ihr wird gelesen.',
    already: 'Steckt schon und zählt erst, wenn es herausgenommen war: {}',
    next: 'Eine Kamera in den Platz stecken, der {} werden soll. Die Eingabetaste beendet.',
    nextKnown:
      'Eine Kamera in einen Platz stecken. Einer, der in station.yaml steht, behält seine Kennung ({}), jeder andere wird {}. Die Eingabetaste beendet.',
    learned: '{} ist USB-Anschluss {} ({}).',
    several: 'Mehrere kamen zugleich, an den Anschlüssen {}. Herausnehmen und nur eine einstecken.',
    again: 'Anschluss {} ist schon {}. Die Kamera in den nächsten Platz stecken.',
    noCamera: 'An Anschluss {} steckt {}: {}. Herausnehmen und eine Kamera einstecken.',
    gone: 'Es war gleich wieder weg. Einstecken und einen Moment stecken lassen.',
    done: 'Beendet mit {} Plätzen. Für station.yaml:',
    none: 'Kein Platz wurde gelernt.',
    left: 'Plätze der Datei, die jetzt nicht gelernt wurden, bleiben dort, wie sie sind: {}',
    written: 'Geschrieben nach {}',
  },
};
