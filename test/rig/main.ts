// `npm run test:rig`: runs the rig's tests in a guest with real serial devices. Skipped by name where the tools are not there; under CI
// that is a failure. Ends with how long building and running took.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOut, takesShare } from '../fakes/share-of-run.ts';
import { FigureSums } from './figures.ts';
import { buildRig, findRigTools, runInGuest } from './rig-tools.ts';

const isCi = process.env['CI'] !== undefined;
/** Alone on two cores those of a share take 320 s and all of them some 700; other suites may run beside. */
const LIMIT_SECONDS = takesShare ? 900 : 1500;

/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');

/** One guest for all tests, and one process for each file: starting one takes seconds there. */
const ONE_AFTER_ANOTHER = `code=0
for file; do
  begun=$SECONDS
  node --test-reporter=spec "$file" || { r=$?; [ $r = 125 ] && exit 125; code=1; }
  echo "rig: $(basename "$file"): $((SECONDS - begun)) s"
done
exit $code`;

/** In CI, whose time is limited, one group; a person and the nightly list try all. */
const TURNS: readonly (readonly string[])[] = [
  ['eight-cameras.rig.js'],
  ['ptp-pulls.rig.js', 'serial-pull.rig.js'],
  ['responders.rig.js', 'disk-odd.rig.js'],
  ['disk-pull.rig.js', 'serial-pull.rig.js'],
  ['ambarella.rig.js', 'record-camera.rig.js', 'foreign-devices.rig.js'],
];

/** Compiled tests of this folder, "*.rig.js". */
async function testFiles(): Promise<string[]> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.rig.js'));
  const left = leftOut(TURNS);
  const tried = names.filter((name) => !left.includes(name));
  return tried.map((name) => join(folder, name));
}

/** What the guest may write to is read without a cache there, so it is not the project that its programs are loaded from. */
async function runFolder(): Promise<string> {
  const folder = join(project, 'out/rig');
  await mkdir(folder, { recursive: true });
  return folder;
}

async function main(): Promise<number> {
  const tools = findRigTools(project);
  const lacking =
    process.getuid?.() !== 0 ? 'root' : tools === undefined ? 'the tools of the rig' : undefined;
  if (lacking !== undefined || tools === undefined) {
    process.stderr.write(
      `rig tests ${isCi ? 'FAILED' : 'skipped'}: missing is ${lacking} (BODYDOCK_TOOLS names where the tools are)\n`,
    );
    return isCi ? 1 : 0;
  }
  const startedMs = performance.now();
  await buildRig(tools);
  const builtMs = performance.now();
  const files = await testFiles();
  let sums = new FigureSums();
  const code = await runInGuest({
    tools,
    folder: await runFolder(),
    command: ['bash', '-c', ONE_AFTER_ANOTHER, 'rig', ...files],
    limitSeconds: LIMIT_SECONDS,
    onStart: () => {
      sums = new FigureSums();
      return (line) => sums.take(line);
    },
  });
  const [build, run] = [builtMs - startedMs, performance.now() - builtMs].map((ms) => (ms / 1000).toFixed(0));
  process.stdout.write(
    `rig: ${files.length} files, ${sums.tests} tests, ${sums.text()}; built in ${build} s, booted and run in ${run} s\n`,
  );
  return code;
}

process.exitCode = await main();
