package main

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// sideBySide does something n times, a few at once, and returns what went wrong.
func sideBySide(n int, do func(i int) error) error {
	slots := make(chan struct{}, startedAtOnce)
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// percentile returns the time below which so many of a hundred lie.
func percentile(times []time.Duration, of int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)-1, len(sorted)*of/100)]
}
