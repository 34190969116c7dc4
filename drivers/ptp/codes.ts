// Numbers of PTP and MTP that this driver uses. Source: ISO 15740:2013 clauses 10 to 13; MTP 1.1 appendices B to F; Android's extension 0x95C1.
import type { UsbDeviceFacts, UsbInterfaceFacts } from '../usb/device.ts';

/** Operations. */
export const OPERATION = {
  getDeviceInfo: 0x1001,
  openSession: 0x1002,
  closeSession: 0x1003,
  getStorageIds: 0x1004,
  getStorageInfo: 0x1005,
  getObjectHandles: 0x1007,
  getObjectInfo: 0x1008,
  getObject: 0x1009,
  deleteObject: 0x100b,
  getDevicePropDesc: 0x1014,
  getDevicePropValue: 0x1015,
  setDevicePropValue: 0x1016,
  getPartialObject: 0x101b,
  getObjectPropValue: 0x9803,
  getPartialObject64: 0x95c1,
} as const;

/** Responses. */
export const RESPONSE = {
  ok: 0x2001,
  generalError: 0x2002,
  sessionNotOpen: 0x2003,
  invalidTransactionId: 0x2004,
  operationNotSupported: 0x2005,
  parameterNotSupported: 0x2006,
  incompleteTransfer: 0x2007,
  invalidStorageId: 0x2008,
  invalidObjectHandle: 0x2009,
  devicePropNotSupported: 0x200a,
  storeFull: 0x200c,
  objectWriteProtected: 0x200d,
  storeReadOnly: 0x200e,
  accessDenied: 0x200f,
  partialDeletion: 0x2012,
  storeNotAvailable: 0x2013,
  deviceBusy: 0x2019,
  invalidParentObject: 0x201a,
  invalidParameter: 0x201d,
  sessionAlreadyOpen: 0x201e,
  transactionCancelled: 0x201f,
} as const;

const RESPONSE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(RESPONSE).map(([name, code]) => [code, name]),
);

/** Events. */
export const EVENT = {
  cancelTransaction: 0x4001,
  objectAdded: 0x4002,
  objectRemoved: 0x4003,
  storeAdded: 0x4004,
  storeRemoved: 0x4005,
  objectInfoChanged: 0x4007,
  deviceInfoChanged: 0x4008,
  storeFull: 0x400a,
  deviceReset: 0x400b,
  storageInfoChanged: 0x400c,
} as const;

/** Device properties. */
export const DEVICE_PROPERTY = { batteryLevel: 0x5001, dateTime: 0x5011 } as const;

/** Object properties (MTP). */
export const OBJECT_PROPERTY = { size: 0xdc04 } as const;

/** Object format of a folder. */
export const FORMAT_ASSOCIATION = 0x3001;

/** A size of 32 bits that does not fit: the true one is elsewhere. */
export const SIZE_UNKNOWN = 0xffffffff;

/** Parameters with a meaning of their own. */
export const HANDLE_ROOT = 0xffffffff;
export const ALL_FORMATS = 0;

/** "0x2013 (storeNotAvailable)". */
export function responseText(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')} (${RESPONSE_NAMES.get(code) ?? 'unknown'})`;
}

/** "0x1007". */
export function operationText(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}

// Which interface of a device speaks PTP or MTP, told from the kernel's tables alone.

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
