(module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) (memory (export "memory") 1)
  (func (export "_start") (call $abort (i32.const 0) (i32.const 0) (i32.const 12) (i32.const 34))))
