// What `bodydock setup` says, in English.

export const SETUP_EN = {
  intro: `A pilot on this one machine: station, broker and store. Five questions; nothing is written before the last one. What is in [] counts where nothing is typed.
`,
  'ask.station': '1. Name of this station (a-z, 0-9, "-") [{usual}]: ',
  'ask.host': '2. Name by which other machines will find this one [{usual}]: ',
  'ask.bays':
    '3. Where cameras are put, apart by blanks: folders, or USB ports as `bodydock bays` lists them [{usual}]: ',
  'ask.recipients':
    '4. Who may open recordings: recipients (age1...), apart by blanks; nothing: a new identity is made here [{usual}]: ',
  'ask.roles':
    '5. Public keys of recording officer and superior, in this order: two .pub files or lines "RW..."; nothing: without, for now [{usual}]: ',
  'bad.station': 'a station cannot have this name',
  'bad.host': 'that is no name of a machine',
  'bad.bays': 'that is neither an absolute path nor a USB port',
  'bad.recipients': 'a recipient is "age1" and 58 characters',
  'bad.roles': 'two keys are needed, of two persons, or none',
  noTerminal: 'nobody is at a terminal to ask: name a file of answers with --answers FILE (see --help)',
  noRoot: 'this sets up services: type it as root, or with --no-start to write the files alone',
  noPackages:
    'missing on this machine: {missing}. Install it first: apt install mosquitto, and both packages, bodydock and bodydock-receiver',
  otherBroker:
    '{file} makes this broker one for something else. A pilot needs a broker of its own: take another machine, or move the file away where nothing needs it',
  goesOn: `goes on with the answers in {file}
`,
  made: `made: {file}
`,
  kept: `was there, stays as it is: {file}
`,
  aside: `renamed: {file}, now {aside}
`,
  asideTaken: '{file} is there already, from an earlier time: move it away',
  proven: `proven: the identity opens what this station seals
`,
  started: `started: {unit}
`,
  notGood: `{file} is not good yet. Correct it, then type this command again:
`,
  done: `
Station {station}, store {receiver} and broker are set up. Nobody outside of this machine confirms what such a pilot says: what that means is in the handbook, 10 and 13.
`,
  'next.started': `Next:
`,
  'next.not-started': `No service was started (--no-start). Next, after: systemctl enable --now mosquitto bodydock-receiver bodydock
`,
  'next.identity': `1. Take {folder} off this machine and put a copy into a safe: who has it opens every recording, and without it nobody does. Then delete it here.
`,
  'next.prove': `1. Let each identity prove that it opens, else nothing is ever erased from a camera: bodydock keys prove --ask DIR
`,
  'next.proven': `1. Each identity has proven that it opens what this station seals.
`,
  'next.policy': `2. Let officer and superior sign {folder}/policy.json, as sign.txt beside it says; then: bodydock-receiver policy place {folder}
`,
  'next.policyLater': `2. Once the store runs, make the policy for both roles to sign: bodydock-receiver policy make --out {folder}
`,
  'next.roles': `2. Roles are missing: without an officer and a superior nobody can order to hold or to delete. Put their keys under roles in both files (handbook, 1.5).
`,
  'next.dock': `3. bodydock doctor, then put a camera in: bodydock status. Cameras are not emptied before you change release (handbook, chapter 2).
`,
} as const;
