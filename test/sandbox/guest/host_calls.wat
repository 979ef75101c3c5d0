;; Makes calls of host.* and stores each result as 4 bytes from 4096 on; then writes them as the payload.
(module
  (import "host" "http_request" (func $http (param i32 i32 i32 i32) (result i32)))
  (import "host" "last_response_size" (func $size (result i32)))
  (import "host" "last_response_read" (func $last (param i32 i32) (result i32)))
  (import "host" "payload_size" (func $psize (result i32)))
  (import "host" "payload_read" (func $read (param i32 i32 i32) (result i32)))
  (import "host" "payload_write" (func $write (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $at (mut i32) (i32.const 4096))
  (data (i32.const 0) "http://a/GET")
  (func $put (param i32)
    (i32.store (global.get $at) (local.get 0))
    (global.set $at (i32.add (global.get $at) (i32.const 4))))
  (func (export "run")
    (call $put (call $http (i32.const 0) (i32.const 9) (i32.const 9) (i32.const 3)))      ;; 200
    (call $put (call $http (i32.const 0) (i32.const -1) (i32.const 9) (i32.const 3)))     ;; -1
    (call $put (call $http (i32.const -1) (i32.const 9) (i32.const 9) (i32.const 3)))     ;; -1
    (call $put (call $http (i32.const 0) (i32.const 9) (i32.const 65535) (i32.const 3)))  ;; -1
    (call $put (call $size))                                                              ;; 5
    (call $put (call $last (i32.const 100) (i32.const 3)))                                ;; 3
    (call $put (call $last (i32.const 100) (i32.const -1)))                               ;; 5
    (call $put (call $last (i32.const 65534) (i32.const 10)))                             ;; -1
    (call $put (call $last (i32.const 65537) (i32.const 0)))                              ;; -1
    (call $put (call $psize))                                                             ;; 10
    (call $put (call $read (i32.const 0) (i32.const 4) (i32.const 200)))                  ;; 4
    (call $put (call $read (i32.const 8) (i32.const 100) (i32.const 200)))                ;; 2
    (call $put (call $read (i32.const 10) (i32.const 4) (i32.const 200)))                 ;; 0
    (call $put (call $read (i32.const 1000) (i32.const 4) (i32.const 200)))               ;; 0
    (call $put (call $read (i32.const 0) (i32.const 0) (i32.const 200)))                  ;; 0
    (call $put (call $read (i32.const 0) (i32.const 4) (i32.const 65534)))                ;; -1
    (call $put (call $read (i32.const -1) (i32.const 4) (i32.const 200)))                 ;; 0
    (call $put (call $read (i32.const 0) (i32.const -1) (i32.const 200)))                 ;; -1
    (call $put (call $read (i32.const 1) (i32.const -1) (i32.const 200)))                 ;; -1
    (call $put (call $write (i32.const -1) (i32.const 4) (i32.const 0)))                  ;; -1
    (call $put (call $write (i32.const 0) (i32.const -1) (i32.const 0)))                  ;; -1
    (call $put (call $write (i32.const 0) (i32.const 4) (i32.const 65534)))               ;; -1
    (call $put (call $write (i32.const 0) (i32.const 65536) (i32.const 0)))               ;; 65536
    (drop (call $write (i32.const 65536) (i32.const 92) (i32.const 4096)))))
