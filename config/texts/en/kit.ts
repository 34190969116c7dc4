// The page of a kit in English.

export const KIT_EN = {
  title: 'Evidence kit: recording of a body camera',
  other: 'Deutsch: {page}',
  titleDocking: 'Evidence kit: a body camera in its docking station',
  intro:
    'This folder holds {what} of a body camera as a municipality’s store keeps it: sealed, with all signed documents that belong to it. This page says in plain words what lies here, what it proves, and how anybody checks that without the program that made it and without a network.',
  oneRecording: 'one recording',
  recordings: '{count} recordings',
  introDocking:
    'This folder holds the signed record of each time that a body camera was in its docking station ({count} in all): what was on it, and what became of that. There is no recording in it. This page says in plain words what lies here, what it proves, and how anybody checks that without the program that made it and without a network.',
  good: 'Checked when this kit was made, on {at} UTC: every signature, every digest and every chain in it holds, and nothing is missing that the logs say was there. You need not believe that: check it below.',
  bad: 'NOT EVERYTHING IN THIS KIT HOLDS. When it was made, on {at} UTC, {count} findings came up. They stand below and in FINDINGS.txt. The lines below may show what they must all the same: much of what these findings name shows only in the whole vault.',

  shortly: 'In short',
  shortlyText: [
    'When the camera was put into the station, the station listed everything on it before touching anything, read each file once, sealed it at the same time, and signed a document (the manifest) with the digest of the original. A digest is a fingerprint of bytes: change one bit and it is another.',
    'The store checked every byte that arrived against that document and signed a receipt. Neither the station nor the store’s program can open what was sealed: only whoever holds the identity (a secret file) of one of the recipients can.',
    'Station and store each keep a log in which every line names the digest of the line before it. Nothing can be taken out of it or put into it later without breaking the chain, and signed points hold the chain in place.',
    'So these signatures prove: this recording has been, byte for byte, what the station took from the camera, since the moment at which it was sealed.',
  ],
  shortlyDocking: [
    'When the camera was put into the station, the station listed everything on it before touching anything. At the end it signed a record: that list, and what became of each file.',
    'The store signed a receipt for that record, and both keep a log in which every line names the digest of the line before it. So no record can be altered, taken away or slipped in later without showing.',
  ],

  facts: 'Recording {recording}',
  sidecar: 'Accompanying file {recording}',
  docking: 'The camera in the station: docking {docking}',
  factsHead: ['', ''],
  station: 'Station, bay',
  camera: 'Camera',
  cameraText: '{id}; model {model}; serial number {serial}',
  notTold: 'not told',
  kind: 'Kind',
  kinds: {
    media: 'recording (media file)',
    sidecar: 'accompanying file of a recording',
    other: 'other file',
  },
  rejected: 'odd, and kept all the same: {reason}',
  reasons: {
    empty: 'the file is empty',
    'unknown-kind': 'of a kind that the station does not know',
    'odd-name': 'its name is odd',
    damaged: 'parts of it could not be read, and stand in it as zeros',
  },
  recorded: 'Recorded',
  between: 'between {from} and {to}',
  bases: {
    'clock-measured': 'the camera’s clock was compared with the station’s and its time corrected',
    'docking-interval': 'between two dockings of this camera; its clock gave nothing better',
    'clock-unmeasured': 'as the camera claims; its clock was not measured',
  },
  docked: 'In the station',
  dockedText: 'from {from} to {to}',
  ended: {
    unplugged: 'the camera was taken out',
    stopped: 'the station was stopped',
    failed: 'the camera did not answer any more',
    continued: 'the camera stayed in its bay and was listed again',
    'cut-off': 'the station lost power, or was started anew',
  },
  files: 'Files on the camera',
  filesText: '{count}, as listed before anything was touched',
  filesLater: '{listed}; and {count} that showed only later',
  filesIncomplete: '{listed}; the list could not be completed',
  filesNone: 'no list could be taken',
  fates: 'What became of them',
  fateWords: {
    stored: '{count} sealed and stored',
    matched: '{count} known already, compared byte by byte',
    'not-a-file': '{count} no file (a link or the like)',
    waiting: '{count} not taken',
    vanished: '{count} gone before it could be read',
  },
  fatesErased: '{count} erased from the camera afterwards',
  fatesUnseen: '{count} to be erased from the camera afterwards, and nobody could see whether they are gone',
  empty: 'The camera held no file at all: nothing had been recorded that was still on it.',
  nothingNew:
    'The camera held no recording that was not known already, and no file was left out: nothing new had been recorded that was still on it.',
  cameraClock: 'The camera’s clock then',
  cameraClockText: '{offset} s ahead of the station’s (minus: behind), to within {uncertainty} s',
  sealedAt: 'Read and sealed',
  clockGood: '{at} (the station’s clock was set)',
  clockBad: '{at} (whether the station’s clock was set is not known)',
  original: 'Original',
  originalText: '{size} bytes, SHA-256 {digest}',
  sealedFor: 'Sealed for',
  received: 'Received by the store',
  receivedText: '{at} by {receiver}, vault {vault}',
  noReceipt: 'no receipt lies here',
  erased: 'Erased from the camera',
  erasedText: '{at}, after the store’s receipt',
  erasedOpen: 'not known: the camera was told to at {at}, and nobody could see whether the file is gone',
  deleted: 'Deleted by the store',
  deletedText: '{at}, because {reason}; only the documents are left',
  deletedReasons: { expired: 'its time was over', ordered: 'it was ordered' },
  orders: 'Orders',
  orderText: '{verb} on {at}, reason {reason}',
  verbs: { hold: 'hold', unhold: 'no longer hold', delete: 'delete' },
  noManifest: 'The manifest cannot be read: nothing is known about this recording.',

  findings: 'Findings',
  findingsHead: ['What', 'Where and why'],

  log: 'What the logs say',
  logText:
    'What the logs say about these recordings and dockings, in their order; the full lines, and some more, are in the folder log/. Times are those of the clock of station or store.',
  logHead: ['Time (UTC)', 'Who', 'What', 'About'],
  logMore: 'More entries than these {count} stand in the log files.',
  logNone: 'No log with entries on these recordings lies in the vault.',

  contents: 'What lies in this folder',
  contentsHead: ['File', 'What it is'],
  fileWords: {
    page: 'this page, and the same as plain text; in German and in English',
    manifest: 'the station’s signed word on the recording',
    payload: 'the recording, sealed',
    chunks: 'digests of the sealed file, one for each 512 KiB',
    receipt: 'the store’s signed word that it has it',
    deletion: 'the store’s signed word that the sealed file was deleted',
    docking: 'record of the docking: everything that was on the camera, and what became of it',
    order: 'an order about the recording',
    policy: 'what both roles agreed on how long recordings stay, and whose keys sign orders',
    log: 'part of the custody log of the station, or of the store’s own log',
    head: 'a signed point of that log, taken out of it so that minisign can check it',
    proof:
      'ties a receipt to a checkpoint of the store’s log, with what witnesses outside signed of it: “bodydock verify” with their keys says by when it was there',
    stamp: 'time stamp of an authority over the text of such a checkpoint',
    key: 'public keys',
    change: 'changes and revocations of signing keys',
    signature: 'signature of the file of that name',
    chain: 'follows the chain of a log; short, to be read before it is run',
    format: 'the formats in short',
    spec: 'the formats byte by byte',
    sums: 'digests of all files here, for damage on the way',
    findings: 'what did not hold when this kit was made',
  },
  recordingFolder: 'RECORDING',
  dockingFolder: 'DOCKING',

  keys: 'The keys: the one thing to ask for elsewhere',
  keysText:
    'Everything below rests on these public keys. They came with the kit, so on their own they prove only that all of it fits together. Compare the lines with the label on the station, with the municipality’s register of keys, or by telephone. Only then it is proven whose signatures these are.',
  keysHead: ['Key', 'Its line'],
  keyIntroduced: '{file} (named by a change of keys that the kit holds)',
  noKeys: 'No key for the signatures in this kit was known when it was made.',

  check: 'Check it yourself',
  before: [
    'Needed are a Linux shell (bash), minisign and age. Debian, Ubuntu: apt install minisign age. Windows: the same in its Linux subsystem (wsl --install). macOS: brew install bash coreutils minisign age, with the folder libexec/gnubin of coreutils first in the search path. No network is needed afterwards.',
    'Open a terminal, go into this folder (cd), start bash, and type or copy the lines. Below most of them stands what must appear. Each line shows one thing. All of it at once, and what the documents say of each other, is judged by “bodydock verify FOLDER --keys KEYS”: KEYS is a folder with public keys that you have from elsewhere, never those of this kit. A kit has no script that says that everything holds: a person who can forge a kit can forge its script.',
    'First a shorthand for this session: it prints what a signed document says in one of its fields.',
  ],
  identity:
    'To open the recording, say where your identity lies; without one leave out the steps that open. What is opened is written into this folder: show it to nobody who may not see it.',
  identityLine: 'IDENTITY=/path/to/your/identity.txt',
  expected: 'must show',
  steps: {
    sums: {
      title: 'The folder arrived undamaged',
      why: 'Compares every file with the list that was made with the kit. The list is not signed: this shows damage, not forgery.',
    },
    keyDocuments: {
      title: 'Changes of keys',
      why: 'Who holds the old key names the new one, so a key that you have compared vouches for the next. The store’s revocation says from when on a key does not count any more.',
    },
    manifest: {
      title: 'The station’s word',
      why: 'The manifest of each recording was signed with the station’s key and is unaltered since.',
    },
    receipt: {
      title: 'The store’s word',
      why: 'The receipt was signed with the store’s key, is for exactly this manifest, and names the list of digests that the store made itself of what it holds.',
    },
    deletion: {
      title: 'The deletion',
      why: 'The store signed when and why the sealed file was deleted, and names exactly this manifest and receipt.',
    },
    sealed: {
      title: 'The sealed recording',
      why: 'The list of digests is the one that the station named in the signed manifest, and each 512 KiB of the sealed file has the digest on that list: not one byte has changed.',
    },
    original: {
      title: 'The recording itself',
      why: 'Opens it with your identity and compares it with the digest that the station signed while it read the camera. The file can be played afterwards.',
    },
    name: {
      title: 'Its name on the camera',
      why: 'Opens the path that the file had on the camera, compares it with the digest in the manifest, and shows it. It is sealed, since file names often name a person.',
    },
    docking: {
      title: 'The docking',
      why: 'The station signed what was on the camera before anything was touched, and what became of each file; the store signed that it has that record. A missing file would show.',
    },
    revoked: {
      title: 'Before the key was revoked',
      why: 'A key that the store revoked still vouches for what the store had confirmed before: each of these receipts is older than the revocation. Where one is not, or is missing, whoever has that key may have made the document since.',
    },
    orders: {
      title: 'Orders',
      why: 'Each order was signed by an officer and by a supervisor, or by the one of them whose signature lies here.',
    },
    policies: {
      title: 'Policies',
      why: 'Each policy was signed by an officer and by a supervisor. By them it is judged how long this recording had to stay, and when a hold by one role lapsed.',
    },
    log: {
      title: 'The logs',
      why: 'A signed point vouches for the chain, and the chain for every line before it: none was altered, added or taken out. The log names the documents of this kit by their digests. (Some thousand lines take a minute.)',
    },
  },

  limits: 'What this does not prove',
  limitsText: [
    'That the camera recorded all that happened, or that nobody switched it off.',
    'That the camera’s own file was unaltered before the station read it: the station vouches from the moment of reading.',
    'The exact time of the recording, beyond the interval above. The clocks of camera and station were compared where it says so; both are clocks.',
    'Who carried the camera, and who is seen or heard. No document holds a name.',
    'Whose keys these are, unless you compared them (below).',
  ],
  made: 'Made by bodydock {version} on {at} UTC from the vault {vault}.',
};

/** Texts of one language. */
export type KitWords = typeof KIT_EN;
