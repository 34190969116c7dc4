// What the screen of the dock says, in German.
import type { Translated } from '../../texts.ts';
import type { SCREEN_EN } from '../en/screen.ts';

export const SCREEN_DE = {
  'word.safe-to-take': 'Entnehmen',
  'word.do-not-take': 'Nicht entnehmen',
  'word.call-someone': 'Hilfe holen',
  'word.off': 'Leer',
  'do.safe-to-take':
    'Die Kamera darf genommen werden oder zum Laden stecken bleiben. Alles von ihr ist gesichert.',
  'do.do-not-take': 'Die Kamera wird gelesen oder geleert. Warten.',
  'do.call-someone': 'Kamera stecken lassen.',
  'do.call': 'Die Nummer unten anrufen.',
  'do.off': 'Kamera einsetzen.',
  title: 'Kameras im Dock',
  bay: 'Platz',
  next: 'Diese nehmen',
  progress: 'Fortschritt',
  percent: '{percent} %',
  left: 'noch {time}',
  charge: 'Ladung beim Einsetzen: {percent} %',
  out: 'Unterwegs',
  outSince: '{camera} seit {at}',
  more: 'und {count} weitere',
  call: 'Anrufen: {phone}',
  lost: 'Keine Nachricht von der Station. Kameras stecken lassen. Diese Seite geht von selbst weiter.',
  light: 'Hell',
  dark: 'Dunkel',
  other: 'English',
} as const satisfies Translated<typeof SCREEN_EN>;
