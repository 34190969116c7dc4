// What `bodydock camera` says, in German.
import type { Translated } from '../../texts.ts';
import type { CAMERA_EN } from '../en/camera.ts';

export const CAMERA_DE = {
  written:
    '{camera}: außer Betrieb genommen; das laufende Programm der Station, oder sein nächster Start, trägt es in das Verwahrprotokoll ein',
  notNamed:
    'Die Datei der Station nennt {camera} nicht: Bitte prüfen, ob die Kennung richtig geschrieben ist',
} as const satisfies Translated<typeof CAMERA_EN>;
