// SPDX-License-Identifier: Apache-2.0 OR MIT

// A copy of one page: what most updaters are.
package main

import (
	"dotsync"
	"errors"
	"strconv"
)

const request = "GET https://example.com/data.txt\nAccept: text/plain"

//go:wasmexport run
func run() { dotsync.Run(update) }

func update() (dotsync.Outcome, error) {
	answer, err := dotsync.Fetch(request, nil, dotsync.Conditional)
	if err != nil {
		return dotsync.Failed, err
	}
	switch answer.Status() {
	case 304:
		return dotsync.Unchanged, nil
	case 200:
		_, err = dotsync.Copy(answer.Source(), 0, dotsync.All)
		return dotsync.Updated, err
	}
	return dotsync.Failed, errors.New("the server says " + strconv.FormatInt(answer.Status(), 10))
}

func main() {}
