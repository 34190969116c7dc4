// What `bodydock ls` says, in English.

export const LIST_EN = {
  recording: 'RECORDING',
  made: 'MADE',
  duration: 'LENGTH',
  size: 'SIZE',
  camera: 'CAMERA',
  station: 'STATION',
  state: 'STATE',
  span: '{from} to {to}',
  claimed: '{at} ?',
  sealed: 'sealed {at}',
  'state.waiting': 'no receipt yet',
  'state.kept': 'kept until {until}',
  'state.due': 'due since {until}',
  'state.held': 'held until {until}',
  'state.heldOpen': 'held',
  'state.deleted': 'deleted {until}',
  locked: 'marked as evidence',
  unusual: 'unusual: {reason}',
  'role.sidecar': 'accompanying file',
  'role.other': 'other file',
  none: 'No recording fits. In the vault: {recordings} recordings, {others} other files.\n',
  sum: {
    one: '{count} recording, {size}. In the vault: {recordings} recordings, {others} other files.\n',
    other: '{count} recordings, {size}. In the vault: {recordings} recordings, {others} other files.\n',
  },
  files: {
    one: '{count} file, {size}. In the vault: {recordings} recordings, {others} other files.\n',
    other: '{count} files, {size}. In the vault: {recordings} recordings, {others} other files.\n',
  },
  askClaimed: '?: as the file says; the clock of that camera was not measured.\n',
  next: 'The life of one: bodydock custody {short} --vault {vault}\n',
  unproven: {
    one: '{count} folder or document is not listed: it does not verify with these keys ({where}); "bodydock verify" says why\n',
    other:
      '{count} folders or documents are not listed: they do not verify with these keys ({where}); "bodydock verify" says why\n',
  },
} as const;
