// What `bodydock keys enrol` says, in English.

export const KEYS_EN = {
  requested: `written: {file}, the request of station {station} (key id {keyId})
{about}
`,
  keyMade: 'private key of the certificate: {file} (made now; it stays here)',
  keyKept: 'private key of the certificate: {file} (it was there and is kept)',
  noTls:
    'no certificate is asked for: the configuration names no cert_file and key_file (login by password, or a broker on this machine)',
  fingerprint: `fingerprint:  {fingerprint}
`,
  next: `Take the file to the store and read the fingerprint out by telephone. There: bodydock-receiver enrol {file}
Then here, with the file that comes back: bodydock keys enrol --answer FILE
`,
  answer: `answer of the store “{store}” of {at}
  receivers {receivers}, broker {broker}
  to the request with the fingerprint {fingerprint}
`,
  roles: `  keys of recording officers {officers}, of their superiors {supervisors}: ask both whether these are theirs
`,
  noRoles: `  no keys of roles: this station takes no policy of both from that store, and erases nothing once it was restored
`,
  compare: 'Does the store read out the same fingerprint? Type yes or no: ',
  certificate: `installed: {file}, the client certificate, until {until}
`,
  authorities: `installed: {file}, authorities of the broker ({count})
`,
  pinned: `The configuration pins this store already; nothing to change in it.
`,
  putLines: `For {file} (put the lines in, or type this again with --write):
`,
  wouldChange: `With --write the lines of the file would change like this:
`,
  written: `written into {file}:
`,
  recipients: `Recipients are not in the answer: they come from the people who hold the identities.
`,
  nextCheck: `Next: bodydock check
`,
} as const;
