package intake

import (
	"errors"
	"sync"
)

// wokenAtOnce is how many orders are started or signalled at the same time. Each call
// waits for the server's commit, some ten milliseconds: one after the other a page of
// fifty takes half a second and more, and orders come no faster than that. With eight
// the calls share commits; more of them only queue in a small server.
const wokenAtOnce = 8

// sideBySide does something with each of a list, a few at a time. One that fails hinders
// none of the others; all failures are told.
func sideBySide[T any](list []T, do func(T) error) error {
	slots := make(chan struct{}, wokenAtOnce)
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for n, one := range list {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[n] = do(one)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
