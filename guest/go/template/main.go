// SPDX-License-Identifier: Apache-2.0 OR MIT

package main

import (
	"dotsync"
	"errors"
	"io"
	"strconv"
)

const request = "GET https://example.com/data.txt"

//go:wasmexport run
func run() { dotsync.Run(update) }

func update() (dotsync.Outcome, error) {
	answer, err := dotsync.Fetch(request, nil, dotsync.Conditional)
	if err != nil {
		return dotsync.Failed, err
	}
	switch answer.Status() {
	case 200:
	case 304:
		return dotsync.Unchanged, nil
	default:
		return dotsync.Failed, errors.New("the server says " + strconv.FormatInt(answer.Status(), 10))
	}
	data, err := io.ReadAll(dotsync.NewReader(answer.Source()))
	if err != nil {
		return dotsync.Failed, err
	}
	// Here the data becomes what the archive is to hold.
	_, err = dotsync.Write(data)
	return dotsync.Updated, err
}

func main() {}
