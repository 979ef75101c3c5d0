// SPDX-License-Identifier: Apache-2.0 OR MIT

//go:build wasip1

// Package dotsync is for updaters in Go: the contract dotsync.v1 of guest/dotsync.h, call for call.
//
// An updater is a module that exports memory and run.  dotsync calls it when the archive's data is stale; it asks
// for new data, appends it to the new payload, and says how it went.  Without that, or after a panic, nothing changes.
//
//	package main
//
//	import "dotsync"
//
//	//go:wasmexport run
//	func run() { dotsync.Run(update) }
//
//	func update() (dotsync.Outcome, error) {
//		answer, err := dotsync.Fetch("GET https://example.com/data.txt", nil, dotsync.Conditional)
//		if err != nil {
//			return dotsync.Failed, err
//		}
//		defer answer.Close()
//		if answer.Status() == 304 {
//			return dotsync.Unchanged, nil
//		}
//		_, err = dotsync.Copy(answer.Source(), 0, dotsync.All)
//		return dotsync.Updated, err
//	}
//
//	func main() {}
//
// Build: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -o updater.wasm (Go 1.24 or newer).  After
// Finish nothing but Log is to be called: ErrState.  The contract is frozen: additions are new import modules.
package dotsync

import (
	"io"
	"unsafe"
)

// Error says why a call failed; it is one of the Err constants.
type Error int64

const (
	ErrFault   Error = -1  // an address range that is not in the guest's memory
	ErrInval   Error = -2  // a value that makes no sense: bad URL, unknown source, negative offset
	ErrNoent   Error = -3  // no such header, environment name, context, key
	ErrDenied  Error = -4  // the policy forbids it: host, address, header, sealed context
	ErrNet     Error = -5  // name not found, refused, cut off, TLS
	ErrTimeout Error = -6  // the time of the run or of the request is over
	ErrLimit   Error = -7  // too many requests, bytes, open responses; payload too large
	ErrState   Error = -8  // not possible now: read out of order, call after finish
	ErrIO      Error = -9  // the host could not read or store (disk full)
	ErrUnknown Error = -10 // a key or call that this host does not know
)

var texts = [...]string{"", "address range outside the memory", "value that makes no sense", "not there", "denied by the policy",
	"network failure", "time is over", "limit reached", "not possible now", "the host could not read or store", "not known"}

func (e Error) Error() string {
	if e >= 0 || int(-e) >= len(texts) {
		e = ErrUnknown
	}
	return texts[-e]
}

// Outcome says how it went.
type Outcome int32

const (
	Failed       Outcome = 0
	Unchanged    Outcome = 1 // the data is as fresh as now
	Updated      Outcome = 2 // what was written is the new payload; if nothing was, nothing changes
	UpdatedEmpty Outcome = 3 // the new payload is empty, and meant to be
)

// Level is that of a line of log.
type Level int32

const (
	LevelDebug   Level = 0
	LevelInfo    Level = 1
	LevelWarning Level = 2
	LevelError   Level = 3
)

// What Get(KeyReason) tells: its TTL is over, somebody wants it now, a payload was pushed, there is no payload yet.
const (
	Stale  = 0
	Forced = 1
	Push   = 2
	First  = 3
)

// Key names what Get tells.
type Key int32

const (
	KeyNow        Key = 0 // milliseconds since 1970
	KeyReason     Key = 1 // why it runs: Stale and the others
	KeySealed     Key = 2 // 1 when manifest and context must not change
	KeyWallMs     Key = 3 // milliseconds left; every byte received extends it
	KeyCPUMs      Key = 4 // milliseconds of computing left
	KeyRequests   Key = 5 // requests left
	KeyBytesIn    Key = 6 // bytes that may still be received
	KeyLogBytes   Key = 7 // bytes of log left
	KeyMemoryMax  Key = 8 // limit of the guest's memory, bytes
	KeyPayloadMax Key = 9 // limit of the new payload, bytes
)

