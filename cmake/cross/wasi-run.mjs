// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// node wasi-run.mjs PROGRAM.wasm ARGUMENT...
// Runs a WASI command with this process's environment, folders / and the
// current one, and ends with its exit status.

import { readFile } from 'node:fs/promises';
import { argv, cwd, env, exit } from 'node:process';
import { WASI } from 'node:wasi';

const wasi = new WASI({
	version: 'preview1',
	args: argv.slice(2),
	env,
	returnOnExit: true,
	preopens: { '/': '/', '.': cwd() },
});
const module = await WebAssembly.compile(await readFile(argv[2]));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
exit(wasi.start(instance));
