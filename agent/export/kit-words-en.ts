// The page of a kit in English. `{}` stands for a value. German is kit-words-de.ts, of the same shape.
import type { KitStepKind } from './kit-steps.ts';

/** Title and reason of one step. */
export interface StepWords {
  readonly title: string;
  readonly why: string;
}

export const KIT_EN = {
  title: 'Evidence kit: recording of a body camera',
  other: 'Deutsch: {}',
  intro:
    'This folder holds {} of a body camera as a municipality’s store keeps it: sealed, with all signed documents that belong to it. This page says in plain words what lies here, what it proves, and how anybody checks that without the program that made it and without a network. Every command below was made for exactly these files.',
  oneRecording: 'one recording',
  recordings: '{} recordings',
  good: 'Checked when this kit was made, on {} UTC: every signature, every digest and every chain in it holds. You need not believe that: check it below.',
  bad: 'NOT EVERYTHING IN THIS KIT HOLDS. When it was made, on {} UTC, {} findings came up. They stand below and in FINDINGS.txt.',

  shortly: 'In short',
  shortlyText: [
    'When the camera was put into the station, the station read each file once, sealed it at the same time, and signed a document (the manifest) with the digest of the original. A digest is a fingerprint of bytes: change one bit and it is another.',
    'The store checked every byte that arrived against that document and signed a receipt. Neither the station nor the store’s program can open what was sealed: only whoever holds the identity (a secret file) of one of the recipients can.',
    'Station and store each keep a log in which every line names the digest of the line before it. Nothing can be taken out of it or put into it later without breaking the chain, and signed points hold the chain in place.',
    'So these signatures prove: this recording has been, byte for byte, what the station took from the camera, since the moment at which it was sealed.',
  ],

  facts: 'Recording {}',
  sidecar: 'Accompanying file {}',
  factsHead: ['', ''],
  station: 'Station, bay',
  camera: 'Camera',
  cameraText: '{}; model {}; serial number {}',
  notTold: 'not told',
  kind: 'Kind',
  kinds: {
    media: 'recording (media file)',
    sidecar: 'accompanying file of a recording',
    other: 'other file',
  },
  rejected: 'odd, and kept all the same: {}',
  recorded: 'Recorded',
  between: 'between {} and {}',
  bases: {
    'clock-measured': 'the camera’s clock was compared with the station’s and its time corrected',
    'docking-interval': 'between two dockings of this camera; its clock gave nothing better',
    'clock-unmeasured': 'as the camera claims; its clock was not measured',
  },
  docked: 'In the station',
  dockedText: 'from {} to {}',
  cameraClock: 'The camera’s clock then',
  cameraClockText: '{} s ahead of the station’s (minus: behind), to within {} s',
  sealedAt: 'Read and sealed',
  clockGood: '{} (the station’s clock was set)',
  clockBad: '{} (whether the station’s clock was set is not known)',
  original: 'Original',
  originalText: '{} bytes, SHA-256 {}',
  sealedFor: 'Sealed for',
  received: 'Received by the store',
  receivedText: '{} by {}, vault {}',
  noReceipt: 'no receipt lies here',
  erased: 'Erased from the camera',
  erasedText: '{}, after the store’s receipt',
  deleted: 'Deleted by the store',
  deletedText: '{}, because {}; only the documents are left',
  deletedReasons: { expired: 'its time was over', ordered: 'it was ordered' },
  orders: 'Orders',
  orderText: '{} on {}, reason {}',
  verbs: { hold: 'hold', unhold: 'no longer hold', delete: 'delete' },
  noManifest: 'The manifest cannot be read: nothing is known about this recording.',

  findings: 'Findings',
  findingsHead: ['What', 'Where and why'],

  log: 'What the logs say',
  logText:
    'The entries about these recordings and their dockings, in the order of the logs; the full lines are in the folder log/. Times are those of the clock of station or store.',
  logHead: ['Time (UTC)', 'Who', 'What', 'About'],
  logMore: 'More entries than these {} stand in the log files.',
  logNone: 'No log with entries on these recordings lies in the vault.',

  files: 'What lies in this folder',
  filesHead: ['File', 'What it is'],
  fileWords: {
    manifest: 'the station’s signed word on the recording',
    payload: 'the recording, sealed',
    chunks: 'digests of the sealed file, one for each 512 KiB',
    receipt: 'the store’s signed word that it has the recording',
    deletion: 'the store’s signed word that the sealed file was deleted',
    docking: 'record of the docking: everything that was on the camera, and what became of it',
    order: 'an order about the recording',
    log: 'part of the custody log of {}',
    head: 'a signed point of that log, taken out of it so that minisign can check it',
    key: 'public key',
    introduced: 'public key, as a change of keys in this kit names it',
    change: 'change or revocation of a signing key',
    witness: 'the store’s witness of a day: one digest over all that came in it',
    signature: 'its signature lies beside it (.minisig)',
    check: 'the commands of this page, for a Linux shell',
    chain: 'follows the chain of a log; short, to be read before it is run',
    format: 'the formats in short',
    spec: 'the formats byte by byte',
    sums: 'digests of all files here, for damage on the way',
    findings: 'what did not hold when this kit was made',
    page: 'this page in English',
    otherPage: 'this page in German',
  },

  keys: 'The keys: the one thing to ask for elsewhere',
  keysText:
    'Everything below rests on these public keys. They came with the kit, so on their own they prove only that all of it fits together. Compare the lines with the label on the station, with the municipality’s register of keys, or by telephone. Only then it is proven whose signatures these are.',
  keysHead: ['Key', 'Its line'],
  keyIntroduced: '{} (named by a change of keys that the kit holds)',
  noKeys: 'No key for the signatures in this kit was known when it was made.',

  check: 'Check it yourself: {}',
  systems: { linux: 'Linux', macos: 'macOS', windows: 'Windows' },
  before: {
    linux: [
      'Install minisign and age (Debian, Ubuntu: apt install minisign age); everything else is there. Open a terminal, go into this folder (cd), start bash, and type the lines.',
      'To open the recording, say once where your identity lies; without one leave out the steps that open. What is opened is written into this folder: show it to nobody who may not see it.',
    ],
    macos: [
      'Install minisign and age (brew install minisign age); everything else is there. Open Terminal, go into this folder (cd), and type the lines. What each step means stands above, under Linux.',
      'To open the recording, say once where your identity lies:',
    ],
    windows: [
      'Put minisign.exe and age.exe (from the pages of their makers, jedisct1.github.io/minisign and age-encryption.org) into this folder or the search path, and open PowerShell in this folder. What each step means stands above, under Linux.',
      'To open the recording, say once where your identity lies:',
    ],
  },
  identity: {
    linux: 'IDENTITY=/path/to/your/identity.txt',
    macos: 'IDENTITY=/path/to/your/identity.txt',
    windows: "$IDENTITY = 'C:\\path\\to\\your\\identity.txt'",
  },
  expected: 'must show',
  nothing: 'must show nothing, or only the text itself',
  steps: {
    sums: {
      title: 'The folder arrived undamaged',
      why: 'Compares every file with the list that was made with the kit. The list is not signed: this shows damage, not forgery.',
    },
    keyDocuments: {
      title: 'Changes of keys',
      why: 'Who holds the old key names the new one. So a key that you have compared vouches for the next.',
    },
    manifest: {
      title: 'The station’s word: {}',
      why: 'The manifest was signed with the station’s key and is unaltered since.',
    },
    receipt: {
      title: 'The store’s word: {}',
      why: 'The receipt was signed with the store’s key, and is for exactly this manifest.',
    },
    deletion: {
      title: 'The deletion: {}',
      why: 'The store signed when and why the sealed file was deleted, and names exactly this manifest and receipt.',
    },
    chunks: {
      title: 'The list of digests: {}',
      why: 'It is the one that the station named in the signed manifest.',
    },
    units: {
      title: 'The sealed recording: {}',
      why: 'Each 512 KiB of it has the digest on that list: not one byte of the sealed file has changed.',
    },
    original: {
      title: 'The recording itself: {}',
      why: 'Opens it with your identity and compares it with the digest that the station signed while it read the camera. The file can be played afterwards.',
    },
    name: {
      title: 'Its name on the camera: {}',
      why: 'Prints the path that the file had on the camera. It is sealed, since file names often name a person.',
    },
    docking: {
      title: 'The docking: {}',
      why: 'The station signed what was on the camera before anything was touched. The docking record lists every file with its fate, so a missing one would show.',
    },
    orders: {
      title: 'Orders',
      why: 'Each order was signed by an officer and by a supervisor.',
    },
    log: {
      title: 'The log: {}',
      why: 'A signed point vouches for the chain, and the chain for every line before it: none was altered, added or taken out. (Some thousand lines take a minute.)',
    },
    witness: {
      title: 'The witness of the day',
      why: 'The store signed one root over everything that came on the day of the receipt. Where its line was printed and hung up, this one must be the same:',
    },
  } satisfies Record<KitStepKind, StepWords>,

  limits: 'What this does not prove',
  limitsText: [
    'That the camera recorded all that happened, or that nobody switched it off.',
    'That the camera’s own file was unaltered before the station read it: the station vouches from the moment of reading.',
    'The exact time of the recording, beyond the interval above. The clocks of camera and station were compared where it says so; both are clocks.',
    'Who carried the camera, and who is seen or heard. No document holds a name.',
    'Whose keys these are, unless you compared them (above).',
  ],
  made: 'Made by bodydock {} on {} UTC from the vault {}.',
};

/** Texts of one language. */
export type KitWords = typeof KIT_EN;
