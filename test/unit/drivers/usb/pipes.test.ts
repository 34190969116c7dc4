// Devices with and without bulk pipes: what is found of them, and who is refused.
import { expect, test } from 'vitest';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { ptpDriver } from '../../../../drivers/ptp/driver.ts';
import { type EndpointFacts, isBulkPair, noBulkPipes, pipesOf } from '../../../../drivers/usb/transport.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';

const IN: EndpointFacts = { transferType: 2, direction: 'in' };
const OUT: EndpointFacts = { transferType: 2, direction: 'out' };
const EVENTS: EndpointFacts = { transferType: 3, direction: 'in' };
const ISOCHRONOUS: EndpointFacts = { transferType: 1, direction: 'in' };

test('pipes are the first endpoints of their kind, in any order, and others are none', () => {
  const second = { ...IN };
  expect(pipesOf([ISOCHRONOUS, EVENTS, OUT, IN, second])).toEqual({ input: IN, output: OUT, events: EVENTS });
  expect(pipesOf([IN, second]).input).toBe(IN);
  expect(pipesOf([])).toEqual({ input: undefined, output: undefined, events: undefined });
});

test('a pair takes both directions', () => {
  expect(isBulkPair(pipesOf([IN, OUT]))).toBe(true);
  for (const endpoints of [[], [IN], [OUT], [EVENTS, IN]]) expect(isBulkPair(pipesOf(endpoints))).toBe(false);
});

test('a device without bulk pipes opens for those who can do without, and is refused to PTP with the reason', async () => {
  const clock = nodeClock();
  const dock = new UsbDock(clock);
  dock.plug('1-1', new PtpResponder(new MemoryCamera(), {}), { hasBulk: false });
  const driver = ptpDriver({
    devices: dock.devices,
    openUsb: dock.openUsb,
    clock,
    onRecovery: () => undefined,
  });
  await expect(driver.open({ kind: 'usb', path: '1-1' }, live())).rejects.toMatchObject({
    code: 'driver.refused',
    message: noBulkPipes(0).message,
  });
  expect(dock.wires.every((wire) => wire.isClosed)).toBe(true);
  const device = await dock.devices.at('1-1', live());
  if (device === undefined) throw new Error('nothing is there');
  const opened = await dock.openControl(device, 0, live());
  expect(opened.bulk).toBeUndefined();
  await opened.control.close();
});
