// Our programs as they are built: names, modules, and files beside them. What else is in the packages is in systemd/debian.

/** Debian architectures with prebuilt native parts, and how these are named by anybody who built them. */
export const ARCHITECTURES = { amd64: 'linux-x64', arm64: 'linux-arm64' } as const;
export type Architecture = keyof typeof ARCHITECTURES;

/** One program of the package: a name in /usr/bin and the module that it runs. */
export interface Launched {
  readonly name: string;
  readonly module: string;
  /** Whether people type it; else only a unit starts it. */
  readonly isCommand: boolean;
}

export interface Part {
  /** Of the package, and of its command. */
  readonly name: string;
  /** As the manual page names it. */
  readonly summary: string;
  /** Name of its configuration file in /etc/bodydock, without ".yaml". */
  readonly configuration: string;
  /** Other files of the project that the program reads at run time, at the same place below its folder. */
  readonly assets: readonly string[];
  readonly launched: readonly Launched[];
}

/** The agent with its commands. */
export const AGENT: Part = {
  name: 'bodydock',
  summary: 'docking-station agent for body cameras',
  configuration: 'station',
  assets: [
    'protocol/SPEC.md',
    'drivers/simulated/film.mp4',
    ...['bodydock.conf', 'mosquitto.acl', 'mosquitto.example.conf'].map(
      (name) => `systemd/mosquitto/${name}`,
    ),
    ...['html', 'css', 'js'].map((ending) => `agent/screen/page/screen.${ending}`),
    'config/questions.yaml',
    'config/evaluation.yaml',
  ],
  launched: [
    { name: 'bodydock', module: 'agent/main.js', isCommand: true },
    { name: 'mount-helper', module: 'agent/helpers/mount/main.js', isCommand: false },
    { name: 'power-helper', module: 'agent/helpers/power/main.js', isCommand: false },
  ],
};

/** The receiving end of a store. */
export const RECEIVER: Part = {
  name: 'bodydock-receiver',
  summary: 'receiving end of a central store for recordings of body cameras',
  configuration: 'receiver',
  assets: ['config/evaluation.yaml'],
  launched: [
    { name: 'bodydock-receiver', module: 'agent/receiver/main.js', isCommand: true },
    { name: 'desk', module: 'agent/cli/desk-main.js', isCommand: false },
  ],
};
