// What the doctor says of the power of the bays' ports.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkPower } from '../../../agent/cli/doctor-machine.ts';
import { listenAsHelper } from '../../../agent/helpers/helper.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { parseBayId } from '../../../protocol/format/ids.ts';
import { live } from '../../contracts/driver-subject.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

let folder: string;
let socket: string;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-doctor-'));
  socket = join(folder, 'control.sock');
  const port = join(folder, '1-1:1.0', '1-1-port4');
  await mkdir(port, { recursive: true });
  await writeFile(join(port, 'disable'), '0\n');
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await rm(folder, { recursive: true, force: true });
});

async function codes(...usbPorts: readonly (string | null)[]): Promise<string[]> {
  const bays = usbPorts.map((usbPort, at) => ({ id: parseBayId(`bay-${at + 1}`), usbPort }));
  const context = { config: { bays }, clock: nodeClock(), signal: live() };
  const findings = await checkPower(context, { root: folder, socket });
  return findings.map(({ code, where }) => `${code} ${where}`.trim());
}

async function turnOn(): Promise<() => Promise<void>> {
  const server = await listenAsHelper(
    {
      kind: 'power',
      socket,
      gid: process.getgid?.() ?? 0,
      verbs: [],
      answer: async () => undefined,
      clock: nodeClock(),
      log: new MemoryLog(),
    },
    async () => undefined,
  );
  stops.push(() => server.close());
  return () => server.close();
}

test('a station without USB ports hears nothing of it; one with, that the helper is off', async () => {
  expect(await codes(null)).toEqual([]);
  expect(await codes('1-1.4', null)).toEqual(['power.off']);
});

test('with the helper on, each port is looked at', async () => {
  await turnOn();
  expect(await codes('1-1.4', null)).toEqual(['power.good']);
  expect(await codes('1-1.4', '1-1.3', '7-1')).toEqual([
    'power.no-switch bay-2 (1-1.3)',
    'power.no-switch bay-3 (7-1)',
  ]);
});

test('a helper that left its socket behind is silent', async () => {
  const turnOff = await turnOn();
  await turnOff();
  await writeFile(socket, '');
  expect(await codes('1-1.4')).toEqual([`power.silent ${socket}`]);
});
