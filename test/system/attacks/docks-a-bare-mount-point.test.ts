// A file that lies in the mount point of a card is no camera: docked, it would prove a day without recording for a camera that never came.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DockRig } from '../../fakes/dock-rig.ts';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';

const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

describe.skipIf(lacksTools('mosquitto') || lacksRoot)('a file in a folder below /media', () => {
  let place: string | undefined;
  let rig: DockRig | undefined;
  afterEach(async () => {
    await rig?.close();
    if (place !== undefined) await rm(place, { recursive: true });
    [place, rig] = [undefined, undefined];
  });

  async function makeStray(): Promise<string> {
    const folder = (place = await mkdtemp('/media/bodydock-attack-'));
    await writeFile(join(folder, 'README.txt'), 'stray');
    return folder;
  }

  test('is no camera for a station that begins with nothing mounted there: it says so, and docks nothing', async () => {
    const folder = await makeStray();
    const dock = (rig = await DockRig.open({ place: () => ({ folder }) }));
    const view = await dock.view();
    await view.watchConditions();
    await dock.start();
    await until(
      'it is said, half a minute after it was seen',
      60_000,
      () => view.conditions.has('bay.not-mounted'),
      () => dock.tails(),
    );
    await dock.untilBay(1, 'no camera', 30_000, (bay) => bay.camera === null && bay.state === 'empty');
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 0, dockings: 0 });
  });

  test('is none for a first run either', async () => {
    const camera = await makeStray();
    const out = join(tmpdir(), 'bodydock-attack-not-made');
    const { exitCode, stderr } = await runProgram(BODYDOCK, ['first-run', '--camera', camera, '--out', out]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('nothing is mounted there');
  });
});
