(module (import "dotsync.v1" "discard" (func (result i64))) (import "host" "payload_size" (func (result i32)))
  (memory (export "memory") 1) (func (export "run")))
