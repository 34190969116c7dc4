import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkStationStart } from '../../../config/enrolment/installed-files.ts';
import { loadReceiverConfig, loadStationConfig, type Loaded } from '../../../config/load.ts';
import { renderProblem, renderProblems, type Problem } from '../../../config/problems.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { sha256Hex, encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { keyIdHex, parsePublicKey, publicKeyLine } from '../../../protocol/documents/minisign.ts';
import { daysUnder } from '../../../protocol/documents/policy.ts';
import { exchange, publicLine, put, RECEIVER, recipient, STATION, withFolder } from './files.ts';

function load(content: string | Uint8Array): Promise<Loaded<StationConfig>> {
  return withFolder(async (folder) => loadStationConfig(await put(folder, 'station.yaml', content)));
}

async function problems(content: string | Uint8Array): Promise<readonly Problem[]> {
  const loaded = await load(content);
  return loaded.kind === 'refused' ? loaded.problems : [];
}

/** Each problem in short: place, code and path. */
async function finds(content: string | Uint8Array): Promise<string[]> {
  return (await problems(content)).map((find) => `${find.line}:${find.column} ${find.code} ${find.path}`);
}

/** The same key under another id: anybody who holds its secret half can write both lines. */
function renamed(line: string): string {
  const key = parsePublicKey(line);
  return publicKeyLine({ ...key, keyId: new Uint8Array(key.keyId.length).fill(7) });
}

/** With that line in the group `broker`. */
const uplink = (line: string): string => exchange(STATION, 'broker:\n', `broker:\n  ${line}\n`);
const changed = (from: string, to: string): Promise<string[]> => finds(exchange(STATION, from, to));

describe('a good station file', () => {
  test('comes out typed, with defaults, and with paths from the folder of the file', async () => {
    await withFolder(async (folder) => {
      const loaded = await loadStationConfig(await put(folder, 'station.yaml', STATION));
      if (loaded.kind === 'refused')
        throw new Error(loaded.problems.map((each) => renderProblem(each)).join('\n'));
      const { config } = loaded;
      expect(loaded.sha256).toBe(sha256Hex(encodeUtf8(STATION)));
      expect(config.spool).toEqual({
        path: join(folder, 'spool'),
        reserveBytes: 67_108_864,
        keepHours: 48,
        documentsDays: 400,
      });
      expect(config.keys.signingFile).toBe(join(folder, 'keys/station.key'));
      expect(config.recipients).toEqual([recipient(1), recipient(2)]);
      expect(config.store.publicKeys.map((key) => keyIdHex(key.keyId))).toHaveLength(1);
      expect(config.broker).toEqual({
        url: 'mqtts://broker.example.org:8883',
        base: 'bodydock',
        protocol: 'auto',
        tls: {
          caFile: join(folder, 'tls/ca.pem'),
          certFile: join(folder, 'tls/cert.pem'),
          keyFile: join(folder, 'tls/key.pem'),
        },
        login: null,
        maxPacketBytes: 1_048_576,
        rateBytesPerS: null,
        windows: [],
      });
      expect(config.bays[1]).toEqual({
        id: 'bay-2',
        folder: '/media/bay-2',
        usbPort: null,
        serial: null,
        camera: 'cam-2',
        leds: [],
      });
      expect(config.cameras).toEqual([
        { id: 'cam-1', alias: 'Camera 1', model: 'B1', serial: '0001', passwordFile: null },
        { id: 'cam-2', alias: 'cam-2', model: null, serial: null, passwordFile: null },
      ]);
      expect(config.log.level).toBe('info');
    });
  });

  test('names the lights of a bay, each at one bay only, and no second one without a first', async () => {
    const bay = '    folder: /media/bay-2\n';
    const good = await load(exchange(STATION, bay, `${bay}    led: green:2\n    led_wait: red:2\n`));
    expect(good.kind === 'loaded' && good.config.bays[1]?.leds).toEqual(['green:2', 'red:2']);
    const alone = await problems(exchange(STATION, bay, `${bay}    led_wait: red:2\n`));
    expect(alone.map(({ code, path }) => [code, path])).toEqual([['config.led', 'bays[1].led_wait']]);
    const same = await problems(exchange(STATION, bay, `${bay}    led: one\n    led_wait: one\n`));
    expect(same.map(({ path }) => path)).toEqual(['bays[1].led_wait']);
    const path = await problems(exchange(STATION, bay, `${bay}    led: ../../../etc\n`));
    expect(path.map(({ code }) => code)).toEqual(['config.value']);
  });

  test('erases nothing where it does not say so', async () => {
    const loaded = await load(STATION);
    expect(loaded.kind === 'loaded' && loaded.config.release).toBe('never');
    const told = await load(`${STATION}release: after-receipt\n`);
    expect(told.kind === 'loaded' && told.config.release).toBe('after-receipt');
  });

  test('says in days how long documents of released recordings stay: not for less than two months', async () => {
    const stating = (days: string): string =>
      exchange(STATION, '  path: spool', `  path: spool\n  documents_days: ${days}`);
    const told = await load(stating('60'));
    expect(told.kind === 'loaded' && told.config.spool.documentsDays).toBe(60);
    for (const wrong of ['59', '0', '36526', '"400"']) expect(await problems(stating(wrong))).toHaveLength(1);
  });

  test.each(['{days: 3, log_days: 90}', '{days: 0}', '', 'forever'])(
    'takes retention of earlier versions, whatever it says, and remarks on it: %s',
    async (said) => {
      const told = await load(`${STATION}retention: ${said}\n`);
      const start = told.kind === 'loaded' && (await checkStationStart(told.config));
      expect(start && start.warnings.map(({ code }) => code)).toEqual(['retention.without-effect']);
    },
  );

  test.each(['mqtt://localhost', 'mqtt://127.0.0.1:1884', 'mqtt://127.3.2.1', 'mqtt://[::1]:1883'])(
    'reaches a broker on this machine without TLS: %s',
    async (url) => {
      const plain = exchange(STATION, 'mqtts://broker.example.org:8883', url).replace(
        / {2}\w+_file: tls.*\n/g,
        '',
      );
      const loaded = await load(plain);
      expect(loaded.kind === 'loaded' && loaded.config.broker.tls).toBeNull();
    },
  );
});

