// The certificate that goes with the original of a recording, in English.

export const CERTIFICATE_EN = {
  title: 'Certificate for a recording handed over',
  titleSeveral: 'Certificate for {count} recordings handed over',
  intro:
    'This folder holds recordings of a body camera as they were on the camera, ready to be played, and beside them the proof of where they come from. The folder "{proof}" is made for an expert; begin there with INDEX.html.',
  recording: 'Recording {id}',
  file: 'File',
  size: 'Size',
  bytes: '{size} ({bytes} bytes)',
  sha256: 'SHA-256',
  made: 'Made',
  span: '{from} to {to}',
  length: 'Length',
  camera: 'Camera',
  model: '{id} ({model})',
  station: 'Docking station',
  sealed: 'Read and signed by the station',
  receipted: 'Received by the central store',
  noReceipt: 'no receipt',
  zone: 'Times are of the zone {zone}.',
  check: 'Is this file the one that was signed?',
  checkText:
    'Ask for the SHA-256 of the file: it must be the one above, character by character. A file in which one bit was changed has another one.',
  windows: 'Windows (PowerShell)',
  linux: 'Linux, macOS',
  proven: 'What this shows',
  provenItems: [
    'The docking station read exactly these bytes from that camera, and signed their digest before they left the station.',
    'Since then nobody changed them: the digest above is the one in the manifest in "{proof}" that the station signed.',
    'Which disclosures were noted before, and why, is in the custody log; its parts are in "{proof}".',
  ],
  limits: 'What it does not show',
  keys: 'Whose keys signed it: that is for an expert to compare, by the folder "{proof}", with keys that came another way.',
  reason: 'Handed over for: {reason}',
  madeAt: 'Made on {at} by bodydock {version} from the vault {vault}.',
  signed: 'Place, date, signature of the office:',
} as const;
