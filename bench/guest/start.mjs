// SPDX-License-Identifier: Apache-2.0 OR MIT
// Runs a WASI command as node does it: node --no-warnings start.mjs MODULE.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: [], env: {} });
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
