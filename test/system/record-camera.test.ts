// `bodydock record-camera` as a process, at a serial port: refused with its remedy while another program has the camera, and then recorded.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Disguise } from '../../agent/cli/record-camera/disguise.ts';
import { recordCamera } from '../../agent/cli/record-camera/record.ts';
import { parseRecorded } from '../../agent/cli/record-camera/recorded-file.ts';
import { live } from '../contracts/driver-subject.ts';
import { BODYDOCK, Program, runProgram } from '../fakes/program.ts';
import { playedCamera } from '../fakes/recorded-camera.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

let folder: string;
let camera: Program | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock record '));
});
afterEach(async () => {
  await camera?.kill();
  camera = undefined;
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(lacksTools('socat'))('a camera at a serial port', () => {
  test('that another program has is refused with what to do, and recorded once it is free', async () => {
    const [link, out] = [join(folder, 'port'), join(folder, 'camera.jsonl')];
    const args = ['simulate', 'serial', '--link', link, '--without', '8/1', '--serial', 'KOD-4711'];
    camera = new Program({ file: BODYDOCK, args, logFile: join(folder, 'log') });
    await camera.start();
    const other = new SerialPort({ path: link, baudRate: 115_200, lock: true });
    await until('the other program to hold the port', 5000, () => other.isOpen);
    const words = ['record-camera', '--port', link, '--out', out];
    const refused = await runProgram(BODYDOCK, [...words, '--lang', 'de']);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('systemctl stop bodydock') as string,
    });
    await new Promise<void>((resolve) => other.close(() => resolve()));
    const done = await runProgram(BODYDOCK, words);
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('files: 6') as string });
    const text = await readFile(out, 'utf8');
    expect(text).not.toContain('4711');
    const recorded = parseRecorded(text);
    const { place, ports } = await playedCamera(recorded, folder);
    expect((await recordCamera(place, ports, 'test', live(), new Disguise(0))).result).toEqual(
      recorded.result,
    );
  });
});
