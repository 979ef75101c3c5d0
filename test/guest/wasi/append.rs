// SPDX-License-Identifier: Apache-2.0 OR MIT
//! The old payload, then a line of a granted variable and the context.  Exits with 3 where it is not as confined as promised.
use std::io::{Read, Seek, SeekFrom, Write};
use std::{env, fs, process};

fn is_confined() -> bool {
	fs::write("/sync/new", "x").is_err()
		&& fs::remove_file("/sync/payload").is_err()
		&& fs::OpenOptions::new().append(true).open("/sync/payload").is_err()
		&& fs::read("/etc/passwd").is_err()
		&& fs::read("/sync/../etc/passwd").is_err()
}

fn main() -> std::io::Result<()> {
	let greeting = env::var("GREETING").unwrap_or_default();
	let names: Vec<String> = fs::read_dir(env::var("SYNC_PATH").unwrap())?.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
	if env::args().collect::<Vec<_>>() != ["sync.wasm"] || greeting.is_empty() || names != ["payload", "context.json", "manifest.toml"] || !is_confined() {
		process::exit(3);
	}

	let path = env::var("SYNC_PAYLOAD").unwrap();
	let mut old = Vec::new();
	let mut file = fs::File::open(&path)?;
	file.seek(SeekFrom::End(0))?;
	file.rewind()?;
	file.read_to_end(&mut old)?;
	if old.len() as u64 != fs::metadata(&path)?.len() {
		process::exit(4);
	}
	let mut out = std::io::stdout().lock();
	out.write_all(&old)?;
	writeln!(out, "{} {}", greeting, fs::read_to_string(env::var("SYNC_CONTEXT").unwrap())?)?;
	eprintln!("appended");
	out.flush()
}
