// What the packages are: names, parts, files beside the program, and the words of their control files.

/** Debian architectures with prebuilt native parts, and how these are named by whoever built them. */
export const ARCHITECTURES = { amd64: 'linux-x64', arm64: 'linux-arm64' } as const;
export type Architecture = keyof typeof ARCHITECTURES;

/** A file that goes into the package as it is: from the project, to the root of the file system. */
export interface PlainFile {
  readonly from: string;
  readonly to: string;
}

/** One program of the package: a name in /usr/bin and the module that it runs. */
export interface Launched {
  readonly name: string;
  readonly module: string;
  /** Whether people type it; else only a unit starts it. */
  readonly isCommand: boolean;
}

export interface Part {
  readonly name: string;
  readonly summary: string;
  /** Lines of the long description. */
  readonly description: readonly string[];
  /** Other files of the project that the program reads at run time, at the same place below its folder. */
  readonly assets: readonly string[];
  readonly launched: readonly Launched[];
  readonly depends: readonly string[];
  readonly recommends: readonly string[];
  readonly suggests: readonly string[];
  readonly files: readonly PlainFile[];
  /** Units; the first one is the service that an upgrade starts again. */
  readonly units: readonly string[];
  /** Folders that only root enters. */
  readonly privateFolders: readonly string[];
}

const NODE = 'nodejs (>= 20.19)';
/** RestartSteps= came with 254. */
const SYSTEMD = 'systemd (>= 254)';
/** What the native parts are linked with; of glibc they need 2.28. */
const NATIVE = ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 6)', 'libudev1'];

function unit(name: string): PlainFile {
  return { from: `systemd/${name}`, to: `/usr/lib/systemd/system/${name}` };
}

function systemFiles(name: string): PlainFile[] {
  return [
    { from: `systemd/${name}.sysusers.conf`, to: `/usr/lib/sysusers.d/${name}.conf` },
    { from: `systemd/${name}.tmpfiles.conf`, to: `/usr/lib/tmpfiles.d/${name}.conf` },
  ];
}

/** The agent with its commands. */
export const AGENT: Part = {
  name: 'bodydock',
  summary: 'docking-station agent for body cameras',
  description: [
    'Takes every recording from the body cameras in a docking station, seals and',
    'signs it, keeps it on disk until the store has it, and clears a camera only',
    "when the store's signed receipt is there.",
    '.',
    'Holds the agent with its units and udev rules, and the commands that check',
    'configuration, keys and evidence.',
  ],
  assets: ['protocol/SPEC.md', 'drivers/simulated/film.mp4'],
  launched: [
    { name: 'bodydock', module: 'agent/main.js', isCommand: true },
    { name: 'mount-helper', module: 'agent/helpers/mount/main.js', isCommand: false },
    { name: 'power-helper', module: 'agent/helpers/power/main.js', isCommand: false },
  ],
  depends: [NODE, SYSTEMD, 'udev', ...NATIVE],
  recommends: ['chrony | systemd-timesyncd'],
  suggests: ['age', 'minisign', 'mosquitto'],
  files: [
    unit('bodydock.service'),
    unit('bodydock-mount.service'),
    unit('bodydock-power.service'),
    ...systemFiles('bodydock'),
    { from: 'systemd/70-bodydock.rules', to: '/usr/lib/udev/rules.d/70-bodydock.rules' },
    { from: 'systemd/71-bodydock-leds.rules', to: '/usr/lib/udev/rules.d/71-bodydock-leds.rules' },
    { from: 'config/station.example.yaml', to: '/usr/share/bodydock/station.example.yaml' },
    { from: 'config/station.example.de.yaml', to: '/usr/share/bodydock/station.example.de.yaml' },
    { from: 'config/station.schema.json', to: '/usr/share/bodydock/station.schema.json' },
    ...[
      'handbook.en.md',
      'handbook.de.md',
      'options.en.md',
      'options.de.md',
      'brokers.en.md',
      'brokers.de.md',
      'commands.en.md',
      'commands.de.md',
      'lights.en.html',
      'lights.de.html',
    ].map((name) => ({ from: `config/${name}`, to: `/usr/share/doc/bodydock/${name}` })),
    // Where the examples for monitoring link to.
    ...['SPEC.md', 'asyncapi.yaml'].map((name) => ({
      from: `protocol/${name}`,
      to: `/usr/share/doc/bodydock/protocol/${name}`,
    })),
    { from: 'systemd/only-the-broker.conf', to: '/usr/share/doc/bodydock/examples/only-the-broker.conf' },
    ...[
      'README.md',
      'conditions.md',
      'bodydock-checkmk.py',
      'bodydock-home-assistant.py',
      'telegraf.conf',
      'zabbix-template.yaml',
    ].map((name) => ({
      from: `config/monitoring/${name}`,
      to: `/usr/share/doc/bodydock/examples/monitoring/${name}`,
    })),
  ],
  units: ['bodydock.service', 'bodydock-mount.service', 'bodydock-power.service'],
  privateFolders: ['/etc/bodydock/keys'],
};

/** The receiving end of a store. Without native parts: one package for all architectures. */
export const RECEIVER: Part = {
  name: 'bodydock-receiver',
  summary: 'receiving end of a central store for recordings of body cameras',
  description: [
    'Takes sealed recordings from bodydock stations over MQTT, keeps them in a',
    'vault, gives signed receipts, and deletes what is due. It cannot open what',
    'it keeps.',
  ],
  assets: [],
  launched: [{ name: 'bodydock-receiver', module: 'agent/receiver/main.js', isCommand: true }],
  depends: [NODE, SYSTEMD],
  recommends: ['chrony | systemd-timesyncd'],
  suggests: ['bodydock', 'minisign', 'mosquitto'],
  files: [
    unit('bodydock-receiver.service'),
    ...systemFiles('bodydock-receiver'),
    { from: 'config/receiver.example.yaml', to: '/usr/share/bodydock-receiver/receiver.example.yaml' },
    {
      from: 'config/receiver.example.de.yaml',
      to: '/usr/share/bodydock-receiver/receiver.example.de.yaml',
    },
    { from: 'config/receiver.schema.json', to: '/usr/share/bodydock-receiver/receiver.schema.json' },
    ...['bodydock.conf', 'mosquitto.acl', 'mosquitto.example.conf'].map((name) => ({
      from: `systemd/mosquitto/${name}`,
      to: `/usr/share/doc/bodydock-receiver/examples/${name}`,
    })),
  ],
  units: ['bodydock-receiver.service'],
  privateFolders: ['/etc/bodydock/keys'],
};