describe('a file that is refused as such', () => {
  test.each([
    ['not UTF-8', Buffer.from([0x76, 0xff, 0xfe]), 'config.encoding'],
    ['with a byte-order mark', `\u{FEFF}${STATION}`, 'config.encoding'],
    ['of 10 MB', Buffer.alloc(10_000_000, 'a: 1\n'), 'config.oversize'],
    ['empty', '', 'config.value'],
    ['a list', '- 1\n', 'config.value'],
    ['cut in a value', STATION.slice(0, STATION.indexOf('[r-archive]') + 4), 'config.yaml'],
  ])('%s', async (_name, content, code) => {
    const [first, ...more] = await problems(content);
    expect([first?.code, more]).toEqual([code, []]);
    expect(first?.message).not.toBe('');
  });

  test('missing, a folder, or a pipe that nobody writes to', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'folder'));
      await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
      for (const name of ['missing', 'folder', 'pipe']) {
        const loaded = await loadStationConfig(join(folder, name));
        expect(loaded.kind === 'refused' && loaded.problems.map((find) => find.code)).toEqual([
          'config.unreadable',
        ]);
      }
    });
  });

  test('writable by others: who writes it decides whose receipts count', async () => {
    await withFolder(async (folder) => {
      const file = await put(folder, 'station.yaml', STATION);
      for (const mode of [0o664, 0o646, 0o666]) {
        await chmod(file, mode);
        const loaded = await loadStationConfig(file);
        expect(loaded.kind === 'refused' && loaded.problems.map((find) => find.code)).toEqual([
          'config.mode',
        ]);
      }
      await chmod(file, 0o444);
      expect((await loadStationConfig(file)).kind).toBe('loaded');
    });
  });

  test.runIf(process.geteuid?.() === 0)('owned by another user than root and this one', async () => {
    await withFolder(async (folder) => {
      const file = await put(folder, 'station.yaml', STATION);
      await chown(file, 12_345, 12_345);
      const loaded = await loadStationConfig(file);
      expect(loaded.kind === 'refused' && loaded.problems.map((find) => find.code)).toEqual(['config.owner']);
    });
  });
});

