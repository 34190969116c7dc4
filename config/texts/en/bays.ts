// What `bodydock bays` and `bodydock bays learn` say, in English.

export const BAYS_EN = {
  usb: 'USB ports',
  serial: 'Serial ports',
  nothing: 'nothing',
  empty: 'empty',
  noBay: 'no bay',
  opened: 'a camera, for the driver {driver}',
  diskBeside: 'it shows a disk as well, which is not read',
  odd: 'refused: it has an interface of class {class}, which no camera needs',
  noInterface: 'refused: it shows no interface',
  noDriver: 'refused: no driver knows it',
  serialNumber: 'serial number',
  socket:
    'Two ports with a + are one socket: a bay that names one of them has both, for cameras by USB 2 and by USB 3.',
  hint: 'A camera may say another serial number when it is opened than its USB descriptor does. Nothing was opened here.',
  noFile: 'there is no {file}: bays are not known',
  badFile: '{file} is not good yet (`bodydock check` says why): bays are not known',
  begin:
    'Take all cameras out of the dock. One camera after the other shows which USB port is which bay; nothing on it is read.',
  already: 'Plugged in already, and not counted before it was taken out: {devices}',
  next: 'Put a camera into the bay that is to be {bay}. Enter ends.',
  nextKnown:
    'Put a camera into a bay. One that station.yaml has keeps its id ({bays}), any other becomes {bay}. Enter ends.',
  learned: '{bay} is USB port {port} ({device}).',
  several: 'More than one came at a time, on the ports {ports}. Take them out and put in one.',
  again: 'Port {port} is {bay} already. Put the camera into the next bay.',
  noCamera: 'On port {port} is {device}: {why}. Take it out and put in a camera.',
  gone: 'It was gone again at once. Put it in and leave it for a moment.',
  done: 'Ended with {count} bays. For station.yaml:',
  none: 'No bay was learned.',
  left: 'Bays of the file that were not learned now stay as they are there: {bays}',
  written: 'Written to {file}',
} as const;
