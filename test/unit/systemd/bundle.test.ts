import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../systemd/packaging/bundle.ts';

const run = promisify(execFile);

/** A program with a thread, a second program, a module that it loads late, and libraries; all as compiled code. */
const PROGRAM: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'words.txt': 'read by its place',
  'dist/tool/main.js': `#!/usr/bin/env node
    import { once } from 'node:events';
    import { words } from './deep/words.js';
    import { start } from './threads.js';
    const OTHER = new URL('../other.js', import.meta.url);
    const [answer] = await once(start(), 'message');
    const late = (await import('./late.js')).late();
    console.log(JSON.stringify({ words: await words(), answer, late, other: (await import(OTHER)).name }));`,
  'dist/other.js': "export const name = 'other';",
  'dist/tool/deep/words.js': `
    import { readFile } from 'node:fs/promises';
    /** Of a file beside the folder with the compiled code, which is one level deeper than that of a program. */
    export const words = async () => {
      for (const place of ['../../../words.txt', '../../../../words.txt'])
        try { return await readFile(new URL(place, import.meta.url), 'utf8'); } catch {}
    };`,
  'dist/tool/threads.js': `
    import { startWorker } from '../io/worker-thread.js';
    export const start = () => startWorker(import.meta.url, '../io/thread', { workerData: 20 });`,
  'dist/tool/late.js': `
    import plain from 'plain';
    export const late = () => plain.twice(21);`,
  'dist/io/worker-thread.js': `
    import { Worker } from 'node:worker_threads';
    export const startWorker = (base, entry, start) => new Worker(new URL(entry + '.js', base), start);`,
  'dist/io/thread.js': `
    import { parentPort, workerData } from 'node:worker_threads';
    import plain from 'plain';
    parentPort.postMessage(plain.twice(workerData));`,
  'node_modules/plain/package.json': '{ "name": "plain", "version": "1.0.0", "main": "index.js" }',
  'node_modules/plain/index.js': 'exports.twice = (x) => 2 * x;',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-bundle-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function lay(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** The bundle of these modules, in dist/programs. */
function bundled(...modules: string[]): ReturnType<typeof bundle> {
  return bundle({ code: join(folder, 'dist'), modules, out: join(folder, 'dist/programs') });
}

describe('a bundle', () => {
  test('holds the modules and libraries of a program, and what it starts by its place', async () => {
    await lay(PROGRAM);
    const made = await bundled('tool/main.js');
    for (const path of ['tool/main.js', 'io/thread.js', 'other.js']) expect(made.files).toContain(path);
    expect(made.libraries).toEqual([join(folder, 'node_modules/plain')]);
    expect(made.native).toEqual([]);
    // Whatever it needs is in the bundle, but for files that are no modules.
    for (const path of ['dist/tool', 'dist/io', 'dist/other.js', 'node_modules'])
      await rm(join(folder, path), { recursive: true });
    const { stdout } = await run(process.execPath, [join(folder, 'dist/programs/tool/main.js')]);
    expect(JSON.parse(stdout)).toEqual({ words: 'read by its place', answer: 40, late: 42, other: 'other' });
  });

  test('is the same wherever the code lies, and through a link', async () => {
    await lay(PROGRAM);
    const first = await bundled('tool/main.js', 'tool/threads.js');
    const texts = await Promise.all(
      first.files.map((path) => readFile(join(folder, 'dist/programs', path), 'utf8')),
    );
    expect(texts.join('')).not.toContain(folder);
    await symlink(join(folder, 'dist'), join(folder, 'linked'));
    const out = join(folder, 'elsewhere');
    const second = await bundle({
      code: join(folder, 'linked'),
      modules: ['tool/main.js', 'tool/threads.js'],
      out,
    });
    expect(second.files).toEqual(first.files);
    expect(await Promise.all(second.files.map((path) => readFile(join(out, path), 'utf8')))).toEqual(texts);
  });

  test('keeps names, so that a trace can be read', async () => {
    await lay({ 'dist/main.js': 'function failingHere() { throw new Error("told"); }\nfailingHere();' });
    await bundled('main.js');
    await expect(run(process.execPath, [join(folder, 'dist/programs/main.js')])).rejects.toThrow(
      /at failingHere \(.*programs\/main\.js:\d+/,
    );
  });

  test('says and matches what the source does, and holds no character of more than 8 bits', async () => {
    const said = 'Kärntner Straße – „Ł“ → 📷';
    await lay({
      'dist/main.js': `const found = /[Ā-ž]|→|📷/gu; const camera = '📷';
        console.log(JSON.stringify(["Kärntner Straße – „Ł“ → 📷", \`Kärntner Straße – „Ł“ → \${camera}\`]));
        console.log("Kärntner Straße – „Ł“ → 📷".replaceAll(found, '!'));`,
    });
    await bundled('main.js');
    const path = join(folder, 'dist/programs/main.js');
    expect(await readFile(path, 'utf8')).not.toMatch(/[\u0100-\uFFFF]/);
    const { stdout } = await run(process.execPath, [path]);
    expect(stdout).toBe(`${JSON.stringify([said, said])}\n${said.replaceAll(/Ł|→|📷/gu, '!')}\n`);
  });

  test('that is made anew touches no file that stays as it was, and leaves none that is no longer of it', async () => {
    await lay(PROGRAM);
    const { files } = await bundled('tool/threads.js');
    const long = new Date('2026-01-01T00:00:00Z');
    for (const path of files) await utimes(join(folder, 'dist/programs', path), long, long);
    await lay({ 'dist/programs/chunks/old.js': '', 'dist/io/thread.js': 'postMessage(1);' });
    const again = await bundled('tool/threads.js');
    const changed: string[] = [];
    for (const path of again.files)
      if ((await stat(join(folder, 'dist/programs', path))).mtimeMs !== long.getTime()) changed.push(path);
    expect(changed).toEqual(['io/thread.js']);
    const names = await readdir(join(folder, 'dist/programs'), { recursive: true, withFileTypes: true });
    expect(names.filter((entry) => entry.isFile())).toHaveLength(again.files.length);
  });

  test('leaves a library with native parts where it is, and says so', async () => {
    await lay({
      'dist/main.js': "import { a } from 'usb'; import lines from 'lines'; console.log(a, lines);",
      'node_modules/lines/package.json': '{ "name": "lines", "main": "index.js" }',
      'node_modules/lines/index.js': "module.exports = require('@serialport/bindings-cpp');",
    });
    const { native, libraries } = await bundled('main.js');
    expect(native).toEqual(['@serialport/bindings-cpp', 'usb']);
    expect(libraries).toEqual([join(folder, 'node_modules/lines')]);
  });

  test('is refused where native parts of a library would stay behind', async () => {
    await lay({ ...PROGRAM, 'node_modules/plain/prebuilds/linux-x64/plain.node': '' });
    await expect(bundled('tool/late.js')).rejects.toThrow(/plain has native parts.*name it in NATIVE/);
  });

  test('holds no library that is only spoken of', async () => {
    await lay({ 'dist/main.js': 'console.log({ kind: "usb" });' });
    expect((await bundled('main.js')).native).toEqual([]);
  });

  test('is refused where it cannot tell which module a thread starts with', async () => {
    await lay({
      ...PROGRAM,
      'dist/tool/threads.js': PROGRAM['dist/tool/threads.js']?.replaceAll("'../io/thread'", 'THREAD') ?? '',
    });
    await expect(bundled('tool/threads.js')).rejects.toThrow(/starts a thread whose module it does not name/);
  });

  test('is refused where a module is not there', async () => {
    await lay({ 'dist/main.js': "import 'missing-library';" });
    await expect(bundled('main.js')).rejects.toThrow(/missing-library/);
  });
});
