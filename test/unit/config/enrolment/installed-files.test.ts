import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileFinds } from '../../../../config/file-finds.ts';
import { checkDiskPlace } from '../../../../config/disk-place.ts';
import { checkReceiverFiles, checkStationFiles } from '../../../../config/enrolment/installed-files.ts';
import { makeSigningKey } from '../../../../config/enrolment/keys.ts';
import { loadReceiverConfig, loadStationConfig } from '../../../../config/load.ts';
import type { StationConfig } from '../../../../config/station-config.ts';
import { checkCertificates, checkTlsFiles } from '../../../../config/tls-files.ts';
import { publicKeyLine } from '../../../../protocol/documents/minisign.ts';
import { SmallDisk } from '../../../fakes/small-disk.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../../../fakes/tls.ts';
import { exchange, PLAIN, publicLine, put, RECEIVER, withFolder } from '../files.ts';

const DAY_MS = 86_400_000;

/** A station whose files are there, for a broker on this machine. */
async function installed(folder: string, text = PLAIN): Promise<StationConfig> {
  await mkdir(join(folder, 'keys'));
  await makeSigningKey(join(folder, 'keys/station.key'), join(folder, 'keys/station.pub'));
  const loaded = await loadStationConfig(await put(folder, 'station.yaml', text));
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('the files of a station', () => {
  test('are good when they are there; bays that are not there yet are only remarked', async () => {
    await withFolder(async (folder) => {
      const finds = await checkStationFiles(await installed(folder), Date.now());
      expect(finds.problems).toEqual([]);
      expect(finds.warnings.map(({ file }) => file)).toEqual(['/media/bay-1', '/media/bay-2']);
      expect(finds.unprovenRecipients).toHaveLength(2);
    });
  });

  test('warn of recipients without proof only where something could be released', async () => {
    await withFolder(async (folder) => {
      const config = await installed(folder, `${PLAIN}release: after-receipt\n`);
      const { warnings } = await checkStationFiles(config, Date.now());
      expect(warnings.filter(({ message }) => message.includes('nothing is released'))).toHaveLength(2);
    });
  });

  test('are not good with a key that others can read, a bay that is a file, a spool that is a link', async () => {
    await withFolder(async (folder) => {
      const text = exchange(PLAIN, 'folder: /media/bay-1', 'folder: bay-1');
      const config = await installed(folder, text);
      await chmod(config.keys.signingFile, 0o644);
      await writeFile(join(folder, 'bay-1'), '');
      await symlink(folder, config.spool.path);
      const { problems } = await checkStationFiles(config, Date.now());
      expect(problems.map((find) => [find.code, find.file])).toEqual([
        ['key.mode', config.keys.signingFile],
        ['disk.link', config.spool.path],
        ['bay.no-folder', join(folder, 'bay-1')],
      ]);
    });
  });

  test('are not good where a link leads a bay to the spool, to a key or to another bay', async () => {
    await withFolder(async (folder) => {
      let text = exchange(PLAIN, 'folder: /media/bay-1', 'folder: media/one');
      text = exchange(text, 'folder: /media/bay-2', 'folder: media/two');
      const config = await installed(folder, text);
      await mkdir(join(folder, 'media'));
      await mkdir(join(folder, 'card'));
      await symlink(join(folder, 'card'), join(folder, 'media/one'));
      const found = async (two: string): Promise<string[][]> => {
        const link = join(folder, 'media/two');
        await rm(link, { force: true });
        await symlink(join(folder, two), link);
        const { problems } = await checkStationFiles(config, Date.now());
        expect(problems.every(({ file }) => file === link)).toBe(true);
        return problems.map(({ code, message }) => [code, message.split(' with ')[1] ?? '']);
      };
      await mkdir(join(folder, 'spool/ready'), { recursive: true });
      await mkdir(join(folder, 'other'));
      expect(await found('spool/ready')).toEqual([['bay.same-folder', 'the spool']]);
      expect(await found('keys')).toEqual([['bay.same-folder', config.keys.signingFile]]);
      expect(await found('card')).toEqual([['bay.same-folder', join(folder, 'media/one')]]);
      expect(await found('other')).toEqual([]);
    });
  });

  test('are not good where the spool lies behind a link to nothing', async () => {
    await withFolder(async (folder) => {
      const config = await installed(folder, exchange(PLAIN, '  path: spool', '  path: disk/spool'));
      await symlink(join(folder, 'not-mounted'), join(folder, 'disk'));
      const { problems } = await checkStationFiles(config, Date.now());
      expect(problems.map((find) => [find.code, find.file])).toEqual([
        ['disk.unreadable', config.spool.path],
      ]);
    });
  });

  test('serial ports are told by what lies there: nothing yet, no port, one port twice, a name that wanders', async () => {
    const ports = await mkdtemp('/dev/shm/bodydock-ports-');
    try {
      await symlink('/dev/null', join(ports, 'one'));
      await symlink('/dev/null', join(ports, 'same'));
      await writeFile(join(ports, 'file'), '');
      const checked = async (one: string, two: string): Promise<unknown> =>
        withFolder(async (folder) => {
          let text = exchange(PLAIN, 'folder: /media/bay-1', `serial_path: ${one}`);
          text = exchange(text, 'folder: /media/bay-2', `serial_path: ${two}`);
          const { problems, warnings } = await checkStationFiles(await installed(folder, text), Date.now());
          return [problems.map((find) => [find.code, find.file]), warnings.map(({ file }) => file)];
        });
      expect(await checked(join(ports, 'one'), join(ports, 'same'))).toEqual([
        [['bay.same-port', join(ports, 'same')]],
        [],
      ]);
      expect(await checked(join(ports, 'file'), join(ports, 'none'))).toEqual([
        [['bay.no-port', join(ports, 'file')]],
        [join(ports, 'none')],
      ]);
      expect(await checked('/dev/ttyUSB990', '/dev/serial/by-id/usb-991')).toEqual([
        [],
        ['/dev/ttyUSB990', '/dev/ttyUSB990', '/dev/serial/by-id/usb-991', '/dev/serial/by-id/usb-991'],
      ]);
    } finally {
      await rm(ports, { recursive: true });
    }
  });

  test('hold a password of a camera only as a private file with one line that a camera could take', async () => {
    await withFolder(async (folder) => {
      const usb = exchange(PLAIN, 'folder: /media/bay-2', 'usb_port: 1-1.4');
      const named = exchange(usb, '  - id: cam-2\n', '  - id: cam-2\n    password_file: cam-2.password\n');
      const config = await installed(folder, named);
      const file = join(folder, 'cam-2.password');
      const found = async (): Promise<string[]> => {
        const { problems } = await checkStationFiles(config, Date.now());
        for (const each of problems) {
          expect(each.file).toBe(file);
          expect(JSON.stringify(each)).not.toContain('Marker');
        }
        return problems.map(({ code }) => code);
      };
      const write = async (content: string, mode = 0o600): Promise<void> => {
        await rm(file, { force: true });
        await writeFile(file, content, { mode });
      };
      expect(await found()).toEqual(['key.missing']);
      await write('Marker1\n');
      expect(await found()).toEqual([]);
      await chmod(file, 0o400);
      expect(await found()).toEqual([]);
      await chmod(file, 0o440);
      expect(await found()).toEqual(['key.mode']);
      for (const [content, code] of [
        ['', 'key.empty'],
        ['Markerü', 'password.malformed'],
        ['Marker\nMarker\n', 'password.malformed'],
        ['Marker'.padEnd(61, 'x'), 'password.malformed'],
        ['Marker'.padEnd(100, 'x'), 'key.oversize'],
      ] as const) {
        await write(content);
        expect([content, await found()]).toEqual([content, [code]]);
      }
      await rm(file);
      await mkdir(file, { mode: 0o700 });
      expect(await found()).toEqual(['key.unreadable']);
    });
  });

  test('are not good where the station trusts its own key as that of the store', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'keys'));
      const key = await makeSigningKey(join(folder, 'keys/station.key'), join(folder, 'keys/station.pub'));
      const text = exchange(PLAIN, publicLine(3), publicKeyLine(key));
      const loaded = await loadStationConfig(await put(folder, 'station.yaml', text));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      const { problems } = await checkStationFiles(loaded.config, Date.now());
      expect(problems.map((find) => find.code)).toEqual(['key.own-pin']);
    });
  });

  test('of a receiver are looked at in the same way', async () => {
    await withFolder(async (folder) => {
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', RECEIVER));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      const { problems } = await checkReceiverFiles(loaded.config, Date.now());
      expect(problems.map((find) => find.code)).toEqual(['key.missing']);
    });
  });

  test('tell of a station that erases and knows no keys of both roles', async () => {
    const codes = (more: string): Promise<string[]> =>
      withFolder(async (folder) => {
        const config = await installed(folder, `${PLAIN}${more}`);
        return (await checkStationFiles(config, Date.now())).warnings.map(({ code }) => code);
      });
    const one = `release: after-receipt\nroles: {officers: [${publicLine(7)}]}\n`;
    const both = `roles: {officers: [${publicLine(7)}], supervisors: [${publicLine(8)}]}\n`;
    expect(await codes('release: after-receipt\n')).toContain('roles.empty');
    expect(await codes(one)).toContain('roles.empty');
    expect(await codes(`release: after-receipt\n${both}`)).not.toContain('roles.empty');
    expect(await codes('')).not.toContain('roles.empty');
  });

  test('tell of a store in which no order can be given, or nothing is deleted by itself', async () => {
    await withFolder(async (folder) => {
      const warnings = async (more: string): Promise<string[]> => {
        const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', RECEIVER + more));
        if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
        const found = await checkReceiverFiles(loaded.config, Date.now());
        return found.warnings.map(({ file, message }) => `${file}: ${message}`);
      };
      expect(await warnings('')).toEqual([
        'roles: has no keys, so no order to hold or to delete can be given',
      ]);
      const one = await warnings(`roles: {officers: [${publicLine(7)}]}\nretention: {timer_hours: 0}\n`);
      expect(one).toEqual([
        'roles: has no supervisors, so a hold lapses after 7 days and no other order counts',
        expect.stringContaining('retention: timer_hours is 0'),
      ]);
      const both = `roles: {officers: [${publicLine(7)}], supervisors: [${publicLine(8)}]}\n`;
      expect(await warnings(both)).toEqual([]);
    });
  });

  test('tell of a time-stamp authority whose certificate is not there', async () => {
    await withFolder(async (folder) => {
      const text = `${RECEIVER}timestamps: {url: 'https://tsa.example/tsr', ca_file: tsa.pem}\n`;
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', text));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      const { warnings } = await checkReceiverFiles(loaded.config, Date.now());
      expect(warnings).toMatchObject([
        { code: 'roles.empty' },
        { code: 'timestamps.ca-file', file: join(folder, 'tsa.pem') },
      ]);
    });
  });

  test('tell of an option that has no effect any more, and take the file', async () => {
    await withFolder(async (folder) => {
      const text = `${RECEIVER}  shared_offers: true\n`;
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', text));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      const { warnings } = await checkReceiverFiles(loaded.config, Date.now());
      expect(warnings.map(({ code }) => code)).toContain('broker.shared-offers');
    });
  });

  test('are not good where the key of the store is one of a role', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'keys'));
      const own = await makeSigningKey(join(folder, 'keys/store.key'), join(folder, 'keys/store.pub'));
      const text = `${RECEIVER}roles: {supervisors: [${publicKeyLine(own)}]}\n`;
      const loaded = await loadReceiverConfig(await put(folder, 'receiver.yaml', text));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      const { problems } = await checkReceiverFiles(loaded.config, Date.now());
      expect(problems.map((find) => find.code)).toEqual(['key.own-pin']);
    });
  });
});