// Source is something that can be read: a constant here, or Response.Source.
type Source int32

const (
	Payload  Source = 0 // the payload as it is
	Context  Source = 1 // context.json
	Manifest Source = 2 // manifest.toml
	Pushed   Source = 3 // what was pushed; it becomes the payload, whatever is written, unless the outcome is Failed
	Release  Source = 4 // the release that was verified
)

const (
	Conditional int32 = 1  // for Fetch: the host adds the validators that it kept for this very request
	All         int64 = -1 // for Copy: the rest
)

//go:wasmimport dotsync.v1 get
func get(key int32) int64

//go:wasmimport dotsync.v1 env
func env(name string, out unsafe.Pointer, size int32) int64

//go:wasmimport dotsync.v1 fetch
func fetch(head string, body unsafe.Pointer, bodySize int32, flags int32) int64

//go:wasmimport dotsync.v1 status
func status(handle int32) int64

//go:wasmimport dotsync.v1 header
func header(handle int32, name string, out unsafe.Pointer, size int32) int64

//go:wasmimport dotsync.v1 close
func closeHandle(handle int32) int64

//go:wasmimport dotsync.v1 size
func size(source int32) int64

//go:wasmimport dotsync.v1 read
func read(source int32, off int64, out unsafe.Pointer, size int32) int64

//go:wasmimport dotsync.v1 write
func write(data unsafe.Pointer, size int32) int64

//go:wasmimport dotsync.v1 copy
func copyRange(source int32, off int64, length int64) int64

//go:wasmimport dotsync.v1 discard
func discard() int64

//go:wasmimport dotsync.v1 set_context
func setContext(json string) int64

//go:wasmimport dotsync.v1 random
func random(out unsafe.Pointer, size int32) int64

//go:wasmimport dotsync.v1 sleep
func sleep(ms int64) int64

//go:wasmimport dotsync.v1 log
func log(level int32, text string) int64

//go:wasmimport dotsync.v1 progress
func progress(done int64, total int64) int64

//go:wasmimport dotsync.v1 finish
func finish(outcome int32, retry int64, message string) int64

func check(value int64) (int64, error) {
	if value < 0 {
		return 0, Error(value)
	}
	return value, nil
}

func failure(value int64) error {
	_, err := check(value)
	return err
}

func start(data []byte) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(data))
}

// text asks twice, since the length is known only after the first call.
func text(call func(out unsafe.Pointer, size int32) int64) (string, error) {
	length, err := check(call(nil, 0))
	if err != nil {
		return "", err
	}
	out := make([]byte, length)
	_, err = check(call(start(out), int32(length)))
	return string(out), err
}

// Run calls update and says how it went; an error becomes Finish(Failed, 0, its text).  A Finish of its own came first and counts.
func Run(update func() (Outcome, error)) {
	outcome, err := update()
	if err != nil {
		Finish(Failed, 0, err.Error())
	} else {
		Finish(outcome, 0, "")
	}
}

// Get tells one number about this run; ErrUnknown for other keys.
func Get(key Key) (int64, error) {
	return check(get(int32(key)))
}

// Env is the value of an environment variable.  ErrDenied unless the manifest asks for it (permissions.allow_env) and the user
// granted it; ErrNoent where it is not set.
func Env(name string) (string, error) {
	return text(func(out unsafe.Pointer, size int32) int64 { return env(name, out, size) })
}

// Response is an answer; its body is a Source.
type Response struct {
	handle int32
}

