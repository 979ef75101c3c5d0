// SPDX-License-Identifier: Apache-2.0 OR MIT
pub use wasmtime_c_api::*;
