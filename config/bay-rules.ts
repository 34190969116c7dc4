// Rules on where the cameras of the bays are, beyond the shape of each value: each bay has a place, and no two have the same.
import { isAbsolute, normalize } from 'node:path';
import { placed, type PlacedText, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';
import { kernelPort } from './usb-buses.ts';
import type { Path } from './yaml-tree.ts';

type Bays = Good<StationFile['bays']>;
const PLACES = ['folder', 'usb_port', 'serial_path'] as const;

/** Adds what is wrong with the places of the bays. Folders inside each other are the business of the folder rules. */
export function checkBayPlaces(bays: Bays, report: RuleReport): void {
  checkPlaces(bays, report);
  checkUsbPorts(bays, report);
  checkSerialPorts(bays, report);
  checkLeds(bays, report);
}

/** Files come from one place: a folder and a USB port would show the same recordings by two names. */
function checkPlaces(bays: Bays, report: RuleReport): void {
  for (const [at, each] of bays.entries()) {
    if (each === undefined) continue;
    const { folder, usb_port: usbPort } = each;
    const bay: Path = ['bays', at];
    if (!PLACES.some((place) => report.isWritten([...bay, place]))) {
      const message = 'names no place for a camera';
      const remedy = 'add folder, usb_port, serial_path, or a serial_path beside one of the others';
      report.add(bay, { code: 'config.place', message, remedy });
    }
    if (folder !== undefined && usbPort !== undefined) {
      const message = 'takes its files from a folder and from a USB port';
      report.add([...bay, 'usb_port'], {
        code: 'config.place',
        message,
        found: usbPort,
        remedy: 'take one of them out',
      });
    }
  }
}

function checkUsbPorts(bays: Bays, report: RuleReport): void {
  const ports = bays.map((bay) => (bay?.usb_port === undefined ? undefined : kernelPort(bay.usb_port)));
  report.unique(placed(ports, ['bays'], 'usb_port'), 'USB port');
}

/** Two bays at one port would read one camera as two, and a port that follows the order of plugging would exchange two cameras. */
function checkSerialPorts(bays: Bays, report: RuleReport): void {
  const ports: PlacedText[] = [];
  for (const [at, each] of bays.entries()) {
    const bay: Path = ['bays', at];
    const { serial_path: port, serial } = each ?? {};
    if (serial !== undefined && !report.isWritten([...bay, 'serial_path'])) {
      const message = 'says how a serial port is run, but this bay has none';
      report.add([...bay, 'serial'], {
        code: 'config.serial',
        message,
        remedy: 'add serial_path, or take it out',
      });
    }
    if (port === undefined) continue;
    const path: Path = [...bay, 'serial_path'];
    const message = wrongPort(port);
    if (message === undefined) ports.push({ path, value: normalize(port) });
    else report.add(path, { code: 'config.serial', message, found: port, remedy: PORT_REMEDY });
  }
  report.unique(ports, 'serial port');
}

/** A light that two bays share says what one of them would not. */
function checkLeds(bays: Bays, report: RuleReport): void {
  const leds: PlacedText[] = [];
  for (const [at, bay] of bays.entries()) {
    for (const key of ['led', 'led_wait'] as const) {
      const value = bay?.[key];
      if (value !== undefined) leds.push({ path: ['bays', at, key], value });
    }
    if (bay?.led_wait === undefined || report.isWritten(['bays', at, 'led'])) continue;
    report.add(['bays', at, 'led_wait'], {
      code: 'config.led',
      message: 'is a second light, but this bay has no first one',
      found: bay.led_wait,
      remedy: 'name it led, or add led',
    });
  }
  report.unique(leds, 'LED');
}

const PORT_REMEDY = 'take a name that `ls /dev/serial/by-path` shows';

/** What is wrong with the path of a serial port; undefined where nothing is. */
export function wrongPort(port: string): string | undefined {
  if (!isAbsolute(port)) return 'is no absolute path';
  return /^\/dev\/.*[^/]$/s.test(normalize(port)) ? undefined : 'is no device: it does not lie below /dev';
}
