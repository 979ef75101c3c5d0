// SPDX-License-Identifier: Apache-2.0 OR MIT

// The calls of calls.c.
package main

import (
	"bytes"
	"dotsync"
	"strconv"
	"strings"
)

//go:wasmexport run
func run() { dotsync.Run(update) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func digit(is bool) int {
	if is {
		return 1
	}
	return 0
}

// say writes a text in which % stands for the values.
func say(text string, values ...any) {
	for _, value := range values {
		switch v := value.(type) {
		case int:
			text = strings.Replace(text, "%", strconv.Itoa(v), 1)
		case int64:
			text = strings.Replace(text, "%", strconv.FormatInt(v, 10), 1)
		case string:
			text = strings.Replace(text, "%", v, 1)
		}
	}
	must(dotsync.Writer.Write([]byte(text)))
}

func update() (dotsync.Outcome, error) {
	answer := must(dotsync.Fetch("POST https://example.com/data.txt\nX-Name: value", []byte("body"), 0))
	first := make([]byte, 4)
	random := make([]byte, 16)

	dotsync.Log(dotsync.LevelWarning, "said by the updater")
	dotsync.Progress(1, 2)
	dotsync.Sleep(1)
	must(dotsync.Write([]byte("junk")))
	dotsync.Discard()
	must(dotsync.Read(answer.Source(), 0, first))
	_, late := dotsync.Read(answer.Source(), 0, random)
	copied := must(dotsync.Copy(answer.Source(), 4, dotsync.All))
	say("\nread %\ncopied %\nlate %\n", string(first), copied, digit(late == dotsync.ErrState))
	say("status %\nheader %\n", answer.Status(), must(answer.Header("x-thing")))
	_, missing := answer.Header("x-other")
	say("missing %\nsize %\n", digit(missing == dotsync.ErrNoent), must(dotsync.Size(answer.Source())))
	closed := answer.Close()
	_, gone := dotsync.Size(answer.Source())
	say("closed %\n", digit(closed == nil && gone != nil))
	_, denied := dotsync.Env("HOME")
	say("env %\ndenied %\n", must(dotsync.Env("SDK_NAME")), digit(denied == dotsync.ErrDenied))
	say("reason %\nsealed %\n", must(dotsync.Get(dotsync.KeyReason)), must(dotsync.Get(dotsync.KeySealed)))
	say("now %\n", digit(must(dotsync.Get(dotsync.KeyNow)) > 1600000000000))
	err := dotsync.Random(random)
	say("random %\n", digit(err == nil && bytes.Count(random, []byte{0}) < 12))
	say("context %\n", digit(dotsync.SetContext("{\"n\": 2}") == nil))
	return dotsync.Updated, nil
}

func main() {}
