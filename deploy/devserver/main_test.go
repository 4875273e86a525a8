package main

import (
	"testing"
	"time"
)

func TestTheEndWaitsForTemporalAndNotForEver(t *testing.T) {
	t.Parallel()
	done := false
	endWithin(time.Minute, func() { done = true })
	if !done {
		t.Error("what ends at once was not waited for")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		endWithin(10*time.Millisecond, func() { select {} })
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("what never ends was waited for")
	}
}
