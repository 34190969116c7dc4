// Which interface of a device speaks PTP or MTP, told from the kernel's tables alone.
import type { UsbDeviceFacts, UsbInterfaceFacts } from '../usb/device.ts';

/** Still image, image capture, PIMA 15740. */
const PTP_INTERFACE = { classCode: 6, subclassCode: 1, protocolCode: 1 };

/** The interface that speaks PTP: by its class, or by the name that Android gives it. */
export function ptpInterfaceOf({ interfaces }: UsbDeviceFacts): UsbInterfaceFacts | undefined {
  const standard = interfaces.find(
    ({ classCode, subclassCode, protocolCode }) =>
      classCode === PTP_INTERFACE.classCode &&
      subclassCode === PTP_INTERFACE.subclassCode &&
      protocolCode === PTP_INTERFACE.protocolCode,
  );
  return standard ?? interfaces.find(({ classCode, name }) => classCode === 0xff && name === 'MTP');
}
