// A killed agent left a bay's LED on "safe to take", and the disk of its spool is gone: the next start cannot come up, and must not let it stand.
// The LED is a folder that a mount namespace puts where the kernel shows LEDs.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { exchange, PLAIN, put, withFolder } from '../unit/config/files.ts';
import { BODYDOCK, compiled } from '../fakes/program.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const lacks = process.getuid?.() !== 0 || lacksTools('unshare', 'mount');

const SCRIPT = `set -e
mount -t tmpfs none /sys/class
mkdir -p /sys/class/leds/green
cd /sys/class/leds/green
echo 255 > max_brightness; echo 255 > brightness; echo none > trigger
set +e
"$1" "$2" run --config "$3" 2>/dev/null
echo "exit $?"
head -n 1 brightness
`;

test.skipIf(lacks)('an agent whose disk is gone leaves no light that says safe', async () => {
  await withFolder(async (folder) => {
    const lit = exchange(PLAIN, '    folder: /media/bay-1\n', '    folder: /media/bay-1\n    led: green\n');
    const gone = lit.replace(/^( +)path: .*$/m, `$1path: ${join(folder, 'disk', 'spool')}`);
    const file = await put(folder, 'station.yaml', gone);
    const args = ['-m', 'sh', '-c', SCRIPT, 'sh', process.execPath, compiled(BODYDOCK), file];
    const { stdout } = await promisify(execFile)('unshare', args, { timeout: 60_000 });
    expect(stdout).toBe('exit 78\n0\n');
  });
});
