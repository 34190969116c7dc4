#!/usr/bin/env node
// `npm run package`: compiles again and makes the Debian packages, the same bytes for the same source. Needs debhelper.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { helpPages, type HelpPage } from './help-pages.ts';
import { AGENT, RECEIVER } from './parts.ts';
import { makePackages, nameAndSize, type PackageWish } from './build.ts';
import { DESK_PAGE, writeDeskPage } from './desk-page.ts';

const HELP = `npm run package [-- --out DIR] [--version VERSION]

Makes bodydock (amd64, arm64) and bodydock-receiver, bodydock-screen and bodydock-desk-page (all) as Debian packages, and beside them desk.html,
the page of the office's desk, for one who publishes it to sign: minisign -S -m desk.html -t "bodydock desk"

  --out DIR          where they go (default: out/package)
  --version VERSION  another one than package.json says, to try upgrades; may be given several times

SOURCE_DATE_EPOCH is the time of all files; without it, that of the last commit.
`;
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

async function main(words: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { out: text, version: { ...text, multiple: true }, help: { type: 'boolean' } },
    strict: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const out = resolve(values.out ?? join(PROJECT, 'out/package'));
  await mkdir(out, { recursive: true });
  const code = join(PROJECT, 'out', `package-code-${process.pid}`);
  try {
    await compile(code);
    const facts = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
    const versions = values.version ?? [facts.version];
    const pageLibraries = await writeDeskPage(PROJECT, code);
    const help = await allHelp(code);
    const wish = { project: PROJECT, code, out, pageLibraries, help, epochS: await sourceEpochS() };
    const wishes = versions.flatMap((version): PackageWish[] => [
      { ...wish, version, part: AGENT, architecture: 'amd64' },
      { ...wish, version, part: AGENT, architecture: 'arm64' },
      { ...wish, version, part: RECEIVER, architecture: 'all' },
    ]);
    const files = (await Promise.all(wishes.map(makePackages))).flat();
    const page = await readFile(join(code, DESK_PAGE));
    await writeFile(join(out, DESK_PAGE), page);
    for (const file of files) process.stdout.write(`${nameAndSize(file, (await stat(file)).size)}\n`);
    process.stdout.write(
      `${nameAndSize(DESK_PAGE, page.length)}  SHA-256 ${createHash('sha256').update(page).digest('hex')}\n`,
    );
  } finally {
    await rm(code, { recursive: true, force: true });
  }
}

/** By command; the same for all architectures. */
async function allHelp(code: string): Promise<Map<string, readonly HelpPage[]>> {
  const commands = [AGENT, RECEIVER].flatMap(({ launched }) => launched.filter(({ isCommand }) => isCommand));
  const pages = commands.map(
    async ({ name, module }) => [name, await helpPages(join(code, module))] as const,
  );
  return new Map(await Promise.all(pages));
}

/** Into a folder of its own: what lies in dist may be older than the source, or of files that are gone. */
async function compile(code: string): Promise<void> {
  const tsc = join(PROJECT, 'node_modules/.bin/tsc');
  const words = ['-p', PROJECT, '--outDir', code, '--incremental', 'false', '--sourceMap', 'false'];
  await run(tsc, words, { cwd: PROJECT }).catch((error: unknown) => {
    throw new Error(`the source does not compile: ${(error as { stdout?: string }).stdout ?? ''}`, {
      cause: error,
    });
  });
}

async function sourceEpochS(): Promise<number> {
  const given = Number(process.env['SOURCE_DATE_EPOCH']);
  if (Number.isSafeInteger(given) && given > 0) return given;
  const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: PROJECT });
  return Number(stdout.trim());
}

await main(process.argv.slice(2));
