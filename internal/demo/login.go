package demo

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"selvedge/internal/console"
	"selvedge/internal/ports"
)

// demoUser is the console's admin in a demo.
const demoUser = "demo"

// login makes the console's only user, with a password that is printed and ends with the demo.
func (w *world) login(ctx context.Context) error {
	w.password = strings.ToLower(rand.Text()[:16])
	hash, err := console.HashPassword(demoUser, w.password)
	if err != nil {
		return err
	}
	return w.parts.Store.AddUser(ctx, ports.User{Name: demoUser, Role: string(console.Admin), Password: hash, CreatedBy: demoUser}, time.Now())
}
