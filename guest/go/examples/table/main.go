// SPDX-License-Identifier: Apache-2.0 OR MIT

// A table out of an interface that answers in pages: {"results": [{"id", "name", "price"}, ...], "next": URL or null}.
package main

import (
	"dotsync"
	"encoding/csv"
	"encoding/json"
	"fmt"
)

const first = "https://example.com/items?page=1"

type page struct {
	Results []struct {
		ID    json.Number
		Name  string
		Price json.Number
	}
	Next string
}

//go:wasmexport run
func run() { dotsync.Run(update) }

func update() (dotsync.Outcome, error) {
	out := csv.NewWriter(dotsync.Writer)
	out.Write([]string{"id", "name", "price"})
	for url := first; url != ""; {
		page, err := ask(url)
		if err != nil {
			return dotsync.Failed, err
		}
		for _, row := range page.Results {
			out.Write([]string{row.ID.String(), row.Name, row.Price.String()})
		}
		url = page.Next
	}
	out.Flush()
	return dotsync.Updated, out.Error()
}

func ask(url string) (page, error) {
	var got page
	answer, err := dotsync.Fetch("GET "+url+"\nAccept: application/json", nil, 0)
	if err != nil {
		return got, err
	}
	defer answer.Close()
	if answer.Status() != 200 {
		return got, fmt.Errorf("the server says %d", answer.Status())
	}
	return got, json.NewDecoder(dotsync.NewReader(answer.Source())).Decode(&got)
}

func main() {}
