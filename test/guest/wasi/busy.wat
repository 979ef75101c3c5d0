;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Spends its time inside one call: 128 MiB of random bytes, again and again.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 2048)
  (func (export "_start")
    (loop $again
      (br_if $again (i32.eqz (call $random (i32.const 0) (i32.const 134217728)))))))
