// The program `bodydock`: its commands.
import { group, program } from '../../config/command-line.ts';
import { exitOf } from '../../config/exit-codes.ts';
import { tuneHeap } from '../platform/memory.ts';

/** `bodydock keys`. */
export const keys = group({
  name: 'bodydock keys',
  about: 'Keys and certificates of a station and of the store.',
  commands: [
    {
      name: 'make',
      summary: 'make a signing key for a station or for the store, or an identity that opens recordings',
      load: async () => (await import('./keys-make.ts')).makeKeys,
    },
    {
      name: 'show',
      summary: 'show the public half of keys, as the configuration of the other end wants it',
      load: async () => (await import('./keys-show.ts')).showKeys,
    },
    {
      name: 'prove',
      summary: 'prove that a recipient can open what this station seals; release waits for it',
      load: async () => (await import('./keys-prove.ts')).proveKeys,
    },
    {
      name: 'enrol',
      summary:
        'send the store who this station is, and install what it answers: certificate, authorities, pins',
      load: async () => (await import('./keys-enrol.ts')).enrolKeys,
    },
    {
      name: 'rotate',
      summary: 'change the signing key of this station, in two steps',
      load: async () => (await import('./keys-rotate.ts')).rotateKeys,
    },
  ],
});

/** `bodydock spool`. */
export const spool = group({
  name: 'bodydock spool',
  about: 'What waits in the spool. No command changes a recording, and all may run beside the agent.',
  commands: [
    {
      name: 'ls',
      summary: 'list the recordings in the spool: state, age, size, camera, receipt',
      load: async () => (await import('./spool-ls.ts')).listSpool,
    },
    {
      name: 'verify',
      summary: 'check every document, signature and digest, and name what is damaged',
      load: async () => (await import('./spool-verify.ts')).verifySpool,
    },
    {
      name: 'export',
      summary: 'copy sealed recordings out of the spool, and check that each copy is whole',
      load: async () => (await import('./spool-export.ts')).exportFromSpool,
    },
    {
      name: 'quarantine',
      summary: 'list what was set aside: why, since when, what to do',
      load: async () => (await import('./spool-quarantine.ts')).listQuarantine,
    },
    {
      name: 'tries',
      summary: 'list files of cameras at which the agent ended, and let it try them once more',
      load: async () => (await import('./spool-tries.ts')).listTries,
    },
  ],
});

/** `bodydock bays`. */
export const bays = group({
  name: 'bodydock bays',
  about: `
USB and serial ports of this machine. No command opens a device, and both may run beside the agent.
`,
  without: {
    name: 'bays',
    summary: 'list what is plugged in at which port, and which bay that is',
    load: async () => (await import('./bays.ts')).listBays,
  },
  commands: [
    {
      name: 'learn',
      summary: 'learn which port is which bay: put a camera into one bay after the other',
      load: async () => (await import('./bays.ts')).learnBaysCommand,
    },
  ],
});

const simulate = group({
  name: 'bodydock simulate',
  about: 'A camera as a process of its own.',
  commands: [
    {
      name: 'serial',
      summary:
        'a camera that speaks SMP on a pseudo terminal, for a station, for tests, and as an example for makers of cameras',
      load: async () => (await import('./simulate-serial.ts')).simulateSerial,
    },
  ],
});

/** `bodydock camera`. */
export const camera = group({
  name: 'bodydock camera',
  about: 'Cameras that are known to this station.',
  commands: [
    {
      name: 'retire',
      summary: 'take a camera out of use that is lost, broken or given back',
      load: async () => (await import('./camera.ts')).retireCamera,
    },
  ],
});

export const bodydock = program({
  name: 'bodydock',
  about: 'The agent of a docking station for body cameras.',
  exitOf,
  commands: [
    {
      name: 'run',
      summary: 'run the agent of this station in the foreground',
      load: async () => {
        tuneHeap(); // before anything of it is loaded
        return (await import('./run.ts')).run;
      },
    },
    {
      name: 'first-run',
      summary: 'run broker, store and station on this machine with simulated or own cameras',
      load: async () => (await import('./first-run.ts')).firstRunCommand,
    },
    {
      name: 'setup',
      summary: 'set up a pilot on this machine: station, broker and store, by five questions',
      load: async () => (await import('./setup.ts')).setup,
    },
    {
      name: 'check',
      summary: 'check station.yaml, keys, certificates and folders; reports every problem at once',
      load: async () => (await import('./check.ts')).check,
    },
    {
      name: 'doctor',
      summary: 'check everything that a station needs; print each problem with the command that fixes it',
      load: async () => (await import('./doctor.ts')).doctor,
    },
    {
      name: 'status',
      summary: 'show what the agent of this station does now, live',
      load: async () => (await import('./status.ts')).status,
    },
    {
      name: 'keys',
      summary: 'make and show keys, enrol at a store, prove that recipients can open what this station seals',
      load: () => Promise.resolve(keys),
    },
    {
      name: 'bays',
      summary: 'list what is plugged in at which port, learn which port is which bay',
      load: () => Promise.resolve(bays),
    },
    {
      name: 'record-camera',
      summary:
        'record what a camera says, without names and contents, for the people who maintain its driver',
      load: async () => (await import('./record-camera.ts')).recordCameraCommand,
    },
    {
      name: 'camera',
      summary: 'take a camera out of use that is lost, broken or given back',
      load: () => Promise.resolve(camera),
    },
    {
      name: 'spool',
      summary: 'list, verify and export what waits in the spool; list what was set aside, and try it again',
      load: () => Promise.resolve(spool),
    },
    {
      name: 'ls',
      summary: 'list the recordings of a vault by day, camera and state: what there is, and what is due',
      load: async () => (await import('./ls.ts')).listCommand,
    },
    {
      name: 'desk',
      summary: 'answer the page of the office at the store: find recordings, look at them',
      load: async () => (await import('./desk.ts')).desk,
    },
    {
      name: 'verify',
      summary: 'check vaults, spools and recordings: every document, signature, digest and chain',
      load: async () => (await import('./verify.ts')).verify,
    },
    {
      name: 'custody',
      summary: 'show the life of one recording: every step, who, when, and what proves it',
      load: async () => (await import('./custody.ts')).custody,
    },
    {
      name: 'open',
      summary: 'restore the original of one recording under its own name',
      load: async () => (await import('./open.ts')).open,
    },
    {
      name: 'export',
      summary: 'put together what a court’s expert needs, or list what is stored where and who can see it',
      load: async () => (await import('./export.ts')).exportCommand,
    },
    {
      name: 'witness',
      summary: 'print how far the log of the store has come, for paper',
      load: async () => (await import('./witness.ts')).witness,
    },
    {
      name: 'report',
      summary: 'make the report on a pilot from a vault: HTML, CSV, JSON',
      load: async () => (await import('./report.ts')).report,
    },
    {
      name: 'simulate',
      summary: 'be a camera on a serial line, for a station to try itself on',
      load: () => Promise.resolve(simulate),
    },
  ],
  notes: `
--version prints the version. With --json the last line on standard output is one JSON document.

Exit codes: 0 good, 1 finding or failure, 2 usage, 3 ended well with rejected entries, 69 broker or receiver unreachable, 75 second
agent on this spool, 78 configuration or keys.
`,
});
