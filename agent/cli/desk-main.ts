#!/usr/bin/env node
// `bodydock desk` alone, as its unit starts it: the package of the receiver holds it, and a store needs nothing of a station for it.
import { program } from '../../config/command-line.ts';
import { receiverExitOf } from '../../config/exit-codes.ts';
import { runProgram } from '../platform/run-program.ts';
import { desk } from './desk.ts';

const { name, about } = desk.declaration;
const entry = { name: 'desk', summary: name, load: () => Promise.resolve(desk) };
const start = program({ name, about, exitOf: receiverExitOf, without: entry, commands: [] });
await runProgram(start, () => true);
