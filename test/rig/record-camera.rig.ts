// In the rig's guest: `bodydock record-camera` as a technician runs it, on two responders that nobody here wrote. Wanted: each file, played, is
// understood as the camera was, and no name of a file and no serial number is in it. The files stay in the run folder.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Disguise } from '../../agent/cli/record-camera/disguise.ts';
import { recordCamera } from '../../agent/cli/record-camera/record.ts';
import { parseRecorded } from '../../agent/cli/record-camera/recorded-file.ts';
import { live, patternBytes } from '../contracts/driver-subject.ts';
import { BODYDOCK, compiled } from '../fakes/program.ts';
import { playedCamera } from '../fakes/recorded-camera.ts';
import { requireGoodClock } from './guest-clock.ts';
import { openMonitor, type Monitor, type MtpCamera } from './monitor.ts';
import { MtpGadget } from './mtp-gadget.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { portOf } from './usb-ports.ts';

const { env } = process;
const RUN = env['RIG_RUN'] ?? '';
const RECORD_MS = 300_000;
const PERSON = 'Hollerbusch';
const FILES = {
  [`DCIM/100MEDIA/${PERSON}_0001.MP4`]: patternBytes(300_000),
  [`DCIM/100MEDIA/${PERSON}_0001.GPS`]: patternBytes(500),
  'DCIM/101MEDIA/EMPTY.LOG': patternBytes(0),
  'DCIM/101MEDIA/zażółć.MP4': patternBytes(5000),
};
const UMTP = { serial: 'RIG-RECORD-1', folder: '/tmp/umtp-record' };
const QEMU = { serial: 'RIG-RECORD-2', folder: join(RUN, 'record-camera') };
let monitor: Monitor;
let umtp: MtpGadget;
let qemu: MtpCamera;

before(async () => {
  const tools = env[TOOLS_VARIABLE] ?? '';
  await requireGoodClock(RUN);
  for (const { folder } of [UMTP, QEMU])
    for (const [path, bytes] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
  monitor = await openMonitor(tools);
  qemu = await monitor.plugMtp('record', QEMU.folder, { serial: QEMU.serial, port: '1', readOnly: false });
  umtp = await MtpGadget.plugIn(tools, UMTP.serial, UMTP.folder);
});

after(async () => {
  await qemu?.unplug();
  await umtp?.remove();
  monitor?.close();
});

for (const [name, { serial }] of Object.entries({ 'umtp-responder': UMTP, 'qemu-mtp': QEMU }))
  void test(`${name} is recorded, and its file is understood as it was`, async () => {
    const out = join(RUN, `${name}.jsonl`);
    await rm(out, { force: true });
    const program = compiled(BODYDOCK);
    const words = [program, 'record-camera', '--usb', await portOf(serial), '--out', out];
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: RECORD_MS });
    assert.match(stdout, /files: 4/);
    const text = await readFile(out, 'utf8');
    for (const secret of [PERSON, serial, 'zażółć'])
      for (const coding of ['utf8', 'utf16le'] as const) {
        assert.ok(!text.includes(secret), secret);
        assert.ok(!text.includes(Buffer.from(secret, coding).toString('hex')), `${secret} in ${coding}`);
      }
    const recorded = parseRecorded(text);
    assert.deepEqual(recorded.result.failed, {});
    const { place, ports } = await playedCamera(recorded, await mkdtemp('/tmp/played-'));
    const { result } = await recordCamera(place, ports, 'test', live(), new Disguise(0));
    assert.deepEqual(result, recorded.result);
  });
