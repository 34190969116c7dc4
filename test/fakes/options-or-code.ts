// What a command line asks for, or the exit code of a program that has nothing more to do.
const EXIT_GOOD = 0;
const EXIT_USAGE = 2;

/** `parse` gives undefined where help was asked for, and throws what is wrong with the words; both are printed here. */
export function optionsOrCode<Options extends object>(
  parse: () => Options | undefined,
  help: string,
): Options | number {
  try {
    const options = parse();
    if (options !== undefined) return options;
    console.log(help);
    return EXIT_GOOD;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    return EXIT_USAGE;
  }
}
