#!/usr/bin/env node
// The program `bodydock-receiver`: starts it in this process. Each command is loaded only when it is called.
import { languageOfLocale } from '../../config/language.ts';
import { runProgram } from '../platform/run-program.ts';
import { tuneHeap } from '../platform/memory.ts';

tuneHeap(); // before anything is loaded
await runProgram(
  async (args, io) => {
    const { dispatch } = await import('./cli/dispatch.ts');
    return dispatch(args, { ...io, language: languageOfLocale(process.env) });
  },
  ([name]) => name === 'run',
);
