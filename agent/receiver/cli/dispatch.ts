// The program `bodydock-receiver`: its commands.
import { program, type CommandEntry } from '../../../config/command-line.ts';
import { receiverExitOf } from '../../../config/exit-codes.ts';

const RUN: CommandEntry = {
  name: 'run',
  summary: 'run the receiver in the foreground',
  load: async () => (await import('./run.ts')).run,
};

export const dispatch = program({
  name: 'bodydock-receiver',
  about: `
The receiving end of a central store: takes sealed recordings from stations over MQTT, keeps them in a vault, and gives signed receipts.
Its file is /etc/bodydock/receiver.yaml where --config names no other.
`,
  exitOf: receiverExitOf,
  without: RUN,
  commands: [
    RUN,
    {
      name: 'ca',
      summary:
        'issue certificates for broker, receiver, stations, monitoring and desks; revoke and list them',
      load: async () => (await import('./ca.ts')).ca,
    },
    {
      name: 'check',
      summary: 'check receiver.yaml and the files that it names; with --connect the broker as well',
      load: async () => (await import('./check.ts')).check,
    },
    {
      name: 'doctor',
      summary: 'look at everything that the store needs, and say what is wrong and what to do',
      load: async () => (await import('./doctor.ts')).doctor,
    },
    {
      name: 'enrol',
      summary: 'answer the request of a station: certificate, authorities and pins in one file',
      load: async () => (await import('./enrol.ts')).enrol,
    },
    {
      name: 'expire',
      summary: 'delete what is due or ordered and not held, or show what that would be',
      load: async () => (await import('./expire.ts')).expire,
    },
    {
      name: 'hold',
      summary:
        'keep a recording past its deletion date: make the order for two persons to sign, and place it',
      load: async () => (await import('./order.ts')).hold,
    },
    {
      name: 'unhold',
      summary: 'end the holds of a recording, in the same way',
      load: async () => (await import('./order.ts')).unhold,
    },
    {
      name: 'delete',
      summary: 'delete a recording early, in the same way',
      load: async () => (await import('./order.ts')).deleteEarly,
    },
    {
      name: 'notify',
      summary: 'send one mail, to try whether mails of the store arrive',
      load: async () => (await import('./notify.ts')).notify,
    },
    {
      name: 'orders',
      summary: 'list the orders that count or wait for a signature',
      load: async () => (await import('./orders.ts')).orders,
    },
    {
      name: 'policy',
      summary: 'what both roles agree: make it, place it, show it',
      load: async () => (await import('./policy.ts')).policy,
    },
    {
      name: 'reconcile',
      summary: "compare the stations' logs with the vault: what is lost, missing or not whole",
      load: async () => (await import('./reconcile.ts')).reconcile,
    },
    {
      name: 'restored',
      summary:
        'say, signed, that the vault was restored from a backup: stations then offer again what they hold',
      load: async () => (await import('./restored.ts')).restored,
    },
    {
      name: 'revoke',
      summary: 'let a key of a station count no more',
      load: async () => (await import('./revoke.ts')).revoke,
    },
    {
      name: 'rotate',
      summary: 'change the signing key of the store, in two steps',
      load: async () => (await import('./rotate.ts')).rotate,
    },
    {
      name: 'status',
      summary: 'what the receiver on this machine says of itself, with every condition and what to do',
      load: async () => (await import('./status.ts')).status,
    },
  ],
  notes: `
--version prints the version. With --json the last line on standard output is one JSON document.

Exit codes: 0 good or ended when asked to, 1 failure, 2 usage, 69 the broker is out of reach (check --connect), 75 another receiver works
on the vault, 78 configuration, keys or vault.
`,
});
