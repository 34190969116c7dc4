import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BayMarks, bayMarks } from '../../../../agent/helpers/mount/bay-marks.ts';
import { parseBayId } from '../../../../protocol/format/ids.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-marks-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rulesOf = (text: string): string[] => text.split('\n').filter((line) => /^[^#]/.test(line));

test('a bay is the port that it names with what hangs at a hub there, and the other port of its socket by itself', () => {
  expect(rulesOf(bayMarks([['1-1.4', '2-1']]))).toEqual([
    'SUBSYSTEM=="usb|net|input", KERNELS=="1-1.4:*|1-1.4.*:*|2-1:*", ENV{BODYDOCK_BAY}="$id"',
  ]);
});

test('nothing but a name of the kernel gets into a rule', () => {
  expect(rulesOf(bayMarks([['xhci-hcd.0/usb2-1.3'], ['1-1", RUN+="/bin/sh'], ['1-1\n'], []]))).toEqual([]);
});

test.each(['control', 'trigger'])(
  'where udevadm %s fails it is reported, and tried again until it is done',
  async (verb) => {
    const clock = new ManualClock();
    const log = new MemoryLog();
    const said: (string | undefined)[] = [];
    let fails = true;
    const marks = new BayMarks({
      file: join(folder, 'rules.d', '69-bays.rules'),
      bayPorts: () => Promise.resolve(new Map([[parseBayId('bay-1'), '1-1']])),
      portsOf: (port) => Promise.resolve([port]),
      run: (_program, [first]) => {
        said.push(first);
        return Promise.resolve({
          code: fails && first === verb ? 1 : 0,
          output: new Uint8Array(),
          said: 'no',
        });
      },
      clock,
      log,
    });
    const logged = (): string[] => log.messages();
    const ending = new AbortController();
    const keeping = marks.keep(ending.signal);
    await expect.poll(logged).toEqual(['bays not marked for udev']);
    fails = false;
    said.length = 0;
    await clock.advance(60_000);
    await expect.poll(logged).toEqual(['bays not marked for udev', 'bays marked for udev']);
    expect(said).toEqual(['control', 'trigger']);
    ending.abort();
    await keeping;
  },
);

test('bays that the file has later are marked within a minute, and udev reads its rules again only then', async () => {
  const clock = new ManualClock();
  const file = join(folder, 'rules.d', '69-bays.rules');
  const ports = new Map([[parseBayId('bay-1'), '1-1']]);
  const said: string[] = [];
  const marks = new BayMarks({
    file,
    bayPorts: () => Promise.resolve(ports),
    portsOf: (port) => Promise.resolve([port]),
    run: (program, words) => {
      said.push(`${program} ${words[0]}`);
      return Promise.resolve({ code: 0, output: new Uint8Array(), said: '' });
    },
    clock,
    log: new MemoryLog(),
  });
  const ending = new AbortController();
  const keeping = marks.keep(ending.signal);
  await expect.poll(() => said).toEqual(['udevadm control', 'udevadm trigger']);
  await clock.advance(60_000);
  ports.set(parseBayId('bay-2'), '1-2');
  await clock.advance(60_000);
  await expect.poll(() => said).toHaveLength(4);
  expect(rulesOf(await readFile(file, 'utf8'))).toHaveLength(2);
  ending.abort();
  await keeping;
});
