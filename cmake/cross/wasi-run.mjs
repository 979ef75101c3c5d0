// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// node wasi-run.mjs PROGRAM.wasm ARGUMENT...
// Runs a WASI command with this process's environment, the current folder and those
// that the tests' variables name, and ends with its exit status.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { argv, cwd, env, exit } from 'node:process';
import { WASI } from 'node:wasi';

// Not "/": wasi-libc cannot tell it from ".", and the last of the two would win.
const preopens = { '.': cwd() };
for (const folder of [env.DOTSYNC_SOURCE, env.DOTSYNC_BUILD, env.DOTSYNC_VECTORS])
	if (folder && existsSync(folder))
		preopens[folder] = folder;

const wasi = new WASI({
	version: 'preview1',
	args: argv.slice(2),
	env,
	returnOnExit: true,
	preopens,
});
const module = await WebAssembly.compile(await readFile(argv[2]));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
exit(wasi.start(instance));
