// SPDX-License-Identifier: Apache-2.0 OR MIT

// Data that is pushed, not pulled.  What somebody pushes becomes the payload, once this has sent it to a server too: where
// that fails the archive stays as it is.
package main

import (
	"dotsync"
	"errors"
	"io"
)

const request = "PUT https://example.com/data.txt\nContent-Type: text/plain"

//go:wasmexport run
func run() { dotsync.Run(update) }

func update() (dotsync.Outcome, error) {
	reason, err := dotsync.Get(dotsync.KeyReason)
	if err != nil || reason != dotsync.Push {
		return dotsync.Unchanged, err // there is nowhere to ask for more
	}
	body, err := io.ReadAll(dotsync.NewReader(dotsync.Pushed))
	if err != nil {
		return dotsync.Failed, err
	}
	answer, err := dotsync.Fetch(request, body, 0)
	if err != nil {
		return dotsync.Failed, err
	}
	if answer.Status() < 200 || answer.Status() > 299 {
		return dotsync.Failed, errors.New("the server did not take what was pushed")
	}
	return dotsync.Updated, nil
}

func main() {}
