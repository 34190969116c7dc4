// The sheet with a checkpoint of a log of the store, in English.

export const CHECKPOINT_SHEET_EN = {
  title: 'Checkpoint of the store of body-camera recordings',
  intro:
    'The line below stands for every line of the store’s log up to now: which recordings and dockings it confirmed, what it deleted, what was ordered and shown to somebody. It says nothing about what is in a recording, and holds no name. A person who has this sheet can prove later that none of these lines was taken away, added or exchanged since.',
  size: 'Lines',
  root: 'Root over all of them (SHA-256)',
  printed: 'Printed (UTC)',
  check: 'Check digits',
  signature: 'Signature',
  line: 'The line, and as a QR code',
  code: 'The line as a QR code',
  compare:
    'To check it, type the line with its check digits into a text file, or read the QR code into one with a phone, and run:',
  hang: 'Print, sign and hand out or hang up one sheet each day. Nobody needs to read it: it is enough that it is kept.',
} as const;
