// What `bodydock record-camera` says, in English.

export const RECORD_CAMERA_EN = {
  written: 'The camera is recorded in {file} ({lines} lines of JSON). Nothing was changed on it.',
  'leftOut.0': 'Left out: the contents of all files; not one of them was read.',
  'leftOut.1':
    'Left out: names of files and folders. Others of the same length stand for them; known endings such as .MP4 stay.',
  'leftOut.2': 'Left out: serial numbers. Only their shape is there (A for a letter, 0 for a digit).',
  'leftOut.3': 'Left out: names of cards, and every other text that a person could have written.',
  'leftOut.4': 'Moved: all times, by the same number of days. The number is not in the file.',
  kept: 'Kept: maker, model and firmware, sizes, times of day, battery and storage, and how long each answer took.',
  look: 'It is a text file: look at it before you send it.',
  made: 'What the driver made of the camera:',
  files: 'files: {count}',
  problems: 'not listed: {problems}',
  battery: 'battery: {percent} %',
  clock: 'clock: read, in steps of {ms} ms',
  notTold: 'not told: {what}',
  failed: 'failed: {step} ({code})',
  'step.open': 'opening',
  'step.identity': 'who it is',
  'step.clock': 'clock',
  'step.condition': 'condition',
  'step.listing': 'listing',
  stopAgent:
    'If the agent runs on this machine, it has the camera. Stop it, record, and start it again: systemctl stop bodydock',
} as const;
