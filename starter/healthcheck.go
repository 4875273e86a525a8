package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type healthcheckCmd struct {
	URL    string        `arg:"" name:"url" help:"What to ask, such as http://127.0.0.1:9090/readyz."`
	Within time.Duration `help:"Longest time to wait for the answer." default:"5s" placeholder:"DURATION"`
}

// Run fails unless the answer is a 2xx.
func (h healthcheckCmd) Run(ctx context.Context, s streams) error {
	u, err := url.Parse(h.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return misuse("%q is no address: give one such as http://127.0.0.1:9090/readyz", h.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, h.Within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return misuse("%w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 200)) // what can be read of it explains the status
	text := strings.Join(strings.Fields(string(body)), " ")
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("not healthy: %s answers %s: %s", u, answer.Status, text)
	}
	fmt.Fprintln(s.out, text)
	return nil
}
