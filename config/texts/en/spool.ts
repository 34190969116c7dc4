// What `bodydock spool ls`, `quarantine` and `tries` say, in English.

export const SPOOL_EN = {
  state: 'STATE',
  age: 'AGE',
  size: 'SIZE',
  camera: 'CAMERA',
  recording: 'RECORDING',
  receipt: 'RECEIPT (UTC)',
  'state.spooled': 'waits',
  'state.receipted': 'stored',
  'state.released': 'cleared',
  'state.unreadable': 'UNREADABLE',
  sum: {
    one: '{count} recording, {size}; {waiting} of them ({waitingSize}) wait for the store\n',
    other: '{count} recordings, {size}; {waiting} of them ({waitingSize}) wait for the store\n',
  },
  nothingAside: 'Nothing was set aside.',
  since: 'since {at} UTC',
  why: 'Why: ',
  unknownWhy: 'the log of the station does not say',
  toDo: 'To do: ',
  'remedy.recording':
    'Check it. What is damaged may lie whole on the camera or in the store: look there before anything else.',
  'remedy.docking': 'Check it. The recordings of that stay have documents of their own.',
  'remedy.other': 'Find out who put it there. The station did not make it, or cannot read it any more.',
  command: 'Command: ',
  leftOff: '{count} more names are not listed here.',
  closing:
    'The station deletes nothing of this. Keep a copy (`cp -a`), then move it out of the folder; the condition ends with the next start.',
  nothing: 'The agent ended at no file of a camera.',
  file: '{camera} in {bay}: a file of {size}',
  aside:
    'SET ASIDE: ends of the agent while it took it: {count}, last found {at} UTC; it stays on the camera',
  noted: 'noted: ends of the agent while it took it: {count}, last found {at} UTC; it is tried again',
  triesToDo:
    'To do: `journalctl -u bodydock` and `dmesg` say what ended the agent (too little memory, a fault of the program). Once that is mended: `bodydock spool tries --again`; a new version tries by itself, any version once a day. Until then neither erase nor format the camera.',
  triesNothingAside: 'Nothing is set aside: there is nothing to try again.',
  wanted: 'The running agent, or its next start, tries what is set aside once more, one file at a time.',
} as const;
