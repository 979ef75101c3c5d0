;; The start function runs first and may call; then run, not _start.
(module
  (import "dotsync.v1" "write" (func $write (param i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "S") (data (i32.const 1) "R") (data (i32.const 2) "X") (data (i32.const 3) "I")
  (func $s (drop (call $write (i32.const 0) (i32.const 1))))
  (func (export "_initialize") (drop (call $write (i32.const 3) (i32.const 1))))
  (func (export "run") (result i32) (drop (call $write (i32.const 1) (i32.const 1))) (i32.const 5))
  (func (export "_start") (drop (call $write (i32.const 2) (i32.const 1))))
  (start $s))
