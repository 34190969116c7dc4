// What `bodydock ls` says, in German.
import type { Translated } from '../../texts.ts';
import type { LIST_EN } from '../en/list.ts';

export const LIST_DE = {
  recording: 'AUFZEICHNUNG',
  made: 'AUFGENOMMEN',
  duration: 'DAUER',
  size: 'GRÖSSE',
  camera: 'KAMERA',
  station: 'STATION',
  state: 'ZUSTAND',
  span: '{from} bis {to}',
  claimed: '{at} ?',
  sealed: 'gesichert {at}',
  'state.waiting': 'noch ohne Quittung',
  'state.kept': 'wird gelöscht am {until}',
  'state.due': 'fällig seit {until}',
  'state.held': 'Löschsperre bis {until}',
  'state.heldOpen': 'Löschsperre',
  'state.deleted': 'gelöscht am {until}',
  locked: 'als Beweismittel markiert',
  unusual: 'auffällig: {reason}',
  'role.sidecar': 'Begleitdatei',
  'role.other': 'andere Datei',
  none: 'Keine Aufzeichnung passt. Im Tresor: {recordings} Aufzeichnungen, {others} andere Dateien.\n',
  sum: {
    one: '{count} Aufzeichnung, {size}. Im Tresor: {recordings} Aufzeichnungen, {others} andere Dateien.\n',
    other:
      '{count} Aufzeichnungen, {size}. Im Tresor: {recordings} Aufzeichnungen, {others} andere Dateien.\n',
  },
  files: {
    one: '{count} Datei, {size}. Im Tresor: {recordings} Aufzeichnungen, {others} andere Dateien.\n',
    other: '{count} Dateien, {size}. Im Tresor: {recordings} Aufzeichnungen, {others} andere Dateien.\n',
  },
  askClaimed: '?: nach Angabe der Datei; die Uhr dieser Kamera wurde nicht gemessen.\n',
  next: 'Verlauf einer Aufzeichnung: bodydock custody {short} --vault {vault}\n',
  unproven: {
    one: '{count} Ordner oder Dokument ist nicht aufgeführt: Mit diesen Schlüsseln stimmt es nicht ({where}); "bodydock verify" sagt, warum\n',
    other:
      '{count} Ordner oder Dokumente sind nicht aufgeführt: Mit diesen Schlüsseln stimmen sie nicht ({where}); "bodydock verify" sagt, warum\n',
  },
} as const satisfies Translated<typeof LIST_EN>;