test('a folder on a memory file system or on another kind of system is told apart', async () => {
  const finds = new FileFinds();
  await checkDiskPlace('/dev/shm/bodydock-spool', finds);
  expect(finds.problems).toEqual([]);
  expect(finds.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('tmpfs')]);
});

describe('a spool or vault that is yet to be made', () => {
  const check = async (path: string): Promise<FileFinds> => {
    const finds = new FileFinds();
    await checkDiskPlace(path, finds);
    return finds;
  };

  test('is good where a start can make it, and nothing is made by looking', async () => {
    await withFolder(async (folder) => {
      expect((await check(join(folder, 'spool'))).problems).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('is not good where the folder above it is missing', async () => {
    await withFolder(async (folder) => {
      const { problems } = await check(join(folder, 'disk/spool'));
      expect(problems).toMatchObject([
        {
          code: 'disk.no-parent',
          remedy: expect.stringContaining(`make ${join(folder, 'disk')} for the user`),
        },
      ]);
    });
  });

  test.runIf(process.geteuid?.() !== 0)('is not good where this user may not write', async () => {
    await withFolder(async (folder) => {
      await chmod(folder, 0o500);
      const { problems } = await check(join(folder, 'spool'));
      await chmod(folder, 0o700);
      expect(problems).toMatchObject([
        {
          code: 'disk.not-makable',
          message: expect.stringContaining('cannot be written by this user (EACCES)'),
        },
      ]);
    });
  });

  test.runIf(process.geteuid?.() === 0)('is not good on a disk that is read-only', async () => {
    const disk = await SmallDisk.mount(1);
    try {
      await disk.makeReadOnly();
      const { problems } = await check(join(disk.path, 'spool'));
      expect(problems).toMatchObject([
        {
          code: 'disk.not-makable',
          message: expect.stringContaining(`${disk.path} is read-only`),
          remedy: expect.stringContaining('ReadWritePaths='),
        },
      ]);
    } finally {
      await disk.close();
    }
  });
});

test.each([
  ['NFS', 0x6969],
  ['FAT', 0x4d44],
  ['exFAT', 0x2011bab0],
  ['SMB', 0xff534d42 - 2 ** 32], // as a signed number, which some kernels give
])('a folder on %s, or one yet to be made there, is refused by what statfs says', async (name, type) => {
  await withFolder(async (folder) => {
    const asked: string[] = [];
    const finds = new FileFinds();
    for (const path of [folder, join(folder, 'yet/to/be/made')])
      await checkDiskPlace(path, finds, (at) => {
        asked.push(at);
        return Promise.resolve({ type });
      });
    expect(asked).toEqual([folder, folder]);
    expect(finds.problems).toHaveLength(2);
    for (const { code, message, remedy } of finds.problems) {
      expect([code, remedy]).toEqual(['disk.file-system', expect.stringContaining('ext4')]);
      expect(message).toContain(`lies on ${name},`);
    }
  });
});

describe.skipIf(lacksTools('openssl'))('TLS files, made by openssl', () => {
  let authority: TestAuthority;
  let good: TestCertificate;
  let other: TestCertificate;

  beforeAll(async () => {
    authority = await TestAuthority.open();
    const notAfter = new Date(Date.now() + 25 * DAY_MS);
    good = await authority.issue({ commonName: 'townhall-1', kind: 'client', notAfter });
    other = await authority.issue({ commonName: 'townhall-2', kind: 'client' });
  });
  afterAll(() => authority.close());

  async function finds(
    files: Partial<{ caFile: string; certFile: string; keyFile: string }>,
    atMs = Date.now(),
  ): Promise<FileFinds> {
    const found = new FileFinds();
    const tls = { caFile: authority.caFile, certFile: good.certFile, keyFile: good.keyFile, ...files };
    checkCertificates(await checkTlsFiles(tls, found), { commonName: 'townhall-1', nowMs: atMs }, found);
    return found;
  }
  const codes = (found: FileFinds): string[] => found.problems.map((find) => find.code);

  test('that fit are good, and 30 days before their end it is told', async () => {
    await chmod(good.keyFile, 0o600);
    const found = await finds({});
    expect(codes(found)).toEqual([]);
    expect(found.warnings.map(({ file }) => file)).toContain(good.certFile);
  });

  test('without any name are refused like those of another station', async () => {
    await chmod(good.keyFile, 0o600);
    const certFile = join(authority.folder, 'nameless.pem');
    const words = ['-x509', '-key', good.keyFile, '-subj', '/', '-days', '10', '-out', certFile];
    await promisify(execFile)(requireTool('openssl'), ['req', ...words]);
    expect(codes(await finds({ certFile }))).toEqual(['tls.name']);
  });

  test('of another station, another key, no certificate, or out of date are refused', async () => {
    await chmod(other.keyFile, 0o600);
    expect(codes(await finds({ certFile: other.certFile, keyFile: other.keyFile }))).toEqual(['tls.name']);
    expect(codes(await finds({ keyFile: other.keyFile }))).toEqual(['tls.key-mismatch']);
    expect(codes(await finds({ certFile: good.keyFile }))).toEqual(['tls.certificate']);
    expect(codes(await finds({ keyFile: good.certFile }))).toEqual(['key.mode']);
    expect(codes(await finds({ caFile: '/nowhere' }))).toEqual(['key.missing']);
    expect(codes(await finds({}, Date.now() + 26 * DAY_MS))).toContain('tls.expired');
    expect(codes(await finds({}, Date.now() - DAY_MS))).toContain('tls.not-yet-valid');
  });

  test('a private key that others can read is refused', async () => {
    await chmod(good.keyFile, 0o640);
    expect(codes(await finds({}))).toEqual(['key.mode']);
    await chmod(good.keyFile, 0o600);
  });

  test('a private key with a passphrase is refused, and no byte of it is told', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'key.pem');
      await writeFile(
        path,
        '-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n-----END ENCRYPTED PRIVATE KEY-----\n',
        { mode: 0o600 },
      );
      const found = await finds({ keyFile: path });
      expect(codes(found)).toEqual(['tls.key']);
      expect(JSON.stringify(found)).not.toContain('hunter2');
    });
  });
});
