// SPDX-License-Identifier: Apache-2.0 OR MIT
// The old payload, then a line of a granted variable and the context.  The language has no files; the imports are declared here.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
declare function path_open(folder: i32, lookup: i32, path: usize, size: i32, oflags: i32, rights: u64, below: u64, flags: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, vectors: usize, count: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, size: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_get")
declare function environ_get(names: usize, room: usize): i32;

const ROOM: i32 = 65536;
const room: usize = heap.alloc(ROOM);
const vector: usize = heap.alloc(8);
const out: usize = heap.alloc(8);

function write(data: usize, size: i32): void {
	store<u32>(vector, <u32>data);
	store<u32>(vector + 4, <u32>size);
	assert(fd_write(1, vector, 1, out) == 0 && load<i32>(out) == size);
}

function writeText(text: string): void {
	const bytes = String.UTF8.encode(text);
	write(changetype<usize>(bytes), bytes.byteLength);
}

function copy(name: string): void {
	const path = String.UTF8.encode(name);
	assert(path_open(3, 0, changetype<usize>(path), path.byteLength, 0, 2, 0, 0, out) == 0);
	const fd = load<i32>(out);
	for (;;) {
		store<u32>(vector, <u32>room);
		store<u32>(vector + 4, ROOM);
		assert(fd_read(fd, vector, 1, out) == 0);
		const size = load<i32>(out);
		if (size == 0) break;
		write(room, size);
	}
}

function variable(name: string): string {
	assert(environ_sizes_get(out, out + 4) == 0);
	const count = load<i32>(out);
	const names = heap.alloc(4 * count);
	assert(environ_get(names, heap.alloc(load<i32>(out + 4))) == 0);
	for (let i = 0; i < count; i++) {
		const at: usize = load<u32>(names + 4 * i);
		let size = 0;
		while (load<u8>(at + size) != 0) size++;
		const text = String.UTF8.decodeUnsafe(at, size);
		if (text.startsWith(name + "=")) return text.substring(name.length + 1);
	}
	throw new Error("not granted");
}

const greeting = variable("GREETING");
copy("payload");
writeText(greeting + " ");
copy("context.json");
writeText("\n");
