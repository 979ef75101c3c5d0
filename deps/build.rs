// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Wasmtime's headers exist only after the build script of its C API has run.
// This copies them to the folder named by DSYNC_DEPS_INCLUDE, which deps/build
// sets; a plain `cargo build` without it just builds the library.

use std::{env, fs, io, path::Path};

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=DSYNC_DEPS_INCLUDE");
    let Some(to) = env::var_os("DSYNC_DEPS_INCLUDE") else {
        return Ok(());
    };
    let from = env::var_os("DEP_WASMTIME_C_API_INCLUDE")
        .ok_or_else(|| io::Error::other("the C API of Wasmtime did not say where its headers are"))?;
    copy_tree(Path::new(&from), Path::new(&to))
}
