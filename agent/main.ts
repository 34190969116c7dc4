#!/usr/bin/env node
// The program `bodydock`: starts it in this process. Each command is loaded only when it is called.
import { languageOfLocale } from '../config/language.ts';
import { runProgram } from './platform/run-program.ts';
import { bodydock } from './cli/program.ts';

await runProgram(
  (args, io) => bodydock(args, { ...io, language: languageOfLocale(process.env) }),
  // Also where no station could be put up: what still waits for its disk must not keep the process, which a service manager takes for one
  // that is about to be ready.
  ([name]) => name === 'run',
);