describe('a wrong value is named with line, column and path', () => {
  test.each([
    ['a wrong type', 'receivers: [r-archive]', 'receivers: r-archive', '12:14 config.value store.receivers'],
    [
      'a number as text',
      '  path: spool',
      '  path: spool\n  keep_hours: "48"',
      '5:15 config.value spool.keep_hours',
    ],
    [
      'a negative number',
      '  path: spool',
      '  path: spool\n  keep_hours: -1',
      '5:15 config.value spool.keep_hours',
    ],
    [
      'more than any number',
      '  path: spool',
      '  path: spool\n  keep_hours: 1e999',
      '5:15 config.value spool.keep_hours',
    ],
    ['a fraction', '  path: spool', '  path: spool\n  keep_hours: 1.5', '5:15 config.value spool.keep_hours'],
    [
      'no number at all',
      '  path: spool',
      '  path: spool\n  keep_hours: .nan',
      '5:15 config.value spool.keep_hours',
    ],
    ['a text as number', 'station: townhall-1', 'station: 12', '2:10 config.value station'],
    ['a receiver as station', 'station: townhall-1', 'station: r-archive', '2:10 config.value station'],
    ['a key without value', 'station: townhall-1', 'station:', '2:9 config.value station'],
    ['another version', 'version: 1', 'version: 2', '1:10 config.value version'],
    [
      'a list item of a wrong type',
      '[r-archive]',
      '[r-archive, {a: 1}]',
      '12:26 config.value store.receivers[1]',
    ],
    ['an empty list', '[r-archive]', '[]', '12:14 config.value store.receivers'],
    [
      'a control character in a label',
      'alias: Camera 1',
      'alias: "a\\nb"',
      '27:12 config.value cameras[0].alias',
    ],
  ])('%s', async (_name, from, to, expected) => {
    expect(await changed(from, to)).toEqual([expected]);
  });

  test.each([
    ['an unknown key', 'version: 1', 'version: 1\nstaton: x', '2:1 config.unknown-key staton'],
    ['a missing key', 'station: townhall-1\n', '', '1:1 config.missing station'],
    [
      'a missing key of a list item',
      '  - id: cam-2\n',
      '  - alias: x\n',
      '30:5 config.missing cameras[1].id',
    ],
    ['a key that stands twice', 'version: 1', 'version: 1\nversion: 1', '2:1 config.duplicate-key version'],
    [
      'a key that means an object prototype',
      'version: 1',
      'version: 1\n__proto__: 1',
      '2:1 config.unknown-key __proto__',
    ],
    [
      'another inherited name',
      'version: 1',
      'version: 1\nconstructor: 1',
      '2:1 config.unknown-key constructor',
    ],
  ])('%s', async (_name, from, to, expected) => {
    expect(await changed(from, to)).toEqual([expected]);
  });

  test('a mistyped key or word gets the one that was meant', async () => {
    const text = exchange(STATION, 'version: 1', 'version: 1\nrelase: never\nrelease: after-reciept');
    expect((await problems(text)).map((find) => find.remedy)).toEqual([
      'did you mean release?',
      'did you mean after-receipt?',
    ]);
  });

  test('a mistake hides no other one: each rule looks at what it needs, and leaves out a value that is wrong alone', async () => {
    let text = exchange(STATION, 'camera: cam-1', 'camera: cam-9\n    led: "a b"');
    text = exchange(text, '- id: cam-2', '- id: cam-1\n    alias: 5');
    text = exchange(text, 'mqtts://broker', 'mqtt://broker').replace(/ {2}\w+_file: tls.*\n/g, '');
    text = exchange(text, 'broker:\n', 'broker:\n  protocol: 3\n  max_packet: 1\n');
    text = exchange(text, `  - ${recipient(2)}`, `  - ${recipient(1)}\n  - age1x`);
    text = exchange(text, '[r-archive]', '[r-archive, r-archive, archive]');
    expect(await finds(text)).toEqual([
      '9:5 config.duplicate recipients[1]',
      '10:5 config.value recipients[2]',
      '13:26 config.duplicate store.receivers[1]',
      '13:37 config.value store.receivers[2]',
      '15:13 config.value broker.protocol',
      '16:3 config.unknown-key broker.max_packet',
      '17:8 config.broker broker.url',
      '21:13 config.camera bays[0].camera',
      '22:10 config.value bays[0].led',
      '25:13 config.camera bays[1].camera',
      '31:9 config.duplicate cameras[1].id',
      '32:12 config.value cameras[1].alias',
    ]);
  });

  test('a value that is wrong is not told as one that is missing, too', async () => {
    expect(await changed('ca_file: tls/ca.pem', 'ca_file: 5')).toEqual(['15:12 config.value broker.ca_file']);
    const bay = exchange(STATION, 'folder: /media/bay-2', 'folder: ""');
    expect(await finds(bay)).toEqual(['23:13 config.value bays[1].folder']);
    expect(await changed('camera: cam-2', 'camera: Cam 2')).toEqual(['24:13 config.value bays[1].camera']);
    const port = exchange(STATION, 'folder: /media/bay-2\n    camera: cam-2', 'usb_port: 1-1.4');
    const serial = exchange(port, 'serial: "0001"', 'serial: 1');
    expect(await finds(serial)).toEqual(['28:13 config.value cameras[0].serial']);
  });

  test('what says REPLACE is still to be filled in, and the remedy says where the value comes from', async () => {
    const station = exchange(STATION, recipient(1), 'REPLACE with the recipient, "age1..."');
    const found = await problems(exchange(station, publicLine(3), '"REPLACE with the line"'));
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['config.unfilled', 'is still to be filled in'],
      ['config.unfilled', 'is still to be filled in'],
    ]);
    expect(found[0]?.remedy).toContain('keys make identity');
    expect(found[1]?.remedy).toContain('store.pub');
  });

  test('a station that takes every camera needs no list of them, or an empty one; another one names at least one', async () => {
    const port = exchange(STATION, 'folder: /media/bay-1\n    camera: cam-1', 'usb_port: 1-1.3');
    const ports = exchange(port, 'folder: /media/bay-2\n    camera: cam-2', 'usb_port: 1-1.4');
    const bare = ports.slice(0, ports.indexOf('cameras:'));
    expect(await finds(`${bare}unknown_cameras: accept\n`)).toEqual([]);
    expect(await finds(`${bare}cameras: []\nunknown_cameras: accept\n`)).toEqual([]);
    expect(await finds(`${bare}cameras: []\n`)).toEqual(['23:10 config.missing cameras']);
    expect(await finds(bare)).toEqual(['1:1 config.missing cameras']);
    const folder = exchange(ports, 'usb_port: 1-1.3', 'folder: /media/bay-1\n    camera: cam-1');
    const named = `${folder.slice(0, folder.indexOf('cameras:'))}unknown_cameras: accept\n`;
    expect(await finds(named)).toEqual(['21:13 config.camera bays[0].camera']);
  });

  test('limits of the uplink are taken as they stand, and none where the file names none', async () => {
    const loaded = async (text: string): Promise<unknown> =>
      withFolder(async (folder) => {
        const result = await loadStationConfig(await put(folder, 'station.yaml', text));
        if (result.kind === 'refused')
          throw new Error(result.problems.map((each) => renderProblem(each)).join('\n'));
        const { rateBytesPerS, windows } = result.config.broker;
        return { rateBytesPerS, windows };
      });
    expect(await loaded(STATION)).toEqual({ rateBytesPerS: null, windows: [] });
    expect(await loaded(uplink('windows: []'))).toEqual({ rateBytesPerS: null, windows: [] });
    const both =
      'rate_bytes_per_s: 16384\n  windows: [{from: 18:00, to: 06:30}, {from: "12:00", to: "13:05"}]';
    expect(await loaded(uplink(both))).toEqual({
      rateBytesPerS: 16_384,
      windows: [
        { fromMinute: 1080, toMinute: 390 },
        { fromMinute: 720, toMinute: 785 },
      ],
    });
  });

  test.each([
    ['rate_bytes_per_s: 16383', '14:21 config.value broker.rate_bytes_per_s'],
    ['rate_bytes_per_s: 1.5e6.1', '14:21 config.value broker.rate_bytes_per_s'],
    ['windows: 3', '14:12 config.value broker.windows'],
    ['windows: [{from: "24:00", to: "01:00"}]', '14:20 config.value broker.windows[0].from'],
    ['windows: [{from: "9:00", to: "10:00"}]', '14:20 config.value broker.windows[0].from'],
    ['windows: [{from: "09:00"}]', '14:13 config.missing broker.windows[0].to'],
    ['windows: [{from: "09:00", to: "09:00"}]', '14:13 config.window broker.windows[0]'],
    [
      'windows: [{from: "22:00", to: "06:00"}, {from: "05:59", to: "07:00"}]',
      '14:43 config.window broker.windows[1]',
    ],
    [
      'windows: [{from: "05:00", to: "07:00"}, {from: "06:00", to: "06:01"}]',
      '14:43 config.window broker.windows[1]',
    ],
  ])('limits that cannot be meant are refused with their place: %s', async (line, expected) => {
    expect(await finds(uplink(line))).toEqual([expected]);
  });

  test('windows that touch are two, and one that overlaps names the other and what to do', async () => {
    expect(
      await finds(uplink('windows: [{from: "22:00", to: "06:00"}, {from: "06:00", to: "22:00"}]')),
    ).toEqual([]);
    const [found] = await problems(
      uplink('windows: [{from: "22:00", to: "06:00"}, {from: "23:00", to: "01:00"}]'),
    );
    expect(found).toMatchObject({
      message: 'overlaps broker.windows[0]',
      found: expect.stringContaining('23:00-01:00') as string,
      remedy: 'make one window of the two',
    });
  });

  test('a password file is taken where a bay has a USB port, lies in no bay, and is written down as a path', async () => {
    const named = exchange(
      STATION,
      '  - id: cam-2\n',
      '  - id: cam-2\n    password_file: keys/cam-2.password\n',
    );
    expect(await finds(named)).toEqual(['31:20 config.password cameras[1].password_file']);
    const usb = exchange(named, 'folder: /media/bay-2', 'usb_port: 1-1.4');
    await withFolder(async (folder) => {
      const loaded = await loadStationConfig(await put(folder, 'station.yaml', usb));
      if (loaded.kind === 'refused')
        throw new Error(loaded.problems.map((each) => renderProblem(each)).join('\n'));
      expect(loaded.config.cameras.map(({ passwordFile }) => passwordFile)).toEqual([
        null,
        join(folder, 'keys/cam-2.password'),
      ]);
    });
    const inBay = exchange(usb, 'keys/cam-2.password', '/media/bay-1/password');
    expect(await finds(inBay)).toEqual(['20:13 config.folder bays[0].folder']);
  });

  test('all problems of one file are told in one run, in the order of the file', async () => {
    let text = exchange(STATION, 'version: 1', 'version: 1\nstaton: x');
    text = exchange(text, recipient(2), recipient(1));
    text = exchange(text, 'id: bay-2', 'id: bay-1');
    text = exchange(text, 'camera: cam-2', 'camera: cam-3');
    text = exchange(text, '[r-archive]', 'r-archive');
    expect(await finds(`${text}log: {level: loud}\n`)).toEqual([
      '2:1 config.unknown-key staton',
      '10:5 config.duplicate recipients[1]',
      '13:14 config.value store.receivers',
      '23:9 config.duplicate bays[1].id',
      '25:13 config.camera bays[1].camera',
      '32:14 config.value log.level',
    ]);
  });

  test('a file with thousands of problems gives a hundred and the number of the others', async () => {
    const found = await problems(STATION + Array.from({ length: 3000 }, (_, at) => `x${at}: 1\n`).join(''));
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.message).toBe('2900 more problems are not shown');
  });
});

