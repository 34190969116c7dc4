// Sockets by names that stay, on a tree of the kernel's tables whose buses get other numbers.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadStationConfig } from '../../../config/load.ts';
import { isUnfoundPort, kernelPort, steadyPort, USB_PORT_PATTERN } from '../../../config/usb-buses.ts';
import { SysTree } from '../../fakes/usb/sys-tree.ts';
import { exchange, STATION } from './files.ts';

let folder: string;
let sys: SysTree;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-buses-'));
  sys = new SysTree(join(folder, 'sys'));
  root = join(sys.root, 'bus', 'usb', 'devices');
  await sys.bus(1, 'xhci-hcd.0', '2.00');
  await sys.bus(2, 'xhci-hcd.0', '3.00');
  await sys.bus(3, '0000:01:00.0', '2.00');
});
afterEach(() => rm(folder, { recursive: true }));

/** The two controllers are found in the other order. */
async function startAnew(): Promise<void> {
  await sys.forgetBuses(1, 2, 3);
  await sys.bus(1, '0000:01:00.0', '2.00');
  await sys.bus(2, 'xhci-hcd.0', '2.00');
  await sys.bus(3, 'xhci-hcd.0', '3.00');
}

test('a bay keeps its socket when the buses have other numbers at the next start', async () => {
  const file = join(folder, 'station.yaml');
  let text = exchange(STATION, 'folder: /media/bay-1', 'usb_port: xhci-hcd.0/usb2-1.3');
  text = exchange(text, 'folder: /media/bay-2', 'usb_port: 0000:01:00.0/usb2-1.3');
  await writeFile(file, text, { mode: 0o600 });
  const ports = async (): Promise<unknown> => {
    const loaded = await loadStationConfig(file, root);
    return loaded.kind === 'loaded' ? loaded.config.bays.map(({ usbPort }) => usbPort) : loaded.problems;
  };
  expect(await ports()).toEqual(['1-1.3', '3-1.3']);
  await startAnew();
  expect(await ports()).toEqual(['2-1.3', '1-1.3']);
});

test('both names of a socket lead to each other', () => {
  for (const [kernel, steady] of [
    ['1-1.4.2', 'xhci-hcd.0/usb2-1.4.2'],
    ['2-7', 'xhci-hcd.0/usb3-7'],
    ['3-1', '0000:01:00.0/usb2-1'],
  ] as const) {
    expect(steadyPort(kernel, root)).toBe(steady);
    expect(kernelPort(steady, root)).toBe(kernel);
    expect(steady).toMatch(USB_PORT_PATTERN);
  }
});

test('a name without its controller stays as it is, and is told from one of the kernel', () => {
  expect(kernelPort('xhci-hcd.9/usb2-1.3', root)).toBe('xhci-hcd.9/usb2-1.3');
  expect(isUnfoundPort('xhci-hcd.9/usb2-1.3', root)).toBe(true);
  expect(isUnfoundPort('xhci-hcd.0/usb2-1.3', root)).toBe(false);
  expect(isUnfoundPort('9-1.3', root)).toBe(false);
  expect(kernelPort('9-1.3', root)).toBe('9-1.3');
  expect(steadyPort('9-1.3', root)).toBeUndefined();
  expect(steadyPort('1-1.3', join(root, 'none'))).toBeUndefined();
});

test('a controller with two buses of one generation names none of them', async () => {
  await sys.bus(4, 'xhci-hcd.0', '2.00');
  expect(steadyPort('1-1', root)).toBeUndefined();
  expect(kernelPort('xhci-hcd.0/usb2-1', root)).toBe('xhci-hcd.0/usb2-1');
});

test.each([
  'usb1',
  '1-',
  '../usb2-1',
  'a/../usb2-1',
  'xhci-hcd.0/usb4-1',
  'xhci-hcd.0/1-1',
  '1-1/usb2-1 ',
  '-a/usb2-1',
])('%j is no socket', (text) => expect(text).not.toMatch(USB_PORT_PATTERN));
