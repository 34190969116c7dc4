import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { ARCHITECTURES } from '../../../systemd/packaging/parts.ts';
import { findTool } from '../../fakes/stock-tools.ts';
import { lacksDebian } from './debian-machine.ts';
import { EPOCH_S, NEXT_VERSION } from './build-packages.ts';

const run = promisify(execFile);
const systemd = (name: string): string => fileURLToPath(new URL(`../../../systemd/${name}`, import.meta.url));
const UNITS = [
  'bodydock.service',
  'bodydock-receiver.service',
  'bodydock-desk.service',
  'bodydock-mount.service',
  'bodydock-power.service',
  'bodydock-screen.service',
];

/** Of which both programs hold code. */
const LIBRARIES = ['mqtt', 'pino', 'tweetnacl', 'yaml', 'zod'];

/** One line of a package's contents. */
interface Packed {
  readonly mode: string;
  readonly owner: string;
  readonly at: string;
  readonly path: string;
}

describe.skipIf(lacksDebian())('the packages', () => {
  let folder: string;
  let files: string[];
  beforeAll(async () => {
    folder = join(inject('packages'), 'one');
    const isOwn = (file: string): boolean => file.endsWith('.deb') && !file.includes(NEXT_VERSION);
    files = (await readdir(folder)).filter(isOwn).sort();
  });
  async function contents(file: string): Promise<Packed[]> {
    const env = { ...process.env, TZ: 'UTC' };
    const { stdout } = await run('dpkg-deb', ['-c', join(folder, file)], {
      env,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [mode = '', owner = '', , day = '', time = '', path = ''] = line.split(/\s+/);
        return { mode, owner, at: `${day}T${time}`, path };
      });
  }
  const named = (pattern: RegExp): string => {
    const file = files.find((each) => pattern.test(each));
    assert.ok(file, files.join());
    return file;
  };

  test('are there for both architectures, and are the same bytes when made again elsewhere', async () => {
    assert.equal(files.length, 5);
    for (const pattern of [
      /^bodydock_.*_amd64\.deb$/,
      /^bodydock_.*_arm64\.deb$/,
      /^bodydock-receiver_.*_all\.deb$/,
      /^bodydock-screen_.*_all\.deb$/,
      /^bodydock-desk-page_.*_all\.deb$/,
    ])
      named(pattern);
    for (const file of [...files, 'desk.html']) {
      const [one, two] = await Promise.all(
        ['one', 'two'].map((each) => readFile(join(inject('packages'), each, file))),
      );
      assert.ok(one?.equals(two ?? Buffer.alloc(0)), `${file} differs`);
    }
  });

  test('hold native parts of their own architecture alone, and no sources, types or tests', async () => {
    for (const [architecture, platform] of Object.entries(ARCHITECTURES)) {
      const paths = (await contents(named(new RegExp(`^bodydock_.*_${architecture}`)))).map(
        ({ path }) => path,
      );
      const native = paths.filter((path) => path.endsWith('.node'));
      assert.equal(native.length, 2, native.join());
      for (const path of native) assert.match(path, new RegExp(`/prebuilds/${platform}/`));
    }
    const paths = (await contents(named(/receiver/))).map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => path.includes('/node_modules/')),
      [],
    );
    for (const file of files)
      for (const { path } of await contents(file))
        assert.doesNotMatch(
          path,
          /\.(?:ts|map|gyp|c|cc|h)$|\/dist\/(?:test|systemd)\/|\/node_modules\/@?(?:vitest|typescript|esbuild|rolldown)/,
        );
  });

  test('belong to root, can be changed by nobody else, and carry the time of their source', async () => {
    const at = new Date(EPOCH_S * 1000).toISOString().slice(0, 16);
    for (const file of files) {
      for (const packed of await contents(file)) {
        assert.deepEqual([packed.owner, packed.at], ['root/root', at], packed.path);
        if (packed.path === './etc/bodydock/keys/') assert.equal(packed.mode, 'drwx------');
        else assert.match(packed.mode, /^(?:lrwxrwxrwx|drwxr-xr-x|-rwxr-xr-x|-rw-r--r--)$/, packed.path);
      }
    }
  });

  test('hold what their documents link to', async () => {
    const broken: string[] = [];
    let followed = 0;
    for (const file of files) {
      const root = await mkdtemp(join(tmpdir(), 'bodydock-links-'));
      try {
        await run('dpkg-deb', ['-x', join(folder, file), root]);
        const names = await readdir(root, { recursive: true });
        for (const name of names.filter((each) => /\.(?:md|html)$/.test(each))) {
          const whole = await readFile(join(root, name), 'utf8');
          const text = whole.replaceAll(/`[^`]*`|<script>[^]*<\/script>/g, '');
          for (const [, inText, inPage] of text.matchAll(/\]\(([^()\s]+)\)|(?:href|src)="([^"]+)"/g)) {
            const [target = ''] = (inText ?? inPage ?? '').split('#');
            if (target === '' || /^[a-z]+:/.test(target)) continue;
            followed++;
            const path = join(root, dirname(name), target);
            if (
              !(await access(path).then(
                () => true,
                () => false,
              ))
            )
              broken.push(`${file}: ${name}: ${target}`);
          }
        }
      } finally {
        await rm(root, { recursive: true });
      }
    }
    assert.ok(followed > 6, `${followed} links`);
    assert.deepEqual(broken, []);
  });

  test('complete no command that the page of commands does not name', async () => {
    const page = await readFile(new URL('../../../config/commands.en.md', import.meta.url), 'utf8');
    const typed = page.replaceAll('npm run -s bodydock --', 'bodydock');
    // In a table further commands of a program may stand alone.
    const pieces = new Set([...typed.matchAll(/`([^`]+)`/g)].map(([, piece = '']) => piece));
    const commands: string[] = [];
    const options = new Map<string, ReadonlySet<string>>();
    for (const [file, program] of [
      [named(/_amd64/), 'bodydock'],
      [named(/receiver/), 'bodydock-receiver'],
    ] as const) {
      const at = `./usr/share/bash-completion/completions/${program}`;
      const unpack = 'dpkg-deb --fsys-tarfile "$0" | tar -xO "$1"';
      const { stdout } = await run('sh', ['-c', unpack, join(folder, file), at]);
      for (const [, path = '', words = ''] of stdout.matchAll(/^ {4}'([^']*)'\) words='([^']*)' ;;$/gm)) {
        const command = [program, path].filter((each) => each !== '').join(' ');
        options.set(command, new Set(words.split(' ').filter((each) => each.startsWith('--'))));
        for (const word of words.split(' ').filter((each) => /^[a-z]/.test(each)))
          commands.push(`${command} ${word}`);
      }
    }
    assert.ok(commands.includes('bodydock spool ls'), commands.join());
    assert.ok(commands.includes('bodydock bays learn'), commands.join());
    // What the parser knows, and not what a text mentions of other programs.
    assert.equal(options.get('bodydock keys prove')?.has('--decrypt'), false);
    assert.equal(options.get('bodydock bays learn')?.has('--out'), true);
    assert.equal(options.get('bodydock-receiver expire')?.has('--preview'), true);
    assert.deepEqual([...(options.get('bodydock check') ?? [])], ['--config', '--help', '--json', '--lang']);
    // The service manager and `npm start` run these.
    const untyped = ['bodydock run', 'bodydock-receiver run', 'bodydock first-run'];
    const isNamed = (command: string): boolean =>
      new RegExp(`(?<![a-z-])${command}(?![a-z-])`).test(typed) ||
      pieces.has(command.split(' ').at(-1) ?? '');
    assert.deepEqual(
      commands.filter((command) => !untyped.includes(command) && !isNamed(command)),
      [],
    );
  });

  test('name the schema of an example file by where it is installed, so that an editor finds it from /etc', async () => {
    for (const [file, name] of [
      [named(/_amd64/), 'bodydock/station'],
      [named(/receiver/), 'bodydock-receiver/receiver'],
    ] as const) {
      const paths = (await contents(file)).map(({ path }) => path);
      for (const language of ['', '.de']) {
        const at = `./usr/share/${name}.example${language}.yaml`;
        const unpack = 'dpkg-deb --fsys-tarfile "$0" | tar -xO "$1" | head -1';
        const { stdout } = await run('sh', ['-c', unpack, join(folder, file), at]);
        const schema = /\$schema=(\S+)\n$/.exec(stdout)?.[1] ?? '';
        assert.equal(schema, `/usr/share/${name}.schema.json`);
        assert.ok(paths.includes(`.${schema}`), schema);
      }
    }
  });

  test('name the new program only behind the whole of it, so that a cut leaves an old one or a new one', async () => {
    for (const file of files) {
      const paths = (await contents(file)).map(({ path }) => path);
      const launchers = paths.filter((path) => /^\.\/usr\/lib\/[a-z-]+\/[a-z-]+$/.test(path));
      assert.equal(launchers.length > 0, !/screen|page/.test(file));
      const lastOfProgram = paths.findLastIndex((path) => /^\.\/usr\/lib\/[a-z-]+\/\d/.test(path));
      for (const launcher of launchers) assert.ok(paths.indexOf(launcher) > lastOfProgram, launcher);
    }
  });

  test('install no file that a person writes: no configuration is ever replaced', async () => {
    for (const file of files) {
      const inEtc = (await contents(file))
        .map(({ path }) => path)
        .filter((path) => path.startsWith('./etc/'));
      assert.deepEqual(
        inEtc.filter((path) => !path.endsWith('/')),
        [],
      );
    }
  });

  test('start what runs again in one go, so that systemd has the agent release a camera before its helper', async () => {
    for (const [file, units] of [
      [named(/_amd64/), UNITS.filter((unit) => !/receiver|screen|desk/.test(unit))],
      [named(/receiver/), ['bodydock-receiver.service', 'bodydock-desk.service']],
      [named(/screen/), ['bodydock-screen.service']],
    ] as const) {
      const { stdout } = await run('dpkg-deb', ['--info', join(folder, file), 'postinst']);
      const calls = stdout.split('\n').filter((line) => /systemd-invoke|systemctl.*start/.test(line));
      assert.equal(calls.length, 1);
      const [, names = ''] = /deb-systemd-invoke try-restart (.*) >\/dev\/null/.exec(calls[0] ?? '') ?? [];
      assert.deepEqual(new Set(names.replaceAll(/['"]/g, '').split(' ')), new Set(units));
    }
  });

  test('remove nothing of a person, purged neither', async () => {
    for (const file of files.filter((each) => !each.includes('page')))
      // it has no scripts
      for (const script of ['prerm', 'postrm']) {
        const { stdout } = await run('dpkg-deb', ['--info', join(folder, file), script]);
        assert.doesNotMatch(stdout, /^\s*(?:rm|rmdir|userdel|deluser)\b|systemd-tmpfiles/m);
      }
  });

  test('say whose they are and under which terms every library in them is', async () => {
    const folderOut = await mkdtemp(join(tmpdir(), 'bodydock-unpacked-'));
    try {
      for (const file of files) {
        const root = join(folderOut, file);
        await run('dpkg-deb', ['-x', join(folder, file), root]);
        const name = file.split('_')[0] ?? '';
        const copyright = await readFile(join(root, 'usr/share/doc', name, 'copyright'), 'utf8');
        assert.match(copyright, /has not chosen a licence yet/);
        const places = (await contents(file)).map(
          ({ path }) => /^\.\/(.*\/node_modules\/(?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path)?.[1],
        );
        for (const place of new Set(places.filter((each) => each !== undefined)))
          assert.ok(copyright.includes(`Files: ${place}/*\n`), place);
        const others = name === 'bodydock' ? [...LIBRARIES, 'chokidar', 'aedes'] : LIBRARIES;
        const ofPage = name === 'bodydock-desk-page' ? ['age-encryption', 'mediabunny'] : others;
        const bundled = name === 'bodydock-screen' ? [] : ofPage;
        for (const library of bundled) {
          assert.match(copyright, new RegExp(`^ ${library} \\d[^\n]*, \\S`, 'm'), library);
          assert.match(copyright, new RegExp(`^License: ${library}-\\d\\S+\n \\S`, 'm'), library);
        }
        if (name === 'bodydock') assert.match(copyright, /libusb.*Lesser General Public/s);
      }
    } finally {
      await rm(folderOut, { recursive: true });
    }
  });

  test.skipIf(findTool('lintian') === undefined)('are what lintian expects of a package', async () => {
    const suppressed = (
      await readFile(fileURLToPath(new URL('lintian-suppressed.txt', import.meta.url)), 'utf8')
    )
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const words = ['--fail-on', 'error,warning', '--suppress-tags', suppressed.join(','), '--allow-root'];
    const paths = files.filter((file) => !file.includes('arm64')).map((file) => join(folder, file));
    const { stdout } = await run('lintian', [...words, ...paths]).catch(
      (error: unknown) => error as { stdout: string },
    );
    assert.equal(stdout, '');
  });
});

describe.skipIf(lacksDebian())('what systemd and udev are given', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-units-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('leaves the agent an exposure of at most 2.0, receiver and desk too', async () => {
    for (const unit of UNITS.slice(0, 3))
      await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', systemd(unit)]);
  });

  test('leaves the mount helper one capability, no network and no more exposure than mounting takes', async () => {
    await run('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=29',
      systemd('bodydock-mount.service'),
    ]);
    const text = await readFile(systemd('bodydock-mount.service'), 'utf8');
    assert.match(text, /^CapabilityBoundingSet=CAP_SYS_ADMIN$/m);
    // What it mounts would be seen by itself alone.
    assert.match(text, /^PrivateMounts=no$/m);
    assert.doesNotMatch(
      text,
      /^(?:Protect(?!Clock=|Hostname=)|Private(?!Network=yes$|Mounts=no$)|ReadOnlyPaths|ReadWritePaths|InaccessiblePaths|TemporaryFileSystem|BindPaths)\w*=/m,
    );
  });

  test('leaves the power helper no capability, no network, no device, and of what is not its own the ports alone', async () => {
    const unit = systemd('bodydock-power.service');
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=10', unit]);
    const text = await readFile(unit, 'utf8');
    assert.match(text, /^CapabilityBoundingSet=$/m);
    assert.deepEqual(text.match(/^ReadWritePaths=.*$/gm), ['ReadWritePaths=/sys/devices']);
    // It is turned on by a person, and by nothing else.
    for (const other of UNITS.slice(0, 4))
      assert.doesNotMatch(await readFile(systemd(other), 'utf8'), /bodydock-power/);
  });

  test('lets the agent use one port for the screen, which the screen shows and the handbook names', async () => {
    const port = /^SocketBindAllow=ipv4:tcp:(\d+)$/m.exec(
      await readFile(systemd('bodydock-screen.conf'), 'utf8'),
    )?.[1];
    const unit = await readFile(systemd('bodydock-screen.service'), 'utf8');
    assert.ok(port !== undefined && unit.includes(`\nEnvironment=SCREEN_PORT=${port}\n`), port);
    for (const file of [
      'handbook.en.md',
      'handbook.de.md',
      'station.example.yaml',
      'station.example.de.yaml',
    ])
      assert.match(
        await readFile(new URL(`../../../config/${file}`, import.meta.url), 'utf8'),
        new RegExp(`\\b${port}\\b`),
      );
    assert.match(await readFile(systemd('bodydock.service'), 'utf8'), /^SocketBindDeny=any$/m);
    for (const line of [
      'User=bodydock-screen',
      'IPAddressDeny=any',
      'IPAddressAllow=localhost',
      'SocketBindDeny=any',
    ])
      assert.ok(unit.includes(`\n${line}\n`), line);
    // What is not a word of ours must be one of systemd's; that Debian's programs are there is the package's to say.
    const { stderr } = await run('systemd-analyze', ['verify', systemd('bodydock-screen.service')]).catch(
      (error: unknown) => error as { stderr: string },
    );
    assert.doesNotMatch(stderr, /Unknown|Invalid|ignoring/i);
  });

  test('lets the desk use one port, which both examples name, and read keys of nobody', async () => {
    const unit = await readFile(systemd('bodydock-desk.service'), 'utf8');
    const [, port] = /^SocketBindAllow=tcp:(\d+)$/m.exec(unit) ?? [];
    for (const file of [
      'receiver.example.yaml',
      'receiver.example.de.yaml',
      'handbook.en.md',
      'handbook.de.md',
    ])
      assert.match(
        await readFile(new URL(`../../../config/${file}`, import.meta.url), 'utf8'),
        new RegExp(`\\b${port}\\b`),
      );
    for (const line of ['User=bodydock-desk', 'SocketBindDeny=any', 'LoadCredential=desk:/etc/bodydock/desk'])
      assert.ok(unit.includes(`\n${line}\n`), line);
    assert.match(unit, /^InaccessiblePaths=(?=.*\/keys )(?=.*\/tls )(?=.*\/authority )/m);
    assert.deepEqual(unit.match(/^ReadWritePaths=.*$/gm), [
      'ReadWritePaths=-/var/lib/bodydock-receiver/vault/.disclosures',
    ]);
    // Off unless somebody turns it on, and the page is on no machine of a store.
    const control = await readFile(systemd('debian/control'), 'utf8');
    assert.match(control, /^Package: bodydock-desk-page\n(?:.+\n)*Conflicts: bodydock-receiver\n/m);
  });

  test('starts them again after everything that can end them, without ever giving up', async () => {
    for (const unit of UNITS) {
      const text = await readFile(systemd(unit), 'utf8');
      for (const line of [
        'Restart=always',
        'StartLimitIntervalSec=0',
        'RestartMaxDelaySec=1min',
        'LimitCORE=0',
      ])
        assert.ok(text.includes(`\n${line}\n`), `${unit} lacks ${line}`);
      assert.doesNotMatch(text, /^RestartPreventExitStatus/m);
    }
  });

  test('holds rules that udev understands', async () => {
    await run('udevadm', ['verify', '--resolve-names=never', systemd('70-bodydock.rules')]);
  });

  test('makes users without a shell, and folders that it never removes', async () => {
    for (const name of ['bodydock', 'bodydock-receiver', 'bodydock-screen']) {
      const users = await run('systemd-sysusers', [
        '--dry-run',
        `--root=${folder}`,
        systemd(`debian/${name}.sysusers`),
      ]);
      assert.match(users.stdout + users.stderr, new RegExp(`Creating user '${name}'`));
      if (name === 'bodydock-screen') continue; // it keeps nothing
      const text = await readFile(systemd(`debian/${name}.tmpfiles`), 'utf8');
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      for (const line of lines) assert.match(line, /^d \/(?:etc\/bodydock|var\/lib\/)\S* 0[0-7]{3} \S+ \S+$/);
      await run('systemd-tmpfiles', [
        '--dry-run',
        '--create',
        '--graceful',
        `--root=${folder}`,
        systemd(`debian/${name}.tmpfiles`),
      ]).catch((error: unknown) => {
        assert.match(String((error as { stderr?: string }).stderr), /Failed to resolve (?:user|group)/); // they are not on this machine
      });
    }
  });
});
