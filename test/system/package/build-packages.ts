// Before the suite: the packages and those of a next version to upgrade to, and the packages once more from the same source elsewhere.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { readVersion } from '../../../config/program-version.ts';
import { compiled } from '../../fakes/program.ts';
import { lacksDebian, makeDebianRoot } from './debian-machine.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder with `one` (both versions) and `two` (the present one again); empty where this machine cannot run the suite. */
    packages: string;
    /** A clean root of Debian; empty as well. */
    debian: string;
  }
}

export const NEXT_VERSION = '99.0.0';
/** 2026-11-25T08:00:00Z. */
export const EPOCH_S = 1_795_593_600;
/** The work of seconds, on a machine that does much else. */
const BUILD_MS = 300_000;
const run = promisify(execFile);

async function build(
  folder: string,
  more: readonly string[],
  environment: Record<string, string>,
): Promise<void> {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(EPOCH_S), ...environment };
  const words = [compiled('systemd/packaging/main.js'), '--out', folder, ...more];
  await run(
    'sh',
    ['-c', `umask ${environment['WISHED_UMASK'] ?? '022'}; exec "$@"`, 'sh', process.execPath, ...words],
    {
      env,
      timeout: BUILD_MS,
    },
  );
}

/** BODYDOCK_PACKAGES and BODYDOCK_DEBIAN name what was made before: to try a suite again without making it. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (lacksDebian()) {
    project.provide('packages', '');
    project.provide('debian', '');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-packages-'));
  await chmod(folder, 0o755); // services of clean machines have their programs below it
  const { BODYDOCK_PACKAGES: packages, BODYDOCK_DEBIAN: debian } = process.env;
  const versions = ['--version', await readVersion(), '--version', NEXT_VERSION];
  await Promise.all([
    packages ?? build(join(folder, 'one'), versions, {}),
    packages ?? build(join(folder, 'two'), [], { TZ: 'Pacific/Auckland', LANG: 'C', WISHED_UMASK: '077' }),
    debian ?? makeDebianRoot(join(folder, 'debian')),
  ]);
  project.provide('packages', packages ?? folder);
  project.provide('debian', debian ?? join(folder, 'debian'));
  return () => rm(folder, { recursive: true });
}
