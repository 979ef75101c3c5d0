(module (memory (export "memory") 1) (func $s (unreachable)) (func (export "_start")) (start $s))
