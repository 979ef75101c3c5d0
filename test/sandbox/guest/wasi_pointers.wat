;; Bad addresses and numbers in WASI calls; each error number becomes a byte of standard output.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $sock (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $at (mut i32) (i32.const 4096))
  (data (i32.const 0) "\f0\ff\00\00\ff\ff\ff\ff")  ;; a vector that leaves the memory
  (data (i32.const 8) "\00\10\00\00\00\00\00\00")  ;; where the results are; the size is filled in last
  (data (i32.const 64) "payload../x/etc/passwdnew")
  (func $put (param i32)
    (i32.store8 (global.get $at) (local.get 0))
    (global.set $at (i32.add (global.get $at) (i32.const 1))))
  (func $try (param $path i32) (param $size i32) (param $flags i32) (param $rights i64) (result i32)
    (call $open (i32.const 3) (i32.const 0) (local.get $path) (local.get $size) (local.get $flags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 32)))
  (func (export "_start") (local $i i32)
    (call $put (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))            ;; 21
    (call $put (call $fd_write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 32)))        ;; 21
    (call $put (call $fd_write (i32.const 1) (i32.const 0) (i32.const -2147483648) (i32.const 32)))  ;; 28
    (call $put (call $fd_write (i32.const 1) (i32.const 16) (i32.const 0) (i32.const 65533)))        ;; 21
    (call $put (call $fd_write (i32.const 9) (i32.const 16) (i32.const 0) (i32.const 32)))           ;; 8
    (call $put (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))             ;; 21
    (call $put (call $random (i32.const 65536) (i32.const 0)))                                       ;; 0
    (call $put (call $random (i32.const 65536) (i32.const 1)))                                       ;; 21
    (call $put (call $random (i32.const 1) (i32.const -1)))                                          ;; 21
    (call $put (call $args (i32.const -4) (i32.const 0)))                                            ;; 21
    (call $put (call $clock (i32.const 9) (i64.const 0) (i32.const 32)))                             ;; 28
    (call $put (call $poll (i32.const 128) (i32.const 1024) (i32.const 0) (i32.const 32)))           ;; 28
    (call $put (call $poll (i32.const 128) (i32.const 1024) (i32.const 1000000) (i32.const 32)))     ;; 28
    (call $put (call $try (i32.const 71) (i32.const 4) (i32.const 0) (i64.const 2)))                 ;; 76 ../x
    (call $put (call $try (i32.const 75) (i32.const 11) (i32.const 0) (i64.const 2)))                ;; 76 /etc/passwd
    (call $put (call $try (i32.const 86) (i32.const 3) (i32.const 1) (i64.const 2)))                 ;; 69 create
    (call $put (call $try (i32.const 86) (i32.const 3) (i32.const 0) (i64.const 2)))                 ;; 44
    (call $put (call $try (i32.const 64) (i32.const 7) (i32.const 0) (i64.const 64)))                ;; 69 for writing
    (call $put (call $try (i32.const 64) (i32.const 65536) (i32.const 0) (i64.const 2)))             ;; 21
    (call $put (call $try (i32.const 64) (i32.const 60000) (i32.const 0) (i64.const 2)))             ;; 37
    (call $put (call $prestat (i32.const 3) (i32.const 40)))                                         ;; 0
    (call $put (call $prestat (i32.const 4) (i32.const 40)))                                         ;; 8
    (call $put (call $sock (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32)))  ;; 57
    (call $put (call $unlink (i32.const 3) (i32.const 64) (i32.const 7)))                            ;; 69
    (loop $l                                                                                         ;; 12 more fit
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.eqz (call $try (i32.const 64) (i32.const 7) (i32.const 0) (i64.const 2)))))
    (call $put (local.get $i))                                                                       ;; 13
    (call $put (call $close (i32.const 15)))                                                         ;; 0
    (call $put (call $close (i32.const 15)))                                                         ;; 8
    (call $put (call $renumber (i32.const 15) (i32.const 4)))                                        ;; 8
    (i32.store (i32.const 12) (i32.sub (global.get $at) (i32.const 4096)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))))
