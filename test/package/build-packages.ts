// Before the suite: the packages and those of a next version to upgrade to, and the packages once more from the same source elsewhere.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { readVersion } from '../../config/program-version.ts';
import { compiled } from '../fakes/program.ts';
import { lacksContainer } from './container.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder with `one` (both versions) and `two` (the present one again); empty where this machine cannot run the suite. */
    packages: string;
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

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (lacksContainer()) {
    project.provide('packages', '');
    return undefined;
  }
  const made = process.env['BODYDOCK_PACKAGES']; // to try the suite again without building
  if (made !== undefined) {
    project.provide('packages', made);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-packages-'));
  await Promise.all([
    build(join(folder, 'one'), ['--version', await readVersion(), '--version', NEXT_VERSION], {}),
    build(join(folder, 'two'), [], { TZ: 'Pacific/Auckland', LANG: 'C', WISHED_UMASK: '077' }),
  ]);
  project.provide('packages', folder);
  return () => rm(folder, { recursive: true });
}
