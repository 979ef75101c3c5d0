;; Grows page by page, writes on each, until refused; exits with the number of pages.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $p i32)
    (loop $l
      (local.set $p (memory.grow (i32.const 1)))
      (if (i32.ne (local.get $p) (i32.const -1))
        (then (i32.store (i32.mul (local.get $p) (i32.const 65536)) (i32.const 1)) (br $l))))
    (if (i32.ne (memory.grow (i32.const 65535)) (i32.const -1)) (then (unreachable)))
    (call $exit (memory.size))))