// Fetch sends a request and waits for the head of the answer.  head (at most 61440 bytes) is "METHOD URL" and then "\nname: value" for
// each header, at most 32; body may be empty.  With Conditional the host adds the validators it kept for this very request (same
// method, URL and headers), and the answer may be 304.  Any status is an answer; ErrNet, ErrTimeout, ErrDenied and ErrLimit say
// that there is none.  Redirects are followed by the host where the policy allows.  At most 8 answers are open at once, and 64
// requests are made in a run.
func Fetch(head string, body []byte, flags int32) (*Response, error) {
	handle, err := check(fetch(head, start(body), int32(len(body)), flags))
	if err != nil {
		return nil, err
	}
	return &Response{int32(handle)}, nil
}

// Status is that of the answer, such as 200.
func (r *Response) Status() int64 {
	return status(r.handle)
}

// Header is a header of the answer (name without case); ErrNoent where there is none.
func (r *Response) Header(name string) (string, error) {
	return text(func(out unsafe.Pointer, size int32) int64 { return header(r.handle, name, out, size) })
}

// Source is the body, for Read, Copy and NewReader.
func (r *Response) Source() Source {
	return Source(r.handle)
}

// Close forgets the answer; what was not read is not received.
func (r *Response) Close() error {
	return failure(closeHandle(r.handle))
}

// Size tells the bytes of a source; ErrNoent where there is none.  Of an answer: its Content-Length, or ErrNoent.
func Size(source Source) (int64, error) {
	return check(size(int32(source)))
}

// Read copies bytes of a source or an answer's body to out; returns their number, less than asked for only where it ends, 0 at the
// end.  An answer is read in order: off is where the last read ended, else ErrState; one cut off is ErrNet.
func Read(source Source, off int64, out []byte) (int, error) {
	got, err := check(read(int32(source), off, start(out), int32(len(out))))
	return int(got), err
}

// Write appends to the new payload, which begins empty; ErrLimit (KeyPayloadMax), ErrIO (disk full).
func Write(data []byte) (int, error) {
	done, err := check(write(start(data), int32(len(data))))
	return int(done), err
}

// Copy appends a range of a source or answer to the new payload without passing through the guest; length may be All.  Returns the bytes
// copied.  After an error some of them may have been appended: Discard before writing something else.
func Copy(source Source, off int64, length int64) (int64, error) {
	return check(copyRange(int32(source), off, length))
}

// Discard forgets the new payload written so far.
func Discard() error {
	return failure(discard())
}

// SetContext replaces context.json (UTF-8) when the run succeeds; ErrDenied in sealed archives.
func SetContext(json string) error {
	return failure(setContext(json))
}

// Random fills out with random bytes, good enough for keys.
func Random(out []byte) error {
	return failure(random(start(out), int32(len(out))))
}

// Sleep waits; ErrTimeout when the run's time (KeyWallMs) is over first.
func Sleep(ms int64) error {
	return failure(sleep(ms))
}

// Log is a line, or lines, for whoever looks (dotsync refresh -v); ErrLimit when KeyLogBytes are used up, and what does not fit is dropped.
func Log(level Level, text string) error {
	return failure(log(int32(level), text))
}

// Progress is for people watching: bytes done of bytes in all (0: unknown).
func Progress(done, total int64) error {
	return failure(progress(done, total))
}

// Finish says how it went, once; Run does it with what update returns.  After a failure retrySeconds > 0 asks to be tried again no
// earlier than that; the message is for people.
func Finish(outcome Outcome, retrySeconds int64, message string) error {
	return failure(finish(int32(outcome), retrySeconds, message))
}

// NewReader reads a source or an answer's body from its start, for what takes an io.Reader.
func NewReader(source Source) io.Reader {
	return &reader{source: source}
}

type reader struct {
	source Source
	off    int64
}

func (r *reader) Read(out []byte) (int, error) {
	got, err := Read(r.source, r.off, out)
	r.off += int64(got)
	if err == nil && got == 0 && len(out) > 0 {
		err = io.EOF
	}
	return got, err
}

// Writer is the new payload, for what takes an io.Writer.
var Writer io.Writer = writer{}

type writer struct{}

func (writer) Write(data []byte) (int, error) {
	return Write(data)
}
