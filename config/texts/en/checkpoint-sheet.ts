// The sheet with a checkpoint of a log of the store, in English.

export const CHECKPOINT_SHEET_EN = {
  title: 'Checkpoint of the store of body-camera recordings',
  intro:
    'The line below stands for every line of the store’s log up to now: which recordings and dockings it confirmed, what it deleted, what was ordered and shown to somebody. It says nothing about what is in a recording, and holds no name. A person who has this sheet can prove later that none of these lines was taken away, added or exchanged since.',
  size: 'Lines',
  root: 'Root over all of them (SHA-256)',
  printed: 'Printed (UTC)',
  line: 'The line',
  check: 'To check it, type the line, or scan the sheet into a text file, and say:',
  hang: 'Hang this sheet up, or hand it to somebody outside of the house, on the day on which it is printed. Printed on ______________   Signature ______________________',
} as const;
