// `bodydock bays`: what is at the ports, and a dock that is learned by putting in one camera after the other.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { learnBays } from '../../../agent/cli/bays-learn.ts';
import { BAYS, serialPortsSeen, usbPorts, usbVerdict } from '../../../agent/cli/bays-ports.ts';
import { bays } from '../../../agent/cli/program.ts';
import { pickDriver } from '../../../agent/dock/bay-place.ts';
import type { BayConfig } from '../../../config/station-config.ts';
import { massStorageDriver } from '../../../drivers/mass-storage/driver.ts';
import { ptpDriver } from '../../../drivers/ptp/driver.ts';
import type { UsbInterfaceFacts } from '../../../drivers/usb/device.ts';
import { parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';
import { live } from '../../contracts/driver-subject.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { PtpResponder } from '../../fakes/ptp/responder.ts';
import { type DeviceLook, KEYBOARD, STILL_IMAGE, UsbDock } from '../../fakes/usb/dock.ts';
import { SYS_KEYBOARD, SYS_PTP, SysTree } from '../../fakes/usb/sys-tree.ts';
import { STATION } from '../config/files.ts';
import { runCommand } from './io-memory.ts';

const DISK: UsbInterfaceFacts = { number: 0, classCode: 8, subclassCode: 6, protocolCode: 80, name: null };
const VENDOR: UsbInterfaceFacts = { number: 0, classCode: 255, subclassCode: 0, protocolCode: 0, name: null };
const bayAt = (id: string, usbPort: string, camera: string | null = null): BayConfig => ({
  id: parseBayId(id),
  folder: null,
  usbPort,
  serial: null,
  leds: [],
  camera: camera === null ? null : parseCameraId(camera),
});
const device = () => new PtpResponder(new MemoryCamera());
const never = (): never => {
  throw new Error('nothing may be opened');
};

describe('what a bay would make of a device', () => {
  const kinds: readonly (readonly [string, readonly UsbInterfaceFacts[], string | undefined])[] = [
    ['a still image interface', [STILL_IMAGE], 'ptp'],
    ['an interface that Android calls MTP', [{ ...VENDOR, name: 'MTP' }], 'ptp'],
    ['a disk', [DISK], 'mass-storage'],
    ['PTP and a disk', [DISK, { ...STILL_IMAGE, number: 1 }], 'ptp'],
    ['an unknown one', [VENDOR], undefined],
  ];
  test.each(kinds)('is what the agent’s drivers say: %s', async (_name, interfaces, driver) => {
    const clock = new ManualClock();
    const usb = new UsbDock(clock);
    usb.plug('1-1', device(), { interfaces });
    const facts = await usb.devices.at('1-1', live());
    const drivers = [
      ptpDriver({ devices: usb.devices, openUsb: never, clock, onRecovery: never }),
      massStorageDriver({
        clock,
        usb: { devices: usb.devices, blockDevices: never as never, volumes: never as never },
      }),
    ];
    const picked = await pickDriver(drivers, { kind: 'usb', path: '1-1' }, live());
    const verdict = facts && usbVerdict(facts);
    expect([picked?.name, verdict?.kind === 'camera' ? verdict.driver : undefined]).toEqual([driver, driver]);
  });

  test('a keyboard beside a camera is odd, whatever else it shows', async () => {
    const usb = new UsbDock(new ManualClock());
    usb.plug('1-1', device(), { interfaces: [STILL_IMAGE, KEYBOARD] });
    usb.plug('1-2', device(), { interfaces: [] });
    const seen = await usbPorts(usb.devices, [], live());
    expect(seen.map(({ verdict }) => verdict)).toEqual([
      { kind: 'odd', interfaceClass: '0x03' },
      { kind: 'odd', interfaceClass: null },
    ]);
  });
});

test('ports are listed with their bays in the order of their numbers, empty bays among them', async () => {
  const usb = new UsbDock(new ManualClock());
  usb.plug('1-1.10', device());
  usb.plug('1-1.9', device());
  const seen = await usbPorts(usb.devices, [bayAt('bay-1', '1-1.10'), bayAt('bay-2', '1-1.2')], live());
  expect(seen.map(({ port, bay, device: there }) => [port, bay?.id ?? null, there !== null])).toEqual([
    ['1-1.2', 'bay-2', false],
    ['1-1.9', null, true],
    ['1-1.10', 'bay-1', true],
  ]);
  const serial = { path: '/dev/serial/by-path/a', baud: 9600, framing: 'raw' as const };
  const list = async () => [{ path: '/dev/serial/by-path/b', node: 'ttyACM0' }];
  expect(await serialPortsSeen(list, [{ ...bayAt('bay-3', '1-9'), serial }])).toMatchObject([
    { path: '/dev/serial/by-path/a', node: null, bay: { id: 'bay-3' } },
    { path: '/dev/serial/by-path/b', node: 'ttyACM0', bay: null },
  ]);
});

describe('the command', () => {
  let folder: string;
  let sys: SysTree;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-bays-'));
    sys = new SysTree(join(folder, 'sys'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('lists devices with ids, texts and bay in both languages, without a control character of theirs', async () => {
    await sys.plug('1-1.4', { manufacturer: 'Maker\u001b[2J', product: 'Bodycam', serial: 'SN7' });
    await sys.plug('1-1.5', { idVendor: '046d', idProduct: 'c31c' }, [{ ...SYS_PTP }, SYS_KEYBOARD]);
    const config = join(folder, 'station.yaml');
    await writeFile(config, STATION.replace('folder: /media/bay-1', 'usb_port: 1-1.4'));
    const args = ['--sys', sys.root, '--config', config];
    const english = await runCommand(bays, ...args);
    expect(english.exitCode).toBe(0);
    expect(english.out).toContain('1-1.4  bay-1  1234:0001  Maker');
    expect(english.out).toContain('serial number SN7');
    expect(english.out).toContain('a camera, for the driver ptp');
    expect(english.out).toContain('refused: it has an interface of class 0x03');
    expect(english.out).not.toContain('\u001b');
    const german = await runCommand(bays, ...args, '--lang', 'de');
    expect(german.out).toContain('eine Kamera, für den Treiber ptp');
    expect(german.out).toContain('kein Platz  046d:c31c');
    expect((await runCommand(bays, ...args, '--json')).json).toMatchObject({
      usb_ports: [
        {
          port: '1-1.4',
          bay: 'bay-1',
          driver: 'ptp',
          refused: null,
          device: { usb_id: '1234:0001', serial: 'SN7' },
        },
        { port: '1-1.5', bay: null, driver: null, refused: 'odd', device: { usb_id: '046d:c31c' } },
      ],
    });
  });

  test('tells the name of a socket that stays, for the file', async () => {
    await sys.bus(1, 'xhci-hcd.0', '2.00');
    await sys.plug('1-1.4', {});
    const config = join(folder, 'station.yaml');
    await writeFile(config, STATION.replace('folder: /media/bay-1', 'usb_port: xhci-hcd.0/usb2-1.4'));
    const args = ['--sys', sys.root, '--config', config];
    const { out } = await runCommand(bays, ...args);
    expect(out).toContain('1-1.4  bay-1  1234:0001');
    expect(out).toMatch(/^ +usb_port: xhci-hcd\.0\/usb2-1\.4$/m);
    expect((await runCommand(bays, ...args, '--json')).json).toMatchObject({
      usb_ports: [{ port: '1-1.4', usb_port: 'xhci-hcd.0/usb2-1.4', bay: 'bay-1' }],
    });
  });

  test('shows a socket with both of its ports, and a bay at it whichever of them the file names', async () => {
    await sys.bus(2, 'xhci-hcd.0', '2.00');
    await sys.bus(3, 'xhci-hcd.0', '3.00');
    await sys.rootSockets(2, 3, 4);
    await sys.plug('3-1', {});
    await sys.plug('3-4', {});
    const config = join(folder, 'station.yaml');
    await writeFile(config, STATION.replace('folder: /media/bay-1', 'usb_port: xhci-hcd.0/usb2-1'));
    const args = ['--sys', sys.root, '--config', config];
    const { out } = await runCommand(bays, ...args);
    expect(out).toContain('2-1 + 3-1  bay-1  1234:0001');
    expect(out).toContain('3-4 + 2-4  no bay  1234:0001');
    expect(out).not.toContain('it shows a disk as well');
    expect(out).toContain('Two ports with a + are one socket');
    expect((await runCommand(bays, ...args, '--lang', 'de')).out).toContain('sind eine Buchse');
    expect((await runCommand(bays, ...args, '--json')).json).toMatchObject({
      usb_ports: [
        { port: '2-1', other_port: '3-1', usb_port: 'xhci-hcd.0/usb2-1', bay: 'bay-1', driver: 'ptp' },
        { port: '3-4', other_port: '2-4', usb_port: 'xhci-hcd.0/usb3-4', bay: null },
      ],
    });
  });

  test('helps whoever is still writing the file', async () => {
    await sys.plug('1-1.4', {});
    const config = join(folder, 'station.yaml');
    await writeFile(config, 'version: 1\nREPLACE\n');
    for (const file of [config, join(folder, 'none.yaml')]) {
      const { exitCode, out, err } = await runCommand(bays, '--sys', sys.root, '--config', file);
      expect([exitCode, out.includes('1-1.4  no bay'), err.includes(file)]).toEqual([0, true, true]);
    }
  });

  test.each([[['lern']], [['learn', 'more']], [['--lang', 'fr']]])('does not take %j', async (args) => {
    expect((await runCommand(bays, ...args)).exitCode).toBe(2);
  });
});

describe('learning a dock', () => {
  function learning(known: readonly BayConfig[] = [], before: readonly string[] = []) {
    const clock = new ManualClock();
    const usb = new UsbDock(clock);
    for (const port of before) usb.plug(port, device());
    const said: string[] = [];
    const finishing = new AbortController();
    const words = BAYS.en;
    const say = (text: string): void => void said.push(text);
    const learned = learnBays({ devices: usb.devices, clock, known, words, say, finish: finishing.signal });
    const put = async (port: string, look: DeviceLook = {}): Promise<void> => {
      usb.plug(port, device(), look);
      await clock.advance(2000);
    };
    const finish = async () => {
      await clock.advance(0);
      finishing.abort();
      const bayList = await learned;
      expect([clock.pending, usb.wires.length]).toEqual([0, 0]);
      return bayList;
    };
    return { clock, usb, said, put, finish };
  }

  test('takes one port after the other, also where each camera is taken out again', async () => {
    const { usb, said, put, finish, clock } = learning();
    await put('1-1.3');
    usb.unplug('1-1.3');
    await clock.advance(500);
    await put('1-1.1');
    await put('1-1.2');
    expect(await finish()).toEqual([
      { id: 'bay-1', usbPort: '1-1.3', camera: null },
      { id: 'bay-2', usbPort: '1-1.1', camera: null },
      { id: 'bay-3', usbPort: '1-1.2', camera: null },
    ]);
    expect(said.filter((line) => line.startsWith('Put a camera into the bay'))).toEqual(
      [1, 2, 3, 4].map((number) => `Put a camera into the bay that is to be bay-${number}. Enter ends.`),
    );
    expect(said[2]).toContain('bay-1 is USB port 1-1.3');
  });

  test('takes none of two that came at a time, and goes on with one', async () => {
    const { usb, said, put, finish } = learning();
    usb.plug('1-1.1', device());
    await put('1-1.2');
    expect(said.at(-2)).toBe(
      'More than one came at a time, on the ports 1-1.1, 1-1.2. Take them out and put in one.',
    );
    usb.unplug('1-1.1');
    usb.unplug('1-1.2');
    await put('1-1.2');
    expect((await finish()).map(({ usbPort }) => usbPort)).toEqual(['1-1.2']);
  });

  test('takes the second of two for one that came with the first as long as that one settles', async () => {
    const { usb, said, clock, finish } = learning();
    usb.plug('1-1.1', device());
    await clock.advance(1000);
    usb.plug('1-1.2', device());
    await clock.advance(3000);
    expect(said.some((line) => line.startsWith('More than one'))).toBe(true);
    expect(await finish()).toEqual([]);
  });

  test('does not take a port twice, nor what is no camera, nor what is gone at once', async () => {
    const { usb, said, put, finish, clock } = learning();
    await put('1-1.1');
    usb.unplug('1-1.1');
    await clock.advance(500);
    await put('1-1.1');
    expect(said.at(-2)).toBe('Port 1-1.1 is bay-1 already. Put the camera into the next bay.');
    await put('1-1.2', { interfaces: [KEYBOARD], vendorId: 0x046d });
    expect(said.at(-2)).toMatch(/^On port 1-1\.2 is 046d:0001 .*refused: it has an interface of class 0x03/);
    usb.plug('1-1.3', device());
    await clock.advance(500);
    usb.unplug('1-1.3');
    await clock.advance(2000);
    expect(said.at(-2)).toBe(BAYS.en('gone'));
    expect((await finish()).map(({ usbPort }) => usbPort)).toEqual(['1-1.1']);
  });

  test('counts what was plugged in before only once it was taken out and put in again', async () => {
    const { usb, said, put, finish, clock } = learning([], ['1-1.1']);
    await clock.advance(2000);
    expect(said[1]).toContain('1-1.1 1234:0001');
    usb.unplug('1-1.1');
    await clock.advance(500);
    await put('1-1.1');
    expect((await finish()).map(({ usbPort }) => usbPort)).toEqual(['1-1.1']);
  });

  test('keeps id and camera of a bay that the file has, and gives nobody else its id', async () => {
    const { put, finish } = learning([bayAt('bay-1', '1-1.9', 'cam-3')]);
    await put('1-1.4');
    await put('1-1.9');
    expect(await finish()).toEqual([
      { id: 'bay-2', usbPort: '1-1.4', camera: null },
      { id: 'bay-1', usbPort: '1-1.9', camera: 'cam-3' },
    ]);
  });

  test('names the id that it will write beside the bays that the file has', async () => {
    const { put, finish, said } = learning([bayAt('bay-1', '1-1.1'), bayAt('bay-2', '1-1.2')]);
    await put('1-1.4');
    await put('1-1.2');
    expect(await finish()).toMatchObject([{ id: 'bay-3' }, { id: 'bay-2' }]);
    const asks = said.filter((line) => line.startsWith('Put a camera'));
    const tail = 'Enter ends.';
    expect(asks).toEqual([
      `Put a camera into a bay. One that station.yaml has keeps its id (bay-1, bay-2), any other becomes bay-3. ${tail}`,
      `Put a camera into a bay. One that station.yaml has keeps its id (bay-1, bay-2), any other becomes bay-4. ${tail}`,
      `Put a camera into a bay. One that station.yaml has keeps its id (bay-1), any other becomes bay-4. ${tail}`,
    ]);
  });

  test('takes both ports of a socket for one bay, and the bay that the file has at either of them', async () => {
    const { usb, put, finish, said, clock } = learning([bayAt('left', '2-1', 'cam-3')]);
    usb.join('2-1', '3-1');
    usb.join('2-2', '3-2');
    await put('3-1');
    await put('3-2');
    expect(said.at(-2)).toMatch(/^bay-2 is USB port 3-2 \+ 2-2 /);
    usb.unplug('3-2');
    await clock.advance(500);
    await put('2-2');
    expect(said.at(-2)).toContain('Port 2-2 + 3-2 is bay-2 already.');
    expect(await finish()).toEqual([
      { id: 'left', usbPort: '2-1', camera: 'cam-3' },
      { id: 'bay-2', usbPort: '3-2', camera: null },
    ]);
  });

  test('ends by itself with as many bays as a station may have', async () => {
    const { put, finish, said } = learning();
    for (let port = 1; port <= 17; port++) await put(`1-1.${port}`);
    expect(await finish()).toHaveLength(16);
    expect(said.filter((line) => line.includes('Enter ends'))).toHaveLength(16);
  });
});
