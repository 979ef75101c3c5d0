(module (memory (export "memory") 1) (func $f (param i64) (result i64)
  (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1)) (else (i64.add (i64.const 1) (call $f (i64.sub (local.get 0) (i64.const 1)))))))
 (func (export "_start") (drop (call $f (i64.const 100000000)))))