describe('rules between values', () => {
  test.each([
    ['two bays of one id', 'id: bay-2', 'id: bay-1', '22:9 config.duplicate bays[1].id'],
    ['two bays with one folder', '/media/bay-2', '/media/bay-1/', '23:13 config.folder bays[1].folder'],
    ['a bay inside another', '/media/bay-2', '/media/bay-1/DCIM', '23:13 config.folder bays[1].folder'],
    ['a bay around another', '/media/bay-2', '/media', '23:13 config.folder bays[1].folder'],
    ['a bay that holds the spool', '/media/bay-2', '.', '23:13 config.folder bays[1].folder'],
    ['a bay inside the spool', '/media/bay-2', 'spool/ready', '23:13 config.folder bays[1].folder'],
    ['a bay that holds the signing key', '/media/bay-2', 'keys', '23:13 config.folder bays[1].folder'],
    ['a bay that holds the files for TLS', '/media/bay-2', 'tls', '23:13 config.folder bays[1].folder'],
    ['a bay without a place', '    folder: /media/bay-2\n', '', '22:5 config.place bays[1]'],
    [
      'a serial port by a relative path',
      'folder: /media/bay-2',
      'serial_path: ttyACM0',
      '23:18 config.serial bays[1].serial_path',
    ],
    [
      'a serial port that is no device',
      'folder: /media/bay-2',
      'serial_path: /dev/../etc/tty',
      '23:18 config.serial bays[1].serial_path',
    ],
    [
      'a serial port that is the folder of all devices',
      'folder: /media/bay-2',
      'serial_path: /dev/',
      '23:18 config.serial bays[1].serial_path',
    ],
    [
      'a USB port that is no port',
      'folder: /media/bay-2',
      'usb_port: usb1',
      '23:15 config.value bays[1].usb_port',
    ],
    [
      'a folder and a USB port',
      'folder: /media/bay-2',
      'folder: /media/bay-2\n    usb_port: 1-1.4',
      '24:15 config.place bays[1].usb_port',
    ],
    [
      'the speed of a port that the bay does not have',
      'folder: /media/bay-2',
      'folder: /media/bay-2\n    serial: {baud: 9600}',
      '24:13 config.serial bays[1].serial',
    ],
    ['two bays for one camera', 'camera: cam-2', 'camera: cam-1', '24:13 config.duplicate bays[1].camera'],
    ['two cameras of one id', 'id: cam-2', 'id: cam-1', null],
    [
      'an alias that is another camera',
      'alias: Camera 1',
      'alias: cam-2',
      '30:5 config.duplicate cameras[1].alias',
    ],
    ['a camera that is not listed', 'camera: cam-2', 'camera: cam-9', '24:13 config.camera bays[1].camera'],
    ['a folder without a camera', '    camera: cam-2\n', '', '22:5 config.camera bays[1]'],
    [
      'a port in which no camera could be known',
      'folder: /media/bay-2\n    camera: cam-2\ncameras:\n  - id: cam-1\n    alias: Camera 1\n    model: B1\n    serial: "0001"\n',
      'usb_port: 1-1.4\ncameras:\n  - id: cam-1\n',
      '22:5 config.camera bays[1]',
    ],
    [
      'two cameras of one serial number',
      '  - id: cam-2\n',
      '  - id: cam-2\n    serial: " 1"\n',
      '31:13 config.duplicate cameras[1].serial',
    ],
    [
      'a camera with an id that a station makes',
      '  - id: cam-2\n',
      '  - id: cam-2\n  - id: u-nvewsbtk7qo4sdlyesxmmtrwp4\n',
      '31:9 config.camera cameras[2].id',
    ],
    ['a recipient twice', recipient(2), recipient(1), '9:5 config.duplicate recipients[1]'],
    [
      'a receiver twice',
      '[r-archive]',
      '[r-archive, r-archive]',
      '12:26 config.duplicate store.receivers[1]',
    ],
    ['a store key twice', publicLine(3), `${publicLine(3)}, ${publicLine(3)}`, null],
  ])('%s', async (_name, from, to, expected) => {
    const found = await changed(from, to);
    if (expected === null) expect(found.length).toBeGreaterThan(0);
    else expect(found).toEqual([expected]);
  });

  test('a bay without a folder may name no camera; unknown ones are refused unless the file says otherwise', async () => {
    const text = exchange(STATION, '    folder: /media/bay-2\n    camera: cam-2\n', '    usb_port: 1-1.4\n');
    const loaded = async (more: string) => {
      const found = await load(text + more);
      if (found.kind === 'refused') expect.fail(found.problems.map((each) => renderProblem(each)).join('\n'));
      return [found.config.bays[1]?.camera, found.config.unknownCameras];
    };
    expect(await loaded('')).toEqual([null, 'refuse']);
    expect(await loaded('unknown_cameras: accept\n')).toEqual([null, 'accept']);
    expect(await finds(`${text}unknown_cameras: maybe\n`)).toEqual(['30:18 config.value unknown_cameras']);
  });

  test('two makers may use the same serial number where both models are given', async () => {
    expect(await changed('  - id: cam-2\n', '  - id: cam-2\n    serial: "0001"\n    model: B2\n')).toEqual(
      [],
    );
  });

  const PORT = '/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0';

  test('two bays at one serial port are refused, however its name is written', async () => {
    let text = exchange(STATION, 'folder: /media/bay-1', `serial_path: ${PORT}`);
    text = exchange(text, 'folder: /media/bay-2', `serial_path: ${PORT.replace('by-path', '/./by-path')}`);
    expect(await finds(text)).toEqual(['23:18 config.duplicate bays[1].serial_path']);
  });

  test('two bays at one USB port are refused, and a USB port may have a serial port beside it', async () => {
    let text = exchange(STATION, 'folder: /media/bay-1', 'usb_port: 1-1.4');
    text = exchange(text, 'folder: /media/bay-2', `usb_port: 1-1.4\n    serial_path: ${PORT}`);
    expect(await finds(text)).toEqual(['23:15 config.duplicate bays[1].usb_port']);
    const loaded = await load(exchange(text, 'usb_port: 1-1.4\n    serial', 'usb_port: 1-1.5\n    serial'));
    if (loaded.kind === 'refused') expect.fail(loaded.problems.map((each) => renderProblem(each)).join('\n'));
    expect(loaded.config.bays.map(({ usbPort }) => usbPort)).toEqual(['1-1.4', '1-1.5']);
  });

  test.each([
    ['{baud: 1199}', '24:20 config.value bays[1].serial.baud', 'a whole number from 1200 to 12000000'],
    ['{baud: 12000001}', '24:20 config.value bays[1].serial.baud', 'a whole number from 1200 to 12000000'],
    ['{baud: "115200"}', '24:20 config.value bays[1].serial.baud', 'a whole number from 1200 to 12000000'],
    ['{framing: slip}', '24:23 config.value bays[1].serial.framing', 'console or raw'],
  ])('a serial port that cannot be run so is refused: %s', async (serial, place, allowed) => {
    const text = exchange(STATION, 'folder: /media/bay-2', `serial_path: ${PORT}\n    serial: ${serial}`);
    expect(await finds(text)).toEqual([place]);
    expect((await problems(text))[0]?.allowed).toBe(allowed);
  });

  test('a bay has a folder, a serial port, or both; speed and framing have defaults', async () => {
    let text = exchange(STATION, 'folder: /media/bay-1', `folder: /media/bay-1\n    serial_path: ${PORT}`);
    text = exchange(text, 'folder: /media/bay-2', 'serial_path: /dev/ttyAMA2\n    serial: {framing: raw}');
    const loaded = await load(text);
    if (loaded.kind === 'refused') expect.fail(loaded.problems.map((each) => renderProblem(each)).join('\n'));
    expect(loaded.config.bays.map(({ folder, serial }) => ({ folder, serial }))).toEqual([
      { folder: '/media/bay-1', serial: { path: PORT, baud: 115_200, framing: 'console' } },
      { folder: null, serial: { path: '/dev/ttyAMA2', baud: 115_200, framing: 'raw' } },
    ]);
  });

  test('a folder whose name only begins like another one is a folder of its own', async () => {
    expect(await changed('/media/bay-2', '/media/bay-1b')).toEqual([]);
  });

  test('a recipient with any one character changed is refused', async () => {
    const good = recipient(2);
    for (const at of [4, 20, 61]) {
      const other = good[at] === 'q' ? 'p' : 'q';
      const text = exchange(STATION, good, good.slice(0, at) + other + good.slice(at + 1));
      expect(await finds(text)).toEqual(['9:5 config.recipient recipients[1]']);
    }
  });

  test('a recipient to which nothing can be sealed is refused', async () => {
    const { encodeRecipient } = await import('../../../protocol/age/age-keys.ts');
    const text = exchange(STATION, recipient(2), encodeRecipient(new Uint8Array(32)));
    expect(await finds(text)).toEqual(['9:5 config.recipient recipients[1]']);
  });

  test('a store key that is none is refused', async () => {
    const line = `AAAA${publicLine(3).slice(4)}`;
    expect(await changed(publicLine(3), line)).toEqual(['11:17 config.key store.public_keys[0]']);
  });

  test.each([
    ['http://broker.example.org', 'is no address of an MQTT broker'],
    ['broker.example.org:8883', 'is no address of an MQTT broker'],
    ['mqtt://broker.example.org', 'would go over the network without TLS'],
    ['mqtt://127.0.0.1.example.org', 'would go over the network without TLS'],
    ['mqtt://10.0.0.1', 'would go over the network without TLS'],
    ['mqtts://user@broker.example.org', 'holds a user or a password'],
    ['mqtts://broker.example.org/path', 'holds a path or a query, which MQTT does not have'],
    ['mqtts://broker.example.org?a=b', 'holds a path or a query, which MQTT does not have'],
  ])('the address %s is refused', async (url, message) => {
    const found = await problems(exchange(STATION, 'mqtts://broker.example.org:8883', url));
    expect(found.map((find) => [find.path, find.message])).toEqual([['broker.url', message]]);
  });

  const CLIENT_LINES = '  cert_file: tls/cert.pem\n  key_file: tls/key.pem\n';
  const LOGIN = '  username: townhall-1\n  password_file: keys/broker.password\n';

  test('mqtts:// with a login by password wants no client certificate, and takes one beside it', async () => {
    await withFolder(async (folder) => {
      const text = exchange(STATION, CLIENT_LINES, LOGIN);
      const loaded = await loadStationConfig(await put(folder, 'station.yaml', text));
      if (loaded.kind === 'refused') throw new Error('refused');
      expect(loaded.config.broker).toMatchObject({
        tls: { caFile: join(folder, 'tls/ca.pem') },
        login: { username: 'townhall-1', passwordFile: join(folder, 'keys/broker.password') },
      });
      expect(loaded.config.broker.tls).not.toHaveProperty('certFile');
    });
    expect(await changed(CLIENT_LINES, `${CLIENT_LINES}${LOGIN}`)).toEqual([]);
  });

  test.each([
    ['no authority', '  ca_file: tls/ca.pem\n' + CLIENT_LINES, LOGIN, 'config.missing broker.ca_file'],
    ['half a certificate', '  key_file: tls/key.pem\n', LOGIN, 'config.missing broker.key_file'],
    ['no password', CLIENT_LINES, '  username: townhall-1\n', 'config.missing broker.password_file'],
    ['no account', CLIENT_LINES, '  password_file: keys/x\n', 'config.missing broker.username'],
    [
      'an account that means many',
      CLIENT_LINES,
      LOGIN.replace('townhall-1', "'+'"),
      'config.value broker.username',
    ],
  ])('a login by password with %s is refused', async (_what, from, to, found) => {
    const finds = await changed(from, to);
    expect(finds).toHaveLength(1);
    expect(finds[0]).toContain(found);
  });

  test('mqtts:// wants all three TLS files, and mqtt:// none', async () => {
    expect(await changed('  ca_file: tls/ca.pem\n', '')).toEqual(['13:1 config.missing broker.ca_file']);
    expect(await changed('mqtts://broker.example.org:8883', 'mqtt://localhost')).toEqual([
      '15:12 config.broker broker.ca_file',
      '16:14 config.broker broker.cert_file',
      '17:13 config.broker broker.key_file',
    ]);
  });
});

