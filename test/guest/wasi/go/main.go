// SPDX-License-Identifier: Apache-2.0 OR MIT

// The old payload, then a line of a granted variable and the context.  Exits with 3 where it is not as confined as promised.
package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

func isConfined() bool {
	_, passwd := os.ReadFile("/etc/passwd")
	_, above := os.ReadFile("/sync/../etc/passwd")
	_, append := os.OpenFile("/sync/payload", os.O_RDWR|os.O_APPEND, 0)
	return os.WriteFile("/sync/new", []byte("x"), 0o600) != nil && os.Remove("/sync/payload") != nil &&
		append != nil && passwd != nil && above != nil
}

func fail(code int, what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(code)
}

func main() {
	entries, err := os.ReadDir(os.Getenv("SYNC_PATH"))
	greeting := os.Getenv("GREETING")
	if err != nil || len(entries) != 3 || len(os.Args) != 1 || os.Args[0] != "sync.wasm" || greeting == "" || !isConfined() {
		fail(3, err)
	}

	start := time.Now()
	time.Sleep(2 * time.Millisecond)
	if time.Since(start) < 2*time.Millisecond {
		fail(6, "the clock stands still")
	}

	file, err := os.Open(os.Getenv("SYNC_PAYLOAD"))
	if err != nil {
		fail(4, err)
	}
	info, err := file.Stat()
	if err != nil {
		fail(4, err)
	}
	if n, err := io.Copy(os.Stdout, file); err != nil || n != info.Size() {
		fail(4, err)
	}
	context, err := os.ReadFile(os.Getenv("SYNC_CONTEXT"))
	if err != nil {
		fail(5, err)
	}
	fmt.Printf("%s %s\n", greeting, context)
	fmt.Fprintln(os.Stderr, "appended")
}
