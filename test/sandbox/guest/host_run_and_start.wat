(module
  (import "host" "payload_write" (func $write (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (unreachable))
  (func (export "run") (drop (call $write (i32.const 0) (i32.const 0) (i32.const 0)))))