describe('the receiver file', () => {
  const receiverFinds = (text: string): Promise<string[]> =>
    withFolder(async (folder) => {
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', text));
      return loaded.kind === 'loaded' ? [] : loaded.problems.map((find) => `${find.code} ${find.path}`);
    });

  test('comes out typed', async () => {
    await withFolder(async (folder) => {
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', RECEIVER));
      if (loaded.kind === 'refused')
        throw new Error(loaded.problems.map((each) => renderProblem(each)).join('\n'));
      expect(loaded.config.vault).toEqual({ path: join(folder, 'vault'), quotaBytes: 1_000_000_000_000 });
      expect(loaded.config.stations.map((station) => [station.id, station.publicKeys.length])).toEqual([
        ['townhall-1', 1],
        ['townhall-2', 2],
      ]);
      expect(loaded.config.broker.tls).toBeNull();
    });
  });

  test('keeps recordings for 14 days and documents for two years, deletes daily, and knows no role, unless it says otherwise', async () => {
    await withFolder(async (folder) => {
      const plain = await loadReceiverConfig(await put(folder, 'a.yaml', RECEIVER));
      if (plain.kind === 'refused') throw new Error('refused');
      expect(plain.config.retention).toEqual({ days: null, documentsDays: null, timerHours: 24 });
      expect(daysUnder(null, plain.config.retention)).toEqual({ days: 14, documentsDays: 730 });
      expect(plain.config.roles).toEqual({ officers: [], supervisors: [] });
      expect(plain.config.evaluators).toEqual([]);
      const told = await loadReceiverConfig(
        await put(
          folder,
          'b.yaml',
          `${RECEIVER}retention: {days: 30, documents_days: 90, timer_hours: 0}
roles: {officers: [${publicLine(7)}, ${publicLine(8)}], supervisors: [${publicLine(9)}], evaluators: [${publicLine(10)}]}
`,
        ),
      );
      if (told.kind === 'refused')
        throw new Error(told.problems.map((each) => renderProblem(each)).join('\n'));
      const { retention, roles, evaluators } = told.config;
      expect(retention).toEqual({ days: 30, documentsDays: 90, timerHours: 0 });
      expect(roles.officers.map(publicKeyLine)).toEqual([publicLine(7), publicLine(8)]);
      expect(roles.supervisors.map(publicKeyLine)).toEqual([publicLine(9)]);
      expect(evaluators.map(publicKeyLine)).toEqual([publicLine(10)]);
    });
  });

  test.each(['days: 7', 'documents_days: 30'])(
    'says what to do about %s, which 0.1.0 took, in both languages',
    async (few) => {
      await withFolder(async (folder) => {
        const path = await put(folder, 'few.yaml', `${RECEIVER}retention: {${few}}\n`);
        const found = await loadReceiverConfig(path);
        const problems = found.kind === 'refused' ? found.problems : [];
        expect(problems.map(({ remedy }) => remedy)).toEqual([
          expect.stringMatching(/take it out.*`bodydock-receiver policy make`/),
        ]);
        expect(renderProblems(problems, 'de')).toMatch(/weglassen.*Richtlinie beider Rollen/);
      });
    },
  );

  test.each([
    [
      'a key of both roles',
      `roles: {officers: [${publicLine(7)}], supervisors: [${publicLine(7)}]}`,
      'config.duplicate roles.supervisors[0]',
    ],
    [
      'an evaluator with the key of an officer',
      `roles: {officers: [${publicLine(7)}], evaluators: [${publicLine(7)}]}`,
      'config.duplicate roles.evaluators[0]',
    ],
    [
      'a role that holds the key of a station',
      `roles: {officers: [${publicLine(4)}]}`,
      'config.duplicate roles.officers[0]',
    ],
    [
      'a key of both roles that has another id in one of them',
      `roles: {officers: [${publicLine(7)}], supervisors: [${renamed(publicLine(7))}]}`,
      'config.duplicate roles.supervisors[0]',
    ],
    [
      'a role that holds the key of a station by another id',
      `roles: {officers: [${renamed(publicLine(4))}]}`,
      'config.duplicate roles.officers[0]',
    ],
    [
      'a key twice',
      `roles: {officers: [${publicLine(7)}, ${publicLine(7)}]}`,
      'config.duplicate roles.officers[1]',
    ],
    ['no key at all', 'roles: {supervisors: [somebody]}', 'config.value roles.supervisors[0]'],
    ['fewer than 14 days', 'retention: {days: 13}', 'config.value retention.days'],
    [
      'fewer than 90 days of documents',
      'retention: {documents_days: 89}',
      'config.value retention.documents_days',
    ],
    ['more than ten years', 'retention: {days: 3651}', 'config.value retention.days'],
    [
      'documents that go before their recording',
      'retention: {days: 120, documents_days: 119}',
      'config.value retention.documents_days',
    ],
    ['a timer of a part of an hour', 'retention: {timer_hours: 0.5}', 'config.value retention.timer_hours'],
  ])('does not take %s', async (_what, line, find) => {
    expect(new Set(await receiverFinds(`${RECEIVER}${line}\n`))).toEqual(new Set([find]));
  });

  test('names a station twice, a key of two stations, and an id without "r-"', async () => {
    let text = exchange(RECEIVER, 'id: townhall-2', 'id: townhall-1');
    text = exchange(text, publicLine(6), publicLine(4));
    text = exchange(text, 'receiver: r-archive', 'receiver: archive');
    expect(await receiverFinds(text)).toEqual([
      'config.value receiver',
      'config.duplicate stations[1].id',
      'config.duplicate stations[1].public_keys[1]',
    ]);
  });
});

