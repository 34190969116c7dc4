// What `bodydock-receiver ca` says, in English.

export const AUTHORITY_EN = {
  made: `made: {folder}, the authority of this house for certificates, until {until}
{folder}/ca-key.pem is secret: who has it can let anybody into the broker. Keep a copy of the folder in a safe.
Next: bodydock-receiver ca issue NAME --role broker|receiver|station|monitoring|desk-server|viewer|officer
`,
  kept: `{folder} is an authority already, until {until}: what was there is as it was
`,
  issued: `issued: {name} as {role}, until {until}
`,
  file: `  {file}
`,
  secret: `  {file} (secret)
`,
  password: `The password of {file} is in {password}: give it to the person by another way than the file.
`,
  revoked: `revoked: {name} as {role}, serial number {serial}
`,
  revocations: `the list of all that are revoked: {file}
`,
  nextRevoke: `It counts once it is beside the certificate of the broker (crlfile in mosquitto.conf) and: systemctl restart mosquitto
For the desk it counts once it is at desk.crl_file of receiver.yaml (--out /etc/bodydock/desk) and: systemctl restart bodydock-desk
What the signing key of a station signed counts as before. Where that key may be in wrong hands: bodydock-receiver revoke
`,
  authority: `{folder}: authority until {until} ({days} days)
`,
  none: `Nothing has been issued yet.
`,
  head: 'name|role|state|until|days|serial number',
  valid: 'valid',
  ended: 'ended',
  'is-revoked': 'revoked',
  soon: {
    one: 'One certificate ends within {within} days: issue it again with the same command.\n',
    other: '{count} certificates end within {within} days: issue them again with the same command.\n',
  },
  'authority.missing':
    '{folder} holds no authority of certificates: make one with `bodydock-receiver ca init`, or name another folder with --ca',
  'authority.in-use': 'another command is changing the authority in {folder}: try again once it has ended',
  'authority.name-taken':
    '{name} has a certificate as {role} already, and a broker knows clients by name alone: take another name, or revoke that one first',
  'authority.key-revoked':
    'the certificate of {name} with this private key was revoked, and others may have that key: move it away, so that a new one is made',
  'authority.unknown-name':
    'the authority in {folder} issued nothing for {name}: `bodydock-receiver ca list` shows the names',
  otherFile:
    '{file} is there and is not of {name} by this authority: name another folder with --out, or move it away',
  noName: '`ca {command}` wants a name',
  noRole:
    '--role is missing: broker, receiver, station, monitoring, desk-server, desk, viewer, evaluator, officer, supervisor or auditor',
  badDays: '--days {days}: a whole number from 1 to {most}',
  badHost: '--host {host} is no name of a machine and no address',
  noHost: '--host is for broker and desk-server alone',
  'name.broker':
    '{name} cannot be the name of a server: it is the name of the machine, such as broker.example.org',
  'name.receiver':
    '{name} cannot be the name of a receiver: it is the id of receiver.yaml, "r-" and a-z, 0-9, "-"',
  'name.station':
    '{name} cannot be the name of a station: it is the id of station.yaml, a-z, 0-9, "-", without "r-" in front',
  'name.monitoring':
    '{name} cannot be the name of a monitoring tool: a-z, 0-9, "-", without "r-" in front, and as the ACL of the broker names it',
  'name.desk': '{name} cannot be the name of a desk: a-z, 0-9, "-", without "r-" in front',
} as const;
