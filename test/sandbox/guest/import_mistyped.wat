(module (import "dotsync.v1" "write" (func (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "run")))