describe('messages', () => {
  test('a line holds file, place, path, what was found, what is allowed and what to do', async () => {
    const [find] = await problems(exchange(STATION, '  path: spool', '  path: spool\n  keep_hours: "48"'));
    expect(find === undefined ? '' : renderProblem({ ...find, file: 'station.yaml' })).toBe(
      'station.yaml:5:15: spool.keep_hours: is not allowed (found: "48"; allowed: a whole number from 0 to 8784; do: take the quotation marks away)',
    );
  });

  test.each([
    ['an identity', 'AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ', recipient(2)],
    ['a password', 'mqtts://user:hunter2@broker.example.org', 'mqtts://broker.example.org:8883'],
    ['a secret key', 'RWQAAEIyAAAAhunter2AAAAAAAAAAAAAAAAAAAAAAAAA', publicLine(3)],
  ])('%s in the wrong place is not repeated', async (_name, secret, instead) => {
    const found = await problems(exchange(STATION, instead, secret));
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).not.toMatch(/SECRET-KEY|hunter2/);
  });

  test.each([
    ['as a number', '"0001"', '4711'],
    ['too long', '"0001"', `"${'4711'.repeat(40)}"`],
    ['of two cameras', '"0001"\n  - id: cam-2\n', '"4711"\n  - id: cam-2\n    serial: "4711"\n'],
  ])('a serial number %s is not repeated: a running station logs what it refuses', async (_how, from, to) => {
    const found = await problems(exchange(STATION, from, to));
    expect(found.map(({ path }) => path)).toEqual([expect.stringMatching(/^cameras\[\d\]\.serial$/)]);
    expect(JSON.stringify(found)).not.toContain('4711');
  });

  test('control characters of a file do not reach the terminal', async () => {
    const [find] = await problems(exchange(STATION, 'version: 1', 'version: 1\n"a\\e[2Jb": 1'));
    expect(find === undefined ? '' : renderProblem(find)).toMatch(/a\?\[2Jb/);
  });

  test('the remedy fits the mistake', async () => {
    const remedy = async (from: string, to: string): Promise<unknown> =>
      (await problems(exchange(STATION, from, to))).map((find) => find.remedy);
    expect(await remedy('"0001"', '1')).toEqual(['put it in quotation marks']);
    expect(await remedy('[r-archive]', 'r-archive')).toEqual([
      'write a list: a line with "- " for each item',
    ]);
    expect(await remedy('version: 1', 'version: 2')).toEqual([
      'this program reads version 1 only: use a program of that version',
    ]);
  });
});

test('no piece of a good file, cut, doubled or exchanged, makes the loader throw or accept half a file', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'station.yaml');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(STATION.length),
        fc.nat(60),
        fc.string({ maxLength: 6 }),
        async (at, cut, put) => {
          await writeFile(file, STATION.slice(0, at) + put + STATION.slice(at + cut), { mode: 0o644 });
          const loaded = await loadStationConfig(file);
          if (loaded.kind === 'refused') expect(loaded.problems.length).toBeGreaterThan(0);
          else expect(loaded.config.recipients.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 250 },
    );
  });
});
