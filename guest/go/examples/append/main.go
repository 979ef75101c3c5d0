// SPDX-License-Identifier: Apache-2.0 OR MIT

// A table that grows: asks a JSON interface for today's values and appends them as one row of CSV.
//
// context.json is {"url": "https://api.example/rates", "fields": ["date", "usd", "gbp"]}; the answer is an object with these
// members.  The first of them names the row: when the table already ends with a row of that name, there is nothing to do.
package main

import (
	"bytes"
	"dotsync"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

//go:wasmexport run
func run() { dotsync.Run(update) }

func update() (dotsync.Outcome, error) {
	var plan struct {
		URL    string
		Fields []string
	}
	if err := json.NewDecoder(dotsync.NewReader(dotsync.Context)).Decode(&plan); err != nil {
		return dotsync.Failed, err
	}
	row, err := ask(plan.URL, plan.Fields)
	if err != nil {
		return dotsync.Failed, err
	}
	old, err := io.ReadAll(dotsync.NewReader(dotsync.Payload))
	if err != nil {
		return dotsync.Failed, err
	}
	lines := bytes.Split(old, []byte("\n"))
	if name, _, _ := bytes.Cut(lines[max(len(lines)-2, 0)], []byte(",")); string(name) == row[0] {
		return dotsync.Unchanged, nil
	}
	if _, err = dotsync.Copy(dotsync.Payload, 0, dotsync.All); err == nil {
		_, err = dotsync.Write([]byte(strings.Join(row, ",") + "\n"))
	}
	return dotsync.Updated, err
}

func ask(url string, fields []string) ([]string, error) {
	answer, err := dotsync.Fetch("GET "+url, nil, 0)
	if err != nil || answer.Status() != 200 {
		return nil, errors.New("no usable answer from the url in context.json")
	}
	var values map[string]json.RawMessage
	if err := json.NewDecoder(dotsync.NewReader(answer.Source())).Decode(&values); err != nil {
		return nil, err
	}
	var row []string
	for _, name := range fields {
		field := strings.Trim(string(values[name]), `"`)
		if field == "" || strings.ContainsAny(field, ",\"\\\n[{") {
			return nil, errors.New("the answer does not have the fields that context.json names")
		}
		row = append(row, field)
	}
	if row == nil {
		return nil, errors.New("context.json names no fields")
	}
	return row, nil
}

func main() {}
